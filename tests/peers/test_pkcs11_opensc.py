"""Signing through OpenSC's PKCS#11 module, with our mock card behind pcscd; openssl checks the result.

In a process of its own: a PKCS#11 module stays in the process that loaded it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from smartid.errors import NoService
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA

pytest.importorskip("pkcs11", reason="python-pkcs11 is absent: pip install python-pkcs11")
MODULES = ("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so")
MODULE = next((path for path in MODULES if Path(path).exists()), "")
MISSING = [name for name in ("opensc-tool", "openssl") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING) or not MODULE, reason="OpenSC or openssl is not installed")

PINS = {"identity": "1234", "signature": "123456", "puk": "12345678"}
ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
import smartid
module, token, authority = sys.argv[1:]
chain = (Path(authority).read_bytes(),)
asked = []
def ask():
    asked.append(1)
    return sys.stdin.readline().strip()
with smartid.PKCS11Signer(module, ask, token=token, key_id=b"\\x02") as signer:
    for algorithm in signer.algorithms[:1] * 2:
        made = smartid.sign(Path("contract"), signer, algorithm=algorithm, chain=chain)
        made.write(Path(f"{len(asked)}.p7m"))
print(len(asked), algorithm)
"""
WRONG = """
import sys
import smartid
try:
    with smartid.PKCS11Signer(sys.argv[1], "000000", token=sys.argv[2], key_id=b"\\x02") as signer:
        smartid.sign(b"contract", signer)
except smartid.WrongPIN as error:
    print("WrongPIN", "000000" in f"{error} {error!r} {signer!r}")
"""


@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA], ids=lambda one: one.name)
def test_a_card_signs_through_opensc(tmp_path: Path, profile: CardProfile) -> None:
    pki = ThrowAwayPKI.fresh()
    holder = next(iter(CITIZENS.values()))
    card = MockCard.personalize(profile, holder=holder, pins=PINS, pki=pki)
    with ExitStack() as stack:
        try:
            bench = stack.enter_context(PrivatePCSC())
        except NoService as error:
            pytest.skip(str(error))
        stack.enter_context(card.serve(bench.ports[0]))
        environment = {**os.environ, **bench.environment, "PYTHONPATH": str(ROOT)}
        subprocess.run(["opensc-tool", "--wait", "--atr"], env=environment, check=True, capture_output=True)
        label = _label_of_signature_token(environment)
        (tmp_path / "contract").write_bytes(b"a contract")
        (tmp_path / "ca.der").write_bytes(pki.citizen_ca.der)
        done = _python(tmp_path, environment, PROGRAM, MODULE, label, "ca.der", pins="123456\n123456\n")
        assert done.stdout.split()[0] == "2", done.stderr  # the key wants its PIN before each use
        before = card.image.pins["signature"].tries_left
        wrong = _python(tmp_path, environment, WRONG, MODULE, label)
        assert wrong.stdout.split() == ["WrongPIN", "False"], wrong.stderr
        assert card.image.pins["signature"].tries_left == before - 1
    for name in ("1.p7m", "2.p7m"):
        assert _openssl_verifies(tmp_path, name, pki)


def _python(
    folder: Path, environment: dict[str, str], program: str, *arguments: str, pins: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=environment,
        input=pins,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _label_of_signature_token(environment: dict[str, str]) -> str:
    command = ["pkcs11-tool", "--module", MODULE, "--list-token-slots"]
    listed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    labels = [line.split(":", 1)[1].strip() for line in listed.splitlines() if "token label" in line]
    return next(label for label in labels if "Signature" in label)


def _openssl_verifies(folder: Path, name: str, pki: ThrowAwayPKI) -> bool:
    from asn1crypto.pem import armor

    (folder / "root.pem").write_bytes(armor("CERTIFICATE", pki.root.der))
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", name]
    command += ["-CAfile", "root.pem", "-purpose", "any", "-out", "out"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.returncode == 0 and (folder / "out").read_bytes() == b"a contract"
