"""What a visible signature shows, and where. ``pdftotext`` and ``pdftoppm`` of poppler look at the result."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError, FontMissing
from smartid.identity.bidi import plain, visual_runs
from smartid.signing.content import Content
from smartid.signing.form import SignatureForm
from smartid.signing.pades import font as pdf_font
from smartid.signing.pades.appearance import NEUTRAL, THROW_AWAY, WITH_CARD, signer_name
from smartid.signing.pades.sign import sign_pades
from smartid.signing.request import Appearance, SigningRequest
from smartid.signing.software import SoftwareSigner
from smartid.trust.x509 import parse_certificate
from tests.unit.signing.pdfs import PAGE, make_pdf
from tests.unit.trust.country import Party, issue, name

Sign = Callable[..., bytes]
TEHRAN = timezone(timedelta(hours=3, minutes=30))
SIGNED_AT = datetime(2026, 3, 21, 0, 5, tzinfo=TEHRAN)
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian: poppler-utils) is not installed"
)


def person(**changes: object) -> Party:
    subject = name(COUNTRY_NAME="IR", COMMON_NAME="سارا نمونه‌ای")
    return issue(subject, usage=("content_commitment",), **changes)  # type: ignore[arg-type]


class CardSigner(SoftwareSigner):
    on_national_card = True


def sign(
    pdf: bytes, appearance: Appearance, party: Party, kind: type[SoftwareSigner] = SoftwareSigner
) -> bytes:
    request = SigningRequest(
        content=Content(pdf),
        name="contract.pdf",
        signer=kind(party.key, party.der),
        algorithm=SignatureAlgorithm.ES256,
        form=SignatureForm.PADES_B,
        signed_at=SIGNED_AT,
        appearance=appearance,
    )
    return sign_pades(request).data


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "signed.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], capture_output=True, check=True)
    marks = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u200e\u200f"))
    return unicodedata.normalize("NFKC", done.stdout.decode()).translate(marks)


def picture_of(pdf: bytes, folder: Path) -> Image.Image:
    path = folder / "signed.pdf"
    path.write_bytes(pdf)
    command = ["pdftoppm", "-r", "72", "-png", "-singlefile", path, folder / "page"]
    subprocess.run(command, check=True, capture_output=True)
    return Image.open(folder / "page.png").convert("RGB")


def red(pixel: bytes) -> bool:
    return pixel[0] > 150 and max(pixel[1:]) < 90


def places(page: Image.Image, like: Callable[[bytes], bool]) -> list[tuple[int, int]]:
    raw, white = page.tobytes(), b"\xff" * 3
    pixels = ((index, raw[3 * index : 3 * index + 3]) for index in range(page.width * page.height))
    found = (index for index, pixel in pixels if pixel != white and like(pixel))
    return [(index % page.width, index // page.width) for index in found]


def boxes(pdf: bytes) -> list[tuple[float, ...]]:
    found = fields.enumerate_sig_fields(PdfFileReader(BytesIO(pdf)))
    return [tuple(float(number) for number in field.get_object()["/Rect"]) for _, _, field in found]


@needs_poppler
def test_name_and_both_dates_can_be_read_out_of_it(tmp_path: Path) -> None:
    text = text_of(sign(make_pdf(), Appearance(), person()), tmp_path)
    assert NEUTRAL in text
    assert "سارا نمونهای" in text  # the joiner has no glyph of its own
    assert "فروردین" in text
    assert "۱۴۰۵" in text
    assert "2026-03-21 00:05+03:30" in text
    assert WITH_CARD not in text
    assert THROW_AWAY.split()[0] not in text


@needs_poppler
def test_only_a_card_is_called_a_card(tmp_path: Path) -> None:
    text = text_of(sign(make_pdf(), Appearance(), person(), CardSigner), tmp_path)
    assert WITH_CARD in text
    assert NEUTRAL not in text


@needs_poppler
def test_signers_of_the_throw_away_pki_are_marked_in_red(tmp_path: Path) -> None:
    signed = sign(make_pdf(), Appearance(), person(throw_away=True))
    assert "آزمایشی" in text_of(signed, tmp_path)
    assert places(picture_of(signed, tmp_path), red)
    assert not places(picture_of(sign(make_pdf(), Appearance(), person()), tmp_path), red)


@needs_poppler
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_it_stands_upright_in_the_lower_right_corner_of_a_turned_page(tmp_path: Path, turn: int) -> None:
    signed = sign(make_pdf(f"{PAGE} /Rotate {turn}", text=""), Appearance(), person(throw_away=True))
    page = picture_of(signed, tmp_path)
    dark, marked = places(page, lambda pixel: max(pixel) < 128), places(page, red)
    assert min(x for x, _ in dark) > page.width - 250
    assert min(y for _, y in dark) > page.height - 100
    assert sum(y for _, y in marked) / len(marked) > page.height - 50, "the mark is the last line"
    assert sum(x for x, _ in marked) / len(marked) > page.width - 120, "lines begin at the right"


def test_a_second_signature_stands_above_the_first() -> None:
    once = sign(make_pdf(), Appearance(), person())
    lower, upper = boxes(sign(once, Appearance(), person()))
    assert upper[1] >= lower[3]
    assert (upper[0], upper[2]) == (lower[0], lower[2])


def test_page_and_box_are_taken_as_given() -> None:
    signed = sign(make_pdf(PAGE, PAGE), Appearance(page=1, box=(10, 20.5, 110, 60)), person())
    assert boxes(signed) == [(10, 20.5, 110, 60)]
    pages = PdfFileReader(BytesIO(signed)).root["/Pages"]["/Kids"]
    assert ["/Annots" in page.get_object() for page in pages] == [True, False]


@pytest.mark.parametrize(
    "page", ["/MediaBox [0 0 40 30]", "/MediaBox [100 100 8 9]", "/MediaBox [0 0 14400 14400]"]
)
def test_pages_of_odd_sizes_are_signed(page: str) -> None:
    assert len(boxes(sign(make_pdf(page), Appearance(), person()))) == 1


@pytest.mark.parametrize(
    "appearance",
    [
        Appearance(page=0),
        Appearance(page=2),
        Appearance(page=-2),
        Appearance(box=(10, 10, 10, 20)),
        Appearance(box=(0, 0, float("inf"), 10)),
    ],
)
def test_places_that_are_not_there(appearance: Appearance) -> None:
    with pytest.raises(ValueError, match="page|box"):
        sign(make_pdf(), appearance, person())


def test_a_page_without_a_size_is_a_broken_document() -> None:
    with pytest.raises(EncodingError):
        sign(make_pdf("/Broken true"), Appearance(), person())


def test_fonts_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FontMissing, match="cannot be read"):
        sign(make_pdf(), Appearance(font=tmp_path / "none.ttf"), person())
    monkeypatch.setattr(pdf_font, "_FOLDERS", (tmp_path,))
    with pytest.raises(FontMissing, match="fonts-dejavu-core"):
        sign(make_pdf(), Appearance(), person())
    (tmp_path / "no.ttf").write_bytes(b"\0\1\0\0" + bytes(40))
    with pytest.raises(EncodingError, match=r"no\.ttf"):
        sign(make_pdf(), Appearance(font=tmp_path / "no.ttf"), person())


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ({"COMMON_NAME": "زهرا کریمی", "GIVEN_NAME": "Zahra", "SURNAME": "Karimi"}, "زهرا کریمی"),
        ({"COMMON_NAME": "KARIMI ZAHRA", "GIVEN_NAME": "زهرا", "SURNAME": "کریمی"}, "زهرا کریمی"),
        ({"COMMON_NAME": "Zahra Karimi"}, "Zahra Karimi"),
        ({"COMMON_NAME": "a\u202eb\u0007  c"}, "a b c"),
        ({"ORGANIZATION_NAME": "Office"}, "O=Office"),
    ],
)
def test_whose_name_is_shown(attributes: dict[str, str], shown: str) -> None:
    assert signer_name(parse_certificate(issue(name(**attributes)).der)) == shown


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        # from left to right, as Unicode's own reference (UAX #9) orders them for a right-to-left paragraph
        ("سلام", [("سلام", True)]),
        ("2026-03-21 00:05", [("2026-03-21 00:05", False)]),
        ("علی (Ali) رضا", [(") رضا", True), ("Ali", False), ("علی (", True)]),
        ("تاریخ: ۱ تیر ۱۴۰۵", [("۱۴۰۵", False), (" تیر ", True), ("۱", False), ("تاریخ: ", True)]),
        ("نمونه‌ای", [("نمونه‌ای", True)]),
        ("شمارهٔ 12/5", [("12/5", False), ("شمارهٔ ", True)]),
        ("کد AB 7", [("AB 7", False), ("کد ", True)]),
        ("", []),
    ],
)
def test_the_order_of_the_eye(text: str, runs: list[tuple[str, bool]]) -> None:
    assert visual_runs(text) == runs


def test_a_long_name_ends_in_an_ellipsis() -> None:
    assert plain("ن" * 200) == "ن" * 79 + "…"
