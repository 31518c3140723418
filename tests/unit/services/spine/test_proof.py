"""Who agreed, and to what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import Refused
from smartid.identity.evidence import TRANSACTION_USAGE_OID
from smartid.services.reasons import Reason
from smartid.services.spine.denylist import Denylist
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.values import Assurance, Authorized
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy
from tests.unit.services.spine.world import (
    NOW,
    PSEUDONYMS,
    Clock,
    World,
    _signer,
    agree,
    card,
    country,
    policy,
    refused,
)
from tests.unit.signing.people import crl, policy_of

_OID = x509.ExtendedKeyUsage([x509.ObjectIdentifier(TRANSACTION_USAGE_OID)])


def proofs(trusted: Policy | None = None, clock: Clock | None = None) -> Proofs:
    return Proofs(trusted or policy(), pseudonyms=PSEUDONYMS, clock=clock or Clock())


def test_the_holder_is_named_by_pseudonym() -> None:
    holder = proofs().holder(card().certificate, "pool")
    assert holder.pseudonym == PSEUDONYMS.of("pool", "0012345679")
    assert holder.assurance is Assurance.CHIP_AND_PIN
    assert holder.throw_away
    assert "0012345679" not in repr(holder)


def test_pseudonyms_of_two_services_have_nothing_in_common() -> None:
    one, other = (PSEUDONYMS.of(service, "0012345679") for service in ("pool", "library"))
    assert one != other
    assert len(one) == 32
    assert Pseudonyms(bytes(32)).of("pool", "0012345679") != one
    assert "00" * 8 not in repr(PSEUDONYMS)
    with pytest.raises(ValueError, match="32 bytes"):
        Pseudonyms(bytes(31))


@pytest.mark.parametrize("purpose", ["authentication", "signature"])
def test_the_holders_other_keys_agree_to_nothing(pool: World, purpose: str) -> None:
    other = _signer("0012345679", purpose)
    prepared = pool.prepared()
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(prepared, agree(prepared.transaction, other))
    with refused(Reason.BAD_PROOF):
        pool.desk.holder(other.certificate)


def test_another_person_cannot_agree(pool: World) -> None:
    prepared = pool.prepared()
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(prepared, agree(prepared.transaction, card("0499370899")))


def test_a_key_that_is_not_in_the_certificate(pool: World) -> None:
    prepared = pool.prepared()
    stranger = agree(prepared.transaction, card("0499370899"))
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(prepared, replace(stranger, certificate=card().certificate))


def test_an_agreement_to_another_offer(pool: World) -> None:
    small, large = pool.prepared(100), pool.prepared(10_000)
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(large, agree(small.transaction))
    mixed = replace(large, transaction=small.transaction)
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(mixed, agree(small.transaction))


def test_the_sentence_that_was_shown_is_part_of_it(pool: World) -> None:
    prepared = pool.prepared()
    other = replace(prepared, terms=replace(prepared.terms, sentence_fa="ورود رایگان"))
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(other, agree(prepared.transaction))
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(replace(prepared, lang="en"), agree(prepared.transaction))


@pytest.mark.parametrize("bad", [b"", b"\x30", b"\x30\x06\x02\x01\x01\x02\x01\x01", bytes(64), bytes(72)])
def test_bytes_that_are_no_signature(pool: World, bad: bytes) -> None:
    prepared = pool.prepared()
    agreed = agree(prepared.transaction)
    for algorithm in (agreed.algorithm, SignatureAlgorithm.ES384, SignatureAlgorithm.RS256):
        with refused(Reason.BAD_PROOF):
            pool.desk.authorize(prepared, replace(agreed, signature=bad, algorithm=algorithm))


@pytest.mark.parametrize("certificate", [b"", b"\x30\x00", bytes(100)])
def test_bytes_that_are_no_certificate(pool: World, certificate: bytes) -> None:
    with refused(Reason.BAD_PROOF):
        pool.desk.holder(certificate)


def test_an_expired_card() -> None:
    old = _signer("0012345679", end=datetime(2027, 1, 1, tzinfo=UTC))
    with refused(Reason.CARD_EXPIRED):
        proofs().holder(old.certificate, "pool")


def test_a_revoked_card_and_how_long_it_is_not_noticed() -> None:
    number = x509.load_der_x509_certificate(card().certificate).serial_number
    issued = NOW - timedelta(days=1)
    lists = (
        crl(country().root, at=issued),
        crl(country().citizen_ca, (number, NOW - timedelta(hours=1)), at=issued),
    )
    with refused(Reason.CARD_REVOKED):
        proofs(policy_of(country(), *lists, clock=lambda: NOW)).holder(card().certificate, "pool")


def test_old_revocation_lists() -> None:
    with refused(Reason.STATUS_STALE):
        proofs(clock=Clock(NOW + timedelta(days=90))).holder(card().certificate, "pool")


def test_nobody_is_trusted_without_anchors() -> None:
    with refused(Reason.BAD_PROOF):
        proofs(Policy()).holder(card().certificate, "pool")


def test_a_certificate_without_a_number() -> None:
    from tests.unit.trust.country import name

    party = country().citizen(
        "authentication", subject=name(COMMON_NAME="nobody"), extended=(), extra=((_OID, True),)
    )
    with refused(Reason.BAD_PROOF):
        proofs().holder(party.der, "pool")


def test_an_rsa_card_agrees_too(pool: World) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signer = _signer("0012345679", key=key)
    assert isinstance(signer, SoftwareSigner)
    prepared = pool.prepared()
    agreed = agree(prepared.transaction, signer)
    assert pool.desk.authorize(prepared, agreed).authorization == agreed
    other = pool.prepared()
    with refused(Reason.BAD_PROOF):
        pool.desk.authorize(other, replace(agreed, transaction=other.transaction))


def test_many_are_judged_one_by_one(pool: World) -> None:
    offers = [pool.prepared(amount) for amount in (10, 20, 30)]
    pairs = [(offer, agree(offer.transaction)) for offer in offers]
    pairs[1] = (offers[1], pairs[0][1])
    first, second, third = pool.proofs.verify_many(pairs)
    assert isinstance(first, Authorized)
    assert isinstance(second, Refused)
    assert isinstance(third, Authorized)


def test_a_stolen_card_does_not_agree_under_the_certificate_of_another(pool: World) -> None:
    """Both are the holder's, so the pseudonym is one; only the stolen one is on the denylist."""
    stolen = _signer("0012345679")
    name = sha256(stolen.certificate).hexdigest()
    pool.desk.renew_denylist(Denylist(version=1, issued=NOW, max_age=timedelta(days=1), entries=[name]))
    with refused(Reason.DENYLISTED):
        pool.desk.prepare(100, pool.desk.holder(stolen.certificate))
    prepared = pool.prepared()
    with refused(Reason.DENYLISTED):
        pool.desk.authorize(prepared, agree(prepared.transaction, stolen))
    authorized = pool.proofs.verify(prepared, agree(prepared.transaction, stolen))
    assert authorized.prepared.holder.certificate == stolen.certificate
    with refused(Reason.DENYLISTED):
        pool.desk.reserve(authorized, key="k1")
