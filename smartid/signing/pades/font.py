"""A font in a PDF: shaped by HarfBuzz, embedded as a subset (ISO 32000-1:2008, 9.7 and 9.9)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import uharfbuzz
from fontTools import subset, ttLib
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from smartid.errors import EncodingError, FontMissing
from smartid.identity.bidi import ZWNJ

MAX_LENGTH = 32 << 20

_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts/Supplemental"),
    Path("C:/Windows/Fonts"),
)
_NAMES = (
    "Vazirmatn-Regular.ttf",
    "Vazirmatn[wght].ttf",
    "DejaVuSans.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoNaskhArabic-Regular.ttf",
    "Tahoma.ttf",
    "tahoma.ttf",
)
_DROPPED = ("GPOS", "GSUB", "GDEF", "FFTM", "fvar", "gvar", "avar", "STAT", "MVAR", "HVAR", "kern", "name")
_LIGATURES = {"لآ": "\ufef5", "لأ": "\ufef7", "لإ": "\ufef9", "لا": "\ufefb"}
"""Programs that take text out of a PDF turn it around letter by letter: one code point survives that."""


@dataclass(frozen=True, slots=True)
class Run:
    """Shaped text of one direction. ``width`` in thousandths of the font size."""

    operators: bytes
    width: float


def find_font(letters: str) -> PDFFont:
    """Take the first known font of this system that has these letters. Raises FontMissing."""
    for name in _NAMES:
        for folder in _FOLDERS:
            for path in sorted(folder.rglob(name)) if folder.is_dir() else ():
                font = PDFFont(path)
                if font.covers(letters):
                    return font
    raise FontMissing("No font with Persian letters was found on this system.")


class PDFFont:
    """A TrueType font that is used in one document, and knows what of it was used.

    Raises FontMissing when the file is not there; EncodingError when it is no font with TrueType outlines.
    """

    def __init__(self, path: Path) -> None:
        self._bytes = _read(path)
        try:
            self._tables = ttLib.TTFont(BytesIO(self._bytes), recalcTimestamp=False)
            self._scale = 1000 / self._tables["head"].unitsPerEm
            self._cmap = frozenset(self._tables.getBestCmap() or ())
            outlines = "glyf" in self._tables
            self.ascent = self._tables["hhea"].ascent * self._scale
            self.descent = self._tables["hhea"].descent * self._scale
            self._font = uharfbuzz.Font(uharfbuzz.Face(self._bytes))
        except (ttLib.TTLibError, LookupError, ValueError, AssertionError, ArithmeticError) as error:
            raise _no_font(path, "a TrueType font") from error
        if not outlines:
            raise _no_font(path, "a font with TrueType outlines")
        self._texts: dict[int, str] = {}

    def covers(self, letters: str) -> bool:
        """Tell whether it can draw all of these characters."""
        return {ord(char) for char in letters if char != ZWNJ} <= self._cmap

    def shape(self, text: str, *, rtl: bool) -> Run:
        """Choose and place the glyphs of a run: operators for inside BT and ET, from left to right."""
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.direction = "rtl" if rtl else "ltr"
        buffer.language = "fa"
        buffer.guess_segment_properties()
        uharfbuzz.shape(self._font, buffer)
        self._remember(text, [(item.codepoint, item.cluster) for item in buffer.glyph_infos])
        return self._typeset(list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)))

    def _remember(self, text: str, glyphs: Sequence[tuple[int, int]]) -> None:
        """Note what each glyph stands for; the first glyph of a cluster stands for the whole of it."""
        starts = sorted({cluster for _, cluster in glyphs})
        ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
        seen: set[int] = set()
        for glyph, cluster in glyphs:
            part = text[cluster : ends[cluster]].strip(ZWNJ)
            known = "" if cluster in seen or not glyph else _LIGATURES.get(part, part)
            if known or glyph not in self._texts:
                self._texts[glyph] = self._texts.get(glyph) or known
            seen.add(cluster)

    def _typeset(self, glyphs: Sequence[tuple[Any, Any]]) -> Run:
        pieces: list[str] = []
        width, rise = 0.0, 0.0
        for info, position in glyphs:
            advance, natural = position.x_advance * self._scale, self._width(info.codepoint)
            shift, up = position.x_offset * self._scale, position.y_offset * self._scale
            if up != rise:
                pieces.append(f"] TJ {up:.2f} Ts [")
                rise = up
            after = natural - advance + shift
            pieces.append(f"{-shift:.2f} <{info.codepoint:04X}> {after:.2f}")
            width += advance
        drawn = f"[{' '.join(pieces)}] TJ" + (" 0 Ts" if rise else "")
        return Run(drawn.encode("ascii"), width)

    def _width(self, glyph: int) -> float:
        return float(self._tables["hmtx"][self._tables.getGlyphName(glyph)][0] * self._scale)

    def embed(self, writer: BasePdfFileWriter) -> generic.IndirectObject:
        """Write the subset that was used, as a composite font with identity encoding and ToUnicode."""
        glyphs = sorted(self._texts)
        tag = hashlib.sha256(repr(glyphs).encode() + self._bytes[:1024]).digest()
        name = "".join(chr(65 + octet % 26) for octet in tag[:6]) + "+Font"
        widths = generic.ArrayObject(
            item
            for glyph in glyphs
            for item in (
                generic.NumberObject(glyph),
                generic.ArrayObject([generic.FloatObject(round(self._width(glyph), 2))]),
            )
        )
        descriptor = writer.add_object(self._descriptor(name, writer.add_object(self._subset(glyphs))))
        system = _dictionary(
            Registry=generic.pdf_string("Adobe"),
            Ordering=generic.pdf_string("Identity"),
            Supplement=generic.NumberObject(0),
        )
        cid_font = _dictionary(
            Type="/Font",
            Subtype="/CIDFontType2",
            BaseFont=f"/{name}",
            CIDSystemInfo=system,
            FontDescriptor=descriptor,
            W=widths,
            CIDToGIDMap="/Identity",
        )
        font = _dictionary(
            Type="/Font",
            Subtype="/Type0",
            BaseFont=f"/{name}",
            Encoding="/Identity-H",
            DescendantFonts=generic.ArrayObject([writer.add_object(cid_font)]),
            ToUnicode=writer.add_object(_stream(b"\n".join(self._to_unicode(glyphs)))),
        )
        return writer.add_object(font)

    def _descriptor(self, name: str, file: generic.IndirectObject) -> generic.DictionaryObject:
        head = self._tables["head"]
        box = [round(value * self._scale) for value in (head.xMin, head.yMin, head.xMax, head.yMax)]
        return _dictionary(
            Type="/FontDescriptor",
            FontName=f"/{name}",
            Flags=generic.NumberObject(4),
            FontBBox=generic.ArrayObject(map(generic.NumberObject, box)),
            ItalicAngle=generic.NumberObject(0),
            Ascent=generic.NumberObject(round(self.ascent)),
            Descent=generic.NumberObject(round(self.descent)),
            CapHeight=generic.NumberObject(700),
            StemV=generic.NumberObject(80),
            FontFile2=file,
        )

    def _subset(self, glyphs: Sequence[int]) -> generic.StreamObject:
        options = subset.Options(retain_gids=True, layout_closure=False, notdef_outline=True, hinting=False)
        options.drop_tables = [*options.drop_tables, *_DROPPED]
        tables = ttLib.TTFont(BytesIO(self._bytes), recalcTimestamp=False)
        subsetter = subset.Subsetter(options=options)
        subsetter.populate(gids=list(glyphs))
        subsetter.subset(tables)
        out = BytesIO()
        tables.save(out)
        return _stream(out.getvalue(), Length1=generic.NumberObject(len(out.getvalue())))

    def _to_unicode(self, glyphs: Sequence[int]) -> Iterator[bytes]:
        """Write a ToUnicode CMap (ISO 32000-1:2008, 9.10.3), at most 100 lines in a section."""
        known = [(glyph, self._texts[glyph]) for glyph in glyphs if self._texts[glyph]]
        yield b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap"
        yield b"/CMapName /Adobe-Identity-UCS def /CMapType 2 def"
        yield b"1 begincodespacerange <0000> <FFFF> endcodespacerange"
        for start in range(0, len(known), 100):
            part = known[start : start + 100]
            yield b"%d beginbfchar" % len(part)
            for glyph, text in part:
                yield f"<{glyph:04X}> <{text.encode('utf-16-be').hex().upper()}>".encode("ascii")
            yield b"endbfchar"
        yield b"endcmap CMapName currentdict /CMap defineresource pop end end"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_LENGTH + 1)
    except OSError as error:
        raise FontMissing(f"The font {path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_LENGTH:
        raise _no_font(path, f"at most {MAX_LENGTH} bytes")
    return data


def _no_font(path: Path, expected: str) -> EncodingError:
    return EncodingError(f"font {path.name}", offset=0, expected=expected, standard="ISO/IEC 14496-22:2019")


def _dictionary(**entries: Any) -> generic.DictionaryObject:
    return generic.DictionaryObject(
        {
            pdf_name(f"/{key}"): pdf_name(value) if type(value) is str else value
            for key, value in entries.items()
        }
    )


def _stream(data: bytes, **entries: Any) -> generic.StreamObject:
    stream = generic.StreamObject(_dictionary(**entries), stream_data=data)
    stream.compress()
    return stream
