"""EF.DG14, EF.DG15, EF.SOD: keys and hashes of an eMRTD, as values.

ICAO Doc 9303-10 and 9303-11, 8th edition (2021). Only structures are read here. Whether EF.SOD is signed by
anyone is the business of ``smartid.trust``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from asn1crypto import algos, core

from smartid.errors import EncodingError
from smartid.identity.lds import DATA_GROUP_TAGS, SOD_TAG, broken
from smartid.iso7816 import tlv

LDS_SECURITY_OBJECT_OID = "2.23.136.1.1.1"
"""Content type of the CMS in EF.SOD (ICAO Doc 9303-10, 8th edition, 4.6.2)."""
ACTIVE_AUTHENTICATION_OID = "2.23.136.1.1.5"
"""Protocol of ActiveAuthenticationInfo (ICAO Doc 9303-11, 8th edition, 9.2.8)."""

_HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
_SEQUENCE = 0x30


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityInfo:
    """One entry of a SecurityInfos set; ``required`` and ``optional`` are the DER of what follows the OID."""

    protocol: str
    required: bytes
    optional: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LDSSecurityObject:
    """The digests of the data groups, as EF.SOD signs them.

    hash_name    name of the hash as ``hashlib`` spells it
    digests      digest by number of the data group, 1 to 16
    lds_version, unicode_version  only in version 1 of the structure: "0108", "040000"
    """

    hash_name: str
    digests: Mapping[int, bytes]
    lds_version: str | None = None
    unicode_version: str | None = None


class _SecurityInfo(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("protocol", core.ObjectIdentifier),
        ("required", core.Any),
        ("optional", core.Any, {"optional": True}),
    ]


class _SecurityInfos(core.SetOf):  # type: ignore[misc]
    _child_spec = _SecurityInfo


class _Digest(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012


class _Digests(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Digest


class _VersionInfo(core.Sequence):  # type: ignore[misc]
    _fields = [("lds", core.PrintableString), ("unicode", core.PrintableString)]  # noqa: RUF012


class _LDSSecurityObject(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("hash_algorithm", algos.DigestAlgorithm),
        ("digests", _Digests),
        ("version_info", _VersionInfo, {"optional": True}),
    ]


def parse_dg14(data: bytes) -> tuple[SecurityInfo, ...]:
    """Read EF.DG14: 6E { SecurityInfos }. Raises EncodingError."""
    return parse_security_infos(tlv.parse_one(data, DATA_GROUP_TAGS[14]).value)


def build_dg14(infos: tuple[SecurityInfo, ...]) -> bytes:
    """Write EF.DG14."""
    return tlv.encode(DATA_GROUP_TAGS[14], build_security_infos(infos))


def parse_security_infos(der: bytes) -> tuple[SecurityInfo, ...]:
    """Read a SecurityInfos set, of EF.DG14 or EF.CardAccess (ICAO Doc 9303-11, 8th edition, 9.2).

    Raises EncodingError.
    """
    with _decoding("SecurityInfos"):
        return tuple(
            SecurityInfo(
                protocol=info["protocol"].dotted,
                required=info["required"].dump(),
                optional=info["optional"].dump() or None,
            )
            for info in _SecurityInfos.load(der, strict=True)
        )


def build_security_infos(infos: tuple[SecurityInfo, ...]) -> bytes:
    """Write a SecurityInfos set in DER, entries in the order that DER prescribes."""
    entries = (
        tlv.encode(
            _SEQUENCE, core.ObjectIdentifier(info.protocol).dump(), info.required, info.optional or b""
        )
        for info in infos
    )
    return tlv.encode(0x31, *sorted(entries))


def active_authentication_algorithm(infos: tuple[SecurityInfo, ...]) -> str | None:
    """Give the OID of the signature algorithm in ActiveAuthenticationInfo, None when there is no entry.

    An ECDSA chip needs it, for example 0.4.0.127.0.7.1.1.4.1.3, ecdsa-plain-SHA256 (BSI TR-03111).
    Raises EncodingError.
    """
    info = next((entry for entry in infos if entry.protocol == ACTIVE_AUTHENTICATION_OID), None)
    if info is None:
        return None
    with _decoding("ActiveAuthenticationInfo"):
        if core.Integer.load(info.required, strict=True).native != 1 or info.optional is None:
            raise broken("ActiveAuthenticationInfo", 0, "version 1 and an algorithm")
        return str(core.ObjectIdentifier.load(info.optional, strict=True).dotted)


def active_authentication_info(algorithm: str) -> SecurityInfo:
    """Make ActiveAuthenticationInfo, version 1, for a signature algorithm given by its OID."""
    return SecurityInfo(
        protocol=ACTIVE_AUTHENTICATION_OID,
        required=core.Integer(1).dump(),
        optional=core.ObjectIdentifier(algorithm).dump(),
    )


def parse_dg15(data: bytes) -> bytes:
    """Read EF.DG15: 6F { SubjectPublicKeyInfo }. Gives its DER. Raises EncodingError."""
    key = tlv.parse_one(data, DATA_GROUP_TAGS[15]).value
    tlv.parse_one(key, _SEQUENCE)
    return key


def build_dg15(public_key: bytes) -> bytes:
    """Write EF.DG15 around a SubjectPublicKeyInfo in DER."""
    return tlv.encode(DATA_GROUP_TAGS[15], public_key)


def parse_sod(data: bytes) -> bytes:
    """Read EF.SOD: 77 { CMS ContentInfo }. Gives the CMS, unverified. Raises EncodingError."""
    cms = tlv.parse_one(data, SOD_TAG).value
    tlv.parse_one(cms, _SEQUENCE)
    return cms


def build_sod(cms: bytes) -> bytes:
    """Write EF.SOD around a CMS ContentInfo."""
    return tlv.encode(SOD_TAG, cms)


def parse_lds_security_object(der: bytes) -> LDSSecurityObject:
    """Read the content that EF.SOD signs, version 0 or 1. Raises EncodingError."""
    with _decoding("LDSSecurityObject"):
        structure = _LDSSecurityObject.load(der, strict=True)
        version, info = structure["version"].native, structure["version_info"].native
        if version not in {0, 1} or (version == 1) != (info is not None):
            raise broken("LDSSecurityObject", 0, "version 0, or version 1 with its versions")
        hash_name = structure["hash_algorithm"]["algorithm"].native
        return LDSSecurityObject(
            hash_name=hash_name,
            digests=_digests(structure["digests"], hash_name),
            lds_version=info and info["lds"],
            unicode_version=info and info["unicode"],
        )


def build_lds_security_object(value: LDSSecurityObject) -> bytes:
    """Write the content that EF.SOD signs: version 1 when it names its versions, else version 0."""
    fields: dict[str, object] = {
        "version": 1 if value.lds_version else 0,
        "hash_algorithm": {"algorithm": value.hash_name},
        "digests": [{"number": number, "value": value.digests[number]} for number in sorted(value.digests)],
    }
    if value.lds_version:
        fields["version_info"] = {"lds": value.lds_version, "unicode": value.unicode_version}
    return bytes(_LDSSecurityObject(fields).dump())


def _digests(entries: _Digests, hash_name: str) -> dict[int, bytes]:
    if hash_name not in _HASHES:
        raise broken("LDSSecurityObject", 0, f"a hash out of {', '.join(_HASHES)}")
    size = hashlib.new(hash_name).digest_size
    digests: dict[int, bytes] = {}
    for entry in entries:
        number, digest = entry["number"].native, entry["value"].native
        if number not in DATA_GROUP_TAGS or number in digests or len(digest) != size:
            raise broken("LDSSecurityObject", 0, f"one digest of {size} bytes for each data group 1 to 16")
        digests[number] = digest
    return digests


@contextmanager
def _decoding(what: str) -> Iterator[None]:
    """Turn what asn1crypto raises on broken input into our own error."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise EncodingError(what, offset=0, expected="DER of its structure") from error
