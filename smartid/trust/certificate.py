"""What a certificate says, as values. Reading one from DER is the job of ``x509``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from smartid.identity.evidence import THROW_AWAY_POLICY_OID
from smartid.identity.model import Purpose
from smartid.trust.algorithms import SignatureScheme

COMMON_NAME = "2.5.4.3"
SURNAME = "2.5.4.4"
SERIAL_NUMBER = "2.5.4.5"
GIVEN_NAME = "2.5.4.42"

_SHORT_NAMES = {
    COMMON_NAME: "CN",
    SURNAME: "SN",
    SERIAL_NUMBER: "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    GIVEN_NAME: "GN",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.25": "DC",
}
_ZWNJ = "\u200c"


@dataclass(frozen=True, slots=True, repr=False)
class DistinguishedName:
    """A name of RFC 5280 (2008), 4.1.2.4.

    attributes  (object identifier, value) in order of occurrence
    key         equal for two names that match (7.1: case and runs of spaces do not count)
    """

    attributes: tuple[tuple[str, str], ...]
    key: str

    def get(self, oid: str) -> str | None:
        """Give the first value of an attribute, None when there is none."""
        return next((value for name, value in self.attributes if name == oid), None)

    def __str__(self) -> str:
        """For a person to read: most general part first, unprintable characters replaced."""
        return ", ".join(f"{_SHORT_NAMES.get(oid, oid)}={_shown(value)}" for oid, value in self.attributes)

    def __repr__(self) -> str:
        return f"DistinguishedName({len(self.attributes)} attributes)"


def _shown(value: str) -> str:
    visible = value
    if not value.isprintable():
        visible = "".join(char if char.isprintable() or char == _ZWNJ else "\ufffd" for char in value)
    return visible.replace("\\", "\\\\").replace(",", "\\,")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Certificate:
    """An X.509 certificate, read but not believed.

    der, tbs            the whole, and the part that is signed, as they came
    scheme              how it is signed, None when the algorithm is unknown here
    spki                SubjectPublicKeyInfo in DER
    path_length         how many further authorities a CA may stand above, None without limit
    key_usage           names as in ``asn1crypto.x509.KeyUsage``; None when the extension is absent
    extended_key_usage  object identifiers; None when the extension is absent
    policies            object identifiers of certificate policies
    critical            object identifiers of the extensions that are marked critical
    unprocessed         critical extensions that nothing here can honour
    constraints         extensions that bind the names or the policies of what is below, critical or not
    """

    der: bytes
    tbs: bytes
    signature: bytes
    scheme: SignatureScheme | None
    serial_number: int
    issuer: DistinguishedName
    subject: DistinguishedName
    not_before: datetime
    not_after: datetime
    spki: bytes
    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[str] | None = None
    extended_key_usage: frozenset[str] | None = None
    policies: frozenset[str] = frozenset()
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    critical: frozenset[str] = frozenset()
    unprocessed: frozenset[str] = frozenset()
    constraints: frozenset[str] = frozenset()

    @property
    def is_self_issued(self) -> bool:
        """Whether issuer and subject are the same name."""
        return self.issuer.key == self.subject.key

    @property
    def is_throw_away(self) -> bool:
        """Whether it says of itself that it belongs to the throw-away PKI of the mock cards."""
        return THROW_AWAY_POLICY_OID in self.policies

    def __repr__(self) -> str:
        return f"Certificate(serial {self.serial_number:X})"


class CertificateUsage(Enum):
    """What a certificate at the end of a path is to be good for."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"
    KEY_MANAGEMENT = "key management"
    CARD_AUTHENTICATION = "card authentication"
    TRANSACTION = "transaction"
    DOCUMENT_SIGNER = "document signer"
    MASTER_LIST_SIGNER = "signing master lists"
    DOCUMENT_SIGNATURE = "signing documents"
    TIME_STAMPING = "time stamping"
    OCSP_SIGNING = "OCSP signing"
    AUTHORITY = "authority"
    ANY = "any use"

    @classmethod
    def of(cls, purpose: Purpose) -> CertificateUsage:
        """Give the usage that a key of this purpose needs."""
        return cls(purpose.value)
