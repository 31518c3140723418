"""Keys for SSH: the wire format as OpenSSH and pyca write it, and only for those who may log in."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.auth.reasons import LoginReason
from smartid.auth.ssh import SSHKey, comment_for, key_from, ssh_key
from smartid.errors import BadToken
from smartid.trust.keys import parse_public_key
from tests.unit.auth.site import DAY, Site, key_of
from tests.unit.trust.country import NOW

KINDS = ["P-256", "P-384", "P-521", "RSA-2048", "RSA-3072"]


def spki_of(kind: str, form: Encoding = Encoding.DER) -> bytes:
    return key_of(kind).public_key().public_bytes(form, PublicFormat.SubjectPublicKeyInfo)


def our_key(kind: str) -> SSHKey:
    return key_from(parse_public_key(spki_of(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_pyca_writes_the_same_line(kind: str) -> None:
    theirs = key_of(kind).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    assert our_key(kind).line() == theirs.decode()


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_openssh_writes_the_same_line_and_the_same_fingerprint(tmp_path: Path, kind: str) -> None:
    (tmp_path / "key.pem").write_bytes(spki_of(kind, Encoding.PEM))
    assert our_key(kind).line() == _keygen("-i", "-m", "PKCS8", "-f", tmp_path / "key.pem").strip()
    line = our_key(kind).line("smartid:0123456789abcdef")
    bits, fingerprint, comment, _ = _keygen("-l", "-f", "-", say=f"{line}\n").split()
    assert fingerprint == our_key(kind).fingerprint
    assert comment == "smartid:0123456789abcdef"
    assert bits == kind.split("-")[1]


def _keygen(*arguments: str | Path, say: str = "") -> str:
    command = ["ssh-keygen", *map(str, arguments)]
    return subprocess.run(command, input=say, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.mark.parametrize("modulus", [0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000])
def test_a_number_has_no_sign_and_no_needless_zero(modulus: int) -> None:
    from smartid.trust.keys import RSAKey

    blob = key_from(RSAKey(modulus, 3)).blob
    length = 11 + 5  # "ssh-rsa" and the exponent, each behind its length
    number = blob[length + 4 :]
    assert int.from_bytes(number, "big", signed=True) == modulus
    assert blob[length : length + 4] == len(number).to_bytes(4, "big")
    assert len(number) == 1 or number[0] or number[1] >= 0x80


@pytest.mark.parametrize("curve", [ec.BrainpoolP256R1(), ec.BrainpoolP384R1()])
def test_a_curve_that_ssh_does_not_name_is_refused(curve: ec.EllipticCurve) -> None:
    site = Site()
    holder = site.country.citizen("authentication", key=ec.generate_private_key(curve))
    assert refusal_of(site, holder.der) == LoginReason.ALGORITHM_UNSUPPORTED


def test_dsa_is_refused() -> None:
    public = dsa.generate_private_key(2048).public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(BadToken) as caught:
        key_from(parse_public_key(spki))
    assert caught.value.reason == LoginReason.ALGORITHM_UNSUPPORTED


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "RS256"])
def test_who_may_log_in_gets_a_key(algorithm: str) -> None:
    site = Site()
    holder = site.holder(algorithm)
    found = ssh_key(holder.der, site.policy, at=NOW)
    assert (
        found.line() == holder.key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    )
    assert not found.throw_away


def refusal_of(site: Site, der: bytes) -> str:
    with pytest.raises(BadToken) as caught:
        ssh_key(der, site.policy, at=NOW)
    return caught.value.reason


def test_who_may_not_log_in_gets_none() -> None:
    site, other = Site(), Site()
    assert refusal_of(site, other.holder().der) == LoginReason.CERTIFICATE_UNTRUSTED
    assert refusal_of(site, site.holder(purpose="signature").der) == LoginReason.CERTIFICATE_PURPOSE
    assert refusal_of(site, site.holder(end=NOW - DAY).der) == LoginReason.CERTIFICATE_EXPIRED
    assert refusal_of(site, site.country.citizen_ca.der) == LoginReason.CERTIFICATE_PURPOSE
    assert refusal_of(site, b"\x30\x00") == LoginReason.CERTIFICATE_MALFORMED


def test_a_short_key_gets_none() -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    site = Site()
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    holder = site.holder("RS256", key=short)
    assert refusal_of(site, holder.der) == LoginReason.ALGORITHM_UNSUPPORTED


@pytest.mark.parametrize("comment", ["a\nssh-rsa AAAA", "a\rb", "a\x1bb", "a\u2028b"])
def test_no_comment_makes_a_second_line(comment: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        our_key("P-256").line(comment)


def test_the_comment_names_nobody() -> None:
    der = Site().holder().der
    assert comment_for(der) == f"smartid:{hashlib.sha256(der).hexdigest()[:16]}"


@cache
def a_site_and_a_holder() -> tuple[Site, bytes]:
    site = Site()
    return site, site.holder().der


@settings(max_examples=150)
@given(data=st.data())
def test_a_changed_certificate_gets_none(data: st.DataObject) -> None:
    site, good = a_site_and_a_holder()
    der = bytearray(good)
    place = data.draw(st.integers(0, len(der) - 1))
    der[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadToken):
        ssh_key(bytes(der), site.policy, at=NOW)
