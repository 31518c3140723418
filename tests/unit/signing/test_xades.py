"""XAdES-B: made, read, and everything that must not pass."""

from __future__ import annotations

import base64
import builtins
import hashlib
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from smartid.errors import EncodingError, ExtraMissing
from smartid.signing.content import Content
from smartid.signing.form import Level, SignatureFamily, SignatureForm
from smartid.signing.process.judge import judge
from smartid.signing.xades.document import serialize
from smartid.signing.xades.names import DIGEST_URIS
from smartid.signing.xades.read import read_xades
from smartid.signing.xades.sign import build_signature, sign_xades
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.policy import Policy
from smartid.trust.verdict import CheckStatus, SubIndication
from tests.unit.signing.signed_samples import POLICY, XML, citizen, country, reasons, request
from tests.unit.trust.country import NOW

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES_NS = "{http://uri.etsi.org/01903/v1.3.2#}"
ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "RS512", "PS256", "PS384")
FORM = SignatureForm.XADES_B


def signed(content: bytes = XML, name: str = "نامه.xml", **options: object) -> bytes:
    return sign_xades(request(content, name, FORM, **options)).data


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_enveloped_signature_reads_back(algorithm: str) -> None:
    asked = request(XML, "نامه.xml", FORM, algorithm=algorithm)
    document = sign_xades(asked)
    (facts,) = read_xades(document.data, None, POLICY)
    assert reasons(facts) == {}
    assert {finding.check.status for finding in facts.findings} == {CheckStatus.PASSED}
    assert document.name == "نامه.xades.xml"
    assert document.content is None
    assert facts.certificate is not None
    assert facts.certificate.der == asked.signer.certificate
    assert facts.data.certificates == (asked.signer.certificate, country().citizen_ca.der)
    assert (facts.claimed_time, facts.scope, facts.highest) == (NOW, "the whole document", Level.B)
    assert facts.family is SignatureFamily.XADES
    assert asked.signer.touches == 1  # type: ignore[attr-defined]


def test_the_document_stays_what_it_was() -> None:
    root = etree.fromstring(signed())
    root.remove(root.find(f"{DS}Signature"))
    assert etree.tostring(root.getroottree(), method="c14n") == etree.tostring(
        etree.fromstring(XML).getroottree(), method="c14n"
    )


def test_the_signed_properties_are_those_of_level_b() -> None:
    root = etree.fromstring(signed())
    mime = root.find(f".//{XADES_NS}DataObjectFormat")
    assert mime.findtext(f"{XADES_NS}MimeType") == "text/xml"
    references = root.findall(f".//{DS}Reference")
    assert mime.get("ObjectReference") == f"#{references[0].get('Id')}"
    assert root.findtext(f".//{XADES_NS}SigningTime") == "2027-03-01T12:00:00Z"
    digest = root.findtext(f".//{XADES_NS}SigningCertificateV2//{DS}DigestValue")
    assert base64.b64decode(digest) == hashlib.sha256(citizen("ES256").der).digest()


