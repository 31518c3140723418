"""Making a ballot (Belenios specification 2.0 (2023), 4.11 to 4.15).

A voter's device makes one ballot with ``make_ballot``. Its exponentiations take the same time whatever is
chosen; Python's arithmetic mod q and single multiplications between them do not quite, and who watches the
processor itself may see more. ``Maker`` keeps tables and makes many, for simulations and measurements: its
time and its traces in caches depend on choices. Both draw their randomness from the operating system.

Proofs about several numbers, only one of which is right: the others are simulated with a challenge and
a response drawn first. Who knows r needs no power of alpha and beta for that: g^z · α^c is g^(z + r·c), and
y^z · (β/g^M)^c is y^(z + r·c) · g^((m - M)·c).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from smartid.errors import Refused
from smartid.services.reasons import Reason
from smartid.services.voting.ballot_form import Ballot, BallotForm
from smartid.services.voting.compact import compact, sha256_base64
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.base import Element, Random
from smartid.services.voting.groups.named import named
from smartid.services.voting.opening import Opening
from smartid.services.voting.proofs import as_dicts, hash_to_exponent, proof_dict
from smartid.services.voting.values import Proof


class MadeBallot:
    """A ballot whose voter has seen the tracker and may still choose: cast it, or open it.

    One of the two, once: an opened ballot is a receipt of what it says, so it must not count.
    """

    __slots__ = ("_content", "tracker")

    def __init__(self, ballot: Ballot, opening: Opening) -> None:
        self.tracker: str = ballot.tracker
        self._content = [(ballot, opening)]

    def cast(self) -> Ballot:
        """Give the ballot to be sent, and forget what opens it. Raises Refused (wrong_state)."""
        return self._take()[0]

    def audit(self) -> OpenedBallot:
        """Give the ballot with what opens it; make a new one to vote. Raises Refused (wrong_state)."""
        ballot, opening = self._take()
        return OpenedBallot(ballot.raw, opening)

    def _take(self) -> tuple[Ballot, Opening]:
        try:
            return self._content.pop()  # one of several threads gets it
        except IndexError:
            raise Refused(
                "This ballot was cast or opened already.",
                reason=Reason.WRONG_STATE,
                remedy="Make a new ballot.",
            ) from None

    def __repr__(self) -> str:
        return f"MadeBallot({self.tracker}, •••)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("the randomness of a ballot is not copied or pickled")


@dataclass(frozen=True, slots=True)
class OpenedBallot:
    """A ballot that will not be cast, and what opens it: for another device to check (``check_opening``)."""

    raw: bytes
    opening: Opening


def make_ballot(
    election: Election,
    secret: CredentialSecret,
    choices: Sequence[Sequence[int]],
    *,
    random: Random = os.urandom,
) -> MadeBallot:
    """Make one ballot, with exponentiations in constant time.

    choices  for each question a 0 or 1 for each slot; the blank vote first where it is offered
    Raises Refused (ballot_invalid) for choices that the questions do not allow, EncodingError, ExtraMissing.
    """
    return Maker(election, tables=False, random=random).make(secret, choices)


class Maker:
    """Makes ballots of one election. Raises EncodingError, ExtraMissing.

    tables  keep tables of powers: ten times faster for many ballots, and not in constant time
    """

    def __init__(self, election: Election, *, tables: bool = True, random: Random = os.urandom) -> None:
        group = named(election.group)
        key = group.decode(election.public_key, "public key")
        self._election = election
        self._group = group
        self._random = random
        self._form = BallotForm(election, group)
        self._of_generator = group.exponentiate if tables else self._secretly(group.generator)
        self._of_key = group.powers_of(key) if tables else self._secretly(key)

    def _secretly(self, base: Element) -> Callable[[int], Element]:
        return lambda exponent: self._group.power_secret(base, exponent)

    def make(self, secret: CredentialSecret, choices: Sequence[Sequence[int]]) -> MadeBallot:
        """Make a ballot. Raises Refused (ballot_invalid)."""
        if secret.group is not self._group:
            raise _refused("The credential belongs to another group than the election.")
        check_choices(self._election.questions, choices)
        fingerprint = self._election.fingerprint
        start = f"{fingerprint}|{secret.public}"
        made = [self._answer(*pair, start) for pair in zip(self._election.questions, choices, strict=True)]
        record: dict[str, Any] = {
            "election_uuid": self._election.uuid,
            "election_hash": fingerprint,
            "credential": secret.public,
            "answers": [answer for answer, _ in made],
        }
        signed = sha256_base64(compact(record))
        proof = secret.sign(signed, random=self._random, commit=self._of_generator)
        raw = compact({**record, "signature": {"hash": signed, "proof": proof_dict(proof)}})
        ballot = Ballot(**self._form.fields(raw, members=False))
        numbers = tuple(tuple(randomness) for _, randomness in made)
        opening = Opening(fingerprint, ballot.tracker, tuple(map(tuple, choices)), numbers)
        return MadeBallot(ballot, opening)

    def _answer(
        self, question: Question, choices: Sequence[int], start: str
    ) -> tuple[dict[str, Any], list[int]]:
        randomness = [self._group.random_exponent(self._random) for _ in choices]
        pairs = [self._encrypt(number, choice) for number, choice in zip(randomness, choices, strict=True)]
        individual = [
            as_dicts(self._prove(f"prove|{start}|{alpha},{beta}|", [(number, choice), (number, choice - 1)]))
            for (alpha, beta), number, choice in zip(pairs, randomness, choices, strict=True)
        ]
        whole = f"{start}|{','.join(text for pair in pairs for text in pair)}"
        return {
            "choices": [{"alpha": alpha, "beta": beta} for alpha, beta in pairs],
            "individual_proofs": individual,
            **self._about_all(question, choices, randomness, whole),
        }, randomness

    def _about_all(
        self, question: Question, choices: Sequence[int], randomness: Sequence[int], whole: str
    ) -> dict[str, Any]:
        """Prove what holds for the sum, and for the blank vote beside it."""
        first = 1 if question.blank else 0
        number, total = sum(randomness[first:]), sum(choices[first:])
        allowed = range(question.minimum, question.maximum + 1)
        sums = [(number, total - value) for value in allowed]
        if not question.blank:
            alpha, beta = self._encrypt(number, total)
            return {"overall_proof": as_dicts(self._prove(f"prove|{whole}|{alpha},{beta}|", sums))}
        blank = randomness[0]
        overall = self._prove(f"bproof1|{whole}|", [(blank, choices[0] - 1), *sums])
        nothing = self._prove(f"bproof0|{whole}|", [(blank, choices[0]), (number, total)])
        return {"overall_proof": as_dicts(overall), "blank_proof": as_dicts(nothing)}

    def _encrypt(self, number: int, value: int) -> tuple[str, str]:
        """Give g^r and y^r · g^value, as texts."""
        group = self._group
        beta = group.multiply(self._of_key(number), self._of_generator(value))
        return group.encode(self._of_generator(number)), group.encode(beta)

    def _prove(self, prefix: str, clauses: Sequence[tuple[int, int]]) -> tuple[Proof, ...]:
        """Prove that one of several ciphertexts (g^r, y^r · g^d) has d = 0.

        prefix   what is hashed before the commitments
        clauses  r and d of each; simulated where d is not 0, and where an earlier one has it
        """
        group, order = self._group, self._group.order
        real = next(place for place, (_, distance) in enumerate(clauses) if not distance)
        drawn = [(group.random_exponent(self._random), group.random_exponent(self._random)) for _ in clauses]
        texts: list[str] = []
        for place, ((number, distance), (challenge, response)) in enumerate(zip(clauses, drawn, strict=True)):
            exponent = response if place == real else response + number * challenge
            shift = 0 if place == real else distance * challenge
            texts.extend(self._encrypt(exponent, shift))
        others = sum(challenge for place, (challenge, _) in enumerate(drawn) if place != real)
        challenge = (hash_to_exponent(group, prefix + ",".join(texts)) - others) % order
        proofs = [Proof(*pair) for pair in drawn]
        proofs[real] = Proof(challenge, (drawn[real][1] - clauses[real][0] * challenge) % order)
        return tuple(proofs)


def check_choices(questions: Sequence[Question], choices: Sequence[Sequence[int]]) -> None:
    """Refuse what the questions do not allow, with a sentence that says what they do.

    Raises Refused (ballot_invalid).
    """
    if len(choices) != len(questions):
        raise _refused(f"The ballot has {len(questions)} questions; {len(choices)} were answered.")
    for number, (question, chosen) in enumerate(zip(questions, choices, strict=True), 1):
        if len(chosen) != question.slots or any(value not in (0, 1) for value in chosen):
            raise _refused(f"Question {number} takes {question.slots} choices, each of them 0 or 1.")
        total = sum(chosen[1:]) if question.blank else sum(chosen)
        if question.blank and chosen[0]:
            if total:
                raise _refused(f"A blank vote in question {number} chooses nothing else.")
        elif not question.minimum <= total <= question.maximum:
            raise _refused(
                f"Question {number} takes from {question.minimum} to {question.maximum} choices, not {total}."
            )


def _refused(message: str) -> Refused:
    return Refused(message, reason=Reason.BALLOT_INVALID, remedy="Choose again.")
