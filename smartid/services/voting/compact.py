"""Compact JSON (RFC 8259 (2017)) whose members stand in one order: the form of everything that is hashed.

No white space outside of texts, no member that is not known, none missing that must be there, none that is
null, every object's members in the order of the specification. Hashes are over the bytes as they came.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError

STANDARD = "Belenios specification 2.0 (2023)"
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]")


def compact(value: Any) -> bytes:
    """Write a value: no white space, members in the order in which they stand, UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def parse(data: bytes, what: str) -> dict[str, Any]:
    """Read an object of compact JSON; ``members`` checks their order. Raises EncodingError."""
    found = strict_json.parse_object(data, what)
    if _SPACE.search(data) and _SPACE.search(_TEXT.sub(b"", data)):
        raise broken(what, "no white space outside of texts")
    return found


def members(
    value: object, what: str, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, Any]:
    """Check that a value is an object with these members in this order: the required ones, then others.

    Raises EncodingError.
    """
    if not isinstance(value, dict):
        raise broken(what, "an object")
    names = tuple(value)
    wanted = (*required, *(name for name in optional if name in value))
    if names != wanted:
        raise broken(what, f"the members {', '.join(wanted)}, in this order")
    return value


def sha256_hex(data: bytes) -> str:
    """SHA-256 in 64 lower-case hexadecimal digits: how records refer to each other."""
    return hashlib.sha256(data).hexdigest()


def sha256_base64(data: bytes) -> str:
    """SHA-256 in base64 without padding, 43 characters: fingerprints of elections, trackers of ballots."""
    return base64.b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def broken(what: str, expected: str) -> EncodingError:
    """The error for a record that is not built as the specification says."""
    return EncodingError(what, offset=0, expected=expected, standard=STANDARD)
