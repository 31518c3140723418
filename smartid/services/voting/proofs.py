"""Proofs of knowledge (Belenios specification 2.0 (2023), 4.5, 4.14, 4.18), and how all proofs are written.

Every proof is a pair (challenge, response), response = w - secret · challenge mod q. Who checks recomputes
the commitment, base^response · public^challenge, and hashes it; the challenge must come out::

    trustee's key      pok|GROUP|X|A          X = g^x
    ballot             sig|HASH|A             the credential g^s
    trustees' messages sigmsg|MESSAGE|A       the trustee's verification key
    share              decrypt|φ|X|A,B        log of X to g = log of F to alpha

The hash is SHA-256, read as a big-endian number, mod q. Nonces come from the operating system; commitments
are made with ``Group.power_secret``, because who learns w learns the secret.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from typing import Any

from smartid.errors import ElectionInvalid
from smartid.services.voting.compact import broken, members
from smartid.services.voting.groups.base import Element, Group, Random
from smartid.services.voting.values import Proof

_NUMBER = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)


def hash_to_exponent(group: Group, text: str) -> int:
    """Give SHA-256 of a text in UTF-8, as a big-endian number mod q."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") % group.order


def proof_dict(proof: Proof) -> dict[str, str]:
    """Give the members of a proof in their order; numbers are decimal texts."""
    return {"challenge": str(proof.challenge), "response": str(proof.response)}


def parse_proof(value: object, group: Group) -> Proof:
    """Read a proof. Raises EncodingError unless both numbers are from 0 to q - 1, in their one spelling."""
    found = members(value, "proof", ("challenge", "response"))
    return Proof(parse_number(found["challenge"], group), parse_number(found["response"], group))


def parse_number(text: object, group: Group) -> int:
    """Read a number from 0 to q - 1 in decimal digits without leading zeros. Raises EncodingError."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text) or (number := int(text)) >= group.order:
        raise broken("proof", "numbers from 0 to q - 1 in decimal digits without leading zeros")
    return number


def prove_key(
    group: Group,
    secret: int,
    prefix: str,
    *,
    random: Random = os.urandom,
    commit: Callable[[int], Element] | None = None,
) -> Proof:
    """Prove that one knows the secret of a key.

    prefix  what is hashed before the commitment, with its last bar: ``pok_prefix``, ``sig_prefix``,
            ``sigmsg_prefix``
    commit  another way to powers of the generator than the one in constant time
    """
    nonce = group.random_exponent(random)
    commitment = commit(nonce) if commit else group.power_secret(group.generator, nonce)
    challenge = hash_to_exponent(group, prefix + group.encode(commitment))
    return Proof(challenge, (nonce - secret * challenge) % group.order)


def check_key(
    group: Group, public: Element, proof: Proof, prefix: str, *, check: str, where: str = ""
) -> None:
    """Check such a proof. The key must lie in the group (``Group.decode``).

    Raises ElectionInvalid (check, where) when it does not hold.
    """
    check_commitment(group, group.power(public, proof.challenge), proof, prefix, check=check, where=where)


def check_commitment(
    group: Group, power: Element, proof: Proof, prefix: str, *, check: str, where: str = ""
) -> None:
    """As ``check_key``, for who has public^challenge already. Raises ElectionInvalid."""
    commitment = group.multiply(group.exponentiate(proof.response), power)
    if hash_to_exponent(group, prefix + group.encode(commitment)) != proof.challenge:
        raise ElectionInvalid(
            check, "the proof that somebody knows the secret key does not hold", where=where
        )


def pok_prefix(group: Group, public: Element) -> str:
    """For the key of a trustee."""
    return f"pok|{group.name}|{group.encode(public)}|"


def sig_prefix(ballot_hash: str) -> str:
    """For the signature of a ballot; its hash is SHA-256 in base64 without padding."""
    return f"sig|{ballot_hash}|"


def sigmsg_prefix(message: str) -> str:
    """For a message that a trustee signs."""
    return f"sigmsg|{message}|"


def prove_decryption(
    group: Group, secret: int, alpha: Element, fingerprint: str, *, random: Random = os.urandom
) -> tuple[Element, Proof]:
    """Give F = alpha^secret, and the proof that the exponent is that of the key g^secret.

    fingerprint  φ of the election
    """
    nonce = group.random_exponent(random)
    key = group.power_secret(group.generator, secret)
    first = group.encode(group.power_secret(group.generator, nonce))
    second = group.encode(group.power_secret(alpha, nonce))
    text = f"decrypt|{fingerprint}|{group.encode(key)}|{first},{second}"
    challenge = hash_to_exponent(group, text)
    proof = Proof(challenge, (nonce - secret * challenge) % group.order)
    return group.power_secret(alpha, secret), proof


def check_decryption(  # noqa: PLR0917 - the statement is about these
    group: Group,
    public: Element,
    alpha: Element,
    factor: Element,
    proof: Proof,
    fingerprint: str,
    *,
    check: str = "share-proof",
    where: str = "",
) -> None:
    """Check a share: factor = alpha^x for the x of public = g^x. Elements must lie in the group.

    Raises ElectionInvalid (check, where) when it does not hold.
    """
    first = group.multiply(group.exponentiate(proof.response), group.power(public, proof.challenge))
    second = group.multiply(group.power(alpha, proof.response), group.power(factor, proof.challenge))
    text = f"decrypt|{fingerprint}|{group.encode(public)}|{group.encode(first)},{group.encode(second)}"
    if hash_to_exponent(group, text) != proof.challenge:
        raise ElectionInvalid(check, "the share was not made with this trustee's key", where=where)


def as_dicts(proofs: tuple[Proof, ...]) -> list[dict[str, Any]]:
    """Give several proofs as they stand in a ballot."""
    return [proof_dict(proof) for proof in proofs]
