"""Any bytes in any place of the evidence end in a verdict, and never in TOTAL-PASSED by accident.

Decoders get 10,000 mutants from a seed. Hypothesis gets 300 examples, or what ``SMARTID_EXAMPLES`` says; CI
says 2,000.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.identity.evidence import ActiveAuthentication, Evidence
from smartid.trust.algorithms import SignatureScheme
from smartid.trust.certificate import CertificateUsage
from smartid.trust.cms import parse_signed_data
from smartid.trust.keys import parse_public_key
from smartid.trust.policy import Policy
from smartid.trust.raw import verify_raw
from smartid.trust.store import TrustStore
from smartid.trust.verdict import Verdict
from smartid.trust.verifier import Verifier
from smartid.trust.x509 import parse_certificate
from tests.fuzz import mutators
from tests.property.by_hand import sign_by_hand
from tests.property.mutants import mutate, mutations
from tests.unit.trust.country import (
    BEGIN,
    CHALLENGE,
    NOW,
    Card,
    Country,
    Party,
    data_groups,
    path_of,
    respond,
    security_object,
    tlv,
)

EXAMPLES = int(os.environ.get("SMARTID_EXAMPLES", "300"))
LOOSE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def country() -> Country:
    return Country()


@pytest.fixture(scope="module")
def verifier(country: Country) -> Verifier:
    store = TrustStore.from_certificates(country.root.der, country.csca.der, country.citizen_ca.der)
    return Verifier(Policy(anchors=store, clock=lambda: NOW))


@pytest.fixture(scope="module")
def card(country: Country) -> Card:
    chip = ec.generate_private_key(ec.SECP256R1())
    groups = data_groups(Party(chip, country.root.certificate).spki)
    sod = sign_by_hand(security_object(groups), country.document_signer)
    certificates = {"authentication": country.citizen().der, "signature": country.citizen("signature").der}
    return Card(country, chip, groups, sod, certificates)


def places(evidence: Evidence) -> list[tuple[str, str]]:
    files = [("file", name) for name in evidence.files]
    certificates = [("certificate", name) for name in evidence.certificates]
    return [*files, *certificates, ("chip", "challenge"), ("chip", "response")]


def with_bytes(evidence: Evidence, place: tuple[str, str], change: object) -> tuple[Evidence, bool]:
    """Give evidence with one place changed, and whether it changed at all."""
    kind, name = place
    chip = {"challenge": CHALLENGE, "response": evidence.active_authentication.response}
    parts = {"file": dict(evidence.files), "certificate": dict(evidence.certificates), "chip": chip}
    before = parts[kind][name]
    parts[kind][name] = change(before)
    return (
        Evidence(
            profile=evidence.profile,
            atr=evidence.atr,
            read_at=evidence.read_at,
            files=parts["file"],
            certificates=parts["certificate"],
            active_authentication=ActiveAuthentication(**parts["chip"]),
        ),
        parts[kind][name] != before,
    )


def test_the_hand_made_card_is_good(verifier: Verifier, card: Card) -> None:
    assert verifier.assess(card.evidence()).passed
    assert BEGIN < NOW


@LOOSE
@given(data=st.data(), edits=mutations())
def test_a_mutated_card_never_passes_and_never_raises(
    verifier: Verifier, card: Card, data: st.DataObject, edits: list[tuple[int, str, bytes]]
) -> None:
    evidence = card.evidence()
    place = data.draw(st.sampled_from(places(evidence)))
    changed, differs = with_bytes(evidence, place, lambda old: mutate(old, edits))
    verdict = verifier.assess(changed)
    assert isinstance(verdict, Verdict)
    if differs and place != ("file", "EF.SOD"):
        assert not verdict.passed


@LOOSE
@given(data=st.data(), junk=st.binary(max_size=300))
def test_junk_in_any_place_is_a_verdict(
    verifier: Verifier, card: Card, data: st.DataObject, junk: bytes
) -> None:
    evidence = card.evidence()
    changed, _ = with_bytes(evidence, data.draw(st.sampled_from(places(evidence))), lambda _: junk)
    assert not verifier.assess(changed).passed


@LOOSE
@given(edits=mutations(), number=st.sampled_from([1, 2, 11, 12, 13, 14, 15]))
def test_a_signed_but_malformed_data_group_is_a_verdict(
    verifier: Verifier, country: Country, card: Card, edits: list[tuple[int, str, bytes]], number: int
) -> None:
    """The state signs nonsense: the digests agree, the contents do not decode."""
    groups = dict(card.groups)
    groups[number] = mutate(groups.get(number, tlv("6C", tlv("5C", b"\x5f\x19"))), edits)
    sod = sign_by_hand(security_object(groups), country.document_signer)
    odd = Card(country, card.chip, groups, sod, card.certificates)
    verdict = verifier.assess(
        odd.evidence(
            active_authentication=ActiveAuthentication(
                challenge=CHALLENGE, response=respond(card.chip, CHALLENGE)
            )
        )
    )
    assert isinstance(verdict, Verdict)


@LOOSE
@given(edits=mutations())
def test_a_mutated_certificate_never_finds_a_path(
    country: Country, edits: list[tuple[int, str, bytes]]
) -> None:
    good = country.citizen_ca.der
    changed = mutate(good, edits)
    store = TrustStore.from_certificates(country.root.der)
    result = path_of(changed, [changed], store, NOW, CertificateUsage.CARD_AUTHENTICATION)
    assert result.failure is not None


@pytest.fixture(scope="module")
def goods(country: Country, card: Card) -> tuple[bytes, ...]:
    return country.citizen_ca.der, card.sod[4:], country.citizen_ca.spki


READERS = (parse_certificate, parse_signed_data, parse_public_key)


def read_or_refuse(what: int, octets: bytes) -> bool:
    """Whether it was read; anything but a named error is not caught."""
    try:
        READERS[what](octets)
    except (EncodingError, AlgorithmRefused):
        return False
    return True


@LOOSE
@given(data=st.one_of(st.binary(max_size=400), mutations()), what=st.integers(0, 2))
def test_readers_raise_named_errors_only(goods: tuple[bytes, ...], data: object, what: int) -> None:
    read_or_refuse(what, data if isinstance(data, bytes) else mutate(goods[what], data))


@pytest.mark.parametrize("what", range(len(READERS)), ids=lambda what: READERS[what].__name__)
def test_readers_raise_named_errors_only_on_ten_thousand_mutants(goods: tuple[bytes, ...], what: int) -> None:
    """Edits from a seed are many times cheaper than those of hypothesis, and reach the insides."""
    chance = Random(f"smartid {what}")
    edits = (mutators.raw, mutators.der)
    read = [read_or_refuse(what, chance.choice(edits)(goods[what], chance)) for _ in range(10_000)]
    assert 100 < sum(read) < 9_900


@LOOSE
@given(message=st.binary(max_size=64), other=st.binary(max_size=64))
def test_a_signature_holds_for_its_message_alone(card: Card, message: bytes, other: bytes) -> None:
    scheme = SignatureScheme.of(SignatureAlgorithm.ES256)
    signature = card.chip.sign(message, ec.ECDSA(hashes.SHA256()))
    spki = Party(card.chip, card.country.root.certificate).spki
    verify_raw(spki, scheme, signature, message=message)
    if other != message:
        with pytest.raises(Exception, match="does not belong"):
            verify_raw(spki, scheme, signature, message=other)
