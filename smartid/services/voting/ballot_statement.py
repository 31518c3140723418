"""What a voter signs with the card to cast a ballot, or to ask which ballots were cast in their name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from smartid.services.voting.election import Election
from smartid.services.voting.statement import Statement, mark, with_display


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotStatement(Statement):
    """Casts a ballot.

    credential        g^s as text, as it was registered
    tracker           SHA-256 of the ballot's bytes, base64 without padding: binds the ballot
    sequence          how many ballots this person has cast with this one; nobody can cast an old one again
    register_version  version of the register of voters under which it is cast
    """

    PURPOSE: ClassVar[str] = "smartid election ballot 1"
    SENTENCES: ClassVar[dict[str, str]] = {
        "fa": (
            "رأی شمارهٔ {sequence} خود را در انتخابات «{name}» به صندوق می‌اندازم. کد رهگیری برگه: {tracker}. "
            "آخرین رأی من شمرده می‌شود."
        ),
        "en": (
            "I cast my ballot number {sequence} in the election “{name}”. Tracker of the ballot: {tracker}. "
            "My last ballot counts."
        ),
    }

    credential: str
    tracker: str
    sequence: int
    register_version: int

    def words(self) -> dict[str, Any]:
        """Give what stands in the sentence."""
        return {"sequence": self.sequence, "tracker": self.tracker}

    @classmethod
    def make(
        cls,
        election: Election,
        *,
        credential: str,
        tracker: str,
        sequence: int,
        register_version: int,
        lang: str = "fa",
    ) -> Self:
        """Write one whose sentence fits. Raises EncodingError."""
        members = {
            "credential": credential,
            "tracker": tracker,
            "sequence": sequence,
            "register_version": register_version,
            "lang": lang,
        }
        return with_display(cls, election, members)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest(Statement):
    """Asks how many ballots were cast in the signer's name, and when.

    time  seconds since 1970-01-01 UTC; a request serves for five minutes
    """

    PURPOSE: ClassVar[str] = "smartid election history 1"
    SENTENCES: ClassVar[dict[str, str]] = {
        "fa": "فهرست رأی‌هایی را که در انتخابات «{name}» به نام من داده شده می‌خواهم (درخواست {mark}).",
        "en": "I ask for the list of ballots cast in my name in the election “{name}” (request {mark}).",
    }

    time: int

    def words(self) -> dict[str, Any]:
        """Give what stands in the sentence."""
        return {"mark": mark(str(self.time))}

    @classmethod
    def make(cls, election: Election, *, time: int, lang: str = "fa") -> Self:
        """Write one whose sentence fits. Raises EncodingError."""
        return with_display(cls, election, {"time": time, "lang": lang})
