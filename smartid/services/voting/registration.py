"""The desk: takes registrations until the list of credentials is frozen."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from smartid.errors import EncodingError, Refused
from smartid.files import write_whole
from smartid.services.reasons import Reason
from smartid.services.voting.election import Election
from smartid.services.voting.groups.named import named
from smartid.services.voting.log import ChainedLog
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.registrations import (
    LOG,
    REGISTER,
    Registered,
    Registrations,
    RegistrationStatement,
)
from smartid.services.voting.roll import make_roll
from smartid.services.voting.statement import read_statement
from smartid.services.voting.voter_signature import Voter, VoterSignatures
from smartid.trust.policy import Policy

__all__ = ["LOG", "REGISTER", "Registered", "RegistrationDesk", "RegistrationStatement"]


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

        Sorted, so that it does not tell in which order people came. Raises Refused (conflict) when the
        register is not the newest one, StoreUnavailable.
        """
        with self._turn() as log:
            if not self._known.roll:
                self._require_current()
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
        self._require_current()
        if statement.register_version != self._snapshot.version:
            raise Refused("Another version of the register is in force.", reason=Reason.INVALID_REQUEST)
        if statement.credential in self._known.owners:
            raise _conflict("The credential was registered before. Make a new one.")
        if statement.sequence != (known.sequence + 1 if known else 1):
            raise Refused("The number of the registration does not follow.", reason=Reason.OUT_OF_SEQUENCE)

    def _require_current(self) -> None:
        """Refuse to go by a register that another desk has replaced meanwhile."""
        if self._snapshot.version != max(self._known.versions, default=0):
            raise _conflict("Another desk put a newer register of voters into force. Open this desk again.")

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


def _frozen() -> Refused:
    return Refused("The list of credentials is frozen.", reason=Reason.LIST_FROZEN)


def _conflict(why: str) -> Refused:
    return Refused(why, reason=Reason.CONFLICT)
