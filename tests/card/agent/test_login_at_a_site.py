"""What the host answers is believed by a site that asked for it, and by no other; also over PC/SC."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

import pytest

import smartid
from smartid.card.connect import connect
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from smartid.transport import pcsc
from tests.card.agent.conftest import ORIGIN, Serve, login, pin
from tests.card.conftest import PATIENCE, wait_until_empty

Issue = Callable[..., MockCard]


@pytest.fixture
def policy(pki: ThrowAwayPKI) -> smartid.Policy:
    ders = (authority.der for authority in (pki.root, pki.citizen_ca))
    return smartid.Policy(anchors=smartid.TrustStore.from_certificates(*ders, crls=pki.crls()))


@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA], ids=lambda one: one.name)
def test_a_site_believes_the_token(
    serve_here: Serve, issue: Issue, policy: smartid.Policy, profile: CardProfile
) -> None:
    site = smartid.RelyingParty(ORIGIN, policy)
    challenge = site.begin("session")
    token = serve_here(login(challengeNonce=challenge.nonce), issue("sara", profile), pin())
    person = site.complete("session", json.dumps(token))
    assert person.identity.family_name == "احمدی"
    assert person.verdict.throw_away


def test_another_site_does_not(serve_here: Serve, issue: Issue, policy: smartid.Policy) -> None:
    site = smartid.RelyingParty("https://other.example", policy)
    challenge = site.begin("session")
    token = serve_here(login(challengeNonce=challenge.nonce), issue(), pin())
    with pytest.raises(smartid.BadToken) as caught:
        site.complete("session", json.dumps(token))
    assert caught.value.reason == smartid.LoginReason.SIGNATURE_INVALID


def test_through_the_pcsc_service(
    serve_here: Serve, issue: Issue, policy: smartid.Policy, private_pcsc: PrivatePCSC
) -> None:
    """pcscd and its virtual reader carry the same; an empty reader is told as such, and so is a removal."""
    name = private_pcsc.reader_names[0]

    def lend() -> object:
        return closing(connect(name))

    assert serve_here(login(), lend, pin())["error"]["reason"] == "card_absent"
    card, site = issue(), smartid.RelyingParty(ORIGIN, policy)
    with card.serve(private_pcsc.ports[0]):
        pcsc.wait_for_card(name, PATIENCE)
        challenge = site.begin("session")
        token = serve_here(login(challengeNonce=challenge.nonce), lend, pin())
    wait_until_empty()
    assert site.complete("session", json.dumps(token)).identity.given_names == "سارا"
