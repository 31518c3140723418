"""Validation data (ETSI EN 319 102-1): certificates and revocation data as they came, not believed yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ValidationData:
    """What a document brings along, or somebody keeps beside it. Two of them add up with ``+``.

    certificates  X.509, DER
    crls          CertificateList, DER (RFC 5280 (2008), 5)
    ocsp          OCSPResponse, DER (RFC 6960 (2013), 4.2.1)
    """

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.certificates or self.crls or self.ocsp)

    def __add__(self, other: ValidationData) -> ValidationData:
        return ValidationData(
            certificates=tuple(dict.fromkeys(self.certificates + other.certificates)),
            crls=tuple(dict.fromkeys(self.crls + other.crls)),
            ocsp=tuple(dict.fromkeys(self.ocsp + other.ocsp)),
        )

    def without(self, certificate: bytes) -> ValidationData:
        """Give it without one certificate: a leaf need not be read again while its issuers are sought."""
        rest = tuple(der for der in self.certificates if der != certificate)
        return ValidationData(certificates=rest, crls=self.crls, ocsp=self.ocsp)

    def __repr__(self) -> str:
        counts = (
            f"{len(self.certificates)} certificates, {len(self.crls)} CRLs, {len(self.ocsp)} OCSP answers"
        )
        return f"ValidationData({counts})"


NO_DATA = ValidationData()
"""Nothing came along."""
