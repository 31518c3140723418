"""Persian text: one form for comparing, the raw form for everything else.

The same name is written with Arabic or Persian letters, with digits of three scripts, and with invisible
characters, depending on the keyboard it came from. Compare the normalised forms; show, sign and store what
the card said.
"""

from __future__ import annotations

import unicodedata

_YEH = "\u06cc"
_KAF = "\u06a9"
_ZWNJ = "\u200c"
_TATWEEL = "\u0640"

_LETTERS = {"\u064a": _YEH, "\u0649": _YEH, "\u0643": _KAF}
_WIDE_YEHS = dict.fromkeys("\u0620\u063d\u063e\u063f\u0678\u06cd\u06ce\u06d0\u06d1", _YEH)
_LATIN_DIGITS = {ord(zero) + n: str(n) for zero in "\u06f0\u0660" for n in range(10)}
_PERSIAN_DIGITS = {ord("0") + n: chr(0x06F0 + n) for n in range(10)} | {
    0x0660 + n: chr(0x06F0 + n) for n in range(10)
}
_FOLD = str.maketrans(_LETTERS) | _LATIN_DIGITS
_FOLD_WIDE = _FOLD | str.maketrans(_WIDE_YEHS)


def normalise(
    text: str,
    *,
    wide: bool = False,
    drop_zwnj: bool = False,
    drop_tatweel: bool = True,
    drop_diacritics: bool = True,
) -> str:
    """Give the form of ``text`` that is used for comparing, never for signing.

    Unicode NFC; Arabic yeh and kaf become Persian; Persian and Arabic digits become ASCII; white space runs
    become one space.

    wide             fold also the rare yehs of other languages (U+0620, U+063D to U+063F, U+0678, U+06CD,
                     U+06CE, U+06D0, U+06D1)
    drop_zwnj        remove the zero width non-joiner (U+200C)
    drop_tatweel     remove the lengthening stroke (U+0640)
    drop_diacritics  remove short vowels and the other combining marks of the Arabic block
    """
    folded = unicodedata.normalize("NFC", text).translate(_FOLD_WIDE if wide else _FOLD)
    if drop_zwnj:
        folded = folded.replace(_ZWNJ, "")
    if drop_tatweel:
        folded = folded.replace(_TATWEEL, "")
    if drop_diacritics:
        folded = "".join(char for char in folded if not _is_diacritic(char))
    return " ".join(unicodedata.normalize("NFC", folded).split())


def same(a: str, b: str) -> bool:
    """Tell whether two Persian texts read alike: widest folding, no invisible characters, no vowels."""
    return _widest(a) == _widest(b)


def to_latin_digits(text: str) -> str:
    """Write Persian and Arabic digits as ASCII; leave the rest alone."""
    return text.translate(_LATIN_DIGITS)


def to_persian_digits(text: str) -> str:
    """Write ASCII and Arabic digits as Persian ones; leave the rest alone."""
    return text.translate(_PERSIAN_DIGITS)


def _widest(text: str) -> str:
    return normalise(text, wide=True, drop_zwnj=True).casefold()


def _is_diacritic(char: str) -> bool:
    return "\u0600" <= char <= "\u06ff" and unicodedata.category(char) == "Mn"
