"""Reading certificate revocation lists: the head at once, the entries by an index that is made once.

A national list has hundreds of thousands of entries. They are walked once by their lengths; an entry is
decoded only when somebody asks for its serial number.

::

    CertificateList  SEQUENCE
        tbsCertList          SEQUENCE: [version], algorithm, issuer, thisUpdate, [nextUpdate],
                             [revokedCertificates], [0] extensions
        signatureAlgorithm   SEQUENCE
        signatureValue       BIT STRING
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, core, crl, x509

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.iso7816 import tlv
from smartid.trust.algorithms import AlgorithmPolicy, SignatureScheme
from smartid.trust.certificate import DistinguishedName
from smartid.trust.schemes import scheme_of
from smartid.trust.status.crl_entries import Entry, EntryIndex
from smartid.trust.status.pointers import ALL_REASONS, GeneralName, point_names, split_extension
from smartid.trust.x509_names import read_name

STANDARD = "RFC 5280 (2008), 5.1"
MAX_CRL_LENGTH = 64 << 20
"""Longest list that is read, in bytes."""
MAX_HEAD = 64 << 10
"""Longest part of a list before and after its entries."""

_SEQUENCE, _INTEGER, _BIT_STRING, _EXTENSIONS = 0x30, 0x02, 0x03, 0xA0
_TIMES = {0x17, 0x18}
_NUMBER = "2.5.29.20"
_DELTA = "2.5.29.27"
_POINT = "2.5.29.28"
_AUTHORITY_KEY_ID = "2.5.29.35"
_EXPIRED_KEPT = "2.5.29.60"
_HONOURED = {_NUMBER, _DELTA, _POINT, _AUTHORITY_KEY_ID, _EXPIRED_KEPT}

Span = tuple[int, int, int]
"""Where an object starts, where its content starts, and where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which certificates a list is about: the issuing distribution point (RFC 5280 (2008), 5.2.5).

    names       of the distribution point; empty when the list is not bound to one
    reasons     what the list covers
    indirect    it may be about certificates of other issuers
    attributes  it is about attribute certificates only
    """

    names: frozenset[GeneralName] = frozenset()
    reasons: frozenset[str] = ALL_REASONS
    users_only: bool = False
    authorities_only: bool = False
    indirect: bool = False
    attributes: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a signature on a list does not count.

    weak  not for being wrong, but because the policy does not allow its algorithm or key
    """

    detail: str
    weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class RevocationList:
    """A CertificateList, read but not believed.

    scheme        how it is signed, None when the algorithm is unknown here
    number, base  CRL number, and that of the list which this delta list is the difference to
    expired_kept  since when entries are kept although the certificates expired (ITU-T X.509, 2019, 9.5.2.8)
    unprocessed   critical extensions of the list that nothing here can honour
    entries       the index; an unknown critical extension of an entry is found in it too
    checked       outcomes of the signature by key and algorithm policy: why not, empty when it is right
    """

    der: bytes
    tbs: bytes
    scheme: SignatureScheme | None
    signature: bytes
    issuer: DistinguishedName
    this_update: datetime
    next_update: datetime | None
    number: int | None = None
    base: int | None = None
    scope: Scope = Scope()
    authority_key_id: bytes | None = None
    expired_kept: datetime | None = None
    unprocessed: frozenset[str] = frozenset()
    label: str = ""
    entries: EntryIndex
    checked: dict[tuple[bytes, AlgorithmPolicy], Refusal | None] = field(default_factory=dict)

    @property
    def is_delta(self) -> bool:
        """Whether it holds only the changes since another list."""
        return self.base is not None

    def find(self, serial: int, issuer_key: str) -> Entry | None:
        """Give the entry of a certificate. Raises EncodingError; AlgorithmRefused never."""
        return self.entries.find(serial, issuer_key)

    def __repr__(self) -> str:
        return f"RevocationList({self.label})"


def require_crl_frame(der: bytes) -> None:
    """Look at the outermost layers only: enough to tell a list from another file. Raises EncodingError."""
    _frame(der)


def parse_crl(der: bytes) -> RevocationList:
    """Read a CertificateList in DER, with nothing after it; its entries are read when asked for.

    Raises EncodingError.
    """
    tbs, algorithm, signature = _frame(der)
    fields = list(_spans(der, tbs[1], tbs[2], at_most=7))
    fields = fields[1:] if fields and der[fields[0][0]] == _INTEGER else fields
    if len(fields) < 3 or der[tbs[1] : tbs[1] + 1] not in {b"\x02", b"\x30"}:
        raise _broken(tbs[1], "the fields of a list")
    entries, extensions = _optional_parts(der, fields)
    for start, end in (
        (tbs[0], entries[0] if entries else tbs[2]),
        (entries[2] if entries else tbs[2], tbs[2]),
    ):
        require_short_arcs(_piece(der, start, end), "CRL")
    times = [span for span in fields[2:4] if der[span[0]] in _TIMES]
    with decoding("CRL", STANDARD):
        issuer = read_name(x509.Name.load(_whole(der, fields[1]), strict=True))
        this_update = _time(_whole(der, times[0]))
        values = _extensions(der, extensions, issuer)
        return RevocationList(
            der=der,
            tbs=der[tbs[0] : tbs[2]],
            scheme=_scheme(_whole(der, algorithm), _whole(der, fields[0])),
            signature=core.OctetBitString.load(_whole(der, signature), strict=True).native,
            issuer=issuer,
            this_update=this_update,
            next_update=_time(_whole(der, times[1])) if len(times) == 2 else None,
            label=f"CRL of {issuer} of {this_update:%Y-%m-%d %H:%M} UTC",
            entries=_index(der, entries, issuer, values["scope"]),
            **values,
        )


