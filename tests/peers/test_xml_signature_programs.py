"""signxml and xmlsec1, which nobody here wrote, check our XAdES, and we read that of signxml."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from smartid.signing.asice.archive import read_entries
from smartid.signing.asice.container import sign_asice
from smartid.signing.form import SignatureForm
from smartid.signing.xades.read import read_xades
from smartid.signing.xades.sign import sign_xades
from smartid.trust.verdict import SubIndication
from tests.unit.signing.signed_samples import POLICY, XML, citizen, country, reasons, request
from tests.unit.trust.country import NOW

signxml = pytest.importorskip("signxml", reason="signxml is not installed (pip install signxml)")
from signxml import xades as peer  # noqa: E402 - after the skip

DS = "{http://www.w3.org/2000/09/xmldsig#}"
ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "RS512", "PS256")
# signxml writes names of elements in ASCII, and leaves what stands before the root out of a whole document.
LETTER = XML[XML.index(b"?>") + 2 :].replace("نامه".encode(), b"letter")
NAMES = {"E": "ECDSA_SHA", "R": "RSA_SHA", "P": "SHA"}
xmlsec1 = pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")


def verify(data: bytes, algorithm: str) -> list[object]:
    party = citizen("RS256" if algorithm[0] in "RP" else algorithm)
    config = peer.XAdESSignatureConfiguration(expect_references=2)
    return peer.XAdESVerifier().verify(data, x509_cert=party.certificate, expect_config=config)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_signxml_verifies_ours(algorithm: str) -> None:
    data = sign_xades(request(LETTER, "a.xml", SignatureForm.XADES_B, algorithm=algorithm)).data
    whole, properties = verify(data, algorithm)
    assert "سلام" in etree.tostring(whole.signed_xml, encoding="unicode")
    assert properties.signed_properties is not None
    with pytest.raises(signxml.InvalidDigest):
        verify(data.replace("سلام".encode(), "درود".encode()), algorithm)


def _method(algorithm: str) -> object:
    end = "_RSA_MGF1" if algorithm[0] == "P" else ""
    return signxml.SignatureMethod[f"{NAMES[algorithm[0]]}{algorithm[2:]}{end}"]


# With an exclusive form signxml 5.2 leaves a transform out, and does not verify its own signature.
INCLUSIVE = [form for form in signxml.CanonicalizationMethod if "EXCLUSIVE" not in form.name]


@pytest.mark.parametrize("form", INCLUSIVE, ids=lambda form: form.name)
def test_we_read_the_canonical_forms_of_signxml(form: object) -> None:
    data = _of_signxml("ES256", c14n_algorithm=form)
    (facts,) = read_xades(data, None, POLICY)
    assert reasons(facts) == {}
    assert facts.scope == "the whole document"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_read_that_of_signxml(algorithm: str) -> None:
    data = _of_signxml(algorithm)
    (facts,) = read_xades(data, None, POLICY)
    assert reasons(facts) == {}
    assert facts.certificate is not None
    changed = data.replace("سلام".encode(), "درود".encode())
    assert reasons(*read_xades(changed, None, POLICY))["signed_content"] is SubIndication.HASH_FAILURE


def _of_signxml(algorithm: str, **options: object) -> bytes:
    party = citizen("RS256" if algorithm[0] in "RP" else algorithm)
    signer = peer.XAdESSigner(
        signature_algorithm=_method(algorithm), digest_algorithm=f"sha{algorithm[2:]}", **options
    )
    # An inclusive form shows the namespace that nobody uses.
    root = etree.fromstring('<a xmlns="urn:x" xmlns:unused="urn:y"><b>سلام</b></a>'.encode())
    return etree.tostring(signer.sign(root, key=party.key, cert=[party.certificate]), encoding="UTF-8")


def test_we_read_an_enveloping_one_of_signxml() -> None:
    party = citizen("ES256")
    signer = peer.XAdESSigner(
        method=signxml.SignatureConstructionMethod.enveloping, signature_algorithm=_method("ES256")
    )
    signed = signer.sign(etree.fromstring(b"<a><b>1</b></a>"), key=party.key, cert=[party.certificate])
    (facts,) = read_xades(etree.tostring(signed), None, POLICY)
    assert facts.scope == "the enclosed object"
    assert reasons(facts) == {}


def _xmlsec1(file: Path) -> subprocess.CompletedProcess[str]:
    (file.parent / "root.pem").write_bytes(country().root.pem)
    time = NOW.strftime("%Y-%m-%d %H:%M:%S")
    command = ["xmlsec1", "--verify", "--enabled-key-data", "x509", "--trusted-pem", "root.pem"]
    command += ["--verification-time", time, "--id-attr:Id", "SignedProperties", file.name]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False, timeout=60)


@xmlsec1
@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name[0] != "P"])
def test_xmlsec1_verifies_ours_up_to_the_root(algorithm: str, tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    data = sign_xades(request(XML, "a.xml", SignatureForm.XADES_B, algorithm=algorithm)).data
    file.write_bytes(data)
    done = _xmlsec1(file)
    assert done.returncode == 0, done.stderr
    assert "2/2" in done.stdout + done.stderr
    file.write_bytes(data.replace("سلام".encode(), "درود".encode()))
    assert _xmlsec1(file).returncode != 0


@xmlsec1
def test_xmlsec1_verifies_the_signature_in_a_container(tmp_path: Path) -> None:
    document = sign_asice(request(b"%PDF", "report 1.pdf", SignatureForm.ASICE_B))
    for name, content in read_entries(document.data).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    file = tmp_path / "signatures.xml"
    file.write_bytes((tmp_path / "META-INF" / "signatures0.xml").read_bytes())
    done = _xmlsec1(file)
    assert done.returncode == 0, done.stderr
    assert "2/2" in done.stdout + done.stderr


TEMPLATE = """<a><b>peace</b><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>
<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
<Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
</Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>
</SignedInfo><SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature></a>"""


@xmlsec1
def test_we_read_a_plain_signature_of_xmlsec1_and_give_it_no_level(tmp_path: Path) -> None:
    party = citizen("RS256")
    (tmp_path / "key.pem").write_bytes(party.key_pem)
    (tmp_path / "cert.pem").write_bytes(party.pem)
    (tmp_path / "template.xml").write_text(TEMPLATE, encoding="utf-8")
    command = [
        "xmlsec1",
        "--sign",
        "--privkey-pem",
        "key.pem,cert.pem",
        "--output",
        "out.xml",
        "template.xml",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    data = (tmp_path / "out.xml").read_bytes()
    (facts,) = read_xades(data, None, POLICY)
    assert reasons(facts) == {}
    assert {item.check.name for item in facts.findings if not item.passed} == {
        "signing_certificate",
        "baseline",
    }
    assert b"peace" in data
    changed = data.replace(b"peace", b"peach")
    assert reasons(*read_xades(changed, None, POLICY))["signed_content"] is SubIndication.HASH_FAILURE
