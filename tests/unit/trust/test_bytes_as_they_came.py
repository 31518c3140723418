"""Signed bytes are checked as they came, whatever their length and however they are encoded."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.crypto.ber import encode
from smartid.crypto.elements import Element, read_element
from smartid.trust.paths.links import verify_certificate
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import CA_USAGE, Country, Party, issue, name

SPELLED_OUT = bytes.fromhex("010100")
"""critical FALSE, the default, which DER leaves out and old issuers write."""


def not_der(party: Party, issuer: Party) -> bytes:
    """Sign a certificate again whose extensions say that they are not critical."""
    tbs, algorithm, _ = read_element(party.der).children()
    *fields, extensions = tbs.children()
    listed = b"".join(_spelled_out(item) for item in extensions.children()[0].children())
    signed = encode(0x30, *(item.raw for item in fields), encode(0xA3, encode(0x30, listed)))
    value = issuer.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    return encode(0x30, signed, algorithm.raw, encode(0x03, b"\x00" + value))


def _spelled_out(extension: Element) -> bytes:
    parts = extension.children()
    if len(parts) == 3:
        return extension.raw
    return encode(0x30, parts[0].raw, SPELLED_OUT, parts[1].raw)


@pytest.fixture(scope="module")
def authority(country: Country) -> Party:
    return issue(name(COMMON_NAME="CA"), ca=True, usage=CA_USAGE)


def with_address(length: int, authority: Party) -> Party:
    address = x509.UniformResourceIdentifier("http://x.invalid/" + "x" * length)
    point = x509.DistributionPoint([address], None, None, None)
    return issue(name(COMMON_NAME="x"), authority, extra=((x509.CRLDistributionPoints([point]), False),))


def test_a_certificate_that_is_not_der_is_checked_over_its_own_bytes(authority: Party) -> None:
    """Of every length: asn1crypto encodes a value anew when its header ends in 80."""
    lengths = set()
    for length in range(60, 380):
        der = not_der(with_address(length, authority), authority)
        tbs = read_element(der).children()[0]
        if der[tbs.body - 1] in lengths:
            continue
        lengths.add(der[tbs.body - 1])
        found = parse_certificate(der)
        assert found.tbs == tbs.raw
        verify_certificate(found, parse_certificate(authority.der))
    assert 0x80 in lengths
