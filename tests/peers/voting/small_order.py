"""A ballot with an element outside of the group, whose every equation holds.

Its first alpha is -g^r. All challenges that meet it are even, so the sign goes away wherever a proof is
checked: nothing but the test of membership, alpha^q = 1, can find it.
"""

from __future__ import annotations

import json
from typing import Any

from tests.peers.voting.boards import Numbers, fingerprint

Pair = tuple[int, int]


def sign_turned(ballot: dict[str, Any], election: bytes, numbers: Numbers) -> dict[str, Any]:
    """Write the answer to the first question anew: the first of two, of which none or one may be chosen."""
    key = int(json.loads(election)["public_key"])
    label = f"{fingerprint(election)}|{ballot['credential']}"
    p, q, g = numbers.p, numbers.q, numbers.g
    nonces, votes = (1234567, 7654321), (1, 0)
    pairs: list[Pair] = [
        (sign * pow(g, r, p) % p, pow(key, r, p) * pow(g, vote, p) % p)
        for sign, r, vote in zip((-1, 1), nonces, votes, strict=True)
    ]
    total = (pairs[0][0] * pairs[1][0] % p, pairs[0][1] * pairs[1][1] % p)
    listed = ",".join(f"{alpha},{beta}" for alpha, beta in pairs)
    answer = {
        "choices": [{"alpha": str(alpha), "beta": str(beta)} for alpha, beta in pairs],
        "individual_proofs": [
            _zero_or_one(numbers, key, label, pair, r, vote)
            for pair, r, vote in zip(pairs, nonces, votes, strict=True)
        ],
        "overall_proof": _zero_or_one(numbers, key, f"{label}|{listed}", total, sum(nonces) % q, sum(votes)),
    }
    return {**ballot, "answers": [answer, *ballot["answers"][1:]]}


def _zero_or_one(
    numbers: Numbers, key: int, label: str, pair: Pair, nonce: int, vote: int
) -> list[dict[str, str]]:
    """Prove that a pair holds 0 or 1, by trying until both challenges are even."""
    p, q = numbers.p, numbers.q
    alpha, beta = pair
    other, told, fake = 1 - vote, 2468, 1357
    other_beta = beta * pow(numbers.g, -other, p) % p
    invented = (
        pow(numbers.g, fake, p) * pow(alpha, told, p) % p,
        pow(key, fake, p) * pow(other_beta, told, p) % p,
    )
    secret, challenge = 1, 1
    while challenge % 2:
        secret += 1
        commitments = [invented, invented]
        commitments[vote] = (pow(numbers.g, secret, p), pow(key, secret, p))
        text = ",".join(f"{a},{b}" for a, b in commitments)
        challenge = (numbers.challenge(f"prove|{label}|{alpha},{beta}|{text}") - told) % q
    proofs = [{"challenge": str(told), "response": str(fake)}] * 2
    proofs[vote] = {"challenge": str(challenge), "response": str((secret - nonce * challenge) % q)}
    return proofs
