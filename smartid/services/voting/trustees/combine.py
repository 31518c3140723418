"""From shares to numbers.

Mandatory factors are multiplied. In a group each used factor is raised to its Lagrange coefficient at 0
first; exactly as many as the threshold are used. What remains of beta is g^m, and m is at most the total
weight N of the ballots: baby steps and giant steps find it with at most 2·sqrt(N) multiplications and
sqrt(N) elements in memory, which all ciphertexts share (8,000 for sixty million ballots).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isqrt
from typing import TypeAlias

from smartid.errors import ElectionInvalid
from smartid.services.voting.compact import broken, compact, members, parse
from smartid.services.voting.election import Question
from smartid.services.voting.groups.base import Element, Group
from smartid.services.voting.trustees.partial import Share, Tally
from smartid.services.voting.trustees.published import listed
from smartid.services.voting.trustees.record import Trustees

WHAT = "result"
Counts: TypeAlias = tuple[tuple[int, ...], ...]
"""For each question the votes for each answer; blank votes come first where they are offered."""


def needed(trustees: Trustees, present: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    """Choose whose shares are used: for each item of the record its first ones, as many as it takes.

    Raises ElectionInvalid (share-count): it says how many of which trustees are missing.
    """
    here = sorted(set(present))
    chosen = []
    for item, seats in trustees.seats():
        found = [owner for owner in here if owner in seats][: item.threshold]
        if len(found) < item.threshold:
            who = f"trustee {seats[0]}" if len(seats) == 1 else f"trustees {seats[0]} to {seats[-1]}"
            raise ElectionInvalid(
                "share-count", f"shares that are missing: {item.threshold - len(found)}", where=who
            )
        chosen.append(tuple(found))
    return tuple(chosen)


def combine(
    trustees: Trustees, shares: Mapping[int, Share], tally: Tally, group: Group, *, bound: int
) -> Counts:
    """Give the result: for each question the counts in the order of its ciphertexts.

    shares  checked ones by owner; more than it takes are left aside
    bound   no count is larger: the total weight of the ballots
    Raises ElectionInvalid (share-count, result-value).
    """
    weights = dict(_weights(trustees, shares, group))
    logarithms = Logarithms(group, bound)
    return tuple(
        tuple(
            logarithms.of(group.multiply(one.beta, group.invert(_factor(shares, weights, at, place, group))))
            for place, one in enumerate(row)
        )
        for at, row in enumerate(tally)
    )


def _factor(
    shares: Mapping[int, Share], weights: Mapping[int, int], at: int, place: int, group: Group
) -> Element:
    found = ((shares[owner].factors[at][place], weight) for owner, weight in weights.items())
    return group.product(one if weight == 1 else group.power(one, weight) for one, weight in found)


def _weights(trustees: Trustees, present: Iterable[int], group: Group) -> Iterator[tuple[int, int]]:
    """Give whose shares are used, each with its exponent: 1, or its Lagrange coefficient at 0."""
    for (_, seats), chosen in zip(trustees.seats(), needed(trustees, present), strict=True):
        indices = [owner - seats[0] + 1 for owner in chosen]
        for owner, index in zip(chosen, indices, strict=True):
            yield owner, lagrange(index, indices, group.order)


def lagrange(index: int, indices: Sequence[int], order: int) -> int:
    """Give the coefficient of f(index) in f(0), from the values of f at the indices, mod order."""
    above = below = 1
    for other in indices:
        if other != index:
            above, below = above * other % order, below * (other - index) % order
    return above * pow(below, -1, order) % order


class Logarithms:
    """Finds m from g^m, for m from 0 to a bound."""

    def __init__(self, group: Group, bound: int) -> None:
        self._group = group
        self._bound = bound
        self._width = isqrt(bound) + 1
        element, steps = group.identity, {}
        for number in range(self._width):
            steps[element] = number
            element = group.multiply(element, group.generator)
        self._steps = steps
        self._back = group.invert(element)

    def of(self, element: Element) -> int:
        """Give m. Raises ElectionInvalid (result-value) when it is none of 0 ... bound."""
        for giant in range(0, self._bound + 1, self._width):
            if element in self._steps and giant + self._steps[element] <= self._bound:
                return giant + self._steps[element]
            element = self._group.multiply(element, self._back)
        raise ElectionInvalid(
            "result-value", "the shares do not open the tally to a number of votes", where=WHAT
        )


def encode_result(counts: Counts) -> bytes:
    """Write the result's record."""
    return compact({"result": counts})


def parse_result(raw: bytes) -> Counts:
    """Read the result's record. Raises EncodingError."""
    rows = [listed(row) for row in listed(members(parse(raw, WHAT), WHAT, ("result",))["result"])]
    if not all(type(count) is int and count >= 0 for row in rows for count in row):
        raise broken(WHAT, "numbers from 0")
    counts = tuple(map(tuple, rows))
    if encode_result(counts) != raw:
        raise broken(WHAT, "the one spelling of a result")
    return counts


def check_counts(questions: Sequence[Question], counts: Counts, total: int) -> None:
    """Check what the rules of the questions imply for the counts. Raises ElectionInvalid (result-bounds).

    total  weight of all ballots together
    Of the ballots that are not blank each chose from ``minimum`` to ``maximum`` answers, none of them twice.
    """
    if [len(row) for row in counts] != [question.slots for question in questions]:
        raise ElectionInvalid("result-bounds", "there are more or fewer counts than answers", where=WHAT)
    for number, (question, row) in enumerate(zip(questions, counts, strict=True), 1):
        blank, answers = (row[0], row[1:]) if question.blank else (0, row)
        valid = total - blank
        fits = question.minimum * valid <= sum(answers) <= question.maximum * valid
        if not fits or any(count > valid for count in answers):
            raise ElectionInvalid(
                "result-bounds", f"{total} ballots cannot give these counts", where=f"question {number}"
            )
