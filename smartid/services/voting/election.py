"""The election record: what is asked, under which key, in which group.

Compact JSON, members in this order; the last two may be missing::

    version               1
    description, name     texts
    group                 "BELENIOS-2048" or "Ed25519"
    public_key            product of the trustees' keys
    questions             list of {"answers": [text…], ["blank": true,] "min": n, "max": n, "question": text}
    uuid                  at least 14 characters of Base58
    administrator, credential_authority

The fingerprint φ is the SHA-256 of the record's bytes, in base64 without padding. It covers neither the
trustees nor the list of credentials; the Setup event of the board does (Belenios specification 2.0 (2023)).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

from smartid.services.voting.compact import broken, compact, members, parse, sha256_base64

MAX_ANSWERS = 20
"""Homomorphic tallies cost ten exponentiations an answer and ballot; more answers need a mix-net."""
MAX_QUESTIONS = 20
MAX_TEXT = 4096
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}")
_NEEDED = ("version", "description", "name", "group", "public_key", "questions", "uuid")
_OPTIONAL = ("administrator", "credential_authority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question: choose from ``minimum`` to ``maximum`` of the answers, or cast a blank vote.

    blank  a blank vote is offered; it then stands before the answers in ballots and results
    Raises EncodingError for a question that nobody can answer, or one too long for this method.
    """

    text: str
    answers: tuple[str, ...]
    minimum: int
    maximum: int
    blank: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.answers) <= MAX_ANSWERS:
            raise broken("question", f"from 1 to {MAX_ANSWERS} answers")
        if not 0 <= self.minimum <= self.maximum <= len(self.answers):
            raise broken("question", "0 <= min <= max <= number of answers")
        for text in (self.text, *self.answers):
            _require_text("question", text)

    @property
    def slots(self) -> int:
        """Ciphertexts in a ballot: one an answer, and one for the blank vote."""
        return len(self.answers) + self.blank

    def as_dict(self) -> dict[str, Any]:
        """Give the members in their order."""
        blank = {"blank": True} if self.blank else {}
        return {
            "answers": list(self.answers),
            **blank,
            "min": self.minimum,
            "max": self.maximum,
            "question": self.text,
        }

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Read one. Raises EncodingError."""
        blank = isinstance(value, dict) and "blank" in value
        names = ("answers", *(("blank",) if blank else ()), "min", "max", "question")
        found = members(value, "question", names)
        if blank and found["blank"] is not True:
            raise broken("question", "blank: true, or no such member")
        if not isinstance(found["answers"], list) or not all(map(_is_number, (found["min"], found["max"]))):
            raise broken("question", "answers as a list; min and max as numbers")
        return cls(
            text=found["question"],
            answers=tuple(found["answers"]),
            minimum=found["min"],
            maximum=found["max"],
            blank=blank,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """An election record. ``raw`` are its bytes as they came; what is hashed is never written anew.

    group, public_key  as texts; ``groups.named`` and ``Group.decode`` make values of them
    """

    raw: bytes
    name: str
    description: str
    group: str
    public_key: str
    questions: tuple[Question, ...]
    uuid: str
    administrator: str = ""
    credential_authority: str = ""

    @property
    def fingerprint(self) -> str:
        """φ."""
        return sha256_base64(self.raw)

    @classmethod
    def make(
        cls,
        *,
        name: str,
        description: str,
        group: str,
        public_key: str,
        questions: tuple[Question, ...],
        uuid: str,
        administrator: str = "",
        credential_authority: str = "",
    ) -> Self:
        """Write a record. Raises EncodingError."""
        record = {
            "version": 1,
            "description": description,
            "name": name,
            "group": group,
            "public_key": public_key,
            "questions": [question.as_dict() for question in questions],
            "uuid": uuid,
        }
        if administrator:
            record["administrator"] = administrator
        if credential_authority:
            record["credential_authority"] = credential_authority
        return cls.parse(compact(record))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a record. Raises EncodingError."""
        found = members(parse(raw, "election"), "election", _NEEDED, _OPTIONAL)
        if found["version"] != 1 or isinstance(found["version"], bool):
            raise broken("election", "version 1")
        for name in set(found) - {"version", "questions"}:
            _require_text("election", found[name])
        if not _UUID.fullmatch(found["uuid"]):
            raise broken("election", "a uuid of 14 to 64 characters of Base58")
        listed = found["questions"]
        if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_QUESTIONS:
            raise broken("election", f"from 1 to {MAX_QUESTIONS} questions")
        return cls(
            raw=raw,
            questions=tuple(map(Question.from_dict, listed)),
            **{name: found[name] for name in found if name not in {"version", "questions"}},
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require_text(what: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise broken(what, f"texts of at most {MAX_TEXT} characters")
