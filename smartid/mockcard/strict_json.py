"""Strict JSON (RFC 8259): exact members, no duplicates, bounded values; every breach is an EncodingError."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from smartid.errors import EncodingError

T = TypeVar("T")
STANDARD = "RFC 8259"
_LIMIT = 1 << 63


def broken(where: str, expected: str) -> EncodingError:
    """The error for a member that is not what it should be."""
    return EncodingError("card file", offset=0, expected=f"{expected} in {where}", standard=STANDARD)


def utf8(data: bytes, *, what: str) -> str:
    """Text of UTF-8 bytes. Raises EncodingError."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise EncodingError(what, offset=error.start, expected="UTF-8", standard=STANDARD) from None


def load_object(
    source: str, names: frozenset[str], *, what: str, later: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The JSON object that ``source`` is, with exactly the members ``names``. Raises EncodingError.

    later  members that files of an earlier time do not have
    """
    try:
        value = json.loads(source, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_refuse)
    except json.JSONDecodeError as error:
        wanted = f"well-formed JSON: {error.msg.lower()}"
        raise EncodingError(what, offset=error.pos, expected=wanted, standard=STANDARD) from None
    except (RecursionError, ValueError):
        # Nested deeper than the stack, or a number of thousands of digits.
        raise broken("the document", "values of sane depth and size") from None
    known = value.keys() & later if isinstance(value, dict) else frozenset()
    return members(value, names | known, what)


def members(value: Any, names: frozenset[str], where: str) -> dict[str, Any]:
    """``value`` when it is an object with exactly these members. Raises EncodingError."""
    if not isinstance(value, dict) or value.keys() != names:
        raise broken(where, f"an object with the members {', '.join(sorted(names))}")
    return value


def text(document: dict[str, Any], name: str) -> str:
    """A member that is a text. Raises EncodingError."""
    return text_value(document[name], name)


def mapping(
    document: dict[str, Any], name: str, read: Callable[[Any, str], T], *, known: frozenset[str] | None = None
) -> dict[str, T]:
    """A member that is an object whose values ``read`` reads. Raises EncodingError.

    known  the only names that may stand in it
    """
    value = document[name]
    if not isinstance(value, dict) or len(value) > 1000:
        raise broken(name, "an object of at most 1000 members")
    if known is not None and not known.issuperset(value):
        raise broken(name, "only names of the profile")
    return {text_value(key, name): read(item, f"{name}: {key[:40]}") for key, item in value.items()}


def text_value(value: Any, where: str) -> str:
    """A text of Unicode scalar values, at most 4096 characters. Raises EncodingError."""
    if not isinstance(value, str) or len(value) > 4096:
        raise broken(where, "a text of at most 4096 characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise broken(where, "a text without lone surrogates")
    return value


def number_value(value: Any, where: str) -> int:
    """A whole number of at most 64 bits. Raises EncodingError."""
    if not isinstance(value, int) or isinstance(value, bool) or not -_LIMIT <= value < _LIMIT:
        raise broken(where, "a whole number of at most 64 bits")
    return value


def base64_value(value: Any, where: str) -> bytes:
    """Bytes in base64 (RFC 4648, 4), at most 1 MiB. Raises EncodingError."""
    if not isinstance(value, str) or len(value) > 1_400_000:
        raise broken(where, "base64 of at most 1 MiB")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise broken(where, "base64") from None
    if base64_text(data) != value:
        raise broken(where, "canonical base64")
    return data


def base64_text(data: bytes) -> str:
    """Bytes in base64 (RFC 4648, 4)."""
    return base64.b64encode(data).decode("ascii")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise broken("the document", "members with different names")
    return found


def _refuse(literal: str) -> NoReturn:
    raise broken("the document", f"whole numbers instead of {literal[:20]}")
