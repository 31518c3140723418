"""Time stamps in a CMS signature, and the bytes that each has to be about (ETSI EN 319 122-1 V1.3.1)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from smartid.crypto.ber import encode
from smartid.crypto.elements import OID, SEQUENCE, SET, Element, Fields, octets_of, oid_of, read_element
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.signing.facts import TimeStampFacts, TimeStampKind
from smartid.trust.cms import SignedData, only_signer, parse_signed_data
from smartid.trust.cms_signer import SignerInfo, only_value
from smartid.trust.schemes import hash_of
from smartid.trust.time_stamp import parse_time_stamp

CONTENT_TIME_STAMP = "1.2.840.113549.1.9.16.2.20"
SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"
ARCHIVE_TIME_STAMP = "0.4.0.1733.2.4"
OLDER_STAMPS = {
    "1.2.840.113549.1.9.16.2.25": "CAdES-C time stamp",
    "1.2.840.113549.1.9.16.2.26": "time stamp over references",
    "1.2.840.113549.1.9.16.2.27": "archive time stamp of the first version",
    "1.2.840.113549.1.9.16.2.48": "archive time stamp of the second version",
    "0.4.0.1733.2.5": "long-term validation attribute",
}
"""Attributes of older editions. They are told, and prove nothing here."""

MAX_STAMPS = 32

_HASH_INDEX = "0.4.0.19122.1.5"

Digest = Callable[[str], bytes]


def time_stamps(signed: SignedData, signer: SignerInfo, content: Digest | None) -> tuple[TimeStampFacts, ...]:
    """Collect the time stamps: over the content, over the signature, then the archive ones by their time.

    content  gives the digest of what is signed, None when it is not there

    Raises EncodingError for more than MAX_STAMPS.
    """
    found = [
        *_stamps(signer.signed.get(CONTENT_TIME_STAMP, ()), TimeStampKind.CONTENT, _or_missing(content)),
        *_stamps(
            signer.unsigned.get(SIGNATURE_TIME_STAMP, ()),
            TimeStampKind.SIGNATURE,
            lambda name: hashlib.new(name, signer.signature).digest(),
        ),
        *_archive_stamps(signed, signer, _or_missing(content)),
    ]
    if len(found) > MAX_STAMPS:
        raise _broken(f"at most {MAX_STAMPS} time stamps")
    return tuple(found)


def _or_missing(content: Digest | None) -> Digest:
    def missing(_: str) -> bytes:
        raise _broken("the content, which is not there")

    return content or missing


def _stamps(tokens: tuple[bytes, ...], kind: TimeStampKind, digest: Digest) -> Iterator[TimeStampFacts]:
    return (TimeStampFacts(kind=kind, token=token, digest=digest) for token in tokens)


def _archive_stamps(signed: SignedData, signer: SignerInfo, content: Digest) -> list[TimeStampFacts]:
    """Give the archive time stamps in the order of their times; the attributes are a set and have none."""
    tokens = signer.unsigned.get(ARCHIVE_TIME_STAMP, ())[: MAX_STAMPS + 1]
    return [
        TimeStampFacts(
            kind=TimeStampKind.ARCHIVE,
            token=token,
            digest=partial(_archive_digest, signed, signer, token, content),
            covered=_covered(signer, token),
        )
        for token in sorted(tokens, key=_stated_time)
    ]


def _stated_time(token: bytes) -> datetime:
    try:
        return parse_time_stamp(token).gen_time
    except (EncodingError, AlgorithmRefused):
        return datetime.max.replace(tzinfo=UTC)


def _archive_digest(
    signed: SignedData, signer: SignerInfo, token: bytes, content: Digest, hash_name: str
) -> bytes:
    """Hash what an archive-time-stamp-v3 covers (5.5.3). Raises EncodingError, AlgorithmRefused.

    In this order: content type; digest of the content; version, signer identifier, digest algorithm,
    signed attributes, signature algorithm and signature of the SignerInfo; the hash index of the token. All
    as they were sent. Each digest in the index has to be that of something in the signature; what is not in
    the index was added later.
    """
    index = only_value(only_signer(parse_signed_data(token)).unsigned, _HASH_INDEX)
    if index is None:
        raise _broken("the index of digests (ATSHashIndex-v3)")
    _require_index(index, signed, signer)
    parts = (encode(OID, _oid_octets(signed.content_type)), content(hash_name), _stamped(signer), index.raw)
    return hashlib.new(hash_name, b"".join(parts)).digest()


def _covered(signer: SignerInfo, token: bytes) -> frozenset[bytes]:
    """Give the values of unsigned attributes that the index of a token lists; none when it is malformed."""
    try:
        index = only_value(only_signer(parse_signed_data(token)).unsigned, _HASH_INDEX)
        if index is None:
            return frozenset()
        hash_name, listed = _listed(index)
        values = [(kind + value, value) for kind, value in _unsigned_values(signer)]
    except (EncodingError, AlgorithmRefused):
        return frozenset()
    return frozenset(value for raw, value in values if hashlib.new(hash_name, raw).digest() in listed[2])


def _listed(index: Element) -> tuple[str, list[list[bytes]]]:
    """Read ATSHashIndex-v3: its hash, and digests of certificates, revocation data, unsigned attributes."""
    fields = Fields(index)
    hash_name = hash_of(oid_of(Fields(fields.take(SEQUENCE)).take()))
    listed = [[octets_of(item) for item in fields.take(SEQUENCE).children()] for _ in range(3)]
    fields.end()
    return hash_name, listed


def _require_index(index: Element, signed: SignedData, signer: SignerInfo) -> None:
    """Raises EncodingError unless everything that the index lists is there."""
    hash_name, listed = _listed(index)
    enclosed = (*signed.certificates, *signed.crls, *signed.others)
    present = Counter(hashlib.new(hash_name, raw).digest() for raw in enclosed)
    attributes = Counter(
        hashlib.new(hash_name, kind + value).digest() for kind, value in _unsigned_values(signer)
    )
    if Counter([*listed[0], *listed[1]]) - present:
        raise _broken("every certificate, CRL and OCSP answer that the time stamp lists")
    if Counter(listed[2]) - attributes:
        raise _broken("every unsigned attribute that the time stamp lists")


def _stamped(signer: SignerInfo) -> bytes:
    """Give the SignerInfo without its unsigned attributes, and without its own tag and length."""
    fields = read_element(signer.raw, SEQUENCE).children()
    return b"".join(field.raw for field in fields if field.tag != 0xA1)


def _unsigned_values(signer: SignerInfo) -> Iterator[tuple[bytes, bytes]]:
    """Give type and value, in DER, of each value of each unsigned attribute."""
    for field in read_element(signer.raw, SEQUENCE).children():
        if field.tag == 0xA1:
            for attribute in field.children():
                parts = Fields(attribute)
                kind = parts.take(OID).raw
                yield from ((kind, value.raw) for value in parts.take(SET).children())


def _oid_octets(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    octets = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return bytes(octets)


def _broken(expected: str) -> EncodingError:
    return EncodingError(
        "time stamp", offset=0, expected=expected, standard="ETSI EN 319 122-1 V1.3.1 (2023-06), 5.5"
    )
