"""What a voter signs with the card: a purpose, the election, and the sentence that was shown.

Signed bytes: canonical JSON (RFC 8785 (2020)) whose member ``purpose`` no other signature of this project
has. ``display`` is the SHA-256 of the sentence in the language ``lang``: what you see is what you sign. The
sentence follows from the other members and the election, so whoever verifies can write it again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self, TypeVar

from smartid.crypto import strict_json
from smartid.errors import EncodingError, Refused
from smartid.identity.persian import to_persian_digits
from smartid.identity.transaction import MAX_NUMBER, displayed
from smartid.services.journal.body import canonical
from smartid.services.reasons import Reason
from smartid.services.voting.election import Election

MAX_STATEMENT = 8192
"""Longest statement, in bytes."""
MAX_TEXT = 1024
LANGUAGES = ("fa", "en")
_S = TypeVar("_S", bound="Statement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What all statements have. Raises EncodingError for values that none holds.

    election     uuid
    fingerprint  φ of the election record, which the uuid alone does not bind
    lang         "fa" or "en"
    display      SHA-256 of the sentence that was shown, hexadecimal
    """

    PURPOSE: ClassVar[str]
    SENTENCES: ClassVar[dict[str, str]]

    election: str
    fingerprint: str
    lang: str
    display: str

    def __post_init__(self) -> None:
        for member in fields(self):
            value = getattr(self, member.name)
            if member.type == "int":
                _require_number(member.name, value)
            else:
                _require_text(member.name, value)
        if self.lang not in LANGUAGES:
            raise _broken("lang", "fa or en")

    def encode(self) -> bytes:
        """Give the bytes that are signed."""
        return canonical({"purpose": self.PURPOSE, **asdict(self)})

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a statement. Only its canonical form is one. Raises EncodingError."""
        if len(data) > MAX_STATEMENT:
            raise _broken("statement", f"at most {MAX_STATEMENT} bytes")
        members = strict_json.parse_object(data, "statement")
        if members.pop("purpose", None) != cls.PURPOSE:
            raise _broken("purpose", cls.PURPOSE)
        if members.keys() != {member.name for member in fields(cls)}:
            raise _broken("statement", "exactly the members of the format")
        found = cls(**members)
        if found.encode() != data:
            raise _broken("statement", "the canonical form (RFC 8785)")
        return found

    def sentence(self, election: Election) -> str:
        """Write the sentence that the voter is shown, in the statement's language."""
        write = to_persian_digits if self.lang == "fa" else str
        words = {name: write(str(one)) if type(one) is int else one for name, one in self.words().items()}
        return self.SENTENCES[self.lang].format(name=election.name, **words)

    def words(self) -> dict[str, Any]:
        """Give what stands in the sentence besides the name of the election."""
        raise TypeError("a statement of a kind has words")

    def require_for(self, election: Election) -> None:
        """Check that it is about this election and that the sentence is its own.

        Raises Refused (invalid_request).
        """
        if (self.election, self.fingerprint) != (election.uuid, election.fingerprint):
            raise refused("The statement is about another election.")
        if self.display != displayed(self.sentence(election)):
            raise refused("The sentence that was shown is not that of the statement.")


def read_statement(kind: type[_S], data: bytes, election: Election) -> _S:
    """Read a statement about an election. Raises Refused (invalid_request)."""
    try:
        found = kind.parse(data)
    except EncodingError as error:
        raise refused(error.message) from error
    found.require_for(election)
    return found


def with_display(kind: type[_S], election: Election, members: dict[str, Any]) -> _S:
    """Make a statement whose ``display`` fits its other members."""
    blank = {"election": election.uuid, "fingerprint": election.fingerprint, "display": "", **members}
    shown = kind(**blank).sentence(election)
    return kind(**{**blank, "display": displayed(shown)})


def mark(text: str) -> str:
    """Give the first 64 bits of the SHA-256 of a text in groups of four digits, for people to compare."""
    digits = hashlib.sha256(text.encode()).hexdigest()[:16].upper()
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def refused(why: str) -> Refused:
    """The refusal of a statement that says something else than it has to."""
    return Refused(why, reason=Reason.INVALID_REQUEST)


def _require_text(name: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > MAX_TEXT or not re.fullmatch("[!-~]*", value):
        raise _broken(name, f"at most {MAX_TEXT} printable characters of ASCII")


def _require_number(name: str, value: object) -> None:
    if type(value) is not int or not 1 <= value <= MAX_NUMBER:
        raise _broken(name, "a whole number from 1 to 2^53 - 1")


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard="smartid election statement 1")
