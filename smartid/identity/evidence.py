"""The raw bytes behind a reading, so that another machine can draw its own conclusion later.

JSON form, one object, all members present::

    format                  "smartid-evidence-1"
    profile                 name of the card profile
    atr                     hexadecimal
    read_at                 UTC, "2026-01-31T09:30:00Z" (RFC 3339)
    files                   {name: Base64} raw files, by the names the profile gives them ("DG1", "SOD")
    certificates            {purpose: Base64} X.509 certificates, DER
    active_authentication   null, or {"challenge": Base64, "response": Base64}
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from smartid.errors import EncodingError

THROW_AWAY_POLICY_OID = "2.25.288653257160444735698752008864698915386"
"""Certificate policy that marks every certificate of the throw-away PKI of the mock cards.

Its private keys are made on the spot and protect nothing. A verdict that rests on a certificate with this
policy says so in every output. The number is a random UUID under 2.25 (Rec. ITU-T X.667 | ISO/IEC 9834-8).
"""
TRANSACTION_USAGE_OID = "2.25.265463832538621513224935132987700760978"
"""Extended key usage of certificates whose key agrees to transactions of services and does nothing else.

The number is a random UUID under 2.25, as above.
"""

MAX_JSON_LENGTH = 8 << 20
"""Longest JSON text that is read, in characters. A card with a large portrait fills a tenth of it."""

_FORMAT = "smartid-evidence-1"
_MEMBERS = {"format", "profile", "atr", "read_at", "files", "certificates", "active_authentication"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z")
_ATR = re.compile(r"(?:[0-9A-F]{2}){0,33}")
_MAX_ENTRIES = 64
_MAX_NAME = 64
_MAX_ATR = 33


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ActiveAuthentication:
    """A chip's answer to a random challenge (ICAO Doc 9303-11, 8th edition, 6.1).

    challenge  RND.IFD, 8 bytes
    response   the signature as the chip gave it: ISO/IEC 9796-2 for RSA, r and s side by side for ECDSA
    """

    challenge: bytes
    response: bytes

    def __repr__(self) -> str:
        return f"ActiveAuthentication({len(self.challenge)} + {len(self.response)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Evidence:
    """Raw files and certificates of one reading, and when it was made (an aware datetime).

    Names (of the profile, files and purposes) have 1 to 64 printable characters.
    Raises ValueError for another name, an ATR of more than 33 bytes, or a time without its zone.
    """

    profile: str
    atr: bytes
    read_at: datetime
    files: Mapping[str, bytes] = field(default_factory=dict)
    certificates: Mapping[str, bytes] = field(default_factory=dict)
    active_authentication: ActiveAuthentication | None = None

    def __post_init__(self) -> None:
        if self.read_at.tzinfo is None:
            raise ValueError("read_at needs a time zone")
        if len(self.atr) > _MAX_ATR or not all(
            map(_is_name, (self.profile, *self.files, *self.certificates))
        ):
            raise ValueError("names have 1 to 64 printable characters, an ATR at most 33 bytes")
        object.__setattr__(self, "read_at", self.read_at.astimezone(UTC))
        object.__setattr__(self, "files", dict(self.files))
        object.__setattr__(self, "certificates", dict(self.certificates))

    def to_json(self) -> str:
        """Write the JSON form. It holds personal data; treat it as the card itself."""
        active = self.active_authentication
        document = {
            "format": _FORMAT,
            "profile": self.profile,
            "atr": self.atr.hex().upper(),
            "read_at": self.read_at.isoformat().replace("+00:00", "Z"),
            "files": _encode_all(self.files),
            "certificates": _encode_all(self.certificates),
            "active_authentication": active
            and _encode_all({"challenge": active.challenge, "response": active.response}),
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """Read the JSON form, strictly: no unknown, missing or repeated member, bounded sizes.

        Raises EncodingError.
        """
        document = _load(text)
        return cls(
            profile=_name(document["profile"]),
            atr=bytes.fromhex(
                _matching(document["atr"], _ATR, "an ATR of at most 33 bytes in upper-case hex")
            ),
            read_at=_time(document["read_at"]),
            files=_decode_all(document["files"]),
            certificates=_decode_all(document["certificates"]),
            active_authentication=_active(document["active_authentication"]),
        )

    def __repr__(self) -> str:
        return f"Evidence({self.profile}, files: {', '.join(self.files) or 'none'})"


def _load(text: str) -> dict[str, object]:
    if len(text) > MAX_JSON_LENGTH:
        raise _malformed(f"at most {MAX_JSON_LENGTH} characters", offset=MAX_JSON_LENGTH)
    try:
        document = json.loads(text, object_pairs_hook=_distinct)
    except json.JSONDecodeError as error:
        raise _malformed("JSON", offset=error.pos) from error
    except (ValueError, RecursionError) as error:
        raise _malformed("JSON without endless numbers or nesting") from error
    if not isinstance(document, dict) or set(document) != _MEMBERS or document["format"] != _FORMAT:
        raise _malformed(f"an object of format {_FORMAT} with its {len(_MEMBERS)} members")
    return document


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _malformed("each member once")
    return members


def _encode_all(values: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(value).decode("ascii") for name, value in values.items()}


def _decode_all(value: object) -> dict[str, bytes]:
    if not isinstance(value, dict) or len(value) > _MAX_ENTRIES:
        raise _malformed(f"an object of at most {_MAX_ENTRIES} members")
    return {_name(name): _base64(text) for name, text in value.items()}


def _active(value: object) -> ActiveAuthentication | None:
    if value is None:
        return None
    parts = _decode_all(value)
    if set(parts) != {"challenge", "response"}:
        raise _malformed("challenge and response")
    return ActiveAuthentication(challenge=parts["challenge"], response=parts["response"])


def _base64(value: object) -> bytes:
    if isinstance(value, str):
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise _malformed("Base64") from error
        if base64.b64encode(data).decode("ascii") == value:
            return data
    raise _malformed("Base64")


def _time(value: object) -> datetime:
    text = _matching(value, _TIME, "a time in UTC such as 2026-01-31T09:30:00Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise _malformed("a time that exists") from error


def _name(value: object) -> str:
    if not isinstance(value, str) or not _is_name(value):
        raise _malformed(f"a name of 1 to {_MAX_NAME} printable characters")
    return value


def _is_name(value: str) -> bool:
    """Tell whether a name is short and free of controls, bidirectional ones among them."""
    return 0 < len(value) <= _MAX_NAME and value.isprintable()


def _matching(value: object, pattern: re.Pattern[str], expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _malformed(expected)
    return value


def _malformed(expected: str, *, offset: int = 0) -> EncodingError:
    return EncodingError("evidence", offset=offset, expected=expected)
