"""The sample citizens against the trust folder of the throw-away PKI: a revoked one is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

import smartid
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.trust.policy import RevocationRule
from smartid.trust.verdict import CheckStatus, Verdict


@pytest.fixture(scope="module")
def pki() -> ThrowAwayPKI:
    return ThrowAwayPKI.fresh()


def judge(citizen: str, pki: ThrowAwayPKI, folder: Path, *, lists: bool = True, **policy: object) -> Verdict:
    mock = smartid.MockCard(issue_citizen(CITIZENS[citizen], NATIONAL_REFERENCE, pki))
    pki.write_trust(folder)
    for file in folder.glob("*.crl"):
        if not lists:
            file.unlink()
    anchors = smartid.TrustStore.from_folder(folder)
    assert bool(anchors.crls) is lists
    with smartid.connect(transport=mock.insert()) as card:
        reading = card.read_identity()
    return smartid.Verifier(smartid.Policy(anchors=anchors, **policy)).assess(reading)


def answer(verdict: Verdict) -> tuple[str, str | None]:
    return verdict.indication.value, verdict.sub_indication and verdict.sub_indication.value


def test_a_revoked_card_fails_and_the_date_and_the_list_are_named(pki: ThrowAwayPKI, tmp_path: Path) -> None:
    verdict = judge("leila", pki, tmp_path)
    assert answer(verdict) == ("TOTAL-FAILED", "REVOKED")
    check = next(check for check in verdict.checks if check.name == "revocation")
    assert check.status is CheckStatus.FAILED
    assert "was revoked on 20" in check.detail
    assert "CRL of C=IR, O=smartid throw-away, CN=smartid throw-away citizen CA of" in check.detail


def test_a_card_in_order_passes_beside_it(pki: ThrowAwayPKI, tmp_path: Path) -> None:
    verdict = judge("sara", pki, tmp_path)
    assert verdict.passed
    check = next(check for check in verdict.checks if check.name == "revocation")
    assert check.status is CheckStatus.PASSED
    assert "CN=smartid throw-away national root" in check.detail


def test_without_lists_nothing_is_guessed(pki: ThrowAwayPKI, tmp_path: Path) -> None:
    assert answer(judge("sara", pki, tmp_path, lists=False)) == ("INDETERMINATE", "TRY_LATER")
    assert judge("sara", pki, tmp_path, lists=False, revocation=RevocationRule.IF_KNOWN).passed
