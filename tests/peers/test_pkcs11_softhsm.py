"""Signing through SoftHSM, a token in software that nobody here wrote; openssl checks the result."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import (
    LastTryRefused,
    NoCard,
    NoService,
    PINBlocked,
    PINFormatError,
    ReferenceNotFound,
    WrongPIN,
)
from smartid.signing.sign import sign
from tests.unit.trust.country import Country, Party

pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 is absent: pip install python-pkcs11")
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((path for path in MODULES if Path(path).exists()), "")
MISSING = [name for name in ("softhsm2-util", "openssl") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING) or not MODULE, reason="SoftHSM or openssl is not installed")

PIN, OFFICER_PIN = "246810", "97531086"
CONTENT = "قرارداد / contract".encode()
COUNTRY = Country()


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The module over a folder of its own; it reads its settings when it is loaded."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    yield MODULE
    pkcs11.unload(MODULE)
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def token(module: str, label: str) -> None:
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        label,
        "--pin",
        PIN,
        "--so-pin",
        OFFICER_PIN,
    ]
    subprocess.run(command, check=True, capture_output=True)
    if module in pkcs11._loaded:
        pkcs11._loaded[module].reinitialize()


def put(module: str, label: str, kind: str, identifier: bytes, **attributes: Any) -> Party:
    """Make a key in the token, and write a certificate of it beside it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from pkcs11 import Attribute, KeyType, ObjectClass
    from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
    from pkcs11.util.rsa import encode_rsa_public_key

    with pkcs11.lib(module).get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
        template = {Attribute.ALWAYS_AUTHENTICATE: attributes.get("always", False)}
        options = {"store": True, "id": identifier, "label": label, "private_template": template}
        if kind.startswith("RSA"):
            public, _ = session.generate_keypair(KeyType.RSA, 2048, **options)
            key = load_der_public_key(_spki_rsa(encode_rsa_public_key(public)))
        else:
            curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(kind)}
            parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
            public, _ = parameters.generate_keypair(**options)
            key = load_der_public_key(encode_ec_public_key(public))
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Token {label}")]))
            .issuer_name(COUNTRY.citizen_ca.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(COUNTRY.citizen_ca.certificate.not_valid_before_utc)
            .not_valid_after(COUNTRY.citizen_ca.certificate.not_valid_after_utc)
            .sign(COUNTRY.citizen_ca.key, hashes.SHA256())
        )
        party = Party(COUNTRY.root.key, certificate)
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.PRIVATE: False,
                Attribute.ID: identifier,
                Attribute.LABEL: label,
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: party.der,
            }
        )
    return party


def _spki_rsa(pkcs1: bytes) -> bytes:
    from asn1crypto import keys

    return keys.PublicKeyInfo.wrap(keys.RSAPublicKey.load(pkcs1), "rsa").dump()


def signer(module: str, pin: Any = PIN, **names: Any) -> Any:
    from smartid.signing.pkcs11 import PKCS11Signer

    return PKCS11Signer(module, pin, **names)


def openssl_verifies(data: bytes, folder: Path) -> bool:
    (folder / "signed").write_bytes(data)
    (folder / "root.pem").write_bytes(COUNTRY.root.pem)
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signed"]
    command += ["-CAfile", "root.pem", "-purpose", "any", "-out", "content"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.returncode == 0 and (folder / "content").read_bytes() == CONTENT


@pytest.mark.parametrize("always", [False, True], ids=["once", "before each use"])
@pytest.mark.parametrize("kind", ["secp256r1", "secp384r1", "RSA-2048"])
def test_every_algorithm_of_a_key_verifies_in_openssl(
    module: str, tmp_path: Path, kind: str, always: bool
) -> None:
    label = f"{kind} {always}"
    token(module, label)
    put(module, label, kind, b"\x01", always=always)
    asked: list[str] = []

    def ask() -> str:
        asked.append("PIN")
        return PIN

    with signer(module, ask, token=label) as tool:
        assert asked == []
        offered = tool.algorithms
        assert offered[0] in {SignatureAlgorithm.ES256, SignatureAlgorithm.ES384, SignatureAlgorithm.PS256}
        for algorithm in offered:
            assert openssl_verifies(_signed(tool, algorithm), tmp_path)
        assert len(asked) == (len(offered) if always else 1)


def test_what_is_meant_has_to_be_named(module: str) -> None:
    token(module, "two keys")
    put(module, "two keys", "secp256r1", b"\x01")
    put(module, "two keys", "secp256r1", b"\x02")
    with pytest.raises(ReferenceNotFound, match="2 certificates"):
        signer(module, token="two keys")
    with signer(module, token="two keys", key_id=b"\x02") as tool:
        assert sign(CONTENT, tool).data
    with pytest.raises(NoCard, match="two keys"):
        signer(module, token="another one")
    with pytest.raises(NoService, match="does not load"):
        signer("/nowhere/module.so")


def test_a_wrong_pin_is_told_and_never_sent_twice(module: str) -> None:
    token(module, "wrong")
    put(module, "wrong", "secp256r1", b"\x01")
    with signer(module, "000000", token="wrong") as tool:
        with pytest.raises(WrongPIN) as caught:
            sign(CONTENT, tool)
        with pytest.raises(PINFormatError):
            sign(CONTENT, tool)
    assert "000000" not in f"{caught.value!r} {caught.value} {caught.value.__cause__!r} {tool!r}"


@pytest.mark.parametrize(("flag", "error"), [("FINAL_TRY", LastTryRefused), ("LOCKED", PINBlocked)])
def test_the_last_try_is_kept(
    module: str, monkeypatch: pytest.MonkeyPatch, flag: str, error: type[Exception]
) -> None:
    """SoftHSM never blocks a PIN: its flags are changed on the way."""
    token(module, f"last {flag}")
    put(module, f"last {flag}", "secp256r1", b"\x01")
    tool = signer(module, lambda: pytest.fail("the PIN was asked for"), token=f"last {flag}")
    real = tool._slot.get_token()

    class Worn:
        flags = real.flags | pkcs11.TokenFlag[f"USER_PIN_{flag}"]

    monkeypatch.setattr(tool, "_slot", type("Slot", (), {"get_token": lambda _: Worn()})())
    with pytest.raises(error):
        sign(CONTENT, tool)


def _signed(tool: Any, algorithm: SignatureAlgorithm) -> bytes:
    return sign(CONTENT, tool, algorithm=algorithm, chain=(COUNTRY.citizen_ca.der,)).data
