"""Signed data of CMS with one signer: reading it, and checking its signature (RFC 5652 (2009), 5)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, core

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.iso7816 import tlv
from smartid.trust.algorithms import DIGEST_SIZES, STRICT, AlgorithmPolicy, SignatureScheme
from smartid.trust.certificate import Certificate, DistinguishedName
from smartid.trust.raw import verify_raw
from smartid.trust.schemes import scheme_of
from smartid.trust.x509 import parse_certificate, read_name

STANDARD = "RFC 5652 (2009), 5.1"
MAX_CERTIFICATES = 32
MAX_LENGTH = 1 << 20

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SET = 0x31


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignedData:
    """A CMS signature by one signer, read but not believed.

    content_type       object identifier of what is signed
    content            None when the content travels apart
    certificates       as they came, in DER
    issuer, serial     name the signer's certificate, or else ``subject_key_id`` does
    digest_name        hash of the content, as ``hashlib`` spells it
    scheme             how the attributes are signed
    attributes         the signed attributes as SET OF: as sent, without tag and length
    signed_type, message_digest, signing_time  out of the attributes, None when they lack it
    """

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    issuer: DistinguishedName | None
    serial: int | None
    subject_key_id: bytes | None
    digest_name: str
    scheme: SignatureScheme
    signature: bytes
    attributes: bytes
    signed_type: str | None
    message_digest: bytes | None
    signing_time: datetime | None

    def __repr__(self) -> str:
        return f"SignedData({self.content_type})"

    def covers(self, content: bytes) -> bool:
        """Tell whether the signed attributes are about this content; says nothing about their signature."""
        digest = hashlib.new(self.digest_name, content).digest()
        return self.signed_type == self.content_type and hmac.compare_digest(
            digest, self.message_digest or b""
        )

    def signer_certificate(self, *others: bytes) -> Certificate | None:
        """Give the certificate that the signer identifier names, out of those inside and ``others``."""
        for der in (*self.certificates, *others):
            try:
                certificate = parse_certificate(der)
            except EncodingError:
                continue  # another one may be the signer's
            if self._names(certificate):
                return certificate
        return None

    def _names(self, certificate: Certificate) -> bool:
        if self.issuer is None:
            return self.subject_key_id is not None and certificate.subject_key_id == self.subject_key_id
        return certificate.serial_number == self.serial and certificate.issuer.key == self.issuer.key


def parse_signed_data(der: bytes, *, max_length: int = MAX_LENGTH) -> SignedData:
    """Read a ContentInfo with SignedData of exactly one signer and signed attributes.

    max_length  longest input that is read, in bytes

    Raises EncodingError; AlgorithmRefused for a hash or signature algorithm that is unknown here.
    """
    if len(der) > max_length:
        raise _broken(f"at most {max_length} bytes")
    require_short_arcs(der, "CMS signed data")
    with decoding("CMS signed data", STANDARD):
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].dotted != _SIGNED_DATA:
            raise _broken("content type signedData")
        data = info["content"]
        signer = _only(data["signer_infos"], "exactly one signer")
        content = data["encap_content_info"]["content"]
        values = _attribute_values(signer["signed_attrs"])
        return SignedData(
            content_type=data["encap_content_info"]["content_type"].dotted,
            content=None if isinstance(content, core.Void) else bytes(content),
            certificates=_certificates(data["certificates"]),
            attributes=_as_sent(signer["signed_attrs"]),
            signed_type=values[_CONTENT_TYPE].dotted if _CONTENT_TYPE in values else None,
            message_digest=values[_MESSAGE_DIGEST].native if _MESSAGE_DIGEST in values else None,
            signing_time=_signing_time(values.get(_SIGNING_TIME)),
            signature=signer["signature"].native,
            **_signer_id(signer["sid"]),
            **_algorithms(signer),
        )


def verify_signed_data(
    data: SignedData, signer: Certificate, content: bytes, *, algorithms: AlgorithmPolicy = STRICT
) -> None:
    """Check that the signed attributes are about ``content`` and that the key of ``signer`` signed them.

    Nothing is said about who the signer is: that is the path's answer.
    Raises SignatureInvalid, AlgorithmRefused, EncodingError (the signer's key is malformed).
    """
    algorithms.require_hash(data.digest_name)
    if not data.covers(content):
        raise SignatureInvalid("The signed attributes are not about this content.")
    # Some signers hash the attributes in DER order and send them in another one.
    forms = dict.fromkeys((data.attributes, _sorted_set(data.attributes)))
    for last, attributes in enumerate(forms, start=1):
        try:
            verify_raw(signer.spki, data.scheme, data.signature, message=attributes, algorithms=algorithms)
        except SignatureInvalid:
            if last == len(forms):
                raise
        else:
            return


def _only(items: Any, expected: str) -> Any:
    if len(items) != 1:
        raise _broken(expected)
    return items[0]


def _certificates(choices: Any) -> tuple[bytes, ...]:
    if isinstance(choices, core.Void):
        return ()
    if len(choices) > MAX_CERTIFICATES:
        raise _broken(f"at most {MAX_CERTIFICATES} certificates")
    return tuple(choice.chosen.dump() for choice in choices if choice.name == "certificate")


def _attribute_values(attributes: Any) -> dict[str, Any]:
    """Read the attributes that are looked at; each occurs once and has one value."""
    if isinstance(attributes, core.Void):
        raise _broken("signed attributes")
    values: dict[str, Any] = {}
    for attribute in attributes:
        oid = attribute["type"].dotted
        if oid in values:
            raise _broken("each signed attribute once")
        if oid in {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME}:
            values[oid] = _only(attribute["values"], "one value in a signed attribute")
    return values


def _as_sent(attributes: Any) -> bytes:
    """Give the attributes under the tag that is hashed: SET OF in place of the context tag."""
    return tlv.encode(_SET, attributes.contents)


def _sorted_set(attributes: bytes) -> bytes:
    try:
        items = tlv.parse_one(attributes, _SET).children()
    except EncodingError:
        return attributes
    return tlv.encode(_SET, *sorted(item.encode() for item in items))


def _signing_time(value: Any) -> datetime | None:
    if value is None:
        return None
    native = value.native
    if not isinstance(native, datetime) or native.tzinfo is None:
        raise _broken("a signing time in UTC")
    return native.astimezone(UTC)


def _signer_id(identifier: Any) -> dict[str, Any]:
    if identifier.name == "issuer_and_serial_number":
        chosen = identifier.chosen
        name = read_name(chosen["issuer"])
        return {"issuer": name, "serial": chosen["serial_number"].native, "subject_key_id": None}
    return {"issuer": None, "serial": None, "subject_key_id": identifier.chosen.native}


def _algorithms(signer: Any) -> dict[str, Any]:
    digest_name = signer["digest_algorithm"]["algorithm"].native
    if digest_name not in DIGEST_SIZES:
        raise AlgorithmRefused(f"The hash {digest_name} of the signer is unknown here.")
    scheme = scheme_of(signer["signature_algorithm"], hash_name=digest_name)
    return {"digest_name": digest_name, "scheme": scheme}


def _broken(expected: str) -> EncodingError:
    return EncodingError("CMS signed data", offset=0, expected=expected, standard=STANDARD)
