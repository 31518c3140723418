"""Tokens of mock cards, checked by the openssl program: what was signed is what the protocol says."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

import smartid
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from tests.unit.trust.country import tlv

ORIGIN, NONCE = "https://login.example.ir", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def openssl(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")


def number(octets: bytes) -> bytes:
    """An INTEGER by hand: no zero in front but one that keeps it positive."""
    short = octets.lstrip(b"\0")
    return tlv("02", b"\0" + short if short[0] & 0x80 else short)


@pytest.mark.parametrize(
    ("profile", "digest"), [(NATIONAL_REFERENCE, "sha384"), (NATIONAL_REFERENCE_RSA, "sha256")]
)
def test_openssl_finds_origin_and_nonce_signed(tmp_path: Path, profile, digest: str) -> None:
    mock = smartid.MockCard.personalize(
        profile, holder=CITIZENS["sara"], pki=ThrowAwayPKI.fresh(), pins={"identity": "4826"}
    )
    with (
        smartid.connect(transport=mock.insert()) as card,
        card.unlock(smartid.PIN("4826"), purpose=smartid.Purpose.AUTHENTICATION) as unlocked,
    ):
        text = unlocked.authenticate(smartid.Challenge(ORIGIN, NONCE)).to_json()
    token = json.loads(text)
    assert token["algorithm"][2:] == digest[3:]
    der = base64.b64decode(token["unverifiedCertificate"])
    key = openssl("x509", "-inform", "DER", "-noout", "-pubkey", stdin=der)
    (tmp_path / "key.pem").write_bytes(key.stdout)
    signature = base64.b64decode(token["signature"])
    if digest == "sha384":
        assert len(signature) == 96
        signature = tlv("30", number(signature[:48]), number(signature[48:]))
    (tmp_path / "signature").write_bytes(signature)
    for origin, said in ((ORIGIN, "Verified OK"), (f"{ORIGIN}/", "Verification failure")):
        message = b"".join(hashlib.new(digest, part.encode()).digest() for part in (origin, NONCE))
        files = ("-verify", str(tmp_path / "key.pem"), "-signature", str(tmp_path / "signature"))
        done = openssl("dgst", f"-{digest}", *files, stdin=message)
        assert said.lower() in done.stdout.decode().lower(), done.stderr
