"""Programs that nobody here wrote verify our CAdES signatures: openssl and pyHanko."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms

from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing.form import SignatureForm
from smartid.signing.sign import sign
from tests.unit.signing.people import crl, signer_of
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import Country

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONTENT = "قرارداد اجاره، صفحه ۱\r\n".encode()
KINDS = [
    ("P-256", SignatureAlgorithm.ES256),
    ("P-384", SignatureAlgorithm.ES384),
    ("P-384", SignatureAlgorithm.ES256),
    ("P-521", SignatureAlgorithm.ES512),
    ("RSA-2048", SignatureAlgorithm.PS256),
    ("RSA-2048", SignatureAlgorithm.PS512),
    ("RSA-2048", SignatureAlgorithm.RS256),
    ("RSA-2048", SignatureAlgorithm.RS512),
]
COUNTRY = Country()
CHAIN = (COUNTRY.citizen_ca.der,)


@pytest.fixture
def authority(tmp_path: Path) -> OpenSSLAuthority:
    folder = tmp_path / "tsa"
    folder.mkdir()
    return OpenSSLAuthority(folder, tsa_party(COUNTRY))


def openssl_cms(data: bytes, folder: Path, root: Country, *, content: bytes | None = None) -> str:
    """What openssl says against it; empty when it verifies and gives the content back."""
    (folder / "signed").write_bytes(data)
    (folder / "root.pem").write_bytes(root.root.pem)
    command = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signed"]
    command += ["-CAfile", "root.pem", "-purpose", "any", "-out", "out"]
    if content is not None:
        (folder / "content").write_bytes(content)
        command += ["-content", "content"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if done.returncode:
        return done.stderr.decode(errors="replace")
    return "" if (folder / "out").read_bytes() == CONTENT else "another content"


@pytest.mark.parametrize("detached", [False, True], ids=["attached", "detached"])
@pytest.mark.parametrize(("kind", "algorithm"), KINDS)
def test_openssl_verifies_what_we_sign(
    tmp_path: Path,
    kind: str,
    algorithm: SignatureAlgorithm,
    detached: bool,
) -> None:
    made = sign(CONTENT, signer_of(COUNTRY, kind), algorithm=algorithm, detached=detached, chain=CHAIN)
    beside = CONTENT if detached else None
    assert openssl_cms(made.data, tmp_path, COUNTRY, content=beside) == ""
    other = Country()
    assert "certificate verify error" in openssl_cms(made.data, tmp_path, other, content=beside)
    if detached:
        assert "content verify error" in openssl_cms(made.data, tmp_path, COUNTRY, content=CONTENT + b"!")


@pytest.mark.parametrize("detached", [False, True], ids=["attached", "detached"])
def test_openssl_verifies_two_signers_and_ours_beside_its_own(
    tmp_path: Path,
    detached: bool,
) -> None:
    beside = CONTENT if detached else None
    first = sign(CONTENT, signer_of(COUNTRY, "P-256"), detached=detached, chain=CHAIN)
    both = sign(first, signer_of(COUNTRY, "RSA-2048"), chain=CHAIN)
    assert openssl_cms(both.data, tmp_path, COUNTRY, content=beside) == ""
    assert len(cms.ContentInfo.load(both.data)["content"]["signer_infos"]) == 2

    theirs = COUNTRY.citizen("signature")
    (tmp_path / "document").write_bytes(CONTENT)
    (tmp_path / "their.pem").write_bytes(theirs.pem)
    (tmp_path / "their.key").write_bytes(theirs.key_pem)
    for options in ([], ["-stream", "-indef"]):
        command = ["openssl", "cms", "-sign", "-cades", "-binary", "-in", "document", "-outform", "DER"]
        command += ["-signer", "their.pem", "-inkey", "their.key", "-out", "document.p7s", *options]
        command += [] if detached else ["-nodetach"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        added = sign(tmp_path / "document.p7s", signer_of(COUNTRY, "P-384"), chain=CHAIN)
        assert openssl_cms(added.data, tmp_path, COUNTRY, content=beside) == ""
        assert len(cms.ContentInfo.load(added.data)["content"]["signer_infos"]) == 2


def test_openssl_verifies_the_time_stamp_inside(
    authority: OpenSSLAuthority,
    tmp_path: Path,
) -> None:
    made = sign(CONTENT, signer_of(COUNTRY), form=SignatureForm.CADES_T, chain=CHAIN, time_stamper=authority)
    assert openssl_cms(made.data, tmp_path, COUNTRY) == ""
    (info,) = cms.ContentInfo.load(made.data)["content"]["signer_infos"]
    (attribute,) = info["unsigned_attrs"]
    (tmp_path / "token").write_bytes(attribute["values"][0].dump())
    (tmp_path / "value").write_bytes(info["signature"].native)
    command = ["openssl", "ts", "-verify", "-token_in", "-in", "token", "-CAfile", "root.pem", "-data"]
    assert subprocess.run([*command, "value"], cwd=tmp_path, check=False, capture_output=True).returncode == 0
    assert (
        subprocess.run([*command, "signed"], cwd=tmp_path, check=False, capture_output=True).returncode != 0
    )


@pytest.mark.parametrize("form", [SignatureForm.CADES_B, SignatureForm.CADES_T])
@pytest.mark.parametrize(("kind", "algorithm"), KINDS)
def test_pyhanko_verifies_what_we_sign(
    authority: OpenSSLAuthority,
    kind: str,
    algorithm: SignatureAlgorithm,
    form: SignatureForm,
) -> None:
    pytest.importorskip("pyhanko", reason="pyHanko is absent: pip install pyhanko")
    stamps = authority if form is SignatureForm.CADES_T else None
    made = sign(
        CONTENT,
        signer_of(COUNTRY, kind),
        form=form,
        algorithm=algorithm,
        detached=True,
        chain=CHAIN,
        time_stamper=stamps,
    )
    status = pyhanko(made.data, CONTENT, COUNTRY)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.bottom_line
    assert (status.timestamp_validity is not None) == (form is SignatureForm.CADES_T)
    assert not pyhanko(made.data, CONTENT + b"!", COUNTRY).bottom_line


def pyhanko(data: bytes, content: bytes, root: Country):  # type: ignore[no-untyped-def]
    from asn1crypto import x509
    from pyhanko.sign.validation import async_validate_detached_cms
    from pyhanko_certvalidator import ValidationContext

    context = ValidationContext(trust_roots=[x509.Certificate.load(root.root.der)])
    signed = cms.ContentInfo.load(data)["content"]
    return asyncio.run(
        async_validate_detached_cms(
            content, signed, signer_validation_context=context, ts_validation_context=context
        )
    )


@pytest.mark.parametrize("form", [SignatureForm.CADES_B, SignatureForm.CADES_T])
def test_pyhankos_ades_process_passes(authority: OpenSSLAuthority, form: SignatureForm) -> None:
    """ETSI EN 319 102-1 as pyHanko implements it, with CRLs for every certificate."""
    pytest.importorskip("pyhanko", reason="pyHanko is absent: pip install pyhanko")
    from asn1crypto import crl as asn1_crl
    from asn1crypto import x509
    from pyhanko.sign.validation import ades, policy_decl
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
    from pyhanko_certvalidator.registry import SimpleTrustManager
    from pyhanko_certvalidator.revinfo.archival import CRLContainer

    made = sign(CONTENT, signer_of(COUNTRY), form=form, chain=CHAIN, time_stamper=authority)
    root = x509.Certificate.load(COUNTRY.root.der)
    lists = [crl(COUNTRY.root), crl(COUNTRY.citizen_ca)]
    specification = policy_decl.SignatureValidationSpec(
        cert_validation_policy=CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build([root]),
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
        ),
        local_knowledge=policy_decl.LocalKnowledge(
            known_crls=[CRLContainer(asn1_crl.CertificateList.load(der)) for der in lists]
        ),
    )
    process = ades.ades_with_time_validation if form is SignatureForm.CADES_T else ades.ades_basic_validation
    result = asyncio.run(process(cms.ContentInfo.load(made.data)["content"], specification))
    assert result.ades_subindic.name == "OK", result.failure_msg
