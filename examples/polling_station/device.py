"""The device on which somebody votes: it encrypts, shows a tracker, and then opens the ballot or casts it.

What leaves it is the encrypted ballot, the signed statement and the signature of the card, nothing else.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import smartid
from smartid import Refused
from smartid.services.voting.ballot import MadeBallot, make_ballot
from smartid.services.voting.ballot_statement import BallotStatement, HistoryRequest
from smartid.services.voting.box import CastBallot
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election
from smartid.services.voting.receipts import BallotReceipt

MAX_SEALED = 64
"""Ballots that wait for their voter's decision; the oldest is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """Somebody with a card in the reader and a credential on this device.

    insert    lends the card in the reader
    sequence  gives the number of their next ballot
    """

    label: str
    name: str
    secret: CredentialSecret
    insert: Callable[[], AbstractContextManager[smartid.Card]]
    sequence: Callable[[], int]


class Collector(Protocol):
    """Where ballots go: the ballot box of this program, or a line to another one."""

    election: Election
    register_version: int

    def open(self) -> bool:
        """Tell whether ballots are taken."""
        ...

    def cast(self, ballot: bytes, statement: bytes, signature: bytes) -> BallotReceipt:
        """Send a ballot. The same bytes again get the same receipt. Raises Refused, GatewayUnavailable."""
        ...

    def history(self, request: bytes, signature: bytes) -> Sequence[CastBallot]:
        """Ask for the ballots of whoever signed the request. Raises Refused, GatewayUnavailable."""
        ...


@dataclass(slots=True, repr=False)
class Sealed:
    """An encrypted ballot of which nobody has decided yet whether it is opened or cast."""

    voter: Voter
    made: MadeBallot
    choices: Sequence[Sequence[int]]
    statement: BallotStatement
    sentence: str


@dataclass(slots=True, repr=False)
class Device:
    """A voting device with one or more cards that may lie in its reader."""

    line: Collector
    voters: Mapping[str, Voter]
    _sealed: dict[str, Sealed] = field(default_factory=dict)
    _opened: dict[str, str] = field(default_factory=dict)

    def seal(self, label: str, choices: Sequence[Sequence[int]], lang: str) -> tuple[str, Sealed]:
        """Encrypt a ballot. Gives the name under which it waits. Raises Refused."""
        voter, election = self.voters[label], self.line.election
        made = make_ballot(election, voter.secret, choices)
        statement = BallotStatement.make(
            election,
            credential=voter.secret.public,
            tracker=made.tracker,
            sequence=voter.sequence(),
            register_version=self.line.register_version,
            lang=lang,
        )
        sealed = Sealed(voter, made, choices, statement, statement.sentence(election))
        return self._keep(sealed), sealed

    def waiting(self, nonce: str) -> Sealed:
        """Give a ballot that waits. Raises Refused (unknown_case)."""
        found = self._sealed.get(nonce)
        if found is None:
            raise Refused("This ballot was opened, cast or forgotten.", reason="unknown_case")
        return found

    def audit(self, nonce: str) -> Sealed:
        """Open a ballot: it can never be cast. Raises Refused."""
        sealed = self.waiting(nonce)
        self._sealed.pop(nonce, None)
        opened = sealed.made.audit()
        told = {"ballot": opened.raw.decode(), "opening": json.loads(opened.opening.to_json())}
        self._opened[nonce] = json.dumps(told)
        return sealed

    def opened(self, nonce: str) -> str | None:
        """The file of an opened ballot, for another device; None when there is none."""
        return self._opened.get(nonce)

    def cast(self, nonce: str, pin: smartid.PIN) -> BallotReceipt:
        """Let the card sign, and cast the ballot. A wrong PIN leaves it waiting. Raises SmartIDError.

        When it was opened while the card signed, it is refused: what decides is who takes it first.
        """
        sealed = self.waiting(nonce)
        statement = sealed.statement.encode()
        signature = self._sign(sealed.voter, statement, pin)
        self._sealed.pop(nonce, None)
        return self.line.cast(sealed.made.cast().raw, statement, signature)

    def history(self, label: str, pin: smartid.PIN, now: datetime, lang: str) -> Sequence[CastBallot]:
        """Ask which ballots were cast in the holder's name. Raises SmartIDError."""
        request = HistoryRequest.make(self.line.election, time=int(now.timestamp()), lang=lang).encode()
        return self.line.history(request, self._sign(self.voters[label], request, pin))

    def _sign(self, voter: Voter, statement: bytes, pin: smartid.PIN) -> bytes:
        with (
            voter.insert() as card,
            card.unlock(pin, purpose=smartid.Purpose.SIGNATURE) as unlocked,
        ):
            return smartid.sign(statement, unlocked.signer, detached=True).data

    def _keep(self, sealed: Sealed) -> str:
        nonce = secrets.token_urlsafe(16)
        self._sealed[nonce] = sealed
        for store in (self._sealed, self._opened):
            while len(store) > MAX_SEALED:
                del store[next(iter(store))]
        return nonce
