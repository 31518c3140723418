"""One signer of CMS signed data: reading SignerInfo, and checking its signature (RFC 5652 (2009), 5.3)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from smartid.crypto.der import require_short_arcs
from smartid.crypto.elements import (
    OCTET_STRING,
    SEQUENCE,
    SET,
    Element,
    Fields,
    integer_of,
    octets_of,
    oid_of,
    read_element,
    time_of,
)
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.iso7816 import tlv
from smartid.trust.algorithms import STRICT, AlgorithmPolicy, SignatureScheme
from smartid.trust.certificate import Certificate, DistinguishedName
from smartid.trust.raw import verify_raw
from smartid.trust.schemes import hash_of, scheme_from_der
from smartid.trust.x509 import parse_certificate
from smartid.trust.x509_names import name_from_der

STANDARD = "RFC 5652 (2009), 5.3"
MAX_ATTRIBUTES = 128

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
DATA = "1.2.840.113549.1.7.1"

Attributes = Mapping[str, tuple[bytes, ...]]
"""Object identifier to values, each in DER as it came."""

_known = lru_cache(maxsize=512)(parse_certificate)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignerInfo:
    """One signer's part, read but not believed.

    raw                the whole, as it came
    issuer, serial     name the signer's certificate, or else ``subject_key_id`` does
    digest_name        hash of the content, as ``hashlib`` spells it; empty when it is unknown here
    scheme             how it is signed; None when that is unknown here, and ``refused`` says why
    attributes         the signed attributes as SET OF, as sent; None when the content itself is signed
    signed, unsigned   attributes by object identifier
    signed_type, message_digest, signing_time  out of the signed attributes, None when they lack it
    """

    raw: bytes
    issuer: DistinguishedName | None
    serial: int | None
    subject_key_id: bytes | None
    digest_name: str
    scheme: SignatureScheme | None
    refused: str = ""
    signature: bytes
    attributes: bytes | None
    signed: Attributes
    unsigned: Attributes
    signed_type: str | None = None
    message_digest: bytes | None = None
    signing_time: datetime | None = None

    def __repr__(self) -> str:
        return f"SignerInfo({self.scheme})"

    def covers(self, content_type: str, digest: bytes) -> bool:
        """Tell whether the signed attributes are about content of this type and digest.

        Says nothing about their signature.
        """
        return self.signed_type == content_type and hmac.compare_digest(digest, self.message_digest or b"")

    def certificates(self, ders: Iterable[bytes]) -> list[Certificate]:
        """Give those certificates that the signer identifier names; unreadable ones are passed over."""
        found = []
        for der in ders:
            try:
                certificate = _known(der)
            except EncodingError:
                continue  # another one may be the signer's
            if self._names(certificate):
                found.append(certificate)
        return found

    def _names(self, certificate: Certificate) -> bool:
        if self.issuer is None:
            return self.subject_key_id is not None and certificate.subject_key_id == self.subject_key_id
        return certificate.serial_number == self.serial and certificate.issuer.key == self.issuer.key


def parse_signer_info(element: Element) -> SignerInfo:
    """Read a SignerInfo. Raises EncodingError; unknown algorithms are told in the value."""
    fields = Fields(element)
    integer_of(fields.take())
    identifier = fields.take(SEQUENCE, 0x80)
    digest = fields.take(SEQUENCE)
    attributes = fields.maybe(0xA0)
    algorithm = fields.take(SEQUENCE)
    signature = octets_of(fields.take(OCTET_STRING))
    unsigned = fields.maybe(0xA1)
    fields.end()
    issuer, serial, key_id = _signer_id(identifier)
    digest_name, scheme, refused = _algorithms(digest, algorithm)
    signed = parse_attributes(attributes) if attributes else {}
    signed_type, message_digest, signing_time = _looked_at(signed, present=attributes is not None)
    return SignerInfo(
        raw=element.raw,
        issuer=issuer,
        serial=serial,
        subject_key_id=key_id,
        digest_name=digest_name,
        scheme=scheme,
        refused=refused,
        signature=signature,
        attributes=tlv.encode(SET, attributes.value) if attributes else None,
        signed=signed,
        unsigned=parse_attributes(unsigned) if unsigned else {},
        signed_type=signed_type,
        message_digest=message_digest,
        signing_time=signing_time,
    )


def verify_signature(
    signer: SignerInfo,
    certificate: Certificate,
    digest: Callable[[str], bytes],
    *,
    algorithms: AlgorithmPolicy = STRICT,
) -> None:
    """Check that the key of ``certificate`` signed the attributes, or the content where there are none.

    digest  gives the digest of the content by hash name; only asked when there are no signed attributes

    Raises SignatureInvalid, AlgorithmRefused, EncodingError (the key is malformed).
    """
    if signer.scheme is None:
        raise AlgorithmRefused(signer.refused)
    if signer.attributes is None:
        hashed = digest(signer.scheme.hash_name)
        verify_raw(certificate.spki, signer.scheme, signer.signature, digest=hashed, algorithms=algorithms)
        return
    try:
        _verify(signer, signer.scheme, certificate, signer.attributes, algorithms)
    except SignatureInvalid:
        # Some signers hash the attributes in DER order and send them in another one.
        in_order = _sorted_set(signer.attributes)
        if in_order == signer.attributes:
            raise
        _verify(signer, signer.scheme, certificate, in_order, algorithms)


def parse_attributes(attributes: Element) -> dict[str, tuple[bytes, ...]]:
    """Read a set of attributes; values of one type that come apart are put together. Raises EncodingError."""
    items = attributes.children()
    if len(items) > MAX_ATTRIBUTES:
        raise broken(attributes.start, f"at most {MAX_ATTRIBUTES} attributes")
    found: dict[str, tuple[bytes, ...]] = {}
    for item in items:
        fields = Fields(item)
        oid, values = oid_of(fields.take()), fields.take(SET).children()
        fields.end()
        found[oid] = found.get(oid, ()) + tuple(value.raw for value in values)
    return found


def only_value(attributes: Attributes, oid: str) -> Element | None:
    """Give the value of an attribute that has one value; None without it. Raises EncodingError."""
    values = attributes.get(oid)
    if values is None:
        return None
    if len(values) != 1:
        raise broken(0, f"one value in the attribute {oid}")
    return read_element(values[0])


def _verify(
    signer: SignerInfo,
    scheme: SignatureScheme,
    certificate: Certificate,
    message: bytes,
    algorithms: AlgorithmPolicy,
) -> None:
    verify_raw(certificate.spki, scheme, signer.signature, message=message, algorithms=algorithms)


def _sorted_set(attributes: bytes) -> bytes:
    return tlv.encode(SET, *sorted(item.raw for item in read_element(attributes, SET).children()))


def _signer_id(identifier: Element) -> tuple[DistinguishedName | None, int | None, bytes | None]:
    if identifier.tag != SEQUENCE:
        return None, None, identifier.value
    fields = Fields(identifier)
    issuer, serial = fields.take(SEQUENCE), integer_of(fields.take())
    fields.end()
    return name_from_der(issuer.raw), serial, None


def _algorithms(digest: Element, algorithm: Element) -> tuple[str, SignatureScheme | None, str]:
    """Give the hash, the scheme, and why there is none."""
    try:
        name = hash_of(oid_of(Fields(digest).take()))
    except AlgorithmRefused as error:
        return "", None, error.message
    require_short_arcs(algorithm.raw, "signature algorithm")
    try:
        return name, scheme_from_der(algorithm.raw, name), ""
    except AlgorithmRefused as error:
        return name, None, error.message


def _looked_at(signed: Attributes, *, present: bool) -> tuple[str | None, bytes | None, datetime | None]:
    kind, digest, time = (only_value(signed, oid) for oid in (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME))
    if present and not signed:
        raise broken(0, "signed attributes that are not empty")
    return (
        oid_of(kind) if kind else None,
        octets_of(digest) if digest else None,
        time_of(time) if time else None,
    )


def broken(offset: int, expected: str) -> EncodingError:
    """Make the error for a signer's part that is not as it has to be."""
    return EncodingError("CMS signer", offset=offset, expected=expected, standard=STANDARD)
