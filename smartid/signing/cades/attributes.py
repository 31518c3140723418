"""The attributes of a CAdES signature (ETSI EN 319 122-1 V1.3.1 (2023-06), 5 and 6)."""

from __future__ import annotations

import hashlib
from datetime import datetime

from smartid.crypto.ber import encode
from smartid.crypto.elements import SET
from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing import der
from smartid.signing.cades.envelope import Envelope, SignerInfo

SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"
ARCHIVE_TIME_STAMP_V2 = "1.2.840.113549.1.9.16.2.48"
ARCHIVE_TIME_STAMP_V3 = "0.4.0.1733.2.4"
HASH_INDEX_V3 = "0.4.0.19122.1.5"

_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_TIME = "1.2.840.113549.1.9.5"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
_VERSION_TAG = 0xA0
_DIRECTORY_NAME = 0xA4
_SIGNATURE_ALGORITHM = 0xA1


def signed_attributes(
    content_type: bytes,
    digest: bytes,
    certificate: bytes,
    algorithm: SignatureAlgorithm,
    signed_at: datetime,
) -> tuple[bytes, ...]:
    """Make the signed attributes of level B (6.3), in no order.

    content_type  object identifier of what is signed, DER
    digest        of the content
    certificate   of the signer, DER

    Raises EncodingError for a malformed certificate.
    """
    hashed = der.hash_algorithm(algorithm.hash_name)
    protected = encode(_SIGNATURE_ALGORITHM, *der.elements(der.signature_algorithm(algorithm)))
    return (
        der.attribute(_CONTENT_TYPE, content_type),
        der.attribute(_MESSAGE_DIGEST, der.octets(digest)),
        der.attribute(_SIGNING_TIME, der.time(signed_at)),
        der.attribute(_SIGNING_CERTIFICATE_V2, _signing_certificate(certificate)),
        der.attribute(_ALGORITHM_PROTECTION, der.sequence(hashed, protected)),
    )


def issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """Give issuer and serial number out of a certificate, as they lie in it. Raises EncodingError."""
    tbs = der.elements(der.elements(certificate)[0])
    after_version = tbs[1:] if tbs[0][0] == _VERSION_TAG else tbs
    return after_version[2], after_version[0]


def _signing_certificate(certificate: bytes) -> bytes:
    """Write SigningCertificateV2 with one ESSCertIDv2 (RFC 5035 (2007), 3 and 4).

    The hash is SHA-256, which is the default and so is not written (X.690 (2021), 11.5).
    """
    issuer, serial = issuer_and_serial(certificate)
    names = der.sequence(encode(_DIRECTORY_NAME, issuer))
    digest = der.octets(hashlib.sha256(certificate).digest())
    return der.sequence(der.sequence(der.sequence(digest, der.sequence(names, serial))))


def hash_index(envelope: Envelope, signer: SignerInfo, hash_name: str) -> bytes:
    """Write ATSHashIndexV3: what a time stamp covers besides the signature itself (5.5.2).

    ::

        hashIndAlgorithm             AlgorithmIdentifier
        certificatesHashIndex        hash of each element of SignedData.certificates
        crlsHashIndex                hash of each element of SignedData.crls
        unsignedAttrValuesHashIndex  hash of attrType and AttributeValue, for each value of each attribute

    Elements are hashed with tag and length. Raises EncodingError.
    """
    pairs = (der.elements(attribute) for attribute in signer.unsigned)
    values = [kind + value for kind, values in pairs for value in der.elements(values, SET)]
    indexed = (envelope.certificates, envelope.revocation, values)
    return der.sequence(
        der.hash_algorithm(hash_name),
        *(der.sequence(*(der.octets(_hash(hash_name, item)) for item in items)) for items in indexed),
    )


def archive_imprint(
    envelope: Envelope, signer: SignerInfo, content_digest: bytes, index: bytes, hash_name: str
) -> bytes:
    """Hash what an archive-time-stamp-v3 is about, these octets one after the other (5.5.3).

    ::

        1  eContentType of SignedData.encapContentInfo, with tag and length
        2  hash of the signed content, by the hash of the time stamp: bare octets
        3  version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm and signature of the SignerInfo,
           each as it lies there (signedAttrs under its tag [0])
        4  one ATSHashIndexV3
    """
    octets = b"".join((envelope.content_type, content_digest, *signer.signed, index))
    return _hash(hash_name, octets)


def _hash(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data).digest()
