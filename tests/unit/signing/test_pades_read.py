"""Reading PAdES: our own documents, those of pyHanko, and what attackers make of both."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts, TimeStampKind
from smartid.signing.form import SignatureForm
from smartid.signing.pades.read import read_pades
from smartid.signing.pades.sign import sign_pades
from smartid.signing.process.judge import judge
from smartid.signing.request import Appearance, SigningRequest
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication
from tests.unit.signing.pdfs import append_revision, make_pdf
from tests.unit.signing.tsa import OpenSSLAuthority
from tests.unit.trust.country import Country, Party

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
Sign = Callable[..., bytes]


@pytest.fixture
def sign(citizen: Callable[..., SoftwareSigner], chain: tuple[bytes, ...]) -> Sign:
    def make(pdf: bytes, form: SignatureForm = SignatureForm.PADES_B, **changes: object) -> bytes:
        request = SigningRequest(
            content=Content(pdf),
            name="contract.pdf",
            signer=citizen(),
            algorithm=SignatureAlgorithm.ES256,
            form=form,
            signed_at=NOW,
            chain=chain,
        )
        return sign_pades(replace(request, **changes)).data  # type: ignore[arg-type]

    return make


def findings(facts: SignatureFacts) -> dict[str, SubIndication | None]:
    return {finding.check.name: finding.reason for finding in facts.findings}


def reasons(facts: SignatureFacts) -> set[SubIndication]:
    return {finding.reason for finding in facts.findings if finding.reason}


def detail(facts: SignatureFacts, name: str) -> str:
    return next(finding.check.detail for finding in facts.findings if finding.check.name == name)


def test_our_own_signature_is_sound(sign: Sign, country: Country) -> None:
    [facts] = read_pades(sign(make_pdf()), Policy())
    assert reasons(facts) == set()
    assert {
        "format",
        "signed_content",
        "signing_certificate",
        "signature",
        "byte_range",
        "later_changes",
    } <= set(findings(facts))
    assert facts.scope == "the whole file"
    assert facts.claimed_time == NOW
    assert facts.certificate is not None
    assert country.citizen_ca.der in facts.data.certificates


def test_a_document_without_signatures_has_none() -> None:
    assert read_pades(make_pdf(), Policy()) == ()


def test_two_signatures_each_know_their_revision(sign: Sign, citizen: Callable[..., SoftwareSigner]) -> None:
    first = sign(make_pdf(), appearance=Appearance())
    both = sign(first, signer=citizen("P-384"), algorithm=SignatureAlgorithm.ES384, appearance=Appearance())
    one, two = read_pades(both, Policy())
    assert reasons(one) == reasons(two) == set()
    assert one.scope == "revision 2 of 3; later revisions add signatures or fill in forms"
    assert two.scope == "the whole file"


def test_time_stamps_of_both_kinds_and_the_security_store(
    sign: Sign, authority: OpenSSLAuthority, policy: Policy
) -> None:
    signed = sign(
        make_pdf(),
        SignatureForm.PADES_LTA,
        time_stamper=authority,
        policy=policy,
        signed_at=datetime.now(UTC),
    )
    [facts] = read_pades(signed, policy)
    assert reasons(facts) == set()
    assert [stamp.kind for stamp in facts.time_stamps] == [TimeStampKind.SIGNATURE, TimeStampKind.ARCHIVE]
    assert authority.party.der in facts.data.certificates
    for stamp in facts.time_stamps:
        assert stamp.digest("sha256") in stamp.token


# What attackers do.


def test_a_changed_byte_is_seen(sign: Sign) -> None:
    signed = sign(make_pdf()).replace(b"A contract.", b"A contrakt.")
    [facts] = read_pades(signed, Policy())
    assert findings(facts)["signed_content"] is SubIndication.HASH_FAILURE


def replaced_page(pdf: bytes) -> bytes:
    content = b"BT /F1 18 Tf 72 720 Td (Another contract.) Tj ET"
    return append_revision(pdf, 5, b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))


def test_a_page_that_is_replaced_after_signing_is_seen(sign: Sign) -> None:
    [facts] = read_pades(replaced_page(sign(make_pdf())), Policy())
    assert findings(facts)["signature"] is None
    assert findings(facts)["later_changes"] is SubIndication.FORMAT_FAILURE
    assert "changed after it was signed" in detail(facts, "later_changes")


def test_a_page_that_is_replaced_and_signed_again_is_seen_by_the_first(sign: Sign) -> None:
    first, second = read_pades(sign(replaced_page(sign(make_pdf()))), Policy())
    assert findings(first)["later_changes"] is SubIndication.FORMAT_FAILURE
    assert reasons(second) == set()


def test_a_shadow_that_is_uncovered_by_an_annotation_is_seen(sign: Sign) -> None:
    note = "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /MediaBox [0 0 595 842]"
    note += " /Annots [ << /Subtype /FreeText >> ] >>"
    [facts] = read_pades(append_revision(sign(make_pdf()), 4, note.encode()), Policy())
    assert findings(facts)["later_changes"] is SubIndication.FORMAT_FAILURE


def test_bytes_at_the_end_are_no_part_of_what_is_signed(sign: Sign) -> None:
    with pytest.raises(EncodingError):
        read_pades(sign(make_pdf()) + b"\nsomething else that nobody signed" * 40, Policy())


def with_byte_range(pdf: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    found = re.search(rb"/ByteRange \[([0-9 ]+)\](\s*)", pdf)
    assert found
    numbers = change([int(part) for part in found[1].split()])
    new = b"/ByteRange [" + b" ".join(b"%d" % number for number in numbers) + b"]"
    return pdf.replace(found[0], new.ljust(len(found[0])))


@pytest.mark.parametrize(
    "change",
    [
        lambda r: [10, r[1] - 10, r[2], r[3]],
        lambda r: [r[0], r[1] - 20, r[2], r[3]],
        lambda r: [r[0], r[1], r[2] + 20, r[3] - 20],
        lambda r: [r[0], r[1], r[2], r[3] - 20],
        lambda r: [r[0], r[1], r[2], r[3] + 20],
        lambda r: [r[0], r[2] + 5, r[2], r[3]],
        lambda r: [r[0], r[1]],
        lambda r: [r[0], r[1], r[2], r[3], r[2] + r[3], 0],
        lambda r: [r[0], -1, r[2], r[3]],
        lambda r: [r[0], r[1], r[2], 10**12],
    ],
    ids=["late", "gap", "gap-2", "short", "beyond", "overlap", "half", "three", "negative", "huge"],
)
def test_byte_ranges_of_attackers_are_refused(sign: Sign, change: Callable[[list[int]], list[int]]) -> None:
    [facts] = read_pades(with_byte_range(sign(make_pdf()), change), Policy())
    assert findings(facts)["byte_range"] is SubIndication.FORMAT_FAILURE


def test_a_signature_that_is_wrapped_into_a_longer_string_is_refused(sign: Sign) -> None:
    """Universal signature forgery: the gap of the byte range holds more than the signature."""
    signed = sign(make_pdf())
    numbers = [int(part) for part in re.search(rb"/ByteRange \[([0-9 ]+)\]", signed)[1].split()]  # type: ignore[index]
    gap = signed[numbers[1] : numbers[2]]
    inside = gap[:-9] + b"> /X <00>"
    changed = signed[: numbers[1]] + inside + signed[numbers[2] :]
    [facts] = read_pades(changed, Policy())
    assert findings(facts)["byte_range"] is SubIndication.FORMAT_FAILURE


def test_padding_that_is_not_zeros_is_refused(sign: Sign) -> None:
    signed = sign(make_pdf())
    assert b"0000000000>" in signed
    [facts] = read_pades(signed.replace(b"0000000000>", b"00000000FF>"), Policy())
    assert SubIndication.FORMAT_FAILURE in reasons(facts)


# What others write.


def pyhanko_signer(party: Party, *others: Party) -> signers.SimpleSigner:
    key = party.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(party.der),
        signing_key=asn1_keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs(
            [asn1_x509.Certificate.load(other.der) for other in others]
        ),
    )


def signed_by_pyhanko(pdf: bytes, party: Party, **changes: object) -> bytes:
    metadata = signers.PdfSignatureMetadata(**({"field_name": "Their", "md_algorithm": "sha256"} | changes))  # type: ignore[arg-type]
    return signers.sign_pdf(
        IncrementalPdfFileWriter(BytesIO(pdf)), metadata, pyhanko_signer(party)
    ).getvalue()


@pytest.mark.parametrize("filter_name", [SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
def test_signatures_of_pyhanko_are_sound(country: Country, filter_name: SigSeedSubFilter) -> None:
    [facts] = read_pades(
        signed_by_pyhanko(make_pdf(), country.citizen("signature"), subfilter=filter_name), Policy()
    )
    assert reasons(facts) == set()
    assert facts.claimed_time is not None


def test_a_certified_document_that_permits_nothing_is_held_to_it(country: Country) -> None:
    author = country.citizen("signature")
    signed = signed_by_pyhanko(make_pdf(), author, certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES)
    [facts] = read_pades(signed, Policy())
    assert reasons(facts) == set()
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    fields.append_signature_field(writer, fields.SigFieldSpec("Later", box=(10, 10, 60, 60)))
    out = BytesIO()
    writer.write(out)
    [facts] = read_pades(out.getvalue(), Policy())
    assert findings(facts)["later_changes"] is SubIndication.FORMAT_FAILURE


def test_an_older_kind_of_signature_is_told_as_not_read(sign: Sign) -> None:
    signed = sign(make_pdf()).replace(b"/ETSI.CAdES.detached", b"/adbe.x509.rsa_sha1 ")
    [facts] = read_pades(signed, Policy())
    assert SubIndication.FORMAT_FAILURE in reasons(facts)


def test_a_broken_signature_does_not_hide_a_sound_one(sign: Sign) -> None:
    first = sign(make_pdf())
    both = sign(first)
    contents = re.search(rb"/Contents <3082", both)
    assert contents
    broken = both[: contents.start()] + b"/Contents <3F82" + both[contents.end() :]
    facts = read_pades(broken, Policy())
    assert len(facts) == 2
    assert any(reasons(item) for item in facts)


@pytest.mark.parametrize("data", [b"", b"%PDF-", b"%PDF-1.7\n" + b"[" * 100_000, b"\x00" * 100])
def test_what_is_no_pdf(data: bytes) -> None:
    with pytest.raises(EncodingError):
        read_pades(data, Policy())


def test_a_stream_that_unpacks_without_end_is_refused() -> None:
    """A cross-reference stream of 200 MB of zeros, packed into 200 KB."""
    import zlib

    packed = zlib.compress(bytes(200_000_000), 9)
    head = b"%PDF-1.7\n"
    entries = b"<< /Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /Length %d >>" % len(
        packed
    )
    pdf = head + b"9 0 obj\n" + entries + b"\nstream\n" + packed + b"\nendstream\nendobj\n"
    with pytest.raises(EncodingError):
        read_pades(pdf + b"startxref\n%d\n%%%%EOF\n" % len(head), Policy())


def test_pages_that_contain_themselves_end() -> None:
    pdf = make_pdf().replace(b"/Parent 2 0 R", b"/Parent 4 0 R")
    assert read_pades(pdf, Policy()) == ()


def test_the_claimed_time_of_a_document_has_a_zone(sign: Sign) -> None:
    at = datetime(2026, 3, 21, 9, tzinfo=UTC) + timedelta(hours=1)
    [facts] = read_pades(sign(make_pdf(), signed_at=at), Policy())
    assert facts.claimed_time == at
    assert generic.pdf_date(at) == "D:20260321100000Z"


# From the bytes to the verdict.


def test_levels_are_told_by_the_judge(sign: Sign, authority: OpenSSLAuthority, policy: Policy) -> None:
    now = datetime.now(UTC)
    reached = {}
    for form in (
        SignatureForm.PADES_B,
        SignatureForm.PADES_T,
        SignatureForm.PADES_LT,
        SignatureForm.PADES_LTA,
    ):
        signed = sign(make_pdf(), form=form, time_stamper=authority, policy=policy, signed_at=now)
        [facts] = read_pades(signed, policy)
        verdict = judge(facts, policy, datetime.now(UTC) + timedelta(seconds=5))
        assert verdict.passed, verdict
        reached[form] = verdict.level
    assert reached == {form: form.level for form in reached}


def test_a_replaced_page_is_never_believed(sign: Sign, policy: Policy) -> None:
    [facts] = read_pades(replaced_page(sign(make_pdf(), signed_at=datetime.now(UTC))), policy)
    verdict = judge(facts, policy, datetime.now(UTC))
    assert verdict.verdict.sub_indication is SubIndication.FORMAT_FAILURE


@pytest.mark.parametrize("form", [SignatureForm.PADES_B, SignatureForm.PADES_LTA])
@pytest.mark.parametrize(
    "instead", [b"/SubFilterd", b"/Subfilter ", b"/SubFilter (", b"/SubFilter /ETSI?", b"/SubFilter null%"]
)
def test_a_signature_that_does_not_say_how_it_is_made_is_never_believed(
    sign: Sign, authority: OpenSSLAuthority, policy: Policy, form: SignatureForm, instead: bytes
) -> None:
    """One byte of the signed ranges makes the sub-filter vanish, and with it all that is checked."""
    now = datetime.now(UTC)
    signed = sign(make_pdf(), form=form, time_stamper=authority, policy=policy, signed_at=now)
    start = signed.index(b"/SubFilter /ETSI.CAdES")
    changed = signed[:start] + instead + signed[start + len(instead) :]
    assert len(changed) == len(signed)
    try:
        found = read_pades(changed, policy)
    except EncodingError:
        return
    verdicts = [judge(facts, policy, now) for facts in found]
    assert not any(verdict.passed for verdict in verdicts)
    assert all(verdict.level is None for verdict in verdicts)


def test_nothing_heavy_is_imported_before_there_is_a_pdf() -> None:
    program = """
import sys
import smartid.signing.pades.sign, smartid.signing.pades.read
heavy = ("pyhanko", "fontTools", "uharfbuzz", "aiohttp", "lxml", "asyncio")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
