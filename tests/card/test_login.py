"""Logins with mock cards: each sample citizen comes in, or is refused as the story says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import smartid
from smartid.auth.make import make_token
from smartid.mockcard.citizens import CITIZENS
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from smartid.trust.policy import RevocationRule
from tests.card.conftest import PINS

SESSION, ORIGIN = "session", "https://login.example.ir"
OUTCOMES = {
    "sara": None,
    "reza": None,
    "maryam": smartid.PINBlocked,
    "hamid": smartid.LoginReason.CERTIFICATE_EXPIRED,
    "leila": smartid.LoginReason.CERTIFICATE_REVOKED,
    "kaveh": smartid.LoginReason.SIGNATURE_INVALID,
    "nika": None,
    "amin": None,
    "zahra": None,
    "bahram": None,
}
"""Kaveh has Reza's certificate and no key for it; what was changed on Bahram's card is no part of a login."""


CASES = [(citizen, NATIONAL_REFERENCE) for citizen in OUTCOMES]
CASES += [(citizen, NATIONAL_REFERENCE_RSA) for citizen in ("sara", "hamid", "leila", "kaveh")]


@pytest.fixture(scope="module")
def site(pki, issued, tmp_path_factory: pytest.TempPathFactory) -> smartid.RelyingParty:
    """Its revocation lists are of the time after the cards were issued."""
    folder: Path = tmp_path_factory.mktemp("trust")
    for citizen, profile in CASES:
        issued(citizen, profile)
    pki.write_trust(folder)
    policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(folder))
    return smartid.RelyingParty(ORIGIN, policy)


def answer(mock: smartid.MockCard, challenge: smartid.Challenge) -> smartid.AuthToken:
    with (
        smartid.connect(transport=mock.insert()) as card,
        card.unlock(smartid.PIN(PINS["identity"]), purpose=smartid.Purpose.AUTHENTICATION) as unlocked,
    ):
        return unlocked.authenticate(challenge)


def test_every_citizen_has_an_outcome() -> None:
    assert set(OUTCOMES) == set(CITIZENS)


@pytest.mark.parametrize(("citizen", "profile"), CASES, ids=lambda value: getattr(value, "name", value))
def test_each_comes_in_or_is_refused(issue, site, citizen, profile) -> None:
    outcome, mock = OUTCOMES[citizen], issue(citizen, profile)
    challenge = site.begin(SESSION)
    if outcome is smartid.PINBlocked:
        with pytest.raises(smartid.PINBlocked):
            answer(mock, challenge)
        return
    token = answer(mock, challenge)
    assert token.algorithm == ("RS256" if profile is NATIONAL_REFERENCE_RSA else "ES384")
    if outcome is None:
        person = site.complete(SESSION, token.to_json())
        assert person.identity.national_number == CITIZENS[citizen].identity.national_number
        assert person.identity.family_name == CITIZENS[citizen].identity.family_name
        assert person.verdict.throw_away
        assert person.certificate == token.certificate
    else:
        with pytest.raises(smartid.BadToken) as caught:
            site.complete(SESSION, token.to_json())
        assert caught.value.reason == outcome


def test_an_expired_card_came_in_while_it_was_valid(issue, site) -> None:
    challenge = site.begin(SESSION)
    token = answer(issue("hamid"), challenge)
    end = CITIZENS["hamid"].identity.expiry_date
    policy = smartid.Policy(anchors=site.policy.anchors, revocation=RevocationRule.IF_KNOWN)
    at = site.policy.clock().replace(year=end.year, month=end.month, day=end.day) - timedelta(days=1)
    assert smartid.validate_token(token, challenge, policy, at=at).verdict.passed


@pytest.mark.parametrize("purpose", [smartid.Purpose.SIGNATURE, smartid.Purpose.KEY_MANAGEMENT])
def test_no_other_certificate_of_the_card_logs_its_holder_in(issue, site, purpose) -> None:
    """With the signature key behind it, which a site could have asked for a document."""
    challenge = site.begin(SESSION)
    with smartid.connect(transport=issue().insert()) as card:
        if purpose is smartid.Purpose.SIGNATURE:
            with card.unlock(smartid.PIN(PINS["signature"]), purpose=purpose) as unlocked:
                token = make_token(unlocked.signer, challenge)
        else:
            der = next(claim.der for claim in card.certificates() if claim.purpose == purpose)
            token = smartid.AuthToken(certificate=der, algorithm="ES384", signature=b"\1" * 96)
    with pytest.raises(smartid.BadToken) as caught:
        site.complete(SESSION, token)
    assert caught.value.reason == smartid.LoginReason.CERTIFICATE_PURPOSE


def test_the_iranian_card_says_why_it_cannot(issue) -> None:
    profile = next(profile for profile in smartid.PROFILES if profile.name == "iran_nid")
    with (
        smartid.connect(transport=issue("sara", profile).insert()) as card,
        pytest.raises(smartid.UnsupportedFeature),
        card.unlock(smartid.PIN(PINS["identity"]), purpose=smartid.Purpose.AUTHENTICATION) as unlocked,
    ):
        unlocked.authenticate(smartid.Challenge(ORIGIN, "n" * 44))
