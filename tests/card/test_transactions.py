"""The transaction key: it agrees to transactions and does nothing else; no other key does it in its stead."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import smartid
from smartid.identity.transaction import displayed
from smartid.mockcard.image import CardImage
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import validate_path
from smartid.trust.raw import verify_raw
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate
from tests.card.conftest import PINS

TRANSACTION = smartid.Purpose.TRANSACTION
WANTED = smartid.Transaction(
    service="purchase",
    verb="authorise",
    amount=1_250_000,
    unit="IRR",
    payee="shop-12",
    terminal="till-3",
    terminal_counter=7,
    holder="5c" * 16,
    time=1_795_422_600,
    expires=1_795_422_900,
    nonce="0f" * 16,
    policy="purchase-ir 2025-01-01",
    display=displayed("پرداخت ۱٬۲۵۰٬۰۰۰ ریال به فروشگاه ۱۲"),
)
EACH_PROFILE = pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA])
OTHER_KEYS = [smartid.Purpose.AUTHENTICATION, smartid.Purpose.SIGNATURE, smartid.Purpose.KEY_MANAGEMENT]


@pytest.fixture(scope="module")
def policy(pki, issued, tmp_path_factory):
    """Its revocation lists are of the time after the cards were issued."""
    for profile in (NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA):
        issued("sara", profile)
    folder = tmp_path_factory.mktemp("trust")
    pki.write_trust(folder)
    return smartid.Policy(anchors=smartid.TrustStore.from_folder(folder))


def unlocked(card, purpose=TRANSACTION):
    pin = PINS["signature" if purpose is smartid.Purpose.SIGNATURE else "identity"]
    return card.unlock(smartid.PIN(pin), purpose=purpose)


@EACH_PROFILE
def test_a_card_agrees_to_a_transaction(issue, counting, policy, profile):
    pipe = counting(issue("sara", profile).insert())
    with smartid.connect(transport=pipe) as card, unlocked(card) as key:
        agreed = key.authorize(WANTED)
    assert agreed.transaction == WANTED
    assert agreed.algorithm == ("RS256" if profile is NATIONAL_REFERENCE_RSA else "ES256")
    certificate = parse_certificate(agreed.certificate)
    verify_raw(certificate.spki, agreed.algorithm, agreed.signature, message=WANTED.message())
    with pytest.raises(smartid.SignatureInvalid):
        changed = replace(WANTED, amount=1_250_001)
        verify_raw(certificate.spki, agreed.algorithm, agreed.signature, message=changed.message())
    result = validate_path(certificate, policy, datetime.now(UTC), CertificateUsage.TRANSACTION)
    assert (result.failure, result.throw_away) == (None, True)
    assert len([command for command in pipe.commands if command[1] == 0x2A]) == 1
    assert agreed.signature.hex() not in repr(agreed)


@EACH_PROFILE
@pytest.mark.parametrize(
    "usage",
    [
        CertificateUsage.AUTHENTICATION,
        CertificateUsage.SIGNATURE,
        CertificateUsage.DOCUMENT_SIGNATURE,
        CertificateUsage.KEY_MANAGEMENT,
        CertificateUsage.TIME_STAMPING,
        CertificateUsage.OCSP_SIGNING,
    ],
)
def test_its_certificate_is_for_nothing_else(issue, policy, profile, usage):
    with smartid.connect(transport=issue("sara", profile).insert()) as card:
        certificate = card.certificate(TRANSACTION)
    result = validate_path(certificate, policy, datetime.now(UTC), usage)
    assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE


@EACH_PROFILE
@pytest.mark.parametrize("purpose", OTHER_KEYS)
def test_no_other_certificate_is_for_transactions(issue, policy, profile, purpose):
    with smartid.connect(transport=issue("sara", profile).insert()) as card:
        certificate = card.certificate(purpose)
    result = validate_path(certificate, policy, datetime.now(UTC), CertificateUsage.TRANSACTION)
    assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_it_does_not_log_in_even_where_a_site_asks_for_little(issue, policy):
    """A token that a bad program made with the transaction key."""
    site = smartid.RelyingParty(
        "https://login.example.ir",
        policy,
        rules=smartid.LoginRules(require_client_authentication=False, separate_keys=False),
    )
    challenge = site.begin("session")
    with (
        smartid.connect(transport=issue("sara", NATIONAL_REFERENCE_RSA).insert()) as card,
        unlocked(card) as key,
    ):
        algorithm = key.algorithms[0]
        token = smartid.AuthToken(
            certificate=key.certificate,
            algorithm=algorithm,
            signature=key.sign_digest(digest_of(challenge.message(algorithm), algorithm), algorithm),
        )
    with pytest.raises(smartid.BadToken) as caught:
        site.complete("session", token)
    assert caught.value.reason == smartid.LoginReason.CERTIFICATE_PURPOSE


def digest_of(message, algorithm):
    import hashlib

    return hashlib.new(algorithm.hash_name, message).digest()


def test_a_document_that_it_signed_is_not_believed(issue, policy):
    """Made by going around ``UnlockedCard.signer``."""
    with smartid.connect(transport=issue().insert()) as card, unlocked(card) as key:
        signed = smartid.sign(b"contract", key)
    report = smartid.verify(signed.data, policy)
    assert not report.passed
    assert report.signatures[0].verdict.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_what_the_card_lends_for_transactions_does_nothing_else(issue):
    with smartid.connect(transport=issue().insert()) as card, unlocked(card) as key:
        with pytest.raises(smartid.UnsupportedFeature):
            _ = key.signer
        with pytest.raises(smartid.UnsupportedFeature):
            key.authenticate(smartid.Challenge("https://login.example.ir", "n" * 44))
        with pytest.raises(smartid.UnsupportedFeature):
            key.decipher(b"\4" + bytes(64))


@pytest.mark.parametrize("purpose", OTHER_KEYS)
def test_no_other_key_agrees(issue, purpose):
    with (
        smartid.connect(transport=issue().insert()) as card,
        unlocked(card, purpose) as key,
        pytest.raises(smartid.UnsupportedFeature),
    ):
        key.authorize(WANTED)


def test_the_key_wants_the_identity_pin(issue):
    live = issue()
    with smartid.connect(transport=live.insert()) as card:
        with unlocked(card, smartid.Purpose.SIGNATURE):
            pass
        answer = live.transmit(bytes.fromhex("00A4040C09F0534D415254494401"))
        assert answer.hex() == "9000"
        assert live.transmit(bytes.fromhex("002241B606800104840104")).hex() == "9000"
        assert live.transmit(bytes.fromhex("002A9E9A20") + bytes(32) + b"\0").hex() == "6982"


def test_a_card_file_from_before_is_read_as_it_is(issue):
    """Made when there was no transaction key."""
    document = json.loads(issue().image.to_json())
    del document["keys"]["transaction"], document["files"]["transaction certificate"]
    old = smartid.MockCard(CardImage.from_json(json.dumps(document)))
    with smartid.connect(transport=old.insert()) as card:
        assert card.read_identity().identity.family_name
        assert [claim.purpose for claim in card.certificates()] == OTHER_KEYS
        with unlocked(card, smartid.Purpose.AUTHENTICATION) as key:
            assert key.authenticate(smartid.Challenge("https://login.example.ir", "n" * 44)).signature
        with unlocked(card) as key, pytest.raises(smartid.CardError):
            key.authorize(WANTED)


def test_the_iranian_card_says_that_it_has_no_such_key(issue):
    profile = next(profile for profile in smartid.PROFILES if profile.name == "iran_nid")
    with smartid.connect(transport=issue("sara", profile).insert()) as card:
        with pytest.raises(smartid.UnsupportedFeature, match="transaction"):
            unlocked(card).__enter__()
