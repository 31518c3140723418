"""OpenSC's pkcs15-tool on the directory files of issued cards, through pcscd and its virtual reader."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from cryptography import x509

from smartid.errors import NoService
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA

pytest.importorskip("PIL", reason="Pillow draws the portraits")
pytestmark = pytest.mark.skipif(not shutil.which("pkcs15-tool"), reason="OpenSC is not here")


@pytest.mark.parametrize(
    ("profile", "sizes"),
    [(NATIONAL_REFERENCE, ("FieldLength", "384")), (NATIONAL_REFERENCE_RSA, ("ModLength", "2048"))],
    ids=lambda value: getattr(value, "name", ""),
)
def test_opensc_lists_pins_keys_and_certificates(profile: CardProfile, sizes: tuple[str, str]) -> None:
    image = issue_citizen(CITIZENS["sara"], profile, ThrowAwayPKI.fresh())
    try:
        with PrivatePCSC() as bench:
            waiting = _start(bench, "--wait", "--dump")
            assert waiting.stderr
            assert waiting.stderr.readline().startswith("Waiting for a card")
            with MockCard(image).serve(bench.ports[0]):
                text = _end(waiting)
                pem = _end(_start(bench, "--read-certificate", "02")).encode()
    except NoService as error:
        pytest.skip(str(error))
    assert re.findall(r"^PIN \[(.*)\]", text, re.M) == ["Identity PIN", "Signature PIN", "PUK"]
    assert re.findall(r"^Private \w+ Key \[(.*)\]", text, re.M) == [
        "Authentication key",
        "Signature key",
        "Decipherment key",
    ]
    assert re.findall(r"^X.509 Certificate \[(\w+)", text, re.M) == [
        "Authentication",
        "Signature",
        "Decipherment",
    ]
    assert re.findall(rf"{sizes[0]} +: (\d+)", text) == [sizes[1]] * 3
    assert re.findall(r"Path +: (3f0050154b\w\w)", text) == ["3f0050154b01", "3f0050154b02", "3f0050154b03"]
    assert re.findall(r"Serial number +: (\d+)", text) == [image.holder["card_serial_number"]]
    stored = image.files["signature certificate"]
    assert isinstance(stored, bytes)
    assert x509.load_pem_x509_certificate(pem) == x509.load_der_x509_certificate(stored)


def _start(bench: PrivatePCSC, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["pkcs15-tool", *arguments],
        env={**os.environ, **bench.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _end(tool: subprocess.Popen[str]) -> str:
    with tool:
        text, errors = tool.communicate(timeout=60)
    assert tool.returncode == 0, errors
    return text
