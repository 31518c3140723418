"""Whole verdicts over a national PKI that certomancer runs: what its responders, lists and TSA say is judged.

``openssl cms`` signs the documents and certomancer stamps them, so nothing that is judged was made here. Each
case has its indication, its sub-indication and its culprit.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import smartid
from smartid.signing.cades.extend import extend
from smartid.signing.form import Level
from smartid.signing.verdicts import SignatureVerdict
from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import Indication, SubIndication
from tests.peers.national_pki import EXPIRED, NOW, SIGNED, Nation, Network
from tests.unit.signing.documents import CONTENT, openssl_cms, value_of, with_unsigned

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

SIGNER, TSA_STAMP = "the signer's certificate", "1.2.840.113549.1.9.16.2.14"
CA = "C=IR, O=Invented Nation, CN=Invented Citizen CA"
Case = tuple[SubIndication | None, str, str]
"""Sub-indication (None: passed), culprit, and words of the explanation."""

TRY_LATER, REVOKED, EXPIRY = SubIndication.TRY_LATER, SubIndication.REVOKED, SubIndication.EXPIRED
CHAIN = SubIndication.CHAIN_CONSTRAINTS_FAILURE
NO_POE, REVOKED_NO_POE = SubIndication.OUT_OF_BOUNDS_NO_POE, SubIndication.REVOKED_NO_POE
TOO_LATE = SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE
GOOD: Case = (None, "", "")

RESPONDERS: dict[str, Case] = {
    "asks-good": GOOD,
    "asks-lists": GOOD,
    "asks-stale": (TRY_LATER, SIGNER, "is stale: it ended on 2026-12-31 12:10 UTC"),
    "asks-replayed": (TRY_LATER, SIGNER, "nonce of the OCSP answer differs"),
    "asks-ignorant": (TRY_LATER, SIGNER, "does not know the certificate"),
    "asks-bare": (TRY_LATER, SIGNER, "wrong responder"),
    "asks-forged": (TRY_LATER, SIGNER, "not signed by the responder that it names"),
    "asks-unappointed": (TRY_LATER, SIGNER, "lacks the extended key usage"),
    "asks-foreign": (TRY_LATER, SIGNER, "not by the issuer of the certificate"),
    "asks-elsewhere": (TRY_LATER, SIGNER, "gave no answer: unauthorized"),
}
REGARDLESS: dict[str, Case] = {
    "for-agreement": (CHAIN, SIGNER, "names key_agreement"),
    "critical": (CHAIN, SIGNER, "1.2.3.4.5.6"),
}
WAYS = ("good", "lists")
PLAIN: dict[str, Case] = {
    **RESPONDERS,
    **REGARDLESS,
    **{f"expired-{way}": (EXPIRY, SIGNER, "expired on 2026-09-01") for way in WAYS},
    **{f"revoked-before-{way}": (REVOKED, SIGNER, "2026-03-01 00:00 UTC (keyCompromise)") for way in WAYS},
    **{f"revoked-after-{way}": (REVOKED, SIGNER, "2026-12-01 00:00 UTC (keyCompromise)") for way in WAYS},
}
"""A certificate, asked about now and online."""

UNSTAMPED: dict[str, Case] = {
    **RESPONDERS,
    **REGARDLESS,
    **{f"expired-{way}": (NO_POE, SIGNER, "expired on 2026-09-01") for way in WAYS},
    **{f"revoked-before-{way}": (REVOKED_NO_POE, SIGNER, "2026-03-01") for way in WAYS},
    **{f"revoked-after-{way}": (REVOKED_NO_POE, SIGNER, "2026-12-01") for way in WAYS},
}
STAMPED: dict[str, Case] = {
    **UNSTAMPED,
    # An answer of last year is no news about today, but about the time of the time stamp it is.
    "asks-stale": GOOD,
    # An authority may forget who expired: what it said afterwards does not count.
    **{f"expired-{way}": (TOO_LATE, SIGNER, "after the certificate had expired") for way in WAYS},
    **{f"revoked-after-{way}": GOOD for way in WAYS},
}


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Nation:
    return Nation(tmp_path_factory.mktemp("nation"))


@pytest.fixture(scope="module")
def documents(nation: Nation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder: Path = tmp_path_factory.mktemp("documents")
    authority = (nation.party("citizen-ca"),)
    return {
        label: openssl_cms(folder, nation.party(label), "-cades", "-nodetach", certificates=authority)
        for label in PLAIN
    }


def stamped(nation: Nation, document: bytes, time: datetime = SIGNED, service: str = "tsa") -> bytes:
    token = nation.token(value_of(document), time, service)
    return with_unsigned(document, (TSA_STAMP, token))


def online(nation: Nation, at: datetime = NOW) -> Policy:
    return nation.policy(fetcher=Network(nation, at))


def judged(document: bytes, policy: Policy, at: datetime | None = None) -> SignatureVerdict:
    (verdict,) = smartid.verify(document, policy, at=at).signatures
    return verdict


def require(case: Case, verdict: SignatureVerdict) -> None:
    reason, culprit, words = case
    found = verdict.verdict
    assert (found.sub_indication, verdict.culprit) == (reason, culprit), verdict.why
    assert found.indication is (reason.indication if reason else Indication.TOTAL_PASSED)
    assert words in verdict.why + " ".join(check.detail for check in found.checks)


def require_path(case: Case, result: PathResult) -> None:
    reason, culprit, words = case
    assert (result.failure, result.culprit) == (reason, culprit), result.detail
    assert words in result.detail


def path(
    nation: Nation, label: str, policy: Policy, at: datetime = NOW, data: ValidationData | None = None
) -> PathResult:
    usage = CertificateUsage.DOCUMENT_SIGNATURE
    return validate_path(nation.der(label), policy, at, usage, data=data or ValidationData())


@pytest.mark.parametrize("label", PLAIN)
def test_a_path_online(nation: Nation, label: str) -> None:
    require_path(PLAIN[label], path(nation, label, online(nation)))


@pytest.mark.parametrize("label", [label for label in PLAIN if not label.endswith("lists")])
def test_a_path_offline_with_an_answer_that_came_along(nation: Nation, label: str) -> None:
    """Without a question there is no nonce: an answer that was made for others serves."""
    case = GOOD if label == "asks-replayed" else PLAIN[label]
    require_path(case, path(nation, label, nation.policy(), data=nation.answers(label)))


@pytest.mark.parametrize("label", [label for label in PLAIN if label.endswith("lists")])
def test_a_path_offline_with_lists_of_the_store(nation: Nation, label: str) -> None:
    require_path(PLAIN[label], path(nation, label, nation.policy(nation.crl())))


@pytest.mark.parametrize("label", UNSTAMPED)
def test_a_signature_online(nation: Nation, documents: dict[str, bytes], label: str) -> None:
    require(UNSTAMPED[label], judged(documents[label], online(nation)))


@pytest.mark.parametrize("label", STAMPED)
def test_a_stamped_signature_online(nation: Nation, documents: dict[str, bytes], label: str) -> None:
    verdict = judged(stamped(nation, documents[label]), online(nation))
    require(STAMPED[label], verdict)
    assert verdict.best_time == SIGNED


@pytest.mark.parametrize("label", [label for label in PLAIN if label.endswith("lists")])
def test_a_stamped_signature_offline(nation: Nation, documents: dict[str, bytes], label: str) -> None:
    policy = nation.policy(nation.crl())
    require(STAMPED[label], judged(stamped(nation, documents[label]), policy))


@pytest.mark.parametrize("label", [label for label in PLAIN if label not in REGARDLESS])
def test_without_network_and_lists_nobody_is_believed(
    nation: Nation, documents: dict[str, bytes], label: str
) -> None:
    expired = label.startswith("expired")
    case = UNSTAMPED[label] if expired else (TRY_LATER, SIGNER, "Whether it was revoked is not known")
    require(case, judged(documents[label], nation.policy()))


@pytest.mark.parametrize("way", WAYS)
def test_news_of_the_last_valid_days_serves_after_the_end(
    nation: Nation, documents: dict[str, bytes], way: str
) -> None:
    label, before = f"expired-{way}", EXPIRED - timedelta(days=1)
    document = stamped(nation, documents[label])
    assert judged(document, online(nation, before)).passed
    # The list serves up to the end of the certificate; the OCSP answer does so for ten minutes.
    reason = SubIndication.OUT_OF_BOUNDS_NOT_REVOKED if way == "lists" else NO_POE
    require((reason, SIGNER, "expired"), judged(documents[label], online(nation, before)))


def test_a_revoked_certificate_stays_bad_whoever_else_vouches(nation: Nation) -> None:
    """The list in the store is newer than the answer that came along."""
    label = "revoked-after-both"
    early = SIGNED + timedelta(days=1)
    good = nation.answers(label, early)
    at_stamp = path(nation, label, nation.policy(), early, good)
    require_path(GOOD, at_stamp)
    revoked = path(nation, label, nation.policy(nation.crl()), NOW, good)
    require_path((REVOKED, SIGNER, "keyCompromise"), revoked)


def test_the_time_that_is_asked_about_counts(nation: Nation, documents: dict[str, bytes]) -> None:
    label = "revoked-after-good"
    assert judged(documents[label], online(nation), at=SIGNED).passed
    require(UNSTAMPED[label], judged(documents[label], online(nation)))


def test_answers_of_the_future_are_refused(nation: Nation) -> None:
    tomorrow = nation.answers("asks-good", NOW + timedelta(days=1))
    require_path((TRY_LATER, SIGNER, "future"), path(nation, "asks-good", nation.policy(), data=tomorrow))


def test_an_answer_about_somebody_else(nation: Nation) -> None:
    other = nation.answers("asks-good")
    result = path(nation, "asks-ignorant", nation.policy(), data=other)
    require_path((TRY_LATER, SIGNER, "about another certificate"), result)


@pytest.mark.parametrize("rule", RevocationRule)
def test_the_rule_decides_what_silence_means(nation: Nation, rule: RevocationRule) -> None:
    """The citizen CA names no place to ask: only ``ALWAYS`` asks for its list."""
    blame = {RevocationRule.ALWAYS: CA, RevocationRule.WHEN_DECLARED: "", RevocationRule.IF_KNOWN: ""}[rule]
    policy = nation.policy(revocation=rule, fetcher=Network(nation))
    case = (TRY_LATER, blame, "Whether it was revoked is not known") if blame else GOOD
    require_path(case, path(nation, "asks-good", policy))
    silent = path(nation, "asks-ignorant", nation.policy(revocation=rule, fetcher=Network(nation)))
    assert (silent.failure is None) == (rule is RevocationRule.IF_KNOWN)


def test_a_stamp_by_somebody_without_the_right_proves_nothing(
    nation: Nation, documents: dict[str, bytes]
) -> None:
    label = "revoked-after-good"
    verdict = judged(stamped(nation, documents[label], service="careless"), online(nation))
    assert not verdict.passed
    assert verdict.proof == ""
    assert any("extended key usage" in check.detail for check in verdict.verdict.checks)


def test_a_stamp_on_another_signature_proves_nothing(nation: Nation, documents: dict[str, bytes]) -> None:
    label = "revoked-after-good"
    token = nation.token(value_of(documents["asks-good"]))
    verdict = judged(with_unsigned(documents[label], (TSA_STAMP, token)), online(nation))
    assert verdict.verdict.indication is not Indication.TOTAL_PASSED
    assert verdict.proof == ""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", [Level.LT, Level.LTA])
def test_what_was_collected_online_is_enough_offline(
    nation: Nation, documents: dict[str, bytes], level: Level, way: str
) -> None:
    """Collected while the certificate was good; judged when it is revoked, without any network."""
    label, then = f"revoked-after-{way}", SIGNED + timedelta(hours=1)
    network = Network(nation, then)
    collecting = nation.policy(fetcher=network, clock=lambda: then)
    document = stamped(nation, documents[label])
    kept = extend(document, level, time_stamper=nation.stamper(then), policy=collecting)
    assert network.asked
    verdict = judged(kept, nation.policy())
    require(GOOD, verdict)
    assert (verdict.level, verdict.best_time) == (level, SIGNED)
    require((TRY_LATER, SIGNER, "not known"), judged(document, nation.policy()))


def test_the_documents_are_what_they_claim(documents: dict[str, bytes]) -> None:
    assert all(CONTENT in document for document in documents.values())
