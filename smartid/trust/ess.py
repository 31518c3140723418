"""Which certificate the signer meant: the signed reference to it (RFC 2634 (1999), 5.4; RFC 5035 (2007), 3).

Without it somebody could put another certificate of the same key, name and number beside the signature. The
first version names the certificate by its SHA-1: enough to tell which of the signer's it is.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from smartid.crypto.elements import OCTET_STRING, SEQUENCE, Element, Fields, integer_of, octets_of, oid_of
from smartid.errors import EncodingError
from smartid.trust.certificate import Certificate
from smartid.trust.cms_signer import Attributes, only_value
from smartid.trust.schemes import hash_of
from smartid.trust.x509_names import name_from_der

SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"

_DIRECTORY_NAME = 0xA4


@dataclass(frozen=True, slots=True)
class CertificateReference:
    """The signed reference to the signer's certificate.

    hash_name, digest  of the whole certificate in DER
    issuer_key, serial of the certificate, None when they are not given
    """

    hash_name: str
    digest: bytes
    issuer_key: str | None = None
    serial: int | None = None

    def names(self, certificate: Certificate) -> bool:
        """Tell whether this is the certificate that is meant."""
        if not hmac.compare_digest(hashlib.new(self.hash_name, certificate.der).digest(), self.digest):
            return False
        return self.serial is None or (
            self.serial == certificate.serial_number and self.issuer_key in {None, certificate.issuer.key}
        )


def certificate_references(signed: Attributes) -> tuple[CertificateReference, ...]:
    """Read the references in the signed attributes: of each version the first entry, which is the signer's.

    Raises EncodingError, AlgorithmRefused (a hash that is unknown here).
    """
    found = []
    for oid, version in ((SIGNING_CERTIFICATE_V2, 2), (SIGNING_CERTIFICATE, 1)):
        value = only_value(signed, oid)
        if value is not None:
            entries = Fields(value).take(SEQUENCE).children()
            if not entries:
                raise EncodingError(
                    "signing-certificate attribute", offset=0, expected="a certificate identifier"
                )
            found.append(_reference(Fields(entries[0]), version))
    return tuple(found)


def _reference(fields: Fields, version: int) -> CertificateReference:
    hash_name = "sha1"
    if version == 2:
        algorithm = fields.maybe(SEQUENCE)
        hash_name = hash_of(oid_of(Fields(algorithm).take())) if algorithm else "sha256"
    digest = octets_of(fields.take(OCTET_STRING))
    names = fields.maybe(SEQUENCE)
    fields.end()
    issuer_key, serial = _issuer_serial(names) if names else (None, None)
    return CertificateReference(hash_name, digest, issuer_key, serial)


def _issuer_serial(element: Element) -> tuple[str | None, int]:
    fields = Fields(element)
    general_names, serial = fields.take(SEQUENCE).children(), integer_of(fields.take())
    for name in general_names:
        if name.tag == _DIRECTORY_NAME:
            inside = name.children()
            return (name_from_der(inside[0].raw).key if inside else None), serial
    return None, serial
