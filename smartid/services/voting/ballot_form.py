"""What a ballot looks like (Belenios specification 2.0 (2023), 4.11, 4.15), and reading one.

Compact JSON, members in this order::

    election_uuid, election_hash     of the election
    credential                       the voter's, as the roll spells it
    answers    for each question {"choices": [{"alpha", "beta"}…], "individual_proofs": [[proof, proof]…],
               "overall_proof": [proof…][, "blank_proof": [proof, proof]]}
    signature  {"hash": SHA-256 of the ballot without this member, in base64, "proof": proof}

All ballots of an election are the same bytes but for the texts of numbers and hashes. So they are not parsed
as JSON: what stands between those texts is compared, which leaves one spelling of each ballot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any, Self

from smartid.errors import EncodingError
from smartid.services.voting.compact import STANDARD, broken, compact, sha256_base64
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.base import Element, Group
from smartid.services.voting.proofs import parse_number
from smartid.services.voting.values import Answer, Ciphertext, Proof

SIGNATURE = b',"signature":{"hash":"'
MAX_NUMBER = 78
"""Decimal digits of a number below 2^256."""
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}")
_HASH = re.compile(r"[A-Za-z0-9+/]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A ballot, well formed; ``verify_ballot`` says whether its proofs hold.

    raw            its bytes as they came, which are what is hashed
    credential     as the roll spells it
    spelled        for each question the texts of all alpha and beta, separated by commas
    """

    raw: bytes
    election_uuid: str
    election_hash: str
    credential: str
    answers: tuple[Answer, ...]
    signature_hash: str
    signature: Proof
    spelled: tuple[str, ...] = field(repr=False)

    @property
    def tracker(self) -> str:
        """SHA-256 of the ballot in base64 without padding: by this its voter finds it on the board."""
        return sha256_base64(self.raw)

    @property
    def signed_hash(self) -> str:
        """What the signature must be about: SHA-256 of the ballot without it."""
        return sha256_base64(self.raw[: self.raw.rindex(SIGNATURE)] + b"}")

    @classmethod
    def parse(cls, raw: bytes, election: Election, group: Group) -> Self:
        """Read a ballot and check that every element lies in the group and is not the identity.

        Raises EncodingError.
        """
        return cls(**BallotForm(election, group).fields(raw, members=True))


class BallotForm:
    """The form of the ballots of one election.

    max_size  bytes of the longest one
    """

    def __init__(self, election: Election, group: Group) -> None:
        self._group = group
        self._questions = election.questions
        parts = compact(_empty_ballot(election.questions)).decode().split('"')
        places = [place for place in range(1, len(parts), 2) if not parts[place]]
        others = [place for place in range(len(parts)) if place not in set(places)]
        self._count = len(parts)
        self._values: Callable[[list[str]], tuple[str, ...]] = itemgetter(*places)
        self._between: Callable[[list[str]], tuple[str, ...]] = itemgetter(*others)
        self._expected = self._between(parts)
        self._others = others
        element = len(group.encode(group.generator)) + 1
        self.max_size = sum(map(len, parts)) + len(parts) + max(element, MAX_NUMBER) * len(places)

    @cached_property
    def _elements(self) -> dict[bool, Callable[[object, str], Element]]:
        return {True: self._group.decode, False: self._group.spelled}

    def fields(self, raw: bytes, *, members: bool) -> dict[str, Any]:
        """Read the members of a ballot.

        members  check that the elements lie in the group; who does not must do so when verifying
        Raises EncodingError.
        """
        texts = iter(self._texts(raw))
        element = self._elements[members]
        uuid, fingerprint, credential = next(texts), next(texts), next(texts)
        element(credential, "ballot: credential")
        answers, spelled = [], []
        for question in self._questions:
            answer, text = self._answer(question, texts, element)
            answers.append(answer)
            spelled.append(text)
        signature_hash = next(texts)
        if not (_UUID.fullmatch(uuid) and _HASH.fullmatch(fingerprint) and _HASH.fullmatch(signature_hash)):
            raise broken("ballot", "a uuid in Base58, and SHA-256 in base64 without padding")
        return {
            "raw": raw,
            "election_uuid": uuid,
            "election_hash": fingerprint,
            "credential": credential,
            "answers": tuple(answers),
            "signature_hash": signature_hash,
            "signature": self._proof(texts),
            "spelled": tuple(spelled),
        }

    def _texts(self, raw: bytes) -> tuple[str, ...]:
        """Take the values out. Raises EncodingError at the first byte that no ballot has there."""
        if len(raw) > self.max_size:
            raise broken("ballot", f"at most {self.max_size} bytes")
        if not raw.isascii():
            raise broken("ballot", "ASCII")
        parts = raw.decode("ascii").split('"')
        if len(parts) != self._count or self._between(parts) != self._expected:
            raise self._unlike(parts)
        return self._values(parts)

    def _unlike(self, parts: list[str]) -> EncodingError:
        for place, expected in zip(self._others, self._expected, strict=True):
            if place >= len(parts) or parts[place] != expected:
                offset = len('"'.join(parts[:place])) + bool(place)
                return EncodingError("ballot", offset=offset, expected=repr(expected), standard=STANDARD)
        return broken("ballot", "nothing after its end")

    def _answer(
        self, question: Question, texts: Iterator[str], element: Callable[[object, str], Element]
    ) -> tuple[Answer, str]:
        spelled = [next(texts) for _ in range(2 * question.slots)]
        found = [element(text, "ballot: ciphertext") for text in spelled]
        choices = tuple(map(Ciphertext, found[::2], found[1::2]))
        individual = tuple((self._proof(texts), self._proof(texts)) for _ in choices)
        overall = tuple(self._proof(texts) for _ in range(overall_proofs(question)))
        blank = (self._proof(texts), self._proof(texts)) if question.blank else None
        answer = Answer(choices=choices, individual=individual, overall=overall, blank=blank)
        return answer, ",".join(spelled)

    def _proof(self, texts: Iterator[str]) -> Proof:
        return Proof(parse_number(next(texts), self._group), parse_number(next(texts), self._group))


def overall_proofs(question: Question) -> int:
    """Give the length of the proof about the sum: one for each sum allowed, and one for the blank vote."""
    return question.maximum - question.minimum + 1 + question.blank


def _empty_ballot(questions: tuple[Question, ...]) -> dict[str, Any]:
    return {
        "election_uuid": "",
        "election_hash": "",
        "credential": "",
        "answers": [_empty_answer(question) for question in questions],
        "signature": {"hash": "", "proof": _EMPTY_PROOF},
    }


_EMPTY_PROOF = {"challenge": "", "response": ""}


def _empty_answer(question: Question) -> dict[str, Any]:
    pair = [_EMPTY_PROOF, _EMPTY_PROOF]
    answer: dict[str, Any] = {
        "choices": [{"alpha": "", "beta": ""}] * question.slots,
        "individual_proofs": [pair] * question.slots,
        "overall_proof": [_EMPTY_PROOF] * overall_proofs(question),
    }
    return {**answer, "blank_proof": pair} if question.blank else answer
