"""Whole verdicts over XAdES, ASiC-E, JWS and JAdES under a small PKI."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from smartid.signing.asice.container import read_asice, sign_asice
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import Level, SignatureForm
from smartid.signing.jws.read import read_jws
from smartid.signing.jws.sign import sign_jades, sign_jws
from smartid.signing.process.judge import judge
from smartid.signing.request import SignedDocument, SigningRequest
from smartid.signing.software import SoftwareSigner
from smartid.signing.xades.read import read_xades
from smartid.signing.xades.sign import sign_xades
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.trust.verdict import Indication, SubIndication
from tests.unit.signing.signed_samples import XML, country, request
from tests.unit.trust.country import NOW


def _asice(data: bytes, _: Content | None, policy: Policy) -> tuple[SignatureFacts, ...]:
    return read_asice(data, policy)


Sign = Callable[[SigningRequest], SignedDocument]
Read = Callable[[bytes, Content | None, Policy], tuple[SignatureFacts, ...]]
FORMS: dict[SignatureForm, tuple[Sign, Read]] = {
    SignatureForm.XADES_B: (sign_xades, read_xades),
    SignatureForm.ASICE_B: (sign_asice, _asice),
    SignatureForm.JWS: (sign_jws, read_jws),
    SignatureForm.JADES_B: (sign_jades, read_jws),
}
TRUSTING = Policy(anchors=TrustStore.from_certificates(country().root.der), clock=lambda: NOW)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_citizen_under_the_root_passes_at_level_b(form: SignatureForm) -> None:
    sign, read = FORMS[form]
    (facts,) = read(sign(request(XML, "a.xml", form)).data, None, TRUSTING)
    answer = judge(facts, TRUSTING, NOW)
    assert answer.passed, answer.verdict
    assert (answer.level, answer.level_missing, answer.family) == (Level.B, None, form.family)
    assert "زهرا کریمی" in answer.signer
    assert answer.verdict.anchor == "C=IR, CN=Test Root"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_without_an_anchor_nobody_is_believed(form: SignatureForm) -> None:
    sign, read = FORMS[form]
    policy = Policy(clock=lambda: NOW)
    (facts,) = read(sign(request(XML, "a.xml", form)).data, None, policy)
    assert judge(facts, policy, NOW).verdict.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_certificate_that_has_expired_leaves_no_proof(form: SignatureForm) -> None:
    sign, read = FORMS[form]
    party = country().citizen("signature", end=NOW - timedelta(days=1))
    asked = request(XML, "a.xml", form, signer=SoftwareSigner(party.key, party.der))
    (facts,) = read(sign(asked).data, None, TRUSTING)
    verdict = judge(facts, TRUSTING, NOW).verdict
    assert verdict.indication is Indication.INDETERMINATE
    assert verdict.sub_indication is SubIndication.OUT_OF_BOUNDS_NO_POE
