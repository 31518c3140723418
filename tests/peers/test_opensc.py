"""OpenSC, which knows nothing of this project, uses our mock card through pcscd; openssl checks what it made.

The programs find a card of the OsEID family by its ATR and read the ISO/IEC 7816-15 directory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from smartid.errors import NoService
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA

PROGRAMS = ("opensc-tool", "pkcs15-tool", "pkcs11-tool", "openssl")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

PINS = {"identity": "1234", "signature": "123456", "puk": "12345678"}
AUTHENTICATION, SIGNATURE, DECIPHERMENT = ("01", "0", "1234"), ("02", "1", "123456"), ("03", "0", "1234")
"""Object identifier of the key, index of its slot, its PIN."""
MESSAGE = "قرارداد / contract".encode()


@dataclass(frozen=True)
class Desk:
    """A reader with our card in it, and the programs of OpenSC."""

    card: MockCard
    environment: dict[str, str]
    folder: Path

    def run(self, *command: str | Path, ok: bool = True) -> str:
        """Output of a program that must succeed, or (``ok=False``) must fail."""
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, timeout=60, check=False
        )
        text = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
        assert (done.returncode == 0) is ok, f"{command}: {text}"
        return text

    def pkcs11(self, key: tuple[str, str, str], *arguments: str | Path, ok: bool = True) -> str:
        """pkcs11-tool, logged in to the slot of a key."""
        identifier, slot, pin = key
        tool = ("pkcs11-tool", "--module", "opensc-pkcs11.so", "--slot-index", slot, "--login", "--pin", pin)
        return self.run(*tool, "--id", identifier, *arguments, ok=ok)

    def public_key(self, key: tuple[str, str, str]) -> Path:
        """The public key in the certificate of a key, as PEM."""
        certificate = self.folder / f"{key[0]}.crt"
        public = self.folder / f"{key[0]}.pub"
        self.run("pkcs15-tool", "--read-certificate", key[0], "-o", certificate)
        self.run("openssl", "x509", "-in", certificate, "-pubkey", "-noout", "-out", public)
        return public

    def sign(self, key: tuple[str, str, str], mechanism: str, *arguments: str) -> tuple[Path, Path]:
        """Message and signature of pkcs11-tool."""
        message, signature = self.folder / "message", self.folder / "signature"
        message.write_bytes(MESSAGE)
        files = ("--input-file", message, "--output-file", signature)
        self.pkcs11(key, "--sign", "--mechanism", mechanism, *arguments, *files)
        return message, signature

    def digest(self, hash_name: str) -> Path:
        """Digest of the message, made by openssl."""
        (self.folder / "message").write_bytes(MESSAGE)
        path = self.folder / "digest"
        self.run("openssl", "dgst", f"-{hash_name}", "-binary", "-out", path, self.folder / "message")
        return path


def _desk(profile: CardProfile, folder: Path) -> Iterator[Desk]:
    holder = next(iter(CITIZENS.values()))
    card = MockCard.personalize(profile, holder=holder, pins=PINS, pki=ThrowAwayPKI.fresh())
    with ExitStack() as stack:
        try:
            bench = stack.enter_context(PrivatePCSC())
        except NoService as error:
            pytest.skip(str(error))
        stack.enter_context(card.serve(bench.ports[0]))
        desk = Desk(card, {**os.environ, **bench.environment}, folder)
        desk.run("opensc-tool", "--wait", "--atr")
        yield desk


@pytest.fixture(scope="module")
def ec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from _desk(NATIONAL_REFERENCE, tmp_path_factory.mktemp("ec"))


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from _desk(NATIONAL_REFERENCE_RSA, tmp_path_factory.mktemp("rsa"))


def test_atr_and_name(ec: Desk) -> None:
    assert ec.run("opensc-tool", "--atr").split()[0].replace(":", "") == ec.card.atr.hex()
    assert ec.run("opensc-tool", "--name").startswith("OsEID 4.0.5")


def test_name_of_the_rsa_card(rsa: Desk) -> None:
    assert rsa.run("opensc-tool", "--name").startswith("OsEID 4.5.5")


def test_commands_by_hand(ec: Desk) -> None:
    answer = ec.run("opensc-tool", "-s", "00A4040007A000000247100100", "-s", "00B09E0002")
    assert answer.count("SW1=0x90, SW2=0x00") == 2
    assert "SW1=0x6D, SW2=0x00" in ec.run("opensc-tool", "-s", "00FE0000")


def test_the_directory_is_read_whole(ec: Desk) -> None:
    dump = ec.run("pkcs15-tool", "--dump")
    for line in (
        "PKCS#15 Card [National reference card]",
        "PIN [Identity PIN]",
        "PIN [Signature PIN]",
        "PIN [PUK]",
    ):
        assert line in dump
    assert dump.count("Private EC Key [") == 3
    assert dump.count("X.509 Certificate [") == 3


def test_certificates_are_the_ones_on_the_card(ec: Desk) -> None:
    for key, name in ((AUTHENTICATION, "authentication"), (SIGNATURE, "signature")):
        ec.public_key(key)
        der = ec.folder / "certificate.der"
        ec.run("openssl", "x509", "-in", ec.folder / f"{key[0]}.crt", "-outform", "DER", "-out", der)
        content = ec.card.image.files[f"{name} certificate"]
        assert isinstance(content, bytes)
        assert content.startswith(der.read_bytes())


def test_objects_through_pkcs11(ec: Desk) -> None:
    listed = ec.pkcs11(AUTHENTICATION, "--list-objects")
    for label in ("Authentication key", "Authentication certificate", "Decipherment key"):
        assert label in listed


def test_a_wrong_pin_costs_one_try(ec: Desk) -> None:
    before = ec.card.image.pins["identity"].tries_left
    ec.pkcs11(("01", "0", "9999"), "--list-objects", ok=False)
    assert ec.card.image.pins["identity"].tries_left == before - 1
    ec.pkcs11(AUTHENTICATION, "--list-objects")
    assert ec.card.image.pins["identity"].tries_left == 3


@pytest.mark.parametrize("key", [AUTHENTICATION, SIGNATURE])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_ecdsa(ec: Desk, key: tuple[str, str, str], hash_name: str) -> None:
    public = ec.public_key(key)
    mechanism = f"ECDSA-{hash_name.upper()}"
    message, signature = ec.sign(key, mechanism, "--signature-format", "openssl")
    ec.run("openssl", "dgst", f"-{hash_name}", "-verify", public, "-signature", signature, message)
    message.write_bytes(MESSAGE + b"!")
    ec.run("openssl", "dgst", f"-{hash_name}", "-verify", public, "-signature", signature, message, ok=False)


def test_ecdsa_of_a_digest(ec: Desk) -> None:
    public, digest, signature = ec.public_key(AUTHENTICATION), ec.digest("sha384"), ec.folder / "signature"
    files = ("--input-file", digest, "--output-file", signature)
    ec.pkcs11(AUTHENTICATION, "--sign", "--mechanism", "ECDSA", "--signature-format", "openssl", *files)
    ec.run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-sigfile", signature, "-in", digest)


def test_the_signature_key_asks_each_time(ec: Desk) -> None:
    assert "signature" in ec.card.image.pins
    ec.sign(SIGNATURE, "ECDSA-SHA384")
    turns = [turn.name for turn in ec.card.log]
    last = max(index for index, name in enumerate(turns) if name.startswith("PERFORM SECURITY OPERATION"))
    assert any(name == "VERIFY 00 20 00 02" for name in turns[last - 8 : last])
    assert ec.card.log[last].sw == 0x9000


def test_key_agreement(ec: Desk) -> None:
    own, other, secret = ec.folder / "own.key", ec.folder / "own.der", ec.folder / "secret"
    ec.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", own)
    ec.run("openssl", "pkey", "-in", own, "-pubout", "-outform", "DER", "-out", other)
    files = ("--input-file", other, "--output-file", secret)
    ec.pkcs11(DECIPHERMENT, "--derive", "--mechanism", "ECDH1-DERIVE", *files)
    expected = ec.folder / "expected"
    peer = ("-peerkey", ec.public_key(DECIPHERMENT))
    ec.run("openssl", "pkeyutl", "-derive", "-inkey", own, *peer, "-out", expected)
    assert secret.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("key", [AUTHENTICATION, SIGNATURE])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_rsa_pkcs1(rsa: Desk, key: tuple[str, str, str], hash_name: str) -> None:
    public = rsa.public_key(key)
    message, signature = rsa.sign(key, f"{hash_name.upper()}-RSA-PKCS")
    rsa.run("openssl", "dgst", f"-{hash_name}", "-verify", public, "-signature", signature, message)


def test_rsa_pkcs1_of_what_the_program_sends(rsa: Desk) -> None:
    public = rsa.public_key(AUTHENTICATION)
    message, signature = rsa.sign(AUTHENTICATION, "RSA-PKCS")
    opened = rsa.folder / "opened"
    key = ("-pubin", "-inkey", public)
    rsa.run("openssl", "pkeyutl", "-verifyrecover", *key, "-in", signature, "-out", opened)
    assert opened.read_bytes() == message.read_bytes()


@pytest.mark.parametrize("hash_name", ["sha256", "sha384"])
def test_rsa_pss(rsa: Desk, hash_name: str) -> None:
    public = rsa.public_key(SIGNATURE)
    name = hash_name.upper()
    message, signature = rsa.sign(SIGNATURE, f"{name}-RSA-PKCS-PSS", "--mgf", f"MGF1-{name}")
    options = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest")
    rsa.run("openssl", "dgst", f"-{hash_name}", *options, "-verify", public, "-signature", signature, message)


def test_rsa_decipher(rsa: Desk) -> None:
    public, cryptogram, opened = (
        rsa.public_key(DECIPHERMENT),
        rsa.folder / "cryptogram",
        rsa.folder / "opened",
    )
    message = rsa.folder / "message"
    message.write_bytes(MESSAGE)
    rsa.run("openssl", "pkeyutl", "-encrypt", "-pubin", "-inkey", public, "-in", message, "-out", cryptogram)
    files = ("--input-file", cryptogram, "--output-file", opened)
    rsa.pkcs11(DECIPHERMENT, "--decrypt", "--mechanism", "RSA-PKCS", *files)
    assert opened.read_bytes() == MESSAGE


def test_change_and_unblock(rsa: Desk) -> None:
    """Last: it leaves the PINs as they were."""
    rsa.run("pkcs15-tool", "--change-pin", "--auth-id", "01", "--pin", "1234", "--new-pin", "654321")
    assert rsa.card.image.pins["identity"].value == "654321"
    for _ in range(3):
        rsa.pkcs11(AUTHENTICATION, "--list-objects", ok=False)
    assert rsa.card.image.pins["identity"].tries_left == 0
    unblock = ("--unblock-pin", "--auth-id", "01", "--puk", "12345678", "--new-pin", "1234")
    rsa.run("pkcs15-tool", *unblock)
    assert rsa.card.image.pins["identity"].tries_left == 3
    rsa.pkcs11(AUTHENTICATION, "--list-objects")
