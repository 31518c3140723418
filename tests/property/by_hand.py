"""Signed CMS put together from bytes."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.trust.country import Party, tlv

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    octets = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        octets += bytes(reversed(groups))
    return tlv("06", octets)


def sign_by_hand(content: bytes, signer: Party, content_type: str = LDS_SECURITY_OBJECT) -> bytes:
    """EF.SOD put together from bytes: the openssl program is for the tests that need a witness."""
    sha256 = tlv("30", oid("2.16.840.1.101.3.4.2.1"))
    attributes = (
        tlv("30", oid("1.2.840.113549.1.9.3"), tlv("31", oid(content_type))),
        tlv("30", oid("1.2.840.113549.1.9.4"), tlv("31", tlv("04", hashlib.sha256(content).digest()))),
    )
    signature = signer.key.sign(tlv("31", *attributes), ec.ECDSA(hashes.SHA256()))
    serial = signer.certificate.serial_number
    issuer_and_serial = tlv(
        "30",
        signer.certificate.issuer.public_bytes(),
        tlv("02", serial.to_bytes(serial.bit_length() // 8 + 1, "big")),
    )
    info = tlv(
        "30",
        tlv("02", b"\x01"),
        issuer_and_serial,
        sha256,
        tlv("A0", *attributes),
        tlv("30", oid("1.2.840.10045.4.3.2")),
        tlv("04", signature),
    )
    data = tlv(
        "30",
        tlv("02", b"\x03"),
        tlv("31", sha256),
        tlv("30", oid(content_type), tlv("A0", tlv("04", content))),
        tlv("A0", signer.der),
        tlv("31", info),
    )
    return tlv("77", tlv("30", oid("1.2.840.113549.1.7.2"), tlv("A0", data)))
