"""Registration: a person's card says which credential is theirs, before the list of credentials is frozen.

Lines of ``registrations.log`` (see ``log``), by their member ``kind``:

register      a version of the register came into force: ``version``, ``sha256``, ``people`` (how many)
registration  a person registered a credential: who, statement, signature, time, and what was believed
freeze        the list is final: ``roll`` (SHA-256 of its bytes), ``count``, ``register_version``, and
              ``removed``, the people who registered and are not in the register any more
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

from smartid.errors import EncodingError, Refused
from smartid.files import write_whole
from smartid.services.reasons import Reason
from smartid.services.voting.election import Election
from smartid.services.voting.groups.named import named
from smartid.services.voting.log import STANDARD, ChainedLog, Line, read_log
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.roll import make_roll
from smartid.services.voting.statement import Statement, mark, read_statement, with_display
from smartid.services.voting.voter_signature import Voter, VoterSignatures
from smartid.trust.policy import Policy

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


class RegistrationDesk:
    """Takes registrations until the list is frozen.

    folder    restricted, mode 0700: the log and the register lie there
    policy    whom the operator believes, with revocation data
    snapshot  the register of voters in force; a later version replaces an earlier one, never the other way
    """

    def __init__(
        self, folder: Path, policy: Policy, snapshot: RegisterSnapshot, *, election: Election
    ) -> None:
        self._log = ChainedLog(folder / LOG)
        self._folder = folder
        self._election = election
        self._group = named(election.group)
        self._signatures = VoterSignatures(policy)
        self._known = Registrations()
        self._snapshot = snapshot
        self.update(snapshot)

    def __repr__(self) -> str:
        return f"RegistrationDesk({self._election.uuid})"

    @property
    def register_version(self) -> int:
        """Version of the register in force: what statements have to name."""
        return self._snapshot.version

    def update(self, snapshot: RegisterSnapshot) -> None:
        """Put a version of the register into force.

        Raises Refused: list_frozen; conflict for an older one, or another one of a version that is known.
        """
        digest = hashlib.sha256(snapshot.raw).hexdigest()
        with self._turn() as log:
            newest = max(self._known.versions, default=0)
            if snapshot.version != newest or self._known.versions[newest] != digest:
                if self._known.roll:
                    raise _frozen()
                if snapshot.version <= newest:
                    raise _conflict("The register in force is newer, or another one has this version.")
                log.add(
                    {
                        "kind": "register",
                        "people": len(snapshot.people),
                        "sha256": digest,
                        "version": snapshot.version,
                    }
                )
            write_whole(self._folder / REGISTER, snapshot.raw)
        self._snapshot = snapshot

    def register(self, statement: bytes, signature: bytes, now: datetime) -> Registered:
        """Register a credential; the same statement again gives the same answer.

        A second registration replaces the first, and both stay in the log.

        Raises Refused: invalid_request, bad_proof, card_expired, card_revoked, status_stale, not_eligible,
        list_frozen, conflict (the credential is somebody else's), out_of_sequence. Raises StoreUnavailable.
        """
        found = read_statement(RegistrationStatement, statement, self._election)
        self._require_element(found.credential)
        voter = self._signatures.judge(statement, signature, now)
        if voter.person not in self._snapshot:
            raise Refused("The person is not in the register of voters.", reason=Reason.NOT_ELIGIBLE)
        with self._turn() as log:
            known = self._known.standing.get(voter.person)
            if known is not None and known.statement == statement:
                return known
            self._require_new(found, known)
            body = _body(voter, statement, signature, now)
            log.add(body)
            return self._known.standing[voter.person]

    def freeze(self) -> bytes:
        """Make the list final and give it, as the board's Setup holds it; again gives the same.

        Sorted, so that it does not tell in which order people came. Raises StoreUnavailable.
        """
        with self._turn() as log:
            if not self._known.roll:
                removed = sorted(set(self._known.standing) - self._snapshot.people)
                kept = {person: one.credential for person, one in self._known.standing.items()}
                roll = make_roll(kept[person] for person in kept if person in self._snapshot)
                log.add(
                    {
                        "count": len(kept) - len(removed),
                        "kind": "freeze",
                        "register_version": self._snapshot.version,
                        "removed": removed,
                        "roll": hashlib.sha256(roll).hexdigest(),
                    }
                )
            return make_roll(self._known.roster().values())

    def next_sequence(self, person: str) -> int:
        """Give the sequence number of a person's next registration, for a desk that prepares statements."""
        with self._turn():
            known = self._known.standing.get(person)
        return known.sequence + 1 if known else 1

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def _require_element(self, credential: str) -> None:
        try:
            self._group.decode(credential, "credential")
        except EncodingError as error:
            raise Refused(error.message, reason=Reason.INVALID_REQUEST) from error

    def _require_new(self, statement: RegistrationStatement, known: Registered | None) -> None:
        if self._known.roll:
            raise _frozen()
        if statement.register_version != self._snapshot.version:
            raise Refused("Another version of the register is in force.", reason=Reason.INVALID_REQUEST)
        if statement.credential in self._known.owners:
            raise _conflict("The credential was registered before. Make a new one.")
        if statement.sequence != (known.sequence + 1 if known else 1):
            raise Refused("The number of the registration does not follow.", reason=Reason.OUT_OF_SEQUENCE)

    def _turn(self) -> _Turn:
        return _Turn(self._log, self._known)


class _Turn:
    """A turn at the log, with what is known kept up to date."""

    def __init__(self, log: ChainedLog, known: Registrations) -> None:
        self._log = log
        self._known = known
        self._held = log.turn()

    def __enter__(self) -> Self:
        self._known.take(self._held.__enter__())
        return self

    def __exit__(self, *error: Any) -> None:
        self._held.__exit__(*error)

    def add(self, body: Mapping[str, Any]) -> None:
        """Write a line and know it."""
        self._known.take([self._log.append(body)])


def _body(voter: Voter, statement: bytes, signature: bytes, now: datetime) -> dict[str, Any]:
    return {
        "anchor": voter.anchor,
        "certificate": voter.certificate,
        "kind": "registration",
        "person": voter.person,
        "signature": base64.b64encode(signature).decode(),
        "statement": statement.decode(),
        "throw_away": int(voter.throw_away),
        "time": int(now.astimezone(UTC).timestamp()),
    }


def registration_lines(path: Path) -> Iterator[Line]:
    """Read the lines of a log of registrations that register somebody. Raises EncodingError, OSError."""
    return (line for line in read_log(path) if line.body.get("kind") == "registration")


def _frozen() -> Refused:
    return Refused("The list of credentials is frozen.", reason=Reason.LIST_FROZEN)


def _conflict(why: str) -> Refused:
    return Refused(why, reason=Reason.CONFLICT)


def _broken(number: int) -> EncodingError:
    return EncodingError(f"registration {number}", offset=0, expected="a line of a kind", standard=STANDARD)
