"""Our PDFs before verifiers that nobody here wrote: pyHanko, ``pdfsig`` of poppler (NSS), ``qpdf``."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import ades, policy_decl
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing.cades.extend import extend
from smartid.signing.content import Content
from smartid.signing.form import Level, SignatureForm
from smartid.signing.pades.sign import sign_pades
from smartid.signing.request import Appearance, SigningRequest
from smartid.trust.store import TrustStore
from tests.unit.signing.pdfs import make_pdf
from tests.unit.signing.people import crl, policy_of, signer_of
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import Country

FORMS = [
    SignatureForm.PADES_B,
    SignatureForm.PADES_T,
    SignatureForm.PADES_LT,
    SignatureForm.PADES_LTA,
]
KINDS = [
    ("P-256", SignatureAlgorithm.ES256),
    ("P-384", SignatureAlgorithm.ES384),
    ("RSA-2048", SignatureAlgorithm.RS256),
    ("RSA-2048", SignatureAlgorithm.PS256),
]


@pytest.fixture(scope="module")
def country() -> Country:
    return Country()


def trust(country: Country) -> TrustStore:
    """The root alone, so that the document has to bring the rest."""
    return TrustStore.from_certificates(country.root.der) + TrustStore(
        crls=(crl(country.root), crl(country.citizen_ca))
    )


@pytest.fixture
def request_for(country: Country, tmp_path: Path) -> Callable[..., SigningRequest]:
    folder = tmp_path / "tsa"
    folder.mkdir()

    def make(
        form: SignatureForm = SignatureForm.PADES_B, kind: str = "P-256", **changes: Any
    ) -> SigningRequest:
        values: dict[str, Any] = {
            "content": Content(make_pdf()),
            "name": "contract.pdf",
            "signer": signer_of(country, kind),
            "algorithm": SignatureAlgorithm.ES256,
            "form": form,
            "signed_at": datetime.now(UTC),
            "chain": (country.citizen_ca.der,),
            "time_stamper": OpenSSLAuthority(folder, tsa_party(country)),
            "policy": policy_of(country, anchors=trust(country)),
        }
        return SigningRequest(**(values | changes))

    return make


def pyhanko_says(signed: bytes, country: Country, form: SignatureForm) -> Any:
    """Its own AdES process: basic, with time, or with the archive time stamp."""
    roots = [x509.Certificate.load(country.root.der)]
    rules = RevocationCheckingRule.CHECK_IF_DECLARED
    path = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(roots),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(rules, rules)),
    )
    spec = policy_decl.PdfSignatureValidationSpec(
        policy_decl.SignatureValidationSpec(
            cert_validation_policy=path,
            ts_cert_validation_policy=path,
            key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
            local_knowledge=policy_decl.LocalKnowledge(known_certs=roots),
        )
    )
    embedded = PdfFileReader(BytesIO(signed)).embedded_regular_signatures[0]
    process = {
        "B": lambda: ades.ades_basic_validation(
            embedded.signed_data, spec.signature_validation_spec, raw_digest=embedded.compute_digest()
        ),
        "LTA": lambda: ades.ades_lta_validation(embedded, spec),
    }.get(
        form.level.value,
        lambda: ades.ades_with_time_validation(
            embedded.signed_data, spec.signature_validation_spec, raw_digest=embedded.compute_digest()
        ),
    )
    return asyncio.run(process())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.level.value)
def test_pyhanko_accepts_every_level(
    request_for: Callable[..., SigningRequest], country: Country, form: SignatureForm
) -> None:
    signed = sign_pades(request_for(form)).data
    result = pyhanko_says(signed, country, form)
    assert str(result.ades_subindic) == "AdESPassed.OK", result.failure_msg
    embedded = PdfFileReader(BytesIO(signed)).embedded_regular_signatures[0]
    embedded.compute_integrity_info()
    whole = form.level.value in {"B", "T"}
    expected = SignatureCoverageLevel.ENTIRE_FILE if whole else SignatureCoverageLevel.ENTIRE_REVISION
    assert embedded.coverage == expected
    assert embedded.summarise_integrity_info()["docmdp_ok"]


@pytest.mark.parametrize("before", FORMS[1:3], ids=lambda form: form.level.value)
def test_pyhanko_accepts_what_was_raised_later(
    request_for: Callable[..., SigningRequest], country: Country, before: SignatureForm
) -> None:
    """Its process wants a time stamp in the signature itself, which one raised from level B has not."""
    request = request_for(before)
    signed = sign_pades(request).data
    raised = extend(signed, Level.LTA, time_stamper=request.time_stamper, policy=request.policy)
    assert raised.startswith(signed)
    result = pyhanko_says(raised, country, SignatureForm.PADES_LTA)
    assert str(result.ades_subindic) == "AdESPassed.OK", result.failure_msg


def pdfsig(signed: bytes, folder: Path) -> str:
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (Debian: poppler-utils) is not installed")
    path = folder / "امضا شده.pdf"
    path.write_bytes(signed)
    done = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize(("kind", "algorithm"), KINDS, ids=str)
def test_poppler_finds_the_signature_valid(
    request_for: Callable[..., SigningRequest], tmp_path: Path, kind: str, algorithm: SignatureAlgorithm
) -> None:
    said = pdfsig(sign_pades(request_for(kind=kind, algorithm=algorithm)).data, tmp_path)
    assert said.count("Signature is Valid.") == 1
    assert "Total document signed" in said


def test_poppler_finds_two_visible_signatures_and_the_archive_time_stamp_sound(
    request_for: Callable[..., SigningRequest], tmp_path: Path
) -> None:
    first = sign_pades(request_for(appearance=Appearance())).data
    request = request_for(SignatureForm.PADES_LTA, content=Content(first), appearance=Appearance())
    both = sign_pades(replace(request, algorithm=SignatureAlgorithm.ES256)).data
    assert pdfsig(both, tmp_path).count("Signature is Valid.") >= 2


def test_poppler_sees_a_changed_byte(request_for: Callable[..., SigningRequest], tmp_path: Path) -> None:
    signed = sign_pades(request_for()).data.replace(b"A contract.", b"A contrakt.", 1)
    assert "Signature is Valid." not in pdfsig(signed, tmp_path)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.level.value)
def test_qpdf_finds_no_fault(
    request_for: Callable[..., SigningRequest], tmp_path: Path, form: SignatureForm
) -> None:
    if shutil.which("qpdf") is None:
        pytest.skip("qpdf is not installed")
    path = tmp_path / "signed.pdf"
    path.write_bytes(sign_pades(request_for(form, appearance=Appearance())).data)
    done = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
