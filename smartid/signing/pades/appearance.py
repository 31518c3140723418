"""What a visible signature shows: who signed, when, and what the signature is worth, from right to left.

A viewer shows it whether or not the signature holds: it is a picture, and proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStamp, BaseStampStyle

from smartid.identity.bidi import plain, visual_runs
from smartid.identity.dates import to_jalali_long
from smartid.signing.pades.font import PDFFont, Run, find_font
from smartid.signing.request import SigningRequest
from smartid.signing.signer import NationalCardSigner
from smartid.trust.certificate import COMMON_NAME, GIVEN_NAME, SURNAME, Certificate, DistinguishedName
from smartid.trust.x509 import parse_certificate

WITH_CARD = "امضا شده با کارت هوشمند ملی"
NEUTRAL = "امضای الکترونیکی"
THROW_AWAY = "آزمایشی — بی‌اعتبار"
_DATE = "تاریخ:"

_BLACK = (0.0, 0.0, 0.0)
_GREY = (0.35, 0.35, 0.35)
_RED = (0.8, 0.0, 0.0)
_MARGIN = 6.0
_LEADING = 1.3
_GAP = 0.6


@dataclass(frozen=True, slots=True)
class Line:
    """One line: pieces from right to left, each with its own order of letters; size in points."""

    pieces: tuple[str, ...]
    size: float
    colour: tuple[float, float, float] = _BLACK


def lines_of(request: SigningRequest) -> tuple[Line, ...]:
    """Say who signs and when. Raises EncodingError for a broken certificate or a date no calendar has."""
    certificate = parse_certificate(request.signer.certificate)
    with_card = isinstance(request.signer, NationalCardSigner) and request.signer.on_national_card
    lines = (
        Line((WITH_CARD if with_card else NEUTRAL,), 9, _GREY),
        Line((signer_name(certificate),), 13),
        Line((f"{_DATE} {to_jalali_long(request.signed_at.date())}", _iso(request.signed_at)), 9),
    )
    return (*lines, Line((THROW_AWAY,), 10, _RED)) if certificate.is_throw_away else lines


def signer_name(certificate: Certificate) -> str:
    """Give the name in Persian letters when the subject has one, else whatever name it has."""
    subject: DistinguishedName = certificate.subject
    parts = (subject.get(GIVEN_NAME) or "", subject.get(SURNAME) or "")
    names = [plain(name) for name in (subject.get(COMMON_NAME) or "", " ".join(parts)) if name.strip()]
    persian = (name for name in names if any("\u0600" <= char <= "\u06ff" for char in name))
    return next(persian, names[0] if names else plain(str(subject)))


def _iso(time: datetime) -> str:
    return time.isoformat(sep=" ", timespec="minutes")


@dataclass(frozen=True)
class VisibleSignature(BaseStampStyle):
    """The appearance in the shape that pyHanko wants.

    turn  how far the page is turned clockwise when it is shown, degrees; the appearance is turned back
    """

    lines: tuple[Line, ...] = ()
    font: PDFFont | None = None
    turn: int = 0

    def create_stamp(
        self,
        writer: BasePdfFileWriter,
        box: BoxConstraints,
        text_params: dict[str, Any],  # noqa: ARG002 - pyHanko's signature
    ) -> BaseStamp:
        """Make the form object for a box."""
        return _Picture(writer, box, self)


def appearance_of(request: SigningRequest, turn: int) -> VisibleSignature:
    """Prepare what is drawn. Raises FontMissing, EncodingError."""
    lines = lines_of(request)
    letters = "".join(piece for line in lines for piece in line.pieces)
    named = request.appearance.font if request.appearance else None
    font = PDFFont(named) if named else find_font(letters)
    return VisibleSignature(border_width=0, lines=lines, font=font, turn=turn)


class _Picture(BaseStamp):
    def __init__(self, writer: BasePdfFileWriter, box: BoxConstraints, style: VisibleSignature) -> None:
        width, height = float(box.width), float(box.height)
        if style.turn % 180:
            width, height = height, width
        super().__init__(writer, style, BoxConstraints(width=width, height=height))

    def render(self) -> bytes:
        """Draw a frame and the lines, each as large as the box allows."""
        font = self.style.font
        width, height = float(self.box.width), float(self.box.height)
        frame = f"q 0.6 G 0.75 w 0.5 0.5 {width - 1:.2f} {height - 1:.2f} re S Q"
        operators = [frame.encode("ascii")]
        if font is not None:
            operators += _draw(self.style.lines, font, width, height)
            self.set_resource(ResourceType.FONT, pdf_name("/F1"), font.embed(self._ensure_writer))
        return b"\n".join(operators)

    def as_form_xobject(self) -> generic.StreamObject:
        """Turn it back against the page (ISO 32000-1:2008, 12.5.5, algorithm 8.1)."""
        form = super().as_form_xobject()
        matrix = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}.get(self.style.turn)
        if matrix:
            numbers = map(generic.NumberObject, (*matrix, 0, 0))
            form[pdf_name("/Matrix")] = generic.ArrayObject(numbers)
        return form


def _draw(lines: tuple[Line, ...], font: PDFFont, width: float, height: float) -> list[bytes]:
    full = sum(line.size * _LEADING for line in lines)
    scale = min(1.0, max(height - _MARGIN, 1) / full)
    room = max(width - 2 * _MARGIN, 1)
    top = (height + full * scale) / 2
    operators = []
    for line in lines:
        shaped = [[font.shape(text, rtl=rtl) for text, rtl in visual_runs(piece)] for piece in line.pieces]
        natural = sum(run.width for piece in shaped for run in piece) / 1000 + _GAP * (len(shaped) - 1)
        size = min(line.size * scale, room / max(natural, 0.01))
        leading = line.size * scale * _LEADING
        base = top - leading / 2 - size * (font.ascent + font.descent) / 2000
        operators += _draw_line(shaped, line.colour, size, width - _MARGIN, base)
        top -= leading
    return operators


def _draw_line(
    pieces: list[list[Run]], colour: tuple[float, float, float], size: float, right: float, base: float
) -> list[bytes]:
    operators = ["{:g} {:g} {:g} rg".format(*colour).encode("ascii")]
    for piece in pieces:
        right -= sum(run.width for run in piece) * size / 1000
        place = f"BT /F1 {size:.2f} Tf 1 0 0 1 {right:.2f} {base:.2f} Tm ".encode("ascii")
        operators.append(place + b" ".join(run.operators for run in piece) + b" ET")
        right -= _GAP * size
    return operators
