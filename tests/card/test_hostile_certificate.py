"""A certificate from a hostile card is refused at once: decoding a huge object identifier takes minutes."""

from __future__ import annotations

import pytest
from asn1crypto import x509

import smartid
from smartid.cli.certificates import describe
from smartid.identity.model import CertificateClaim
from smartid.iso7816 import tlv

FIELDS = ("version", "serial_number", "signature", "issuer", "validity")
REST = ("subject_public_key_info", "extensions")


def with_subject(der: bytes, identifier: bytes) -> bytes:
    """The certificate with a subject of one attribute that has this object identifier."""
    whole = x509.Certificate.load(der)
    fields = whole["tbs_certificate"]
    attribute = tlv.encode(0x30, tlv.encode(0x06, identifier), tlv.encode(0x0C, b"x"))
    subject = tlv.encode(0x30, tlv.encode(0x31, attribute))
    parts = [*(fields[name].dump() for name in FIELDS), subject, *(fields[name].dump() for name in REST)]
    rest = (whole["signature_algorithm"].dump(), whole["signature_value"].dump())
    return tlv.encode(0x30, tlv.encode(0x30, *parts), *rest)


@pytest.mark.parametrize("size", [600, 1_000_000])
def test_an_endless_object_identifier_in_a_name_is_refused_undecoded(issue, size):
    card = issue()
    name = "authentication certificate"
    evil = with_subject(card.image.files[name], b"\x2a" + b"\xff" * size + b"\x01")
    card.image.files[name] = evil
    with (
        smartid.connect(transport=card.insert()) as live,
        pytest.raises(smartid.EncodingError, match="sensible length"),
    ):
        live.certificates()
    with pytest.raises(smartid.EncodingError, match="sensible length"):
        describe(CertificateClaim(purpose="authentication", der=evil))
