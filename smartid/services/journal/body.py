"""The bytes of a receipt: what is signed, and the forms in which it travels.

Signed bytes: ``smartid receipt 1`` and a line feed, then the body: canonical JSON (RFC 8785 (2020)) with the
members

::

    amount    whole number, in unit          payee     who received
    case      32 hexadecimal digits          previous  SHA-256 of the signed bytes of receipt number - 1, hex;
    details   SHA-256 of the details in                64 zeros for number 1
              canonical JSON, hex; empty     service   "purse"
              without details                state     state of the case: "completed", "unknown"
    key       names the key (keys.key_id)    time      seconds since 1970-01-01 UTC
    number    from 1, without gaps           unit      "IRR"
                                             verb      "pay"

The details themselves travel beside the body, so that a QR code need not carry them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError
from smartid.identity.transaction import MAX_NUMBER, MAX_TIME
from smartid.services.spine.states import State

PREFIX = b"smartid receipt 1\n"
STANDARD = "smartid receipt 1"
FIRST = "0" * 64
"""What stands as previous in receipt number 1."""
MAX_TEXT = 1024
MAX_DETAILS = 8192
_HEX = {"case": 32, "key": 16, "previous": 64}
_TEXTS = ("payee", "service", "unit", "verb")
_NUMBERS = ("amount", "number", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A receipt as it is signed. Raises EncodingError for what is no body."""

    amount: int
    case: str
    details: str
    key: str
    number: int
    payee: str
    previous: str
    service: str
    state: State
    time: int
    unit: str
    verb: str

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            _require(name, _is_number(getattr(self, name)), "a whole number from 0 to 2^53 - 1")
        _require("time", self.time <= MAX_TIME, "a time before the year 6325")
        for name, digits in _HEX.items():
            _require(name, _is_hex(getattr(self, name), digits), f"{digits} hexadecimal digits")
        _require(
            "details", self.details == "" or _is_hex(self.details, 64), "64 hexadecimal digits, or nothing"
        )
        for name in _TEXTS:
            _require(name, _is_text(getattr(self, name)), f"a text of at most {MAX_TEXT} characters")
        _require("state", isinstance(self.state, State), "a state of a case")

    def encode(self) -> bytes:
        """Give the body in its one form."""
        return canonical(asdict(self))

    def message(self) -> bytes:
        """Give the bytes that are signed."""
        return PREFIX + self.encode()

    def digest(self) -> bytes:
        """SHA-256 of the message: names the receipt, and is ``previous`` of the next one."""
        return hashlib.sha256(self.message()).digest()

    @classmethod
    def parse(cls, data: bytes) -> Body:
        """Read a body. Only its one form is one. Raises EncodingError."""
        members = strict_json.parse_object(data, "receipt")
        if members.keys() != {item.name for item in fields(cls)}:
            raise broken("receipt", "exactly the members of the format")
        if not isinstance(members["state"], str) or members["state"] not in set(State):
            raise broken("state", "a state of a case")
        found = cls(**{**members, "state": State(members["state"])})
        if found.encode() != data:
            raise broken("receipt", "the canonical form (RFC 8785)")
        return found


def canonical(members: Mapping[str, Any]) -> bytes:
    """Write JSON in canonical form: names of ASCII sorted, no blanks, UTF-8."""
    return json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def details_digest(details: Mapping[str, str | int]) -> str:
    """Give what stands as ``details`` in the body. Raises EncodingError for details of another shape."""
    for name, value in details.items():
        if not re.fullmatch("[a-z][a-z0-9_]{0,63}", name):
            raise broken("details", "names of a-z, 0-9 and _")
        if not (_is_number(value) or _is_text(value)):
            raise broken(f"details.{name}", "a text or a whole number")
    data = canonical(details)
    if len(data) > MAX_DETAILS:
        raise broken("details", f"at most {MAX_DETAILS} bytes")
    return hashlib.sha256(data).hexdigest() if details else ""


def broken(what: str, expected: str) -> EncodingError:
    """Say what is wrong in a receipt."""
    return EncodingError(what, offset=0, expected=expected, standard=STANDARD)


def _require(what: str, fine: bool, expected: str) -> None:  # noqa: FBT001 - the outcome of a check
    if not fine:
        raise broken(what, expected)


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_NUMBER


def _is_hex(value: object, digits: int) -> bool:
    return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


def _is_text(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= MAX_TEXT
        and not re.search("[\x00-\x1f\x7f\ud800-\udfff]", value)
    )