@pytest.mark.parametrize("content", [b"%PDF-1.7 no XML", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b""])
def test_what_is_no_plain_xml_gets_a_detached_signature(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "گزارش ۱.pdf"
    file.write_bytes(content)
    document = sign_xades(request(file, file.name, FORM))
    assert document.name == "گزارش ۱.pdf.xades.xml"
    (facts,) = read_xades(document.data, document.content, POLICY)
    assert reasons(facts) == {}
    assert facts.scope == "گزارش ۱.pdf"
    assert reasons(*read_xades(document.data, Content(content + b" "), POLICY)) == {
        "signed_content": SubIndication.HASH_FAILURE,
        "coverage": SubIndication.SIGNED_DATA_NOT_FOUND,
    }
    assert reasons(*read_xades(document.data, None, POLICY)) == {
        "signed_content": SubIndication.SIGNED_DATA_NOT_FOUND,
        "coverage": SubIndication.SIGNED_DATA_NOT_FOUND,
    }


def test_xml_can_be_signed_detached() -> None:
    document = sign_xades(request(XML, "a.xml", FORM, detached=True))
    assert document.content is not None
    assert reasons(*read_xades(document.data, Content(XML), POLICY)) == {}


def test_a_signature_about_something_else_is_not_about_the_file_given() -> None:
    assert reasons(*read_xades(signed(), Content(b"another"), POLICY)) == {
        "coverage": SubIndication.SIGNED_DATA_NOT_FOUND
    }


def test_a_second_enveloped_signature_is_refused() -> None:
    with pytest.raises(EncodingError, match="ASiC-E"):
        sign_xades(request(signed(), "a.xml", FORM))


CHANGES = {
    "text": ("سلام".encode(), "درود".encode(), "signed_content", SubIndication.HASH_FAILURE),
    "processing instruction": (b"a.css", b"b.css", "signed_content", SubIndication.HASH_FAILURE),
    "signing time": (b"2027-03-01T12", b"2027-03-01T13", "signed_content", SubIndication.HASH_FAILURE),
    "mime type": (b"text/xml<", b"text/xmm<", "signed_content", SubIndication.HASH_FAILURE),
    "method": (b"ecdsa-sha256", b"ecdsa-sha384", "signature", SubIndication.SIG_CRYPTO_FAILURE),
    "kind of key": (b"ecdsa-sha256", b"rsa-sha256", "signature", SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
    "HMAC": (b"ecdsa-sha256", b"hmac-sha256", "signature", SubIndication.CRYPTO_CONSTRAINTS_FAILURE),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_found(change: str) -> None:
    before, after, check, reason = CHANGES[change]
    data = signed()
    assert before in data
    assert reasons(*read_xades(data.replace(before, after), None, POLICY))[check] is reason


def test_a_comment_is_not_signed_and_does_not_hide_text() -> None:
    data = signed()
    assert reasons(*read_xades(data.replace(b"<!-- c -->", b""), None, POLICY)) == {}
    split = data.replace("سلام".encode(), "سل<!-- x -->ام".encode())
    assert reasons(*read_xades(split, None, POLICY)) == {}  # its canonical form is the same text


def test_a_comment_in_a_digest_does_not_make_it_another() -> None:
    """The value that counts is the one in the canonical SignedInfo (as in CVE-2025-29775 of xml-crypto)."""
    data = signed()
    evil = data.replace("سلام".encode(), "درود".encode())
    digest = base64.b64encode(hashlib.sha256(_canonical_without_signature(evil)).digest())
    start = data.index(b"<ds:DigestValue>") + len(b"<ds:DigestValue>")
    faked = evil[:start] + b"<!--" + digest + b"-->" + evil[start:]
    assert reasons(*read_xades(faked, None, POLICY))["signed_content"] is SubIndication.HASH_FAILURE


def _canonical_without_signature(data: bytes) -> bytes:
    root = etree.fromstring(data)
    root.remove(root.find(f"{DS}Signature"))
    return etree.tostring(root.getroottree(), method="c14n", exclusive=True, with_comments=False)


def _by_id(content: bytes = b'<a Id="part"><b>1</b></a>') -> bytes:
    """An enveloped signature whose reference is to the Id of the root."""
    data = signed(content)
    root = etree.fromstring(data)
    return _sign_again(root, 'URI=""', 'URI="#part"')


def _sign_again(root: object, before: str, after: str) -> bytes:
    """Change SignedInfo and let the signer sign what came out."""
    text = serialize(root.getroottree()).decode().replace(before, after)
    root = etree.fromstring(text)
    info = root.find(f".//{DS}SignedInfo")
    octets = etree.tostring(info, method="c14n", exclusive=True, with_comments=False)
    asked = request(b"", "x", FORM)
    from smartid.signing.plain import sign_message

    value = root.find(f".//{DS}SignatureValue")
    value.text = base64.b64encode(sign_message(asked, octets)).decode()
    return serialize(root.getroottree())


def test_a_reference_to_the_id_of_the_root_is_the_whole_document() -> None:
    (facts,) = read_xades(_by_id(), None, POLICY)
    assert reasons(facts) == {}
    assert facts.scope == "the whole document"


def test_a_signature_over_its_own_certificate_only_signs_nothing() -> None:
    root = etree.fromstring(sign_xades(request(b"%PDF", "a.pdf", FORM)).data)
    root.find(f".//{DS}X509Data").set("Id", "own")
    form = {"method": "c14n"}
    digest = hashlib.sha256(etree.tostring(root.find(f".//{DS}X509Data"), **form)).digest()
    root.find(f".//{DS}DigestValue").text = base64.b64encode(digest).decode()
    data = _sign_again(root, 'URI="a.pdf"', 'URI="#own"')
    assert reasons(*read_xades(data, None, POLICY)) == {"coverage": SubIndication.SIG_CONSTRAINTS_FAILURE}


def test_a_style_sheet_before_the_root_is_not_part_of_the_root() -> None:
    data = b'<?xml-stylesheet href="evil.xsl"?>' + _by_id()
    assert reasons(*read_xades(data, None, POLICY)) == {"coverage": SubIndication.SIG_CONSTRAINTS_FAILURE}


def test_the_signed_element_wrapped_in_another_document_does_not_pass() -> None:
    """Signature wrapping: the signed element moves aside, the reader looks at the new root."""
    wrapped = b"<a><b>1000000</b><aside>" + _by_id() + b"</aside></a>"
    (facts,) = read_xades(wrapped, None, POLICY)
    assert reasons(facts) == {"coverage": SubIndication.SIG_CONSTRAINTS_FAILURE}
    assert facts.scope == "the element a only"


@pytest.mark.parametrize("spelling", ["Id", "ID", "id", "xml:id"])
def test_a_second_element_with_the_id_is_refused(spelling: str) -> None:
    data = _by_id().replace(b"<b>1</b>", b"<b>1</b><c " + spelling.encode() + b'="part"/>')
    with pytest.raises(EncodingError, match="each referenced Id once"):
        read_xades(data, None, POLICY)


def test_signed_properties_of_another_signature_do_not_count() -> None:
    data = signed()
    root = etree.fromstring(data)
    properties = root.find(f".//{XADES_NS}SignedProperties")
    properties.getparent().getparent().remove(properties.getparent())
    root.append(properties)
    with pytest.raises(EncodingError, match="its own"):
        read_xades(serialize(root.getroottree()), None, POLICY)


@pytest.mark.parametrize(
    "algorithm",
    [
        "http://www.w3.org/TR/1999/REC-xslt-19991116",
        "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2002/06/xmldsig-filter2",
        "urn:nobody-knows",
    ],
)
def test_a_transform_that_is_a_program_is_refused(algorithm: str) -> None:
    data = _sign_again(
        etree.fromstring(signed()), "http://www.w3.org/2000/09/xmldsig#enveloped-signature", algorithm
    )
    assert reasons(*read_xades(data, None, POLICY))["signed_content"] is SubIndication.SIG_CONSTRAINTS_FAILURE


FILTER = (
    '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2"><f:XPath '
    'xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">{}</f:XPath></ds:Transform>'
)
ENVELOPED = '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'


def test_the_expression_that_leaves_out_every_signature_is_known_by_its_words() -> None:
    data = _sign_again(etree.fromstring(signed()), ENVELOPED, FILTER.format("/descendant::ds:Signature"))
    assert reasons(*read_xades(data, None, POLICY)) == {}
    other = _sign_again(etree.fromstring(signed()), ENVELOPED, FILTER.format("/descendant::*"))
    assert "signed_content" in reasons(*read_xades(other, None, POLICY))


def test_an_object_that_nobody_signed_does_not_pass() -> None:
    root = etree.fromstring(signed())
    extra = etree.SubElement(root.find(f"{DS}Signature"), f"{DS}Object")
    extra.text = "pay 1000000"
    assert reasons(*read_xades(serialize(root.getroottree()), None, POLICY)) == {
        "coverage": SubIndication.SIG_CONSTRAINTS_FAILURE
    }


def test_another_certificate_of_the_same_key_is_not_the_signer() -> None:
    other = country().citizen("signature", key=citizen("ES256").key)
    data = signed().replace(base64.b64encode(citizen("ES256").der), base64.b64encode(other.der))
    (facts,) = read_xades(data, None, POLICY)
    assert facts.certificate is None
    assert reasons(facts)["signing_certificate"] is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def test_a_signature_without_signed_properties_does_not_reach_level_b() -> None:
    root = etree.fromstring(signed())
    signature = root.find(f"{DS}Signature")
    signature.remove(signature.find(f"{DS}Object"))
    info = signature.find(f"{DS}SignedInfo")
    info.remove(info.findall(f"{DS}Reference")[1])
    (facts,) = read_xades(_sign_again(root, "☃", ""), None, POLICY)
    assert reasons(facts) == {}
    lacking = [item.check.name for item in facts.findings if not item.passed]
    assert lacking == ["signing_certificate", "baseline"]
    assert judge(facts, POLICY, NOW).level is None


def test_a_hash_that_the_policy_refuses_counts_against_the_signature() -> None:
    strict = Policy(algorithms=AlgorithmPolicy(hashes=frozenset({"sha512"})))
    found = reasons(*read_xades(signed(), None, strict))
    assert found["signed_content"] is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    assert found["signature"] is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    sha1 = signed().replace(DIGEST_URIS["sha256"].encode(), DIGEST_URIS["sha1"].encode())
    assert (
        reasons(*read_xades(sha1, None, POLICY))["signed_content"] is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    )


def test_unsigned_properties_are_named_and_not_judged() -> None:
    root = etree.fromstring(signed())
    qualifying = root.find(f".//{XADES_NS}QualifyingProperties")
    unsigned = etree.SubElement(qualifying, f"{XADES_NS}UnsignedProperties")
    inner = etree.SubElement(unsigned, f"{XADES_NS}UnsignedSignatureProperties")
    etree.SubElement(inner, f"{XADES_NS}SignatureTimeStamp")
    (facts,) = read_xades(serialize(root.getroottree()), None, POLICY)
    assert reasons(facts) == {}
    assert [item.check.name for item in facts.findings if not item.passed] == ["unsigned_properties"]


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<a/>",
        BOMB,
        b"<?xml version='1.0'?><!-- <a> -->\n" + BOMB,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        "<a/>".encode("utf-16"),
        b'<?xml version="1.0" encoding="iso-8859-6"?><a/>',
        b"<a>" * 300 + b"</a>" * 300,
    ],
)
def test_what_cannot_be_read_is_an_encoding_error(data: bytes) -> None:
    with pytest.raises(EncodingError):
        read_xades(data, None, POLICY)


def test_many_references_to_a_long_document_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartid.signing.xades.document.MAX_CANONICAL", 3000)
    with pytest.raises(EncodingError, match="at most 3000 bytes"):
        read_xades(signed(), None, POLICY)


def test_a_document_type_in_a_text_is_only_text() -> None:
    data = signed(b"<a><![CDATA[<!DOCTYPE html>]]></a>")
    assert reasons(*read_xades(data, None, POLICY)) == {}


def test_inclusive_canonical_form_of_a_part_knows_the_namespaces_around_it() -> None:
    """The same octets as those of the element inside of its document (Canonical XML 1.0, 2.3)."""
    from smartid.signing.xades.document import CANONICALIZATIONS, XMLDocument

    document = XMLDocument.parse(
        b'<p:a xmlns:p="urn:p" xmlns:q="urn:q" xml:lang="fa"><p:b z="1" y="2"/></p:a>'
    )
    form = CANONICALIZATIONS["http://www.w3.org/TR/2001/REC-xml-c14n-20010315"]
    assert document.canonical(document.root[0], form) == (
        b'<p:b xmlns:p="urn:p" xmlns:q="urn:q" y="2" z="1" xml:lang="fa"></p:b>'
    )
    exclusive = CANONICALIZATIONS["http://www.w3.org/2001/10/xml-exc-c14n#"]
    assert document.canonical(document.root[0], exclusive) == b'<p:b xmlns:p="urn:p" y="2" z="1"></p:b>'


def test_without_lxml_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *arguments: object, **options: object) -> object:
        if name.split(".")[0] == "lxml":
            raise ImportError(name)
        return real(name, *arguments, **options)  # type: ignore[arg-type]

    data = signed()
    for module in [name for name in sys.modules if name.split(".")[0] == "lxml"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ExtraMissing) as error:
        read_xades(data, None, POLICY)
    assert error.value.extra == "xml"


@pytest.mark.parametrize(
    ("text", "time"),
    [("2027-03-01T15:30:00+03:30", NOW), ("2027-03-01T12:00:00", NOW), ("0001-01-01T00:00:00+14:00", None)],
)
def test_a_signing_time_in_any_zone(text: str, time: datetime | None) -> None:
    from smartid.signing.claimed_time import read_time

    if time is None:
        with pytest.raises(EncodingError):
            read_time(text, "time")
    else:
        assert read_time(text, "time") == time.astimezone(UTC)


def test_the_same_request_names_the_signature_the_same() -> None:
    asked = request(b"x", "x.bin", FORM)
    assert build_signature(asked, []).get("Id") == build_signature(asked, []).get("Id")


def test_lxml_is_loaded_when_xml_is_read_and_not_before() -> None:
    code = (
        "import sys, smartid.signing.xades.read, smartid.signing.asice.container, smartid.signing.jws.read; "
    )
    code += "print([name for name in ('lxml', 'signxml', 'asyncio') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
