"""Certificates and revocation lists out of PEM (RFC 7468 (2015)); the decoder is imported when it is needed."""

from __future__ import annotations

from collections.abc import Iterator

_MARK = b"-----BEGIN"
_CERTIFICATES = {"CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"}
_CRLS = {"X509 CRL", "CRL"}


def is_pem(data: bytes) -> bool:
    """Tell whether there is a PEM block in the data."""
    return _MARK in data


def certificates_in_pem(data: bytes) -> Iterator[bytes]:
    """Give each certificate in DER; other blocks are passed over. Raises EncodingError."""
    return _blocks(data, _CERTIFICATES)


def crls_in_pem(data: bytes) -> Iterator[bytes]:
    """Give each revocation list in DER; other blocks are passed over. Raises EncodingError."""
    return _blocks(data, _CRLS)


def _blocks(data: bytes, labels: set[str]) -> Iterator[bytes]:
    from asn1crypto import pem  # noqa: PLC0415 - the trust store is on the way to light commands

    from smartid.crypto.der import decoding  # noqa: PLC0415

    with decoding("PEM", "RFC 7468 (2015)"):
        yield from (der for label, _, der in pem.unarmor(data, multiple=True) if label in labels)
