"""The election that the proofs of the format do not stop: one trustee, who also casts the last ballot, lies.

What is hashed for a share, decrypt|φ|X|A,B, holds neither alpha nor the factor. With the product alpha' of
all other ballots the trustee draws a and e, takes A = g^a and B = alpha'^a · g^e, makes the challenge c, and
casts a ballot with r = (e - k·c)/a. Then F = alpha^x · g^k has a proof that holds; the count is less by k.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from smartid.services.voting import proofs
from smartid.services.voting.ballot import Maker
from smartid.services.voting.groups.base import Element, Group
from smartid.services.voting.trustees.partial import Share
from smartid.services.voting.values import Proof
from tests.unit.services.voting.elections import END, NO, YES, World
from tests.unit.services.voting.forge import Step, compact

LIES = ((1, 0, -1), (0, 1, -1))
"""By how much each count is made smaller."""
TRUE = [[2, 0, 0], [0, 2, 1]]
FORGED = [[1, 0, 1], [0, 1, 2]]


class Drawn:
    """Gives the randomness of one answer first, then real random bytes."""

    def __init__(self, group: Group, numbers: Sequence[int]) -> None:
        self._group = group
        self._numbers = list(numbers)

    def __call__(self, size: int) -> bytes:
        number = self._numbers.pop(0) if self._numbers else self._group.random_exponent()
        return (number - 1).to_bytes(size, "big")


class LastMaker(Maker):
    """Makes a ballot whose ciphertexts have the randomness that somebody chose."""

    numbers: list[list[int]]

    def _answer(self, question, choices, start):  # type: ignore[no-untyped-def]
        self._random = Drawn(self._group, self.numbers.pop(0))
        return super()._answer(question, choices, start)


def planned(world: World, alpha: Element, lie: int) -> tuple[int, Proof]:
    """Give the randomness of the last ballot, and the proof that will hold."""
    group, order = world.group, world.group.order
    secret, nonce, other = world.trustee_secrets[0], group.random_exponent(), group.random_exponent()
    key, first = group.exponentiate(secret), group.exponentiate(nonce)
    second = group.multiply(group.power(alpha, nonce), group.exponentiate(other))
    text = f"decrypt|{world.election.fingerprint}|{group.encode(key)}|"
    challenge = proofs.hash_to_exponent(group, text + f"{group.encode(first)},{group.encode(second)}")
    randomness = (other - lie * challenge) * pow(nonce, -1, order) % order
    return randomness, Proof(challenge, (nonce - secret * challenge) % order)


Lies = Sequence[Sequence[int]]


def forged(world: World, all_lies: Lies = LIES) -> tuple[Step, ...]:
    """Give the board with the forged result; the second trustee is honest."""
    group = world.group
    honest = (world.ballot(0, [1, 0, 0], YES), world.ballot(1, [1, 0, 0], YES))
    plan = [
        [planned(world, group.decode(one["alpha"], "alpha"), lie) for one, lie in zip(row, lies, strict=True)]
        for row, lies in zip(json.loads(world.tally(*honest).records[0]), all_lies, strict=True)
    ]
    maker = LastMaker(world.election)
    maker.numbers = [[randomness for randomness, _ in row] for row in plan]
    last = Step(type="Ballot", records=(maker.make(world.secrets[2], [[0, 0, 0], NO]).cast().raw,))
    tally = world.tally(*honest, last)
    result = [
        [count - lie for count, lie in zip(*pair, strict=True)] for pair in zip(TRUE, all_lies, strict=True)
    ]
    return (
        world.setup,
        *honest,
        last,
        END,
        tally,
        Step(type="PartialDecryption", records=(_share(world, tally, plan, all_lies),), numbers=(1,)),
        world.share(2, tally),
        Step(type="Result", records=(compact({"result": result}),)),
    )


def _share(world: World, tally: Step, plan: Sequence[Sequence[tuple[int, Proof]]], all_lies: Lies) -> bytes:
    group, secret = world.group, world.trustee_secrets[0]
    factors = tuple(
        tuple(
            group.multiply(group.power(group.decode(one["alpha"], "alpha"), secret), group.exponentiate(lie))
            for one, lie in zip(row, lies, strict=True)
        )
        for row, lies in zip(json.loads(tally.records[0]), all_lies, strict=True)
    )
    return Share(factors=factors, proofs=tuple(tuple(proof for _, proof in row) for row in plan)).encode(
        group
    )
