"""Where a certificate says to ask about it (RFC 5280 (2008), 4.2.1.13, 4.2.2.1; RFC 6960 (2013), 4.2.2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from asn1crypto import core, x509

from smartid.crypto.der import decoding
from smartid.crypto.elements import dotted
from smartid.errors import EncodingError
from smartid.iso7816 import tlv
from smartid.trust.certificate import Certificate
from smartid.trust.x509_names import read_name

STANDARD = "RFC 5280 (2008), 4.2"
MAX_POINTS = 16
"""More distribution points than this are not followed: the certificate is refused as malformed."""

ALL_REASONS = frozenset(
    {
        "key_compromise",
        "ca_compromise",
        "affiliation_changed",
        "superseded",
        "cessation_of_operation",
        "certificate_hold",
        "privilege_withdrawn",
        "aa_compromise",
    }
)
"""Reasons that a list may be limited to, as ``asn1crypto`` spells them."""

_CRL_POINTS = "2.5.29.31"
_FRESHEST = "2.5.29.46"
_AUTHORITY_INFORMATION = "1.3.6.1.5.5.7.1.1"
_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
_SEQUENCE, _BOOLEAN, _OCTETS, _VERSION, _EXTENSIONS = 0x30, 0x01, 0x04, 0xA0, 0xA3

GeneralName = tuple[str, str]
"""Kind and value of a GeneralName, made so that two names that match are equal."""


@dataclass(frozen=True, slots=True)
class DistributionPoint:
    """Where a list that covers the certificate is published.

    names        of the point; empty when only its issuer is named
    reasons      what the list there covers
    crl_issuers  keys of the names of who issues that list; empty when the certificate's issuer does
    """

    names: frozenset[GeneralName] = frozenset()
    reasons: frozenset[str] = ALL_REASONS
    crl_issuers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointers:
    """What a certificate says about where to ask.

    crl_points        distribution points
    crl_urls          addresses of lists, complete ones first, then the freshest (delta) ones
    ocsp_urls         addresses of OCSP responders
    issuer_urls       addresses of the issuer's certificate
    no_check          an OCSP responder that needs no revocation check itself
    issuer, subject   the names in DER, as an OCSP request hashes them
    """

    crl_points: tuple[DistributionPoint, ...] = ()
    crl_urls: tuple[str, ...] = ()
    ocsp_urls: tuple[str, ...] = ()
    issuer_urls: tuple[str, ...] = ()
    no_check: bool = False
    issuer: bytes = b""
    subject: bytes = b""

    @property
    def declared(self) -> bool:
        """Whether there is a place to ask."""
        return bool(self.crl_points or self.ocsp_urls)


def read_pointers(certificate: Certificate) -> Pointers:
    """Read what a certificate says about where to ask. Raises EncodingError."""
    return _read(certificate.tbs, certificate.issuer.key)


@lru_cache(maxsize=1024)
def _read(tbs: bytes, issuer: str) -> Pointers:
    fields = list(tlv.parse_one(tbs, _SEQUENCE).children())
    fields = fields[1:] if fields and fields[0].tag == _VERSION else fields
    if len(fields) < 6:
        raise _broken("the fields of a certificate")
    values = _extension_values(next((item for item in fields[6:] if item.tag == _EXTENSIONS), None))
    named = (values.get(oid) for oid in (_CRL_POINTS, _FRESHEST, _AUTHORITY_INFORMATION))
    return replace(
        _places(*named, issuer),
        no_check=_NO_CHECK in values,
        issuer=fields[2].encode(),
        subject=fields[4].encode(),
    )


@lru_cache(maxsize=256)
def _places(
    crl_points: bytes | None, freshest: bytes | None, information: bytes | None, issuer: str
) -> Pointers:
    """Decode the extensions that name places; all certificates of an authority share them, as a rule."""
    with decoding("certificate extensions", STANDARD):
        points = _load(x509.CRLDistributionPoints, crl_points)
        fresh = _load(x509.CRLDistributionPoints, freshest)
        places = list(_load(x509.AuthorityInfoAccessSyntax, information))
        if len(points) + len(fresh) + len(places) > MAX_POINTS:
            raise _broken(f"at most {MAX_POINTS} places to ask")
        return Pointers(
            crl_points=tuple(_point(point, issuer) for point in points),
            crl_urls=(*_point_urls(points), *_point_urls(fresh)),
            ocsp_urls=_access(places, "ocsp"),
            issuer_urls=_access(places, "ca_issuers"),
        )


def _extension_values(holder: tlv.TLV | None) -> dict[str, bytes]:
    if holder is None:
        return {}
    found: dict[str, bytes] = {}
    for extension in tlv.parse_one(holder.value, _SEQUENCE).children():
        oid, _, value = split_extension(extension.value)
        found.setdefault(oid, value)
    return found


def split_extension(content: bytes) -> tuple[str, bool, bytes]:
    """Split an Extension into object identifier, criticality and value. Raises EncodingError."""
    parts = list(tlv.parse(content))
    critical = len(parts) == 3 and parts[1].tag == _BOOLEAN and parts[1].value != b"\x00"
    if (
        len(parts) not in {2, 3}
        or parts[0].tag != 0x06
        or parts[-1].tag != _OCTETS
        or len(parts[0].value) > 64
    ):
        raise _broken("an object identifier, a flag and a value in an extension")
    if len(parts) == 3 and parts[1].tag != _BOOLEAN:
        raise _broken("a flag between the identifier and the value of an extension")
    return dotted(parts[0].value), critical, parts[-1].value


def _load(kind: type[Any], value: bytes | None) -> Any:
    return () if value is None else kind.load(value, strict=True)


def _point(point: Any, issuer_key: str) -> DistributionPoint:
    issuers = () if isinstance(point["crl_issuer"], core.Void) else point["crl_issuer"]
    keys = frozenset(read_name(name.chosen).key for name in issuers if name.name == "directory_name")
    reasons = point["reasons"]
    base = sorted(keys)[0] if keys else issuer_key
    return DistributionPoint(
        names=point_names(point["distribution_point"], base),
        reasons=ALL_REASONS if isinstance(reasons, core.Void) else ALL_REASONS & frozenset(reasons.native),
        crl_issuers=keys,
    )


def point_names(name: Any, base: str) -> frozenset[GeneralName]:
    """Give the names of a DistributionPointName; ``base`` is the key that a relative name continues."""
    if isinstance(name, core.Void):
        return frozenset()
    if name.name == "full_name":
        return frozenset(general_name(item) for item in name.chosen)
    relative = x509.Name(name="", value=x509.RDNSequence([name.chosen]))
    return frozenset({("directory_name", f"{base}\x1e{read_name(relative).key}")})


def general_name(name: Any) -> GeneralName:
    """Give a GeneralName in a form that can be compared."""
    if name.name == "directory_name":
        return name.name, read_name(name.chosen).key
    if name.name == "uniform_resource_identifier":
        return name.name, str(name.native)
    return name.name, name.dump().hex()


def _point_urls(points: Iterable[Any]) -> tuple[str, ...]:
    found = []
    for point in points:
        name = point["distribution_point"]
        if not isinstance(name, core.Void) and name.name == "full_name":
            found += [str(item.native) for item in name.chosen if item.name == "uniform_resource_identifier"]
    return _web(found)


def _access(places: Iterable[Any], method: str) -> tuple[str, ...]:
    return _web(
        str(place["access_location"].native)
        for place in places
        if place["access_method"].native == method
        and place["access_location"].name == "uniform_resource_identifier"
    )


def _web(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(item for item in addresses if item.lower().startswith(("http://", "https://")))


def _broken(expected: str) -> EncodingError:
    return EncodingError("certificate", offset=0, expected=expected, standard=STANDARD)
