"""Verdicts on whole readings: the good card first, then one fault at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.errors import NotTrusted
from smartid.identity.evidence import ActiveAuthentication, Evidence
from smartid.identity.model import Identity, Reading
from smartid.trust.algorithms import STRICT
from smartid.trust.policy import Policy, Requirement
from smartid.trust.store import AnchorPurpose, TrustStore
from smartid.trust.verdict import CheckStatus, Indication, SubIndication, Verdict
from smartid.trust.verifier import Verifier
from tests.unit.trust.country import CHALLENGE, END, HOLDER, NOW, Card, Country, name, respond, tlv

PASSED, FAILED, NOT_CHECKED = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.NOT_CHECKED


def statuses(verdict: Verdict) -> dict[str, CheckStatus]:
    found = {check.name: check.status for check in verdict.checks}
    assert len(found) == len(verdict.checks)
    return found


def answer(verdict: Verdict) -> tuple[str, str | None]:
    return verdict.indication.value, verdict.sub_indication and verdict.sub_indication.value


def test_a_good_card_passes_and_names_its_anchor(verifier: Verifier, card: Card) -> None:
    verdict = verifier.assess(card.evidence())
    assert answer(verdict) == ("TOTAL-PASSED", None)
    assert verdict.anchor == "C=IR, CN=Test CSCA"
    assert verdict.time == NOW
    assert not verdict.throw_away
    assert list(statuses(verdict)) == [
        "document_security_object",
        "hash_DG1",
        "hash_DG2",
        "hash_DG11",
        "hash_DG14",
        "hash_DG15",
        "document_signer_chain",
        "issuing_state",
        "chip_response",
        "chip_authentication",
        "certificate_authentication",
        "certificate_signature",
        "certificate_key_management",
        "identity_matches_certificate",
        "document_expiry",
        "revocation",
    ]
    assert {name for name, status in statuses(verdict).items() if status is not PASSED} == {"revocation"}


def test_the_verified_identity_comes_from_the_signed_files_alone(verifier: Verifier, card: Card) -> None:
    claimed = Identity(national_number="9999999999", family_name="دیگری", card_serial_number="unsigned")
    reading = Reading(profile="x", reader="r", atr=b"", identity=claimed, evidence=card.evidence())
    identity = verifier.identity(reading).identity
    assert identity.national_number == "0012345679"
    assert identity.family_name == "کریمی"
    assert identity.family_name_latin == "KARIMI"
    assert identity.card_serial_number is None
    assert str(identity.expiry_date) == "2031-05-09"


def test_evidence_travels_as_json(verifier: Verifier, card: Card) -> None:
    assert verifier.assess(Evidence.from_json(card.evidence().to_json())).passed


@pytest.mark.parametrize("number", [1, 2, 11, 14, 15])
def test_a_changed_data_group_is_a_hash_failure(verifier: Verifier, card: Card, number: int) -> None:
    files = dict(card.evidence().files)
    files[f"DG{number}"] = files[f"DG{number}"][:-1] + bytes((files[f"DG{number}"][-1] ^ 1,))
    verdict = verifier.assess(card.evidence(files=files))
    assert answer(verdict) == ("TOTAL-FAILED", "HASH_FAILURE")
    assert statuses(verdict)[f"hash_DG{number}"] is FAILED


def test_a_data_group_that_nobody_signed_is_a_hash_failure(verifier: Verifier, card: Card) -> None:
    verdict = verifier.assess(
        card.evidence(files=card.evidence().files | {"DG12": tlv("6C", tlv("5C", b""))})
    )
    assert answer(verdict) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_a_signed_data_group_that_was_not_read_is_named(verifier: Verifier, card: Card) -> None:
    files = dict(card.evidence().files)
    del files["DG2"]
    verdict = verifier.assess(card.evidence(files=files))
    assert verdict.passed
    assert statuses(verdict)["hash_DG2"] is NOT_CHECKED


def test_another_chip_with_the_same_files_is_a_clone(verifier: Verifier, card: Card) -> None:
    clone = card.answer(ec.generate_private_key(ec.SECP256R1()))
    verdict = verifier.assess(card.evidence(active_authentication=clone))
    assert answer(verdict) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")
    assert statuses(verdict)["chip_response"] is FAILED
    assert statuses(verdict)["chip_authentication"] is FAILED


def test_an_answer_to_another_challenge_is_worth_nothing(verifier: Verifier, card: Card) -> None:
    replayed = ActiveAuthentication(challenge=bytes(8), response=respond(card.chip, CHALLENGE))
    assert answer(verifier.assess(card.evidence(active_authentication=replayed))) == (
        "TOTAL-FAILED",
        "SIG_CRYPTO_FAILURE",
    )


def test_a_chip_that_was_not_asked_may_be_a_copy(verifier: Verifier, card: Card) -> None:
    verdict = verifier.assess(card.evidence(active_authentication=None))
    assert answer(verdict) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert statuses(verdict)["chip_authentication"] is NOT_CHECKED
    assert statuses(verdict)["document_signer_chain"] is PASSED


def test_a_policy_may_do_without_the_chip(policy: Policy, card: Card) -> None:
    lenient = replace(policy, require=frozenset({Requirement.CERTIFICATES}))
    assert Verifier(lenient).assess(card.evidence(active_authentication=None)).passed
    clone = card.answer(ec.generate_private_key(ec.SECP256R1()))
    verdict = Verifier(lenient).assess(card.evidence(active_authentication=clone))
    assert answer(verdict) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")


def test_a_chip_key_that_the_state_did_not_sign_authenticates_nothing(
    policy: Policy, card: Card, country: Country
) -> None:
    """The protocol finishes, but nobody vouches for the key."""
    only_root = TrustStore.from_certificates(country.root.der, country.citizen_ca.der)
    verdict = Verifier(replace(policy, anchors=only_root)).assess(card.evidence())
    assert answer(verdict) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    assert statuses(verdict)["chip_response"] is PASSED
    assert statuses(verdict)["chip_authentication"] is NOT_CHECKED
    assert statuses(verdict)["document_signer_chain"] is NOT_CHECKED


@pytest.mark.parametrize("bits", [2048, 3072])
def test_rsa_chips(verifier: Verifier, country: Country, make_card: Callable[..., Card], bits: int) -> None:
    rsa_card = make_card(country, chip=rsa.generate_private_key(public_exponent=65537, key_size=bits))
    assert verifier.assess(rsa_card.evidence()).passed
    wrong = rsa_card.answer(rsa.generate_private_key(public_exponent=65537, key_size=bits))
    verdict = verifier.assess(rsa_card.evidence(active_authentication=wrong))
    assert answer(verdict) == ("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")


def test_a_chip_key_that_is_too_short_is_refused(
    verifier: Verifier, policy: Policy, country: Country, make_card: Callable[..., Card]
) -> None:
    short = make_card(country, chip=rsa.generate_private_key(public_exponent=65537, key_size=1024))
    assert answer(verifier.assess(short.evidence())) == ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE")
    weak = replace(policy, algorithms=replace(STRICT, min_rsa_bits=1024))
    assert Verifier(weak).assess(short.evidence()).passed


def test_no_policy_trusts_nobody(card: Card) -> None:
    verdict = Verifier(Policy(clock=lambda: NOW)).assess(card.evidence())
    assert answer(verdict) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
    assert verdict.anchor is None
    assert "--trust DIR" in verdict.checks[0].detail
    with pytest.raises(NotTrusted, match="--trust DIR") as error:
        Verifier(Policy(clock=lambda: NOW)).identity(card.evidence())
    assert error.value.verdict == verdict


def test_a_card_with_certificates_only_is_not_proved(verifier: Verifier, card: Card) -> None:
    bare = Evidence(profile="iran_nid", atr=b"", read_at=NOW, certificates=card.certificates)
    verdict = verifier.assess(bare)
    assert answer(verdict) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert verdict.anchor == "C=IR, CN=Test Root"
    assert statuses(verdict)["certificate_signature"] is PASSED


def test_nothing_at_all_is_not_proved(verifier: Verifier) -> None:
    verdict = verifier.assess(Evidence(profile="x", atr=b"", read_at=NOW))
    assert answer(verdict) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert verdict.anchor is None


def test_a_security_object_alone_proves_no_identity(verifier: Verifier, card: Card) -> None:
    sod_and_chip = {key: card.evidence().files[key] for key in ("EF.SOD", "DG14", "DG15")}
    verdict = verifier.assess(card.evidence(files=sod_and_chip))
    assert answer(verdict) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")


def test_an_expired_document(verifier: Verifier, country: Country, make_card: Callable[..., Card]) -> None:
    expired = make_card(country, expiry="270228")
    verdict = verifier.assess(expired.evidence())
    assert answer(verdict) == ("TOTAL-FAILED", "EXPIRED")
    assert statuses(verdict)["document_expiry"] is FAILED
    last_minute = datetime(2027, 2, 28, 23, 59, tzinfo=UTC)
    assert verifier.assess(expired.evidence(), at=last_minute).passed


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2024, 12, 31, tzinfo=UTC), "NOT_YET_VALID"),
        (END + timedelta(days=1), "EXPIRED"),
    ],
)
def test_certificates_hold_for_their_time_only(
    verifier: Verifier, card: Card, at: datetime, expected: str
) -> None:
    verdict = verifier.assess(card.evidence(), at=at)
    assert answer(verdict) == ("TOTAL-FAILED", expected)
    assert statuses(verdict)["document_signer_chain"] is FAILED


def test_an_expired_certificate_counts_only_where_certificates_do(
    policy: Policy, card: Card, country: Country
) -> None:
    old = country.citizen("signature", end=NOW - timedelta(days=1)).der
    evidence = card.evidence(certificates=card.certificates | {"signature": old})
    assert answer(Verifier(policy).assess(evidence)) == ("TOTAL-FAILED", "EXPIRED")
    without = replace(policy, require=frozenset({Requirement.CHIP_AUTHENTICATION}))
    verdict = Verifier(without).assess(evidence)
    assert verdict.passed
    assert statuses(verdict)["certificate_signature"] is FAILED


def test_a_time_without_a_zone_is_a_mistake_of_the_caller(verifier: Verifier, card: Card) -> None:
    with pytest.raises(ValueError, match="time zone"):
        verifier.assess(card.evidence(), at=datetime(2027, 1, 1))


def test_the_present_is_the_clock_of_the_policy_and_not_a_claim(policy: Policy, card: Card) -> None:
    late = replace(policy, clock=lambda: END + timedelta(days=1))
    assert answer(Verifier(late).assess(card.evidence())) == ("TOTAL-FAILED", "EXPIRED")


@pytest.mark.parametrize(
    "change",
    [{"SERIAL_NUMBER": "PNOIR-0012345680"}, {"SURNAME": "رضایی"}, {"GIVEN_NAME": "MARYAM"}],
)
def test_a_certificate_of_somebody_else(
    verifier: Verifier, card: Card, country: Country, change: dict[str, str]
) -> None:
    other = country.citizen("signature", subject=name(**(HOLDER | change))).der
    verdict = verifier.assess(card.evidence(certificates=card.certificates | {"signature": other}))
    assert answer(verdict) == ("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")
    assert statuses(verdict)["identity_matches_certificate"] is FAILED


def test_latin_names_are_compared_with_the_machine_readable_zone(
    verifier: Verifier, card: Card, country: Country
) -> None:
    latin = name(**(HOLDER | {"SURNAME": "Karimi", "GIVEN_NAME": "Zahrā"}))
    certificates = {"signature": country.citizen("signature", subject=latin).der}
    verdict = verifier.assess(card.evidence(certificates=certificates))
    assert statuses(verdict)["identity_matches_certificate"] is PASSED


def test_the_throw_away_pki_says_so(make_card: Callable[..., Card]) -> None:
    mock = Country(throw_away=True)
    store = TrustStore.from_certificates(mock.root.der, mock.csca.der, mock.citizen_ca.der)
    verdict = Verifier(Policy(anchors=store, clock=lambda: NOW)).assess(make_card(mock).evidence())
    assert verdict.passed
    assert verdict.throw_away
    assert verdict.checks[-1].name == "throw_away_pki"
    assert "worth nothing" in verdict.checks[-1].detail


def test_a_citizen_cannot_sign_documents(
    policy: Policy, country: Country, make_card: Callable[..., Card]
) -> None:
    """The worst mistake of a mixed store: a citizen's own key signs an identity."""
    citizens = [
        country.citizen("authentication"),
        country.citizen("authentication", extended=()),
        country.citizen("signature"),
        country.citizen("authentication", extended=(), subject=name(COMMON_NAME="nobody")),
        country.citizen("authentication", extended=(), issuer=country.root),
    ]
    for citizen in citizens:
        forged = make_card(country, signer=citizen, options=())
        verdict = Verifier(policy).assess(forged.evidence())
        assert answer(verdict) == ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE"), citizen.certificate.subject
        assert statuses(verdict)["document_signer_chain"] is FAILED


