"""JSON from strangers (RFC 8259 (2017)): no member twice, no depth without end, no number without end."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, NoReturn

from smartid.errors import EncodingError

STANDARD = "RFC 7515 (2015)"
MAX_DEPTH = 16
MAX_DIGITS = 20

_MARKS = re.compile(rb'[\[\]{}]|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Brackets, and texts as a whole: one that does not end reaches to the end of the input."""
_URL_ALPHABET = re.compile(rb"[A-Za-z0-9_-]*")


def parse_object(data: bytes, what: str) -> dict[str, Any]:
    """Read a JSON object in UTF-8. Raises EncodingError."""
    _require_flat(data, what)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_refuse,
            parse_int=_whole,
        )
        if b"\\u" in data:
            _require_characters(value)
    except (ValueError, RecursionError) as error:
        raise broken(what, "well-formed JSON without a member twice") from error
    if not isinstance(value, dict):
        raise broken(what, "a JSON object")
    return value


def _require_flat(data: bytes, what: str) -> None:
    """Bound the depth before the parser sees it. Brackets inside of texts do not count."""
    if data.count(b"{") + data.count(b"[") <= MAX_DEPTH:
        return
    depth = 0
    for mark in _MARKS.finditer(data):
        first = mark[0][:1]
        depth += (first in b"[{") - (first in b"]}")
        if depth > MAX_DEPTH:
            raise EncodingError(
                what, offset=mark.start(), expected=f"at most {MAX_DEPTH} levels", standard=STANDARD
            )


def _require_characters(value: object) -> None:
    r"""Escapes can write half a character ("\ud800", RFC 8259, 8.2), which no encoding takes.

    Raises UnicodeEncodeError.
    """
    json.dumps(value, ensure_ascii=False).encode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return int(digits)


def _refuse(literal: str) -> NoReturn:
    raise ValueError(f"{literal[:20]} is no whole number")


def base64url_decode(text: bytes, what: str) -> bytes:
    """Decode base64url without padding, in its one canonical spelling (RFC 7515, 2). Raises EncodingError."""
    if not _URL_ALPHABET.fullmatch(text):
        raise broken(what, "base64url without padding")
    try:
        data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise broken(what, "base64url without padding") from error
    if base64url(data) != text:
        raise broken(what, "base64url whose last bits are zero")
    return data


def base64url(data: bytes) -> bytes:
    """Encode base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def broken(what: str, expected: str, standard: str = STANDARD) -> EncodingError:
    """The error for JSON that is not built as it has to be."""
    return EncodingError(what, offset=0, expected=expected, standard=standard)
