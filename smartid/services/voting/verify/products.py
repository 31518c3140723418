"""Products of ciphertexts, slot by slot: an encrypted sum of ballots, or of some of them."""

from __future__ import annotations

from typing import TypeAlias

from smartid.services.voting.compact import broken
from smartid.services.voting.election import Election
from smartid.services.voting.groups.base import Group
from smartid.services.voting.values import Ciphertext

Products: TypeAlias = tuple[tuple[Ciphertext, ...], ...]
"""For every question a ciphertext for every slot."""
Texts: TypeAlias = list[list[list[str]]]
"""The same as texts, to send or keep: question, slot, alpha and beta. Empty for what has no product."""


def nothing(election: Election, group: Group) -> Products:
    """Give the product of no ballots."""
    one = Ciphertext(group.identity, group.identity)
    return tuple((one,) * question.slots for question in election.questions)


def multiply(products: Products, other: Products, group: Group, weight: int = 1) -> Products:
    """Multiply, slot by slot; the other one so often."""
    return tuple(
        tuple(_times(left, right, group, weight) for left, right in zip(lefts, rights, strict=True))
        for lefts, rights in zip(products, other, strict=True)
    )


def as_texts(products: Products, group: Group) -> Texts:
    """Write products."""
    return [[[group.encode(one.alpha), group.encode(one.beta)] for one in slots] for slots in products]


def from_texts(texts: Texts, election: Election, group: Group) -> Products:
    """Read products. Raises EncodingError."""
    if [len(slots) for slots in texts] != [question.slots for question in election.questions]:
        raise broken("product", "a ciphertext for every slot of every question")
    return tuple(
        tuple(Ciphertext(group.decode_any(a, "product"), group.decode_any(b, "product")) for a, b in slots)
        for slots in texts
    )


def _times(left: Ciphertext, right: Ciphertext, group: Group, weight: int) -> Ciphertext:
    alpha, beta = right.alpha, right.beta
    if weight != 1:
        alpha, beta = group.power(alpha, weight), group.power(beta, weight)
    return Ciphertext(group.multiply(left.alpha, alpha), group.multiply(left.beta, beta))
