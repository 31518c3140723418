"""Signed data of CMS: reading it, and checking what one signer signed (RFC 5652 (2009), 5).

It also carries document security objects, master lists and time stamps. Bytes are kept as they came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from smartid.crypto.ber import definite
from smartid.crypto.elements import (
    INTEGER,
    OID,
    SEQUENCE,
    SET,
    Element,
    Fields,
    octets_of,
    oid_of,
    read_element,
)
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.certificate import Certificate
from smartid.trust.cms_signer import SignerInfo, parse_signer_info, verify_signature
from smartid.trust.status.ocsp_wrap import response_of
from smartid.trust.validation_data import ValidationData

STANDARD = "RFC 5652 (2009), 5.1"
MAX_LENGTH = 1 << 20
"""Longest signed data that is read unless the caller allows more, in bytes."""
MAX_SIGNERS = 64
MAX_CERTIFICATES = 256
MAX_REVOCATION = 256

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
_OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignedData:
    """CMS signed data, read but not believed.

    content_type       object identifier of what is signed
    content            None when the content travels apart
    certificates       X.509, as they came, in DER
    crls, ocsp         revocation data (RFC 5652, 10.2.1; RFC 5940 (2010)); OCSP as OCSPResponse
    others             entries of the two lists that are of other kinds, or wrapped: as they came
    """

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    others: tuple[bytes, ...] = ()
    signers: tuple[SignerInfo, ...] = ()

    def __repr__(self) -> str:
        return f"SignedData({self.content_type}, {len(self.signers)} signers)"

    @property
    def data(self) -> ValidationData:
        """What it encloses for the validation of paths."""
        return ValidationData(certificates=self.certificates, crls=self.crls, ocsp=self.ocsp)

    def covers(self, content: bytes) -> bool:
        """Tell whether the only signer's attributes are about this content, whoever made their signature.

        Raises EncodingError, AlgorithmRefused as ``only_signer`` does.
        """
        signer = only_signer(self)
        return signer.covers(self.content_type, hashlib.new(signer.digest_name, content).digest())

    def signer_certificate(self, *others: bytes) -> Certificate | None:
        """Give the certificate of the only signer, out of those inside and ``others``.

        Raises EncodingError unless there is one signer.
        """
        found = only_signer(self).certificates((*self.certificates, *others))
        return found[0] if found else None


def parse_signed_data(data: bytes, *, max_length: int = MAX_LENGTH) -> SignedData:
    """Read a ContentInfo with SignedData, DER or BER, with nothing after it.

    max_length  longest input that is read, in bytes

    Raises EncodingError. Algorithms that are unknown here are told by the signers that use them.
    """
    if len(data) > max_length:
        raise _broken(max_length, f"at most {max_length} bytes")
    try:
        return _content_info(data)
    except EncodingError:
        brought = definite(data)
        if brought == data:
            raise
        return _content_info(brought)


def only_signer(data: SignedData) -> SignerInfo:
    """Give the one signer of a structure that must have one, with signed attributes.

    Raises EncodingError; AlgorithmRefused for a hash or signature algorithm that is unknown here.
    """
    if len(data.signers) != 1:
        raise _broken(0, "exactly one signer")
    signer = data.signers[0]
    if signer.attributes is None:
        raise _broken(0, "signed attributes")
    if signer.scheme is None:
        raise AlgorithmRefused(signer.refused)
    return signer


def verify_signed_data(
    data: SignedData, certificate: Certificate, content: bytes, *, algorithms: AlgorithmPolicy = STRICT
) -> None:
    """Check that the only signer's attributes are about ``content`` and that the certified key signed them.

    Nothing is said about who the signer is: that is the path's answer.
    Raises SignatureInvalid, AlgorithmRefused, EncodingError (not one signer, or the key is malformed).
    """
    signer = only_signer(data)
    algorithms.require_hash(signer.digest_name)
    if not data.covers(content):
        raise SignatureInvalid("The signed attributes are not about this content.")
    verify_signature(
        signer, certificate, lambda name: hashlib.new(name, content).digest(), algorithms=algorithms
    )


def _content_info(data: bytes) -> SignedData:
    info = Fields(read_element(data, SEQUENCE))
    if oid_of(info.take(OID)) != _SIGNED_DATA:
        raise _broken(0, "content type signedData")
    wrapper = info.take(0xA0).children()
    info.end()
    if len(wrapper) != 1:
        raise _broken(0, "one value of signedData")
    return _signed_data(Fields(wrapper[0]))


def _signed_data(fields: Fields) -> SignedData:
    fields.take(INTEGER)
    fields.take(SET)
    content_type, content = _content(Fields(fields.take(SEQUENCE)))
    certificates = _entries(fields.maybe(0xA0), MAX_CERTIFICATES, "certificates")
    revocation = _entries(fields.maybe(0xA1), MAX_REVOCATION, "CRLs and OCSP answers")
    signers = fields.take(SET).children()
    fields.end()
    if len(signers) > MAX_SIGNERS:
        raise _broken(0, f"at most {MAX_SIGNERS} signers")
    return SignedData(
        content_type=content_type,
        content=content,
        certificates=_plain(certificates),
        crls=_plain(revocation),
        ocsp=tuple(der for entry in revocation if entry.tag == 0xA1 for der in _ocsp(entry)),
        others=tuple(entry.raw for entry in (*certificates, *revocation) if entry.tag != SEQUENCE),
        signers=tuple(map(parse_signer_info, signers)),
    )


def _content(fields: Fields) -> tuple[str, bytes | None]:
    content_type = oid_of(fields.take(OID))
    wrapper = fields.maybe(0xA0)
    fields.end()
    if wrapper is None:
        return content_type, None
    inside = wrapper.children()
    if len(inside) != 1:
        raise _broken(wrapper.start, "one octet string")
    return content_type, octets_of(inside[0])


def _entries(field: Element | None, most: int, what: str) -> list[Element]:
    entries = field.children() if field else []
    if len(entries) > most:
        raise _broken(0, f"at most {most} {what}")
    return entries


def _plain(entries: Iterable[Element]) -> tuple[bytes, ...]:
    return tuple(entry.raw for entry in entries if entry.tag == SEQUENCE)


def _ocsp(entry: Element) -> tuple[bytes, ...]:
    """Give the OCSP answer of an OtherRevocationInfoFormat; nothing when it is something else."""
    parts = entry.children()
    kind = oid_of(parts[0]) if len(parts) == 2 else ""
    if kind == _OCSP_RESPONSE:
        return (parts[1].raw,)
    return (response_of(parts[1].raw),) if kind == _OCSP_BASIC else ()


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("CMS signed data", offset=offset, expected=expected, standard=STANDARD)