def _index(der: bytes, entries: Span | None, issuer: DistinguishedName, scope: Scope) -> EntryIndex:
    start, end = (entries[1], entries[2]) if entries else (0, 0)
    return EntryIndex(der, start, end, issuer_key=issuer.key, indirect=scope.indirect)


def _frame(der: bytes) -> tuple[Span, Span, Span]:
    if len(der) > MAX_CRL_LENGTH:
        raise _broken(0, f"at most {MAX_CRL_LENGTH} bytes")
    outer = next(_spans(der, 0, len(der), at_most=1))
    if der[0] != _SEQUENCE:
        raise _broken(0, "a SEQUENCE")
    parts = list(_spans(der, outer[1], outer[2], at_most=3))
    if [der[span[0]] for span in parts] != [_SEQUENCE, _SEQUENCE, _BIT_STRING]:
        raise _broken(outer[1], "a list, an algorithm and a signature")
    return parts[0], parts[1], parts[2]


def _spans(der: bytes, at: int, end: int, *, at_most: int) -> Iterator[Span]:
    """Walk the objects between two offsets; at least one, and nothing may follow the last."""
    for _ in range(at_most):
        _, header, length = tlv.read_header(der, at)
        if length > end - at - header:
            raise _broken(at, f"an object that ends before offset {end}")
        yield at, at + header, at + header + length
        at += header + length
        if at == end:
            return
    raise _broken(at, "nothing after the last field")


def _optional_parts(der: bytes, fields: list[Span]) -> tuple[Span | None, Span | None]:
    rest = [span for span in fields[2:] if der[span[0]] not in _TIMES]
    tags = [der[span[0]] for span in rest]
    times = len(fields) - 2 - len(rest)
    if tags not in ([], [_SEQUENCE], [_EXTENSIONS], [_SEQUENCE, _EXTENSIONS]) or times not in {1, 2}:
        raise _broken(fields[2][0], "times, entries and extensions")
    if any(der[span[0]] in _TIMES for span in fields[2 + times :]):
        raise _broken(fields[2][0], "the times before the entries")
    entries = rest[0] if _SEQUENCE in tags else None
    return entries, rest[-1] if _EXTENSIONS in tags else None


def _piece(der: bytes, start: int, end: int) -> bytes:
    if end - start > MAX_HEAD:
        raise _broken(start, f"at most {MAX_HEAD} bytes beside the entries")
    return der[start:end]


def _whole(der: bytes, span: Span) -> bytes:
    return der[span[0] : span[2]]


def _scheme(outer: bytes, inner: bytes) -> SignatureScheme | None:
    outside, inside = (algos.SignedDigestAlgorithm.load(item, strict=True) for item in (outer, inner))
    if outside["algorithm"].dotted != inside["algorithm"].dotted:
        raise _broken(0, "the same algorithm inside and outside of the signed part")
    try:
        return scheme_of(outside)
    except AlgorithmRefused:
        return None


def _time(der: bytes) -> datetime:
    native = x509.Time.load(der, strict=True).native
    if not isinstance(native, datetime) or native.tzinfo is None:
        raise _broken(0, "a date and a time in UTC")
    return native.astimezone(UTC)


def _extensions(der: bytes, span: Span | None, issuer: DistinguishedName) -> dict[str, Any]:
    found: dict[str, tuple[bool, bytes]] = {}
    if span is not None:
        for extension in tlv.parse_one(der[span[1] : span[2]], _SEQUENCE).children():
            oid, critical, value = split_extension(extension.value)
            if oid in found:
                raise _broken(span[0], "each extension once")
            found[oid] = critical, value
    values = {oid: value for oid, (_, value) in found.items()}
    return {
        "number": _number(values.get(_NUMBER)),
        "base": _number(values.get(_DELTA)),
        "scope": _scope(values.get(_POINT), issuer),
        "authority_key_id": _key_id(values.get(_AUTHORITY_KEY_ID)),
        "expired_kept": _kept_since(values.get(_EXPIRED_KEPT)),
        "unprocessed": frozenset(oid for oid, (critical, _) in found.items() if critical) - _HONOURED,
    }


def _number(value: bytes | None) -> int | None:
    return None if value is None else int(core.Integer.load(value, strict=True).native)


def _key_id(value: bytes | None) -> bytes | None:
    if value is None:
        return None
    identifier: bytes | None = x509.AuthorityKeyIdentifier.load(value, strict=True)["key_identifier"].native
    return identifier


def _kept_since(value: bytes | None) -> datetime | None:
    return None if value is None else _time(value)


def _scope(value: bytes | None, issuer: DistinguishedName) -> Scope:
    if value is None:
        return Scope()
    point = crl.IssuingDistributionPoint.load(value, strict=True)
    reasons = point["only_some_reasons"]
    return Scope(
        names=point_names(point["distribution_point"], issuer.key),
        reasons=ALL_REASONS if isinstance(reasons, core.Void) else ALL_REASONS & frozenset(reasons.native),
        users_only=point["only_contains_user_certs"].native,
        authorities_only=point["only_contains_ca_certs"].native,
        indirect=point["indirect_crl"].native,
        attributes=point["only_contains_attribute_certs"].native,
    )


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("CRL", offset=offset, expected=expected, standard=STANDARD)
