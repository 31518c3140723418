"""Audit or cast: the randomness of a ballot shows what it says. Ballots that were opened are not cast.

An opening is compact JSON::

    election_hash, tracker   of the ballot
    answers                  for each question {"choices": [0 or 1…], "randomness": ["r"…]}, r in decimal

Every alpha must be g^r and every beta y^r · g^choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, Self

from smartid.errors import ElectionInvalid
from smartid.services.voting.ballot_form import Ballot
from smartid.services.voting.compact import broken, compact, members, parse
from smartid.services.voting.election import Election
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.proofs import parse_number
from smartid.services.voting.values import Ciphertext

CHECK = "ballot-opening"
MAX_SIZE = 100_000


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """What opens one ballot. It shows itself to nobody, and is not pickled; ``to_json`` gives it away.

    choices, randomness  for each question, for each slot
    """

    election_hash: str
    tracker: str
    choices: tuple[tuple[int, ...], ...]
    randomness: tuple[tuple[int, ...], ...]

    def to_json(self) -> bytes:
        """Write it for whoever shall check it."""
        answers = [
            {"choices": list(choices), "randomness": list(map(str, randomness))}
            for choices, randomness in zip(self.choices, self.randomness, strict=True)
        ]
        return compact({"election_hash": self.election_hash, "tracker": self.tracker, "answers": answers})

    @classmethod
    def parse(cls, raw: bytes, group: Group) -> Self:
        """Read one. Raises EncodingError."""
        if len(raw) > MAX_SIZE:
            raise broken("opening", f"at most {MAX_SIZE} bytes")
        found = members(parse(raw, "opening"), "opening", ("election_hash", "tracker", "answers"))
        texts = (found["election_hash"], found["tracker"])
        if not isinstance(found["answers"], list) or not all(isinstance(text, str) for text in texts):
            raise broken("opening", "two texts and a list")
        read = [_answer(answer, group) for answer in found["answers"]]
        return cls(*texts, tuple(choices for choices, _ in read), tuple(numbers for _, numbers in read))

    def __repr__(self) -> str:
        return f"Opening(of {self.tracker}, •••)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the randomness of a ballot is not copied or pickled")


def check_opening(ballot: Ballot, opening: Opening, election: Election) -> tuple[tuple[int, ...], ...]:
    """Give what a ballot says, when the opening is that of this ballot.

    Raises ElectionInvalid (ballot-opening) when it is not, or the ballot says another thing; EncodingError.
    """
    if (opening.tracker, opening.election_hash) != (ballot.tracker, election.fingerprint):
        raise ElectionInvalid(CHECK, "the opening belongs to another ballot", where=ballot.tracker)
    group = named(election.group)
    key = group.decode(election.public_key, "public key")
    shape = [len(answer.choices) for answer in ballot.answers]
    if shape != list(map(len, opening.choices)) or shape != list(map(len, opening.randomness)):
        raise ElectionInvalid(CHECK, "the opening has another number of choices", where=ballot.tracker)
    for answer, choices, randomness in zip(ballot.answers, opening.choices, opening.randomness, strict=True):
        for pair, choice, number in zip(answer.choices, choices, randomness, strict=True):
            if pair != Ciphertext(group.exponentiate(number), _hides(group, key, choice, number)):
                raise ElectionInvalid(CHECK, "the ballot says something else", where=ballot.tracker)
    return opening.choices


def _hides(group: Group, key: object, choice: int, number: int) -> object:
    return group.multiply(group.power(key, number), group.exponentiate(choice))


def _answer(value: object, group: Group) -> tuple[tuple[int, ...], tuple[int, ...]]:
    found = members(value, "opening", ("choices", "randomness"))
    choices, randomness = found["choices"], found["randomness"]
    if not isinstance(choices, list) or not isinstance(randomness, list):
        raise broken("opening", "choices and randomness as lists")
    if any(isinstance(choice, bool) or choice not in (0, 1) for choice in choices):
        raise broken("opening", "choices that are 0 or 1")
    return tuple(choices), tuple(parse_number(number, group) for number in randomness)
