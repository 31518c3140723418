"""``sign``: what it hands to each form."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

import smartid
from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import SignatureInvalid
from smartid.signing.form import Level, SignatureFamily, SignatureForm
from smartid.signing.request import Appearance, SignedDocument, SigningRequest
from smartid.signing.software import SoftwareSigner
from tests.unit.signing.pdfs import make_pdf

Make = Callable[..., SoftwareSigner]
AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "module", "function"),
    [
        (SignatureForm.CADES_LTA, "cades.sign", "sign_cades"),
        (SignatureForm.PADES_T, "pades.sign", "sign_pades"),
        (SignatureForm.XADES_B, "xades.sign", "sign_xades"),
        (SignatureForm.ASICE_B, "asice.container", "sign_asice"),
        (SignatureForm.JWS, "jws.sign", "sign_jws"),
        (SignatureForm.JADES_B, "jws.sign", "sign_jades"),
    ],
)
def test_each_form_gets_the_request(
    citizen: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: SignatureForm,
    module: str,
    function: str,
) -> None:
    seen: list[SigningRequest] = []

    def make(request: SigningRequest) -> SignedDocument:
        seen.append(request)
        return SignedDocument(form=request.form, name="made", data=b"")

    monkeypatch.setitem(sys.modules, f"smartid.signing.{module}", SimpleNamespace(**{function: make}))
    path = tmp_path / "report.pdf"
    path.write_bytes(b"a report")
    signer, look = citizen("P-384"), Appearance(page=1)
    made = smartid.sign(path, signer, form=form, signed_at=AT, chain=[b"a"], appearance=look, detached=True)
    (request,) = seen
    assert made.name == "made"
    assert (request.name, request.content.read(), request.signer) == ("report.pdf", b"a report", signer)
    assert (request.form, request.algorithm) == (form, SignatureAlgorithm.ES384)
    assert (request.signed_at, request.chain, request.appearance) == (AT, (b"a",), look)
    assert (request.detached, request.existing) == (True, None)


def test_a_missing_file_is_the_systems_error(citizen: Make, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        smartid.sign(tmp_path / "nothing", citizen())


def test_steps_are_told(citizen: Make) -> None:
    told: list[str] = []
    smartid.sign(b"a report", citizen(), progress=told.append)
    assert told == ["signature"]


@pytest.mark.parametrize("form", [form for form in SignatureForm if form.level is Level.B])
def test_nothing_is_made_of_a_signature_by_another_key(citizen: Make, form: SignatureForm) -> None:
    """A copied card holds the certificate, and not its key."""
    copied, other = citizen(), ec.generate_private_key(ec.SECP256R1())
    clone = SimpleNamespace(
        certificate=copied.certificate,
        algorithms=(SignatureAlgorithm.ES256,),
        sign_digest=lambda digest, _: other.sign(digest, ec.ECDSA(Prehashed(SHA256()))),
    )
    if form.family in {SignatureFamily.XADES, SignatureFamily.ASICE}:
        pytest.importorskip("lxml")
    if form.family is SignatureFamily.PADES:
        pytest.importorskip("pyhanko")
    content = {SignatureFamily.PADES: make_pdf(), SignatureFamily.XADES: b"<letter/>"}
    with pytest.raises(SignatureInvalid):
        smartid.sign(content.get(form.family, b"{}"), clone, form=form)


def test_signing_at_level_b_loads_nothing_heavy() -> None:
    """No path engine, no network, no other format."""
    code = (
        "import sys, smartid; smartid.sign, smartid.SignatureForm; import smartid.signing.cades.sign\n"
        "heavy = ('asyncio', 'aiohttp', 'pyhanko', 'pyhanko_certvalidator', 'lxml', 'signxml', 'pkcs11',"
        " 'smartid.trust.path', 'smartid.card', 'smartid.transport')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
