"""Rules that a whole good card does not touch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.crypto import iso9796
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.identity.evidence import ActiveAuthentication
from smartid.trust.cms import only_signer, parse_signed_data
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.trust.verifier import Verifier
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import CHALLENGE, NOW, Card, Country, name, respond, security_object, tlv

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def rsa_card(country: Country, make_card: Callable[..., Card]) -> Card:
    return make_card(country, chip=KEY)


def judged(verifier: Verifier, card: Card, challenge: bytes, response: bytes) -> str | None:
    active = ActiveAuthentication(challenge=challenge, response=response)
    reason = verifier.assess(card.evidence(active_authentication=active)).sub_indication
    return reason and reason.value


def test_an_rsa_answer_to_another_challenge(verifier: Verifier, rsa_card: Card) -> None:
    assert judged(verifier, rsa_card, CHALLENGE, respond(KEY, CHALLENGE)) is None
    assert judged(verifier, rsa_card, bytes(8), respond(KEY, CHALLENGE)) == "SIG_CRYPTO_FAILURE"


def test_a_challenge_has_eight_bytes(verifier: Verifier, card: Card) -> None:
    assert judged(verifier, card, bytes(7), respond(card.chip, bytes(7))) == "FORMAT_FAILURE"


def test_a_chip_that_hashes_with_sha1_needs_a_policy(verifier: Verifier, rsa_card: Card) -> None:
    numbers = KEY.private_numbers()
    response = iso9796.sign(
        bytes(iso9796.capacity(2048, "sha1")),
        CHALLENGE,
        modulus_bits=2048,
        hash_name="sha1",
        private_operation=lambda number: pow(number, numbers.d, numbers.public_numbers.n),
    )
    assert judged(verifier, rsa_card, CHALLENGE, response) == "CRYPTO_CONSTRAINTS_FAILURE"


def test_authorities_on_the_card_help_to_find_the_anchor(card: Card, country: Country) -> None:
    anchors = TrustStore.from_certificates(country.root.der, country.csca.der)
    verifier = Verifier(Policy(anchors=anchors, clock=lambda: NOW))
    assert verifier.assess(card.evidence()).passed
    alone = {key: value for key, value in card.certificates.items() if key != "issuer"}
    assert not verifier.assess(card.evidence(certificates=alone)).passed


def test_the_certificate_of_a_card_names_no_person(verifier: Verifier, card: Card, country: Country) -> None:
    chip = country.citizen("authentication", subject=name(SERIAL_NUMBER="PNOIR-1", SURNAME="CARD")).der
    verdict = verifier.assess(card.evidence(certificates=card.certificates | {"card authentication": chip}))
    assert verdict.passed


def test_a_document_signer_has_no_extended_key_usage(
    policy: Policy, country: Country, make_card: Callable[..., Card]
) -> None:
    signer = country.sign_documents(extended=(ExtendedKeyUsageOID.TIME_STAMPING,))
    verdict = Verifier(policy).assess(make_card(country, signer=signer).evidence())
    assert verdict.as_dict()["sub_indication"] == "CHAIN_CONSTRAINTS_FAILURE"


def test_a_foreign_data_group_13_is_passed_over(
    verifier: Verifier, country: Country, make_card: Callable[..., Card]
) -> None:
    foreign = make_card(country, groups={13: tlv("6D", b"opaque")})
    assert verifier.assess(foreign.evidence()).passed


def test_the_signed_content_type_has_to_be_the_real_one(
    country: Country, openssl_sod: Callable[..., bytes]
) -> None:
    content = security_object({1: b"one"})
    sod = openssl_sod(content, country.document_signer)
    data = parse_signed_data(sod[4:])
    signer, digest = only_signer(data), hashlib.sha256(content).digest()
    assert signer.covers(data.content_type, digest)
    assert not replace(signer, signed_type="1.2.840.113549.1.7.1").covers(data.content_type, digest)
    assert not replace(signer, signed_type=None).covers(data.content_type, digest)


def test_both_algorithms_of_a_certificate_agree(country: Country) -> None:
    der = country.citizen().der
    ecdsa_sha256, ecdsa_sha384 = (bytes.fromhex(f"06082A8648CE3D04030{last}") for last in "23")
    assert der.count(ecdsa_sha256) == 2
    with pytest.raises(EncodingError, match="same algorithm"):
        parse_certificate(der.replace(ecdsa_sha256, ecdsa_sha384, 1))


def test_a_salt_of_another_length_is_refused_by_name(
    openssl_sod: Callable[..., bytes], country: Country
) -> None:
    signer = country.sign_documents(key=KEY)
    options = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20")
    sod = openssl_sod(security_object({1: b"one"}), signer, *options)
    with pytest.raises(AlgorithmRefused, match="salt"):
        only_signer(parse_signed_data(sod[4:]))
