"""The entries of a revocation list: an index by serial number, made once (RFC 5280 (2008), 5.1.2.6 and 5.3).

::

    entry  SEQUENCE: serial number INTEGER, revocation date, [extensions SEQUENCE]
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import crl, x509

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import EncodingError
from smartid.iso7816 import tlv
from smartid.trust.status.pointers import split_extension
from smartid.trust.x509_names import read_name

STANDARD = "RFC 5280 (2008), 5.3"
MAX_ENTRY = 16 << 10
"""Longest entry, in bytes. Real ones have thirty to sixty."""
MAX_SERIAL = 64
"""Longest serial number, in bytes. The standard allows 20."""

_SEQUENCE, _INTEGER = 0x30, 0x02
_REASON = "2.5.29.21"
_INVALIDITY = "2.5.29.24"
_CERTIFICATE_ISSUER = "2.5.29.29"
_HONOURED = {_REASON, _INVALIDITY, _CERTIFICATE_ISSUER}
_ISSUER_MARK = bytes.fromhex("0603551D1D")
_CRITICAL = re.compile(rb"\x01\x01[^\x00]\x04")
"""A flag that is set before an OCTET STRING, as a critical extension has it; other bytes may look alike."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a list says of one certificate.

    reason         CRLReason as ``asn1crypto`` spells it, "unspecified" when none is given
    invalid_since  when the key is thought to have been lost, None when not given
    """

    revoked_at: datetime
    reason: str = "unspecified"
    invalid_since: datetime | None = None


class EntryIndex:
    """Where the entry of each serial number is. The entries are walked at the first question.

    issuer_key  of the list's issuer
    indirect    entries may name another issuer, which then holds for those that follow too
    """

    __slots__ = (
        "_der",
        "_end",
        "_fault",
        "_issuer_key",
        "_offsets",
        "_others",
        "_start",
        "indirect",
        "walks",
    )

    def __init__(self, der: bytes, start: int, end: int, *, issuer_key: str, indirect: bool) -> None:
        self._der, self._start, self._end = der, start, end
        self._issuer_key = issuer_key
        self.indirect = indirect
        self.walks = 0
        self._offsets: dict[int, int] | None = None
        self._fault: EncodingError | None = None
        self._others: dict[tuple[int, str], int] = {}

    def __len__(self) -> int:
        return len(self._indexed())

    def find(self, serial: int, issuer_key: str) -> Entry | None:
        """Give the entry of a certificate, None when it is not listed.

        Raises EncodingError, also when a critical extension of any entry is unknown: then nothing in the list
        may be used (RFC 5280 (2008), 5.3).
        """
        offsets = self._indexed()
        if self.indirect:
            at = self._others.get((serial, issuer_key))
        else:
            at = offsets.get(serial) if issuer_key == self._issuer_key else None
        return None if at is None else _decode(_content(self._der, at))

    def _indexed(self) -> dict[int, int]:
        if self._fault:
            raise self._fault
        if self._offsets is None:
            self.walks += 1
            try:
                self._offsets = self._walk()
            except EncodingError as error:
                self._fault = error
                raise
        return self._offsets

    def _walk(self) -> dict[int, int]:
        offsets = _walk(self._der, self._start, self._end)
        self._require_known_extensions()
        if self.indirect:
            self._others = self._by_issuer()
        return offsets

    def _require_known_extensions(self) -> None:
        hits = [hit.start() for hit in _CRITICAL.finditer(self._der, self._start, self._end)]
        starts = list(_starts(self._der, self._start, self._end)) if hits else []
        for at in dict.fromkeys(starts[bisect_right(starts, hit) - 1] for hit in hits):
            for oid, critical, _ in _extensions(_content(self._der, at)):
                if critical and oid not in _HONOURED:
                    raise _broken(at, f"no critical extension of an entry that is unknown here ({oid})")

    def _by_issuer(self) -> dict[tuple[int, str], int]:
        found: dict[tuple[int, str], int] = {}
        current = self._issuer_key
        for at in _starts(self._der, self._start, self._end):
            content = _content(self._der, at)
            if _ISSUER_MARK in content:
                current = _named_issuer(content) or current
            serial = tlv.parse(content)[0].value
            found.setdefault((int.from_bytes(serial, "big", signed=True), current), at)
        return found


def _walk(der: bytes, start: int, end: int) -> dict[int, int]:
    """Give the offset of the first entry of each serial number; each step is checked against the end.

    Written out for speed: two hundred thousand entries take a fraction of a second.
    """
    offsets: dict[int, int] = {}
    read, keep = int.from_bytes, offsets.setdefault
    for at in _starts(der, start, end):
        content = at + 2 if der[at + 1] < 0x80 else at + tlv.read_header(der, at)[1]
        serial = content + 2
        keep(read(der[serial : serial + der[content + 1]], "big", signed=True), at)
    return offsets


def _starts(der: bytes, at: int, end: int) -> Iterator[int]:
    """Give the offset of each entry, whose serial number has been seen to lie inside of it."""
    while at < end:
        if at + 4 > end or der[at] != _SEQUENCE:
            raise _broken(at, "an entry")
        start, size = at + 2, der[at + 1]
        if size >= 0x80:
            _, header, size = tlv.read_header(der, at)
            start = at + header
        following = start + size
        if following > end or not 5 <= size <= MAX_ENTRY or der[start] != _INTEGER:
            raise _broken(at, "an entry with a serial number")
        if not 0 < der[start + 1] <= MAX_SERIAL or start + 2 + der[start + 1] >= following:
            raise _broken(start, f"a serial number of at most {MAX_SERIAL} bytes")
        yield at
        at = following


def _content(der: bytes, at: int) -> bytes:
    _, header, length = tlv.read_header(der, at)
    return der[at + header : at + header + length]


def _extensions(content: bytes) -> list[tuple[str, bool, bytes]]:
    parts = tlv.parse(content)
    if len(parts) not in {2, 3} or (len(parts) == 3 and parts[2].tag != _SEQUENCE):
        raise _broken(0, "serial number, date and extensions in an entry")
    found = [split_extension(item.value) for item in (parts[2].children() if len(parts) == 3 else ())]
    if len({oid for oid, _, _ in found}) != len(found):
        raise _broken(0, "each extension of an entry once")
    return found


def _decode(content: bytes) -> Entry:
    require_short_arcs(content, "CRL entry")
    values = {oid: value for oid, _, value in _extensions(content)}
    with decoding("CRL entry", STANDARD):
        reason, since = values.get(_REASON), values.get(_INVALIDITY)
        return Entry(
            revoked_at=_time(tlv.parse(content)[1].encode()),
            reason="unspecified" if reason is None else str(crl.CRLReason.load(reason, strict=True).native),
            invalid_since=None if since is None else _time(since),
        )


def _named_issuer(content: bytes) -> str | None:
    """Give the key of the name that an entry's certificateIssuer extension gives."""
    require_short_arcs(content, "CRL entry")
    for oid, _, value in _extensions(content):
        if oid == _CERTIFICATE_ISSUER:
            with decoding("certificate issuer of a CRL entry", STANDARD):
                names = [
                    item
                    for item in x509.GeneralNames.load(value, strict=True)
                    if item.name == "directory_name"
                ]
                return read_name(names[0].chosen).key
    return None


def _time(der: bytes) -> datetime:
    native = x509.Time.load(der, strict=True).native
    if not isinstance(native, datetime) or native.tzinfo is None:
        raise _broken(0, "a date and a time in UTC")
    return native.astimezone(UTC)


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("CRL entries", offset=offset, expected=expected, standard=STANDARD)
