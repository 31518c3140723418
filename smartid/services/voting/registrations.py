"""Registration: a person's card says which credential is theirs, before the list of credentials is frozen.

Lines of ``registrations.log`` (see ``log``), by their member ``kind``:

register      a version of the register came into force: ``version``, ``sha256``, ``people`` (how many)
registration  a person registered a credential: who, statement, signature, time, and what was believed
freeze        the list is final: ``roll`` (SHA-256 of its bytes), ``count``, ``register_version``, and
              ``removed``, the people who registered and are not in the register any more
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

from smartid.errors import EncodingError
from smartid.services.voting.election import Election
from smartid.services.voting.log import STANDARD, Line, read_log
from smartid.services.voting.statement import Statement, mark, with_display

LOG, REGISTER = "registrations.log", "register.json"
"""Names in the restricted folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationStatement(Statement):
    """Registers a credential.

    credential        g^s as text; the voter alone knows s
    register_version  version of the register of voters that the person was looked up in
    sequence          how many times this person has registered with this one
    """

    PURPOSE: ClassVar[str] = "smartid election registration 1"
    SENTENCES: ClassVar[dict[str, str]] = {
        "fa": (
            "برای رأی دادن در انتخابات «{name}» کلید رأی خود را ثبت می‌کنم (ثبت شمارهٔ {sequence}). "
            "نشانهٔ کلید: {mark}."
        ),
        "en": (
            "I register my voting key for the election “{name}” (registration number {sequence}). "
            "Mark of the key: {mark}."
        ),
    }

    credential: str
    register_version: int
    sequence: int

    def words(self) -> dict[str, Any]:
        """Give what stands in the sentence."""
        return {"sequence": self.sequence, "mark": mark(self.credential)}

    @classmethod
    def make(
        cls,
        election: Election,
        *,
        credential: str,
        register_version: int,
        sequence: int = 1,
        lang: str = "fa",
    ) -> Self:
        """Write one whose sentence fits. Raises EncodingError."""
        members = {
            "credential": credential,
            "register_version": register_version,
            "sequence": sequence,
            "lang": lang,
        }
        return with_display(cls, election, members)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Registered:
    """A person's registration that stands. Shows nobody in its ``repr``."""

    person: str
    credential: str
    sequence: int
    statement: bytes
    time: int

    def __repr__(self) -> str:
        return f"Registered(number {self.sequence})"


@dataclass(slots=True, repr=False)
class Registrations:
    """What a log of registrations says, read line by line.

    standing  the last registration of each person
    owners    person by credential, replaced ones too
    versions  number of the line with which each version of the register came into force
    roll      SHA-256 of the frozen list; empty before
    removed   people who fell out at the freeze
    """

    standing: dict[str, Registered] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    versions: dict[int, str] = field(default_factory=dict)
    roll: str = ""
    removed: frozenset[str] = frozenset()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a log. Raises EncodingError, OSError."""
        found = cls()
        found.take(read_log(path))
        return found

    def take(self, lines: Iterable[Line]) -> None:
        """Read more lines. Raises EncodingError for one that says nothing."""
        for line in lines:
            self._apply(line)

    def roster(self) -> dict[str, str]:
        """Give the credential of each person whose registration stands and was not removed."""
        return {person: one.credential for person, one in self.standing.items() if person not in self.removed}

    def _apply(self, line: Line) -> None:
        try:
            match line.body["kind"]:
                case "register":
                    self.versions[line.body["version"]] = line.body["sha256"]
                case "registration":
                    self._register(line.body)
                case "freeze":
                    self.roll = line.body["roll"]
                    self.removed = frozenset(line.body["removed"])
                case _:
                    raise _broken(line.number)
        except (KeyError, TypeError) as error:
            raise _broken(line.number) from error

    def _register(self, body: Mapping[str, Any]) -> None:
        statement = RegistrationStatement.parse(body["statement"].encode())
        self.owners[statement.credential] = body["person"]
        self.standing[body["person"]] = Registered(
            person=body["person"],
            credential=statement.credential,
            sequence=statement.sequence,
            statement=statement.encode(),
            time=body["time"],
        )


def _broken(number: int) -> EncodingError:
    return EncodingError(f"registration {number}", offset=0, expected="a line of a kind", standard=STANDARD)
