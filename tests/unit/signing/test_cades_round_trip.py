"""What ``sign_cades`` makes, ``read_cades`` and ``judge`` believe; they only share the walk through DER."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smartid.signing.cades.extend import extend
from smartid.signing.cades.read import read_cades
from smartid.signing.content import Content
from smartid.signing.form import Level, SignatureForm
from smartid.signing.process.judge import judge
from smartid.signing.request import SignedDocument
from smartid.signing.sign import sign
from smartid.signing.software import SoftwareSigner
from smartid.signing.verdicts import SignatureVerdict
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.unit.signing.people import crl, policy_of
from tests.unit.signing.tsa import OpenSSLAuthority
from tests.unit.trust.country import Country

CONTENT = "قرارداد اجاره\n".encode()
FORMS = [form for form in SignatureForm if form.name.startswith("CADES")]
Make = Callable[..., SoftwareSigner]


def verdicts(
    made: SignedDocument, policy: Policy, at: datetime | None = None
) -> tuple[SignatureVerdict, ...]:
    facts = read_cades(made.data, made.content, policy)
    return tuple(judge(one, policy, at or policy.clock()) for one in facts)


@pytest.fixture
def offline(country: Country) -> Policy:
    """Holds the root and nothing else: the rest has to be inside."""
    anchors = TrustStore.from_certificates(country.root.der)
    return Policy(anchors=anchors, revocation=RevocationRule.ALWAYS)


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_the_level_that_was_asked_for_is_reached(
    citizen: Make,
    authority: OpenSSLAuthority,
    policy: Policy,
    offline: Policy,
    chain: tuple[bytes, ...],
    form: SignatureForm,
    detached: bool,
) -> None:
    tools = {"time_stamper": authority, "policy": policy, "chain": chain}
    made = sign(CONTENT, citizen(), form=form, detached=detached, **tools)
    (answer,) = verdicts(made, policy)
    assert (answer.verdict.passed, answer.level) == (True, form.level), answer
    (alone,) = verdicts(made, offline)
    assert alone.verdict.passed == (form.level in {Level.LT, Level.LTA}), alone
    changed = replace(made, data=made.data.replace(CONTENT, CONTENT.swapcase()[::-1]))
    if not detached:
        assert not verdicts(changed, policy)[0].verdict.passed
    else:
        other = replace(made, content=Content(CONTENT + b"!"))
        assert not verdicts(other, policy)[0].verdict.passed


def test_two_signers_and_a_renewed_archive(
    citizen: Make, authority: OpenSSLAuthority, policy: Policy, offline: Policy
) -> None:
    tools = {"time_stamper": authority, "policy": policy}
    made = sign(sign(CONTENT, citizen("P-256")), citizen("RSA-2048"))
    for renewed in range(1, 4):
        made = replace(made, data=extend(made.data, Level.LTA, **tools))
        for facts, answer in zip(read_cades(made.data, None, offline), verdicts(made, offline), strict=True):
            assert (answer.verdict.passed, answer.level) == (True, Level.LTA), answer
            assert len(facts.time_stamps) == 1 + renewed


def test_long_term_levels_outlive_the_certificate_of_the_signer(
    citizen: Make, authority: OpenSSLAuthority, policy: Policy, country: Country
) -> None:
    """A month later nobody publishes a list for the signer any more; the one inside has to do."""
    soon = citizen(end=datetime.now(UTC) + timedelta(days=2))
    later = datetime.now(UTC) + timedelta(days=30)
    then = policy_of(country, crl(country.root, at=later - timedelta(minutes=5)), clock=lambda: later)
    for name, holds in (("CADES_T", False), ("CADES_LT", True), ("CADES_LTA", True)):
        made = sign(CONTENT, soon, form=SignatureForm[name], time_stamper=authority, policy=policy)
        (answer,) = verdicts(made, then)
        assert answer.verdict.passed is holds, (name, answer)
