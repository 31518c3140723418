"""Level LT with OCSP answers, fetched from a responder in this process and enclosed as RFC 5940 wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from smartid.errors import FetchFailed, LevelNotReached
from smartid.signing.cades.read import read_cades
from smartid.signing.form import SignatureForm
from smartid.signing.process.judge import judge
from smartid.signing.sign import sign
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.unit.signing.people import crl
from tests.unit.signing.tsa import OpenSSLAuthority
from tests.unit.trust.country import Country

URL = "http://ocsp.example/"
OCSP = x509.AuthorityInformationAccess(
    [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(URL))]
)
CONTENT = b"a contract"


@dataclass
class Responder:
    """Answers for certificates of the citizen CA with that authority's own key."""

    country: Country
    status: Any = ocsp.OCSPCertStatus.GOOD
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        self.asked.append(url)
        if url != URL or body is None:
            raise FetchFailed(url, "nobody is there")
        request = ocsp.load_der_ocsp_request(body)
        issuer = self.country.citizen_ca
        now = datetime.now(UTC)
        revoked = self.status is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=request.issuer_name_hash,
            issuer_key_hash=request.issuer_key_hash,
            serial_number=request.serial_number,
            algorithm=request.hash_algorithm,
            cert_status=self.status,
            this_update=now - timedelta(minutes=1),
            next_update=now + timedelta(hours=8),
            revocation_time=now - timedelta(days=1) if revoked else None,
            revocation_reason=None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
        for extension in request.extensions:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def responder(country: Country) -> Responder:
    return Responder(country)


@pytest.fixture
def online(country: Country, responder: Responder) -> Policy:
    anchors = TrustStore.from_certificates(country.root.der, country.citizen_ca.der)
    lists = TrustStore(crls=(crl(country.root),))
    return Policy(anchors=anchors + lists, revocation=RevocationRule.ALWAYS, fetcher=responder)


@pytest.fixture
def signer(citizen: Callable[..., SoftwareSigner]) -> SoftwareSigner:
    return citizen(extra=((OCSP, False),))


@pytest.mark.parametrize(
    "form", [SignatureForm.CADES_LT, SignatureForm.CADES_LTA], ids=lambda form: form.name
)
def test_the_answer_is_enclosed(
    signer: SoftwareSigner,
    authority: OpenSSLAuthority,
    online: Policy,
    responder: Responder,
    country: Country,
    form: SignatureForm,
) -> None:
    made = sign(CONTENT, signer, form=form, time_stamper=authority, policy=online)
    assert responder.asked == [URL]
    data = cms.ContentInfo.load(made.data, strict=True)["content"]
    assert data["version"].native == "v5"  # RFC 5652 (2009), 5.1: another kind of revocation data is there
    others = [item.chosen for item in data["crls"] if item.name == "other"]
    assert others
    assert {item["other_rev_info_format"].native for item in others} == {"ocsp_response"}
    answers = [ocsp.load_der_ocsp_response(item["other_rev_info"].dump()) for item in others]
    serial = x509.load_der_x509_certificate(signer.certificate).serial_number
    assert {answer.serial_number for answer in answers} == {serial}
    alone = Policy(anchors=TrustStore.from_certificates(country.root.der), revocation=RevocationRule.ALWAYS)
    (facts,) = read_cades(made.data, None, alone)
    answer = judge(facts, alone, alone.clock())
    assert (answer.verdict.passed, answer.level) == (True, form.level), answer


def test_a_revoked_signer_does_not_get_that_far(
    signer: SoftwareSigner, authority: OpenSSLAuthority, online: Policy, responder: Responder
) -> None:
    responder.status = ocsp.OCSPCertStatus.REVOKED
    with pytest.raises(LevelNotReached, match="was revoked"):
        sign(CONTENT, signer, form=SignatureForm.CADES_LT, time_stamper=authority, policy=online)
