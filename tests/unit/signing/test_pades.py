"""PAdES: what is written. Foreign verifiers have their say in ``tests/peers/test_pdf_validators.py``."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from asn1crypto import cms, keys, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils import writer as pdf_writer
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError, ExtraMissing, FetchFailed, LevelNotReached
from smartid.signing.content import Content
from smartid.signing.form import SignatureForm
from smartid.signing.pades.sign import sign_pades
from smartid.signing.request import SigningRequest
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy
from tests.unit.signing.pdfs import append_revision, make_pdf
from tests.unit.signing.tsa import OpenSSLAuthority
from tests.unit.trust.country import Country, issue
from tests.unit.trust.country import name as distinguished

Make = Callable[..., SoftwareSigner]
Request = Callable[..., SigningRequest]
SIGNED_AT = datetime(2026, 3, 21, 9, 30, tzinfo=UTC)
BEST = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


class Counting:
    """Another signer, and how often it was touched."""

    def __init__(self, inner: SoftwareSigner) -> None:
        self.inner, self.touches = inner, 0
        self.certificate = inner.certificate

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        return self.inner.algorithms

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        self.touches += 1
        return self.inner.sign_digest(digest, algorithm)


@pytest.fixture
def request_for(citizen: Make, chain: tuple[bytes, ...], country: Country) -> Request:
    def make(pdf: bytes = b"", **changes: object) -> SigningRequest:
        values: dict[str, object] = {
            "content": Content(pdf or make_pdf()),
            "name": "contract.pdf",
            "signer": citizen(),
            "algorithm": SignatureAlgorithm.ES256,
            "form": SignatureForm.PADES_B,
            "signed_at": SIGNED_AT,
            "chain": (*chain, country.root.der),
        }
        return SigningRequest(**(values | changes))  # type: ignore[arg-type]

    return make


def signature_dictionaries(pdf: bytes) -> list[dict[str, object]]:
    reader = PdfFileReader(BytesIO(pdf))
    return [value.get_object() for _, value, _ in fields.enumerate_sig_fields(reader, filled_status=True)]


def cms_of(pdf: bytes, number: int = 0) -> cms.SignedData:
    contents = signature_dictionaries(pdf)[number].raw_get("/Contents").original_bytes
    return cms.ContentInfo.load(contents)["content"]


def test_the_document_stays_as_it_was_and_a_revision_follows(request_for: Request) -> None:
    pdf = make_pdf()
    signed = sign_pades(request_for(pdf)).data
    assert signed.startswith(pdf)
    assert PdfFileReader(BytesIO(signed)).xrefs.total_revisions == 2
    [entry] = signature_dictionaries(signed)
    assert entry["/SubFilter"] == "/ETSI.CAdES.detached"
    assert entry["/M"] == "D:20260321093000Z"


def test_a_baseline_signature_has_the_attributes_of_the_profile(
    request_for: Request, country: Country
) -> None:
    """ETSI EN 319 142-1 V1.2.1, 6.3: signing-certificate-v2 is there, signing-time is not."""
    data = cms_of(sign_pades(request_for()).data)
    [signer] = data["signer_infos"]
    names = {attribute["type"].native for attribute in signer["signed_attrs"]}
    assert {"content_type", "message_digest", "signing_certificate_v2"} <= names
    assert "signing_time" not in names
    certificates = {item.chosen.dump() for item in data["certificates"]}
    assert country.citizen_ca.der in certificates
    assert country.root.der not in certificates


def test_rsa_pss_has_a_salt_as_long_as_its_digest(request_for: Request, citizen: Make) -> None:
    signed = sign_pades(request_for(signer=citizen("RSA-2048"), algorithm=SignatureAlgorithm.PS384)).data
    algorithm = cms_of(signed)["signer_infos"][0]["signature_algorithm"]
    assert algorithm["algorithm"].native == "rsassa_pss"
    assert algorithm["parameters"]["salt_length"].native == 48


@pytest.mark.parametrize("form", [SignatureForm.PADES_B, SignatureForm.PADES_T, SignatureForm.PADES_LTA])
def test_the_signer_is_touched_once(
    request_for: Request, citizen: Make, authority: OpenSSLAuthority, policy: Policy, form: SignatureForm
) -> None:
    signer = Counting(citizen())
    now = datetime.now(UTC)
    told: list[str] = []
    sign_pades(
        request_for(
            signer=signer,
            form=form,
            time_stamper=authority,
            policy=policy,
            signed_at=now,
            progress=told.append,
        )
    )
    assert signer.touches == 1
    assert told[-1] == "signature"


def test_a_second_signature_leaves_the_first_one_alone(request_for: Request, citizen: Make) -> None:
    first = sign_pades(request_for()).data
    second = sign_pades(request_for(first, signer=citizen("P-384"), algorithm=SignatureAlgorithm.ES384)).data
    assert second.startswith(first)
    names = [name for name, _, _ in fields.enumerate_sig_fields(PdfFileReader(BytesIO(second)))]
    assert names == ["Signature1", "Signature2"]


def test_it_works_inside_a_running_loop(request_for: Request) -> None:
    async def inside() -> bytes:
        return sign_pades(request_for()).data

    assert asyncio.run(inside()).startswith(make_pdf())


def test_the_loop_that_the_caller_has_set_is_still_there(request_for: Request) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        sign_pades(request_for())
        assert asyncio.get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("contract.pdf", "contract-signed.pdf"),
        ("قرارداد.PDF", "قرارداد-signed.pdf"),
        ("scan", "scan-signed.pdf"),
    ],
)
def test_names_of_signed_documents(request_for: Request, given: str, made: str) -> None:
    assert sign_pades(request_for(name=given)).name == made


def encrypted() -> bytes:
    writer = pdf_writer.copy_into_new_writer(PdfFileReader(BytesIO(make_pdf())))
    writer.encrypt("owner", "user")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def hybrid() -> bytes:
    """A cross-reference table that points to a stream beside it (ISO 32000-1:2008, 7.5.8.4)."""
    pdf = make_pdf()
    stream = len(pdf)
    rows = b"\x00\x00\x00\x00"
    pdf += (
        b"9 0 obj\n<< /Type /XRef /Size 10 /W [1 2 1] /Index [8 1] /Length 4 >>\n"
        b"stream\n%s\nendstream\nendobj\n" % rows
    )
    last = int(make_pdf().rsplit(b"startxref", 1)[1].split()[0])
    table = b"xref\n0 0\ntrailer\n<< /Size 10 /Root 1 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + table % (last, stream, len(pdf))


def locked() -> bytes:
    """A certified document that permits no changes at all (DocMDP level 1)."""
    party = issue(distinguished(COMMON_NAME="Author"))
    key = party.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    author = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(party.der),
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore(),
    )
    metadata = signers.PdfSignatureMetadata(
        field_name="Author", certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES, md_algorithm="sha256"
    )
    return signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(make_pdf())), metadata, author).getvalue()


@pytest.mark.parametrize(
    ("pdf", "said"),
    [
        (b"no pdf", "%PDF-"),
        (make_pdf()[:300], "cross-references"),
        (make_pdf().replace(b"/Pages", b"/Pegas"), "cross-references"),
        (encrypted(), "without encryption"),
        (hybrid(), "two of them"),
        (locked(), "can be signed"),
    ],
    ids=["no-pdf", "cut", "no-pages", "encrypted", "hybrid", "locked"],
)
def test_what_cannot_be_signed_is_refused_before_the_card(
    request_for: Request, citizen: Make, pdf: bytes, said: str
) -> None:
    signer = Counting(citizen())
    with pytest.raises(EncodingError, match=re.escape(said)):
        sign_pades(request_for(pdf, signer=signer))
    assert signer.touches == 0


class Silent:
    """An authority that gives no time stamp."""

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        raise FetchFailed("http://tsa.example", "no answer within 10 seconds")


def test_a_level_out_of_reach_is_told_before_the_card(
    request_for: Request, citizen: Make, authority: OpenSSLAuthority, policy: Policy
) -> None:
    signer = Counting(citizen())
    request = request_for(signer=signer, signed_at=datetime.now(UTC))
    with pytest.raises(LevelNotReached, match="time-stamping authority"):
        sign_pades(replace(request, form=SignatureForm.PADES_T))
    with pytest.raises(FetchFailed):
        sign_pades(replace(request, form=SignatureForm.PADES_T, time_stamper=Silent()))
    with pytest.raises(LevelNotReached, match="policy"):
        sign_pades(replace(request, form=SignatureForm.PADES_LT, time_stamper=authority))
    with pytest.raises(LevelNotReached):
        sign_pades(replace(request, form=SignatureForm.PADES_LT, time_stamper=authority, policy=Policy()))
    assert signer.touches == 0


class Growing:
    """An authority whose tokens become longer than its first one promised."""

    def __init__(self, inner: OpenSSLAuthority) -> None:
        self.inner, self.asked = inner, 0

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        self.asked += 1
        token = cms.ContentInfo.load(self.inner.stamp(digest, hash_name))
        if self.asked > 1:
            certificates = token["content"]["certificates"]
            for _ in range(12):
                certificates.append(certificates[0])
        return token.dump(force=True)


def test_a_token_that_grows_ends_in_a_named_error(request_for: Request, authority: OpenSSLAuthority) -> None:
    with pytest.raises(LevelNotReached, match="grew"):
        sign_pades(request_for(form=SignatureForm.PADES_T, time_stamper=Growing(authority)))


def test_validation_data_goes_into_the_security_store(
    request_for: Request, authority: OpenSSLAuthority, policy: Policy, country: Country
) -> None:
    request = request_for(
        form=SignatureForm.PADES_LTA, time_stamper=authority, policy=policy, signed_at=datetime.now(UTC)
    )
    signed = sign_pades(request).data
    reader = PdfFileReader(BytesIO(signed))
    store = reader.root["/DSS"]
    crls = [item.get_object().data for item in store["/CRLs"]]
    assert sorted(crls) == sorted(policy.anchors.crls)
    certificates = [item.get_object().data for item in store["/Certs"]]
    assert authority.party.der in certificates
    assert [entry["/Type"] for entry in signature_dictionaries(signed)] == ["/Sig", "/DocTimeStamp"]
    assert reader.xrefs.total_revisions == 4


def test_it_works_after_other_cms_was_written_in_the_same_program() -> None:
    """pyHanko adds names to asn1crypto, which does not look at them once it has named an attribute."""
    program = """