def test_an_anchor_vouches_only_for_its_purpose(card: Card, country: Country) -> None:
    swapped = TrustStore.from_certificates(
        country.csca.der, purpose=AnchorPurpose.CITIZEN_CERTIFICATES
    ) + TrustStore.from_certificates(
        country.root.der, country.citizen_ca.der, purpose=AnchorPurpose.DOCUMENT_SIGNING
    )
    verdict = Verifier(Policy(anchors=swapped, clock=lambda: NOW)).assess(card.evidence())
    assert verdict.indication is Indication.INDETERMINATE
    assert verdict.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert statuses(verdict)["document_signer_chain"] is NOT_CHECKED
    assert statuses(verdict)["certificate_authentication"] is NOT_CHECKED


def test_a_verdict_is_json_ready(verifier: Verifier, card: Card) -> None:
    document = verifier.assess(card.evidence()).as_dict()
    assert document["indication"] == "TOTAL-PASSED"
    assert document["sub_indication"] is None
    assert document["time"] == "2027-03-01T12:00:00+00:00"


def test_sentences_name_no_citizen(card: Card, country: Country) -> None:
    """Verdicts are logged; names and personal numbers stay out of them."""
    late = Policy(
        anchors=TrustStore.from_certificates(country.root.der, country.csca.der, country.citizen_ca.der),
        clock=lambda: END + timedelta(days=1),
    )
    forged = country.citizen("signature", sign_with=ec.generate_private_key(ec.SECP256R1())).der
    foreign = Country().citizen("authentication").der
    certificates = card.certificates | {"signature": forged, "authentication": foreign}
    for policy in (late, Policy(clock=lambda: NOW), replace(late, clock=lambda: NOW)):
        for evidence in (card.evidence(), card.evidence(certificates=certificates)):
            text = str(Verifier(policy).assess(evidence).as_dict())
            assert not [
                value
                for value in (*HOLDER.values(), "0012345679", "کریمی")
                if len(value) > 2 and value in text
            ]
