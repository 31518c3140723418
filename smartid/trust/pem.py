"""Certificates and revocation lists out of PEM (RFC 7468 (2015)). Its decoder is imported when needed."""

from __future__ import annotations

from collections.abc import Iterator

MARK = b"-----BEGIN"
CERTIFICATES = frozenset({"CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"})
CRLS = frozenset({"X509 CRL", "CRL"})
"""Labels of PEM blocks by what is in them."""


def is_pem(data: bytes) -> bool:
    """Tell whether there is a PEM block in the data."""
    return MARK in data


def pem_objects(data: bytes, labels: frozenset[str]) -> Iterator[bytes]:
    """Give each block with one of these labels in DER; others are passed over. Raises EncodingError."""
    from asn1crypto import pem  # noqa: PLC0415 - the trust store is on the way to light commands

    from smartid.crypto.der import decoding  # noqa: PLC0415

    with decoding("PEM", "RFC 7468 (2015)"):
        yield from (der for label, _, der in pem.unarmor(data, multiple=True) if label in labels)