from asn1crypto import cms
cms.CMSAttribute({"type": "content_type", "values": ["data"]}).dump()
from tests.property.test_pdf_signatures import signed
signed()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_missing_extra_is_named(request_for: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    with pytest.raises(ExtraMissing, match=r"smartid\[pdf\]"):
        sign_pades(request_for())


def test_a_revision_made_here_is_one(request_for: Request) -> None:
    pdf = append_revision(make_pdf(), 1, b"<< /Type /Catalog /Pages 2 0 R /Lang (fa) >>")
    assert PdfFileReader(BytesIO(pdf)).xrefs.total_revisions == 2
    assert sign_pades(request_for(pdf, signed_at=SIGNED_AT + timedelta(days=1))).data.startswith(pdf)


def test_a_token_is_written_as_the_authority_wrote_it() -> None:
    """asn1crypto encodes values anew when it thinks that their length was indefinite."""
    from smartid.signing.pades.adapters import _as_it_came, _Finished

    token = bytes.fromhex("3080 06092A864886F70D010701 A080 0401AA 0000 0000")
    assert cms.ContentInfo.load(token).dump() != token
    assert _as_it_came(token).dump(force=True) == token
    attribute = bytes.fromhex("3080 06092A864886F70D010903 3180 06092A864886F70D010701 0000 0000")
    found = _Finished.load(bytes((0x31, len(attribute))) + attribute)
    assert found[0]["type"].native == "content_type"
    assert found.retag({"implicit": 1}).dump(force=True) == bytes((0xA1, len(attribute))) + attribute
