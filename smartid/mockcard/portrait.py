"""Drawn portraits for mock cards: no photograph, no real face, the same picture for the same seed.

Shapes are drawn at twice the size and scaled down, so that their edges are smooth. Pillow draws; it comes
with the extra ``mock``.
"""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smartid.errors import SmartIDError
from smartid.identity.model import Portrait, Sex
from smartid.identity.portrait import JPEG

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

WIDTH, HEIGHT = 413, 531
"""Pixels of a picture of 35 by 45 mm at 300 dots an inch (ICAO Doc 9303-3:2021, 3.9)."""
_SCALE = 2
_QUALITY = 84

Colour = tuple[int, int, int]
Oval = tuple[float, float, float, float]
"""Centre x and y, half the width, half the height."""

_SKINS: tuple[Colour, ...] = ((236, 198, 168), (224, 180, 146), (205, 160, 124), (184, 136, 102))
_HAIRS: tuple[Colour, ...] = ((38, 30, 28), (62, 44, 34), (92, 64, 44), (28, 26, 32))
_CLOTHES: tuple[Colour, ...] = ((47, 62, 84), (86, 54, 60), (54, 78, 66), (88, 78, 62), (60, 56, 80))
_SCARVES: tuple[Colour, ...] = ((52, 74, 104), (120, 60, 76), (58, 98, 92), (126, 96, 62), (88, 72, 116))
_EYES: tuple[Colour, ...] = ((60, 40, 28), (84, 58, 34), (70, 82, 60))
_GREY: Colour = (176, 174, 172)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What distinguishes one drawn face from another; lengths are in units of a 413 by 531 picture."""

    scarf: bool
    skin: Colour
    hair: Colour
    clothes: Colour
    cover: Colour
    eyes: Colour
    face_width: int
    face_height: int
    brow: int
    smile: int
    beard: bool
    glasses: bool

    @classmethod
    def of(cls, seed: str, *, sex: Sex | None, age: int) -> Look:
        """Choose by the seed; hair turns grey from 45 years on."""
        chance = _chance(seed)
        hair = chance.choice(_HAIRS)
        return cls(
            scarf=sex is Sex.FEMALE,
            skin=chance.choice(_SKINS),
            hair=_mix(hair, _GREY, min(max(age - 40, 0) / 35, 0.9)),
            clothes=chance.choice(_CLOTHES),
            cover=chance.choice(_SCARVES),
            eyes=chance.choice(_EYES),
            face_width=chance.randint(78, 90),
            face_height=chance.randint(104, 116),
            brow=chance.randint(4, 7),
            smile=chance.randint(4, 12),
            beard=sex is Sex.MALE and age > 25 and chance.random() < 0.55,
            glasses=chance.random() < (0.6 if age > 45 else 0.25),
        )


def draw(seed: str, *, sex: Sex | None = None, age: int = 30) -> Portrait:
    """Draw a head and shoulders from the front: a JPEG of 413 by 531 pixels and about 15 kB.

    seed  decides the look; two citizens with the same seed look alike

    Raises SmartIDError when Pillow is not installed.
    """
    try:
        from PIL import Image  # noqa: PLC0415 - Pillow is optional
    except ImportError as error:
        raise SmartIDError(
            "A portrait cannot be drawn: Pillow is not installed.",
            remedy='Install it: pip install "smartid[mock]"',
        ) from error
    look = Look.of(seed, sex=sex, age=age)
    large = _paint(look).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    output = io.BytesIO()
    _grain(large, seed).save(output, "JPEG", quality=_QUALITY, optimize=True)
    return Portrait(media_type=JPEG, data=output.getvalue(), width=WIDTH, height=HEIGHT)


def _paint(look: Look) -> Image.Image:
    picture = _background()
    pen = _Pen.on(picture)
    _draw_shoulders(pen, look)
    if look.scarf:
        _draw_scarf(pen, look)
    else:
        _draw_hair(pen, look)
    _draw_face(pen, look)
    if look.scarf:
        _draw_scarf_edge(pen, look)
    return picture


class _Pen:
    """Draws in units of the final picture, with x from its middle."""

    def __init__(self, surface: ImageDraw.ImageDraw) -> None:
        self._surface = surface

    @classmethod
    def on(cls, picture: Image.Image) -> _Pen:
        from PIL import ImageDraw  # noqa: PLC0415 - Pillow is optional

        return cls(ImageDraw.Draw(picture))

    def ellipse(self, oval: Oval, fill: Colour) -> None:
        self._surface.ellipse(_box(oval), fill=fill)

    def arc(self, oval: Oval, angles: tuple[int, int], fill: Colour, width: float) -> None:
        self._surface.arc(_box(oval), *angles, fill=fill, width=round(width * _SCALE))

    def chord(self, oval: Oval, angles: tuple[int, int], fill: Colour) -> None:
        self._surface.chord(_box(oval), *angles, fill=fill)

    def polygon(self, points: list[tuple[float, float]], fill: Colour) -> None:
        self._surface.polygon([_point(x, y) for x, y in points], fill=fill)


def _background() -> Image.Image:
    from PIL import Image  # noqa: PLC0415 - Pillow is optional

    size = WIDTH * _SCALE, HEIGHT * _SCALE
    light, dark = Image.new("RGB", size, (236, 240, 244)), Image.new("RGB", size, (196, 206, 218))
    return Image.composite(dark, light, Image.linear_gradient("L").resize(size))


def _draw_shoulders(pen: _Pen, look: Look) -> None:
    pen.ellipse((0, 560, 190, 150), look.clothes)
    pen.ellipse((0, 420, 44, 62), _shade(look.skin, 0.86))
    pen.polygon([(-40, 356), (40, 356), (46, 440), (0, 486), (-46, 440)], _shade(look.skin, 0.86))
    if not look.scarf:
        pen.polygon([(-48, 416), (0, 480), (-34, 520), (-92, 440)], (240, 240, 236))
        pen.polygon([(48, 416), (0, 480), (34, 520), (92, 440)], (232, 232, 228))


def _draw_hair(pen: _Pen, look: Look) -> None:
    top = 262 - look.face_height
    pen.ellipse((0, top + 66, look.face_width + 12, 92), look.hair)
    for side in (-1, 1):
        pen.ellipse((side * (look.face_width + 1), 272, 14, 24), _shade(look.skin, 0.92))
    if look.beard:
        pen.ellipse((0, 300, look.face_width + 2, look.face_height - 26), look.hair)


def _draw_scarf(pen: _Pen, look: Look) -> None:
    pen.ellipse((0, 252, look.face_width + 36, look.face_height + 42), look.cover)
    pen.polygon([(-118, 270), (118, 270), (150, 460), (60, 531), (-60, 531), (-150, 460)], look.cover)
    pen.polygon([(-84, 400), (96, 470), (40, 531), (-70, 531)], _shade(look.cover, 0.88))
    pen.chord((0, 252, look.face_width + 1, look.face_height + 2), (200, 340), look.hair)


def _draw_face(pen: _Pen, look: Look) -> None:
    width, height = look.face_width, look.face_height
    pen.ellipse((0, 262, width, height), look.skin)
    if look.beard:
        pen.chord((0, 272, width - 1, height - 8), (24, 156), look.hair)
        pen.ellipse((0, 312, width - 32, 26), look.skin)
        pen.chord((0, 330, 36, 20), (180, 360), look.hair)
    if not look.scarf:
        pen.chord((0, 244, width + 4, height - 4), (206, 334), look.hair)
    for side in (-1, 1):
        pen.ellipse((side * width * 0.5, 300, 18, 12), _mix(look.skin, (226, 128, 112), 0.16))
        _draw_eye(pen, look, side * width * 0.43)
    pen.arc((-3, 286, 13, 26), (20, 110), _shade(look.skin, 0.76), 3)
    lips = _mix(look.skin, (170, 64, 64), 0.62 if look.scarf else 0.4)
    pen.chord((0, 330 - look.smile * 0.3, 27, 6 + look.smile), (8, 172), lips)
    pen.arc((0, 330 - look.smile * 0.3, 27, 6 + look.smile), (8, 172), _shade(lips, 0.8), 1.5)


def _draw_eye(pen: _Pen, look: Look, x: float) -> None:
    pen.ellipse((x, 258, 16, 9), (248, 246, 242))
    pen.ellipse((x, 258, 8, 8.5), look.eyes)
    pen.ellipse((x, 258, 4, 4), (18, 16, 16))
    pen.ellipse((x + 3, 255, 2, 2), (255, 255, 255))
    pen.arc((x, 260, 18, 13), (200, 340), (40, 30, 28), 3)
    pen.arc((x, 246, 24, 14), (205, 335), _shade(look.hair, 0.9), look.brow)
    if look.glasses:
        pen.arc((x, 260, 29, 23), (0, 360), (44, 44, 50), 3)
        pen.arc((0, 258, 10, 7), (180, 360), (44, 44, 50), 3)


def _draw_scarf_edge(pen: _Pen, look: Look) -> None:
    pen.arc((0, 258, look.face_width + 8, look.face_height + 14), (150, 390), _shade(look.cover, 1.12), 12)
    pen.arc((0, 258, look.face_width + 9, look.face_height + 15), (20, 160), _shade(look.cover, 0.94), 14)


def _grain(picture: Image.Image, seed: str) -> Image.Image:
    """Lay the noise of a camera over the picture, so that it is as large a file as a photograph."""
    from PIL import Image, ImageChops, ImageFilter  # noqa: PLC0415 - Pillow is optional

    noise = Image.frombytes("L", picture.size, _chance(seed).randbytes(WIDTH * HEIGHT))
    soft = noise.filter(ImageFilter.GaussianBlur(0.8)).point([124 + level // 32 for level in range(256)])
    return ImageChops.add(picture, soft.convert("RGB"), offset=-128)


def _chance(seed: str) -> random.Random:
    return random.Random(hashlib.sha256(f"smartid portrait {seed}".encode()).digest())  # noqa: S311


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(round(part * factor), 255) for part in colour)
    return red, green, blue


def _point(x: float, y: float) -> tuple[float, float]:
    return (WIDTH / 2 + x) * _SCALE, y * _SCALE


def _box(oval: Oval) -> tuple[float, float, float, float]:
    x, y, rx, ry = oval
    return *_point(x - rx, y - ry), *_point(x + rx, y + ry)
