from __future__ import annotations

import pytest

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.groups.named import NAMES, named
from smartid.services.voting.proofs import (
    check_decryption,
    check_key,
    parse_proof,
    pok_prefix,
    proof_dict,
    prove_decryption,
    prove_key,
    sig_prefix,
    sigmsg_prefix,
)
from smartid.services.voting.values import Proof

FINGERPRINT = "a" * 43


@pytest.mark.parametrize("name", NAMES)
def test_keys(name: str) -> None:
    group = named(name)
    secret = group.random_exponent()
    public = group.exponentiate(secret)
    for prefix in (pok_prefix(group, public), sig_prefix(FINGERPRINT), sigmsg_prefix("پیام")):
        proof = prove_key(group, secret, prefix)
        check_key(group, public, proof, prefix, check="key-proof")
        for wrong in (
            Proof(proof.challenge, (proof.response + 1) % group.order),
            Proof((proof.challenge + 1) % group.order, proof.response),
        ):
            with pytest.raises(ElectionInvalid) as invalid:
                check_key(group, public, wrong, prefix, check="key-proof", where="trustees")
            assert (invalid.value.check, invalid.value.where) == ("key-proof", "trustees")
        with pytest.raises(ElectionInvalid):
            check_key(group, public, proof, prefix + "x", check="key-proof")
        with pytest.raises(ElectionInvalid):
            check_key(group, group.exponentiate(secret + 1), proof, prefix, check="key-proof")


@pytest.mark.parametrize("name", NAMES)
def test_shares(name: str) -> None:
    group = named(name)
    secret = group.random_exponent()
    public, alpha = group.exponentiate(secret), group.exponentiate(99)
    factor, proof = prove_decryption(group, secret, alpha, FINGERPRINT)
    assert factor == group.power(alpha, secret)
    check_decryption(group, public, alpha, factor, proof, FINGERPRINT)
    wrong = group.multiply(factor, group.generator)
    for arguments in (
        (public, alpha, wrong, proof, FINGERPRINT),
        (wrong, alpha, factor, proof, FINGERPRINT),
        (public, wrong, factor, proof, FINGERPRINT),
        (public, alpha, factor, Proof(proof.response, proof.challenge), FINGERPRINT),
        (public, alpha, factor, proof, "b" * 43),
    ):
        with pytest.raises(ElectionInvalid, match="share-proof"):
            check_decryption(group, *arguments)


@pytest.mark.parametrize("name", NAMES)
def test_a_share_of_nothing(name: str) -> None:
    """Without ballots every product is the identity."""
    group = named(name)
    factor, proof = prove_decryption(group, 5, group.identity, FINGERPRINT)
    assert factor == group.identity
    check_decryption(group, group.exponentiate(5), group.identity, factor, proof, FINGERPRINT)


def test_texts_of_proofs() -> None:
    group = named("Ed25519")
    proof = Proof(0, group.order - 1)
    assert parse_proof(proof_dict(proof), group) == proof


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        None,
        {"response": "1", "challenge": "1"},
        {"challenge": "1", "response": "1", "more": "1"},
        {"challenge": 1, "response": "1"},
        {"challenge": "1", "response": str(named("Ed25519").order)},
        *(
            {"challenge": text, "response": "1"}
            for text in ("", "-1", "+1", "01", "1 ", "١", "1\n", "9" * 9999)
        ),
    ],
)
def test_what_is_no_proof(value: object) -> None:
    with pytest.raises(EncodingError):
        parse_proof(value, named("Ed25519"))
