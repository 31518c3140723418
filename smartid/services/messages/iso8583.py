"""ISO 8583 messages: what a terminal and a switch say to each other about one transaction.

A message is its type (four digits), one or two bitmaps of 8 bytes that say which fields follow, and the
fields in the order of their numbers. Bitmaps and fields of content ``b`` are raw bytes; all else, lengths
included, is ASCII. A ``Spec`` says which fields there are; ``SPEC_1987`` is the base from which others are
made with ``Spec.extend``. The package ``pyiso8583`` (extra "services") handles the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smartid.errors import EncodingError, ExtraMissing
from smartid.services.messages.fields_1987 import TABLE

MAX_MESSAGE = 8192
"""Longest message, in bytes."""
_CONTENT = {
    "n": re.compile("[0-9]*"),
    "an": re.compile("[A-Za-z0-9 ]*"),
    "ans": re.compile("[ -~]*"),
    "x": re.compile("[CD][0-9]+"),
    "z": re.compile("[0-9=D;?]*"),
    "b": re.compile("(?:[0-9A-Fa-f]{2})*"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    content  n, an, ans, x, z or b (``fields_1987``)
    length   of a fixed field, or the most of a variable one; bytes for b, characters for all else
    digits   how many digits of length come before a variable field: 2 or 3; 0 for a fixed one
    """

    number: int
    content: str
    length: int
    name: str
    digits: int = 0

    @classmethod
    def parse(cls, row: str) -> Field:
        """Read a row such as ``2 n ..19 Primary account number``."""
        number, content, length, name = row.split(maxsplit=3)
        most = length.removeprefix("..")
        digits = max(2, len(most)) if length.startswith("..") else 0
        return cls(int(number), content, int(most), name, digits)

    def fit(self, value: str | bytes) -> str:
        """Give the text of a value; bytes become hexadecimal digits. What is too long is left to the codec.

        Fixed fields are filled up: n with zeros in front, an and ans with blanks behind.
        """
        text = value.hex().upper() if isinstance(value, bytes) else value
        if self.digits:
            return text
        if self.content == "n":
            return text.rjust(self.length, "0")
        return text.ljust(self.length) if self.content in ("an", "ans") else text

    def accepts(self, text: str) -> bool:
        """Whether a text consists of the field's characters."""
        return _CONTENT[self.content].fullmatch(text) is not None

    def wire(self) -> dict[str, Any]:
        """As ``pyiso8583`` wants it."""
        encoding = "b" if self.content == "b" else "ascii"
        length = {"len_enc": "ascii", "len_type": self.digits, "max_len": self.length}
        return {"data_enc": encoding, **length, "desc": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Which fields a message may have.

    name      for errors: "acquirer"
    standard  where the fields are defined, with the edition
    version   first digit of every message type: "0" for 1987, "1" for 1993
    """

    name: str
    standard: str
    version: str
    fields: tuple[Field, ...]
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)
    table: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {str(item.number): item for item in self.fields})
        object.__setattr__(
            self, "table", {**_FRAME, **{str(item.number): item.wire() for item in self.fields}}
        )

    def extend(self, rows: str, *, name: str, standard: str = "", version: str = "") -> Spec:
        """Give a specification of another name with other or further fields, rows as in ``fields_1987``."""
        own = tuple(Field.parse(row) for row in rows.strip().splitlines())
        taken = {item.number for item in own}
        kept = (item for item in self.fields if item.number not in taken)
        fields = tuple(sorted((*kept, *own), key=lambda item: item.number))
        standard, version = standard or self.standard, version or self.version
        return Spec(name=name, standard=standard, version=version, fields=fields)


def encode(spec: Spec, fields: Mapping[str, str | bytes]) -> bytes:
    """Write a message: ``{"t": "0200", "3": "000000", …}``, names being field numbers and "t" the type.

    Fixed fields that are too short are filled up (``Field.fit``); binary fields are bytes, or hexadecimal
    digits. Raises EncodingError (offset is the field's number), ExtraMissing.
    """
    codec = _codec()
    whole = {name: _checked(spec, name, value) for name, value in fields.items()}
    if "t" not in whole:
        raise _broken(spec, "type", 0, "a message type")
    try:
        data, _ = codec.encode(whole, spec.table)
    except codec.EncodeError as error:
        raise _broken(spec, f"field {error.field}", _number(error.field), _said(error.msg)) from None
    if len(data) > MAX_MESSAGE:
        raise _broken(spec, "message", 0, f"at most {MAX_MESSAGE} bytes")
    return bytes(data)


def decode(spec: Spec, data: bytes) -> dict[str, str]:
    """Read a message into texts by field number, the type under "t". Binary fields give hexadecimal digits.

    Nothing is stripped from filled-up fields. Raises EncodingError (naming the field; offset is its place in
    the bytes), ExtraMissing.
    """
    if len(data) > MAX_MESSAGE:
        raise _broken(spec, "message", MAX_MESSAGE, f"at most {MAX_MESSAGE} bytes")
    codec = _codec()
    try:
        found, raw = codec.decode(bytes(data), spec.table)
    except codec.DecodeError as error:
        raise _broken(spec, f"field {error.field}", error.pos, _said(error.msg)) from None
    except KeyError as error:
        raise _broken(
            spec, f"field {error.args[0]}", 4, "fields of the specification in the bitmap"
        ) from None
    members = {name: text for name, text in found.items() if name not in _BITMAPS}
    _check_all(spec, members, raw)
    return members


def _check_all(spec: Spec, members: Mapping[str, str], raw: Mapping[str, Mapping[str, bytes]]) -> None:
    offset = 0
    for name in ("t", "p", *sorted((key for key in raw if key.isdigit()), key=int)):
        if name in members:
            _check_read(spec, name, members[name], offset)
            if not raw[name]["len"].isdigit() and raw[name]["len"]:
                raise _broken(spec, f"field {name}", offset, "a length in digits")
        offset += len(raw[name]["len"]) + len(raw[name]["data"])


def _check_read(spec: Spec, name: str, text: str, offset: int) -> None:
    if name == "t":
        _check_type(spec, text)
    elif not spec.by_name[name].accepts(text):
        raise _broken(spec, f"field {name}", offset, f"content {spec.by_name[name].content}")


def _checked(spec: Spec, name: str, value: str | bytes) -> str:
    if name == "t" and isinstance(value, str):
        _check_type(spec, value)
        return value
    known = spec.by_name.get(name)
    if known is None:
        raise _broken(spec, f"field {name[:10]!r}", 0, "a field of the specification")
    text = known.fit(value)
    if not known.accepts(text):
        raise _broken(spec, f"field {name}", known.number, f"content {known.content}")
    return text


def _check_type(spec: Spec, text: str) -> None:
    if not re.fullmatch("[0-9]{4}", text) or text[0] != spec.version:
        raise _broken(spec, "type", 0, f"four digits, the first of them {spec.version}")


def _number(name: str) -> int:
    return int(name) if name.isdigit() else 0


def _said(message: str) -> str:
    return f"a field as specified ({message[:1].lower()}{message[1:]})"


def _broken(spec: Spec, what: str, offset: int, expected: str) -> EncodingError:
    return EncodingError(f"{spec.name} {what}", offset=offset, expected=expected, standard=spec.standard)


def _codec() -> Any:
    try:
        import iso8583  # noqa: PLC0415
    except ImportError as error:
        raise ExtraMissing("services", "An ISO 8583 message") from error
    return iso8583


def _fixed(encoding: str, length: int) -> dict[str, Any]:
    return {"data_enc": encoding, "len_enc": "ascii", "len_type": 0, "max_len": length, "desc": ""}


_BITMAPS = frozenset({"h", "p", "1"})
_FRAME = {"h": _fixed("ascii", 0), "t": _fixed("ascii", 4), "p": _fixed("b", 8), "1": _fixed("b", 8)}
SPEC_1987 = Spec(
    name="ISO 8583",
    standard="ISO 8583:1987",
    version="0",
    fields=tuple(Field.parse(row) for row in TABLE.strip().splitlines()),
)
"""All fields of the edition, in the formats that ASCII switches commonly use."""
