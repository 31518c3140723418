"""An election with people, cards and logs, in a folder: what the tests of the card layer stand on."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.services.journal.keys import new_key, public_pem
from smartid.services.voting.acceptance import AcceptanceLog, admit
from smartid.services.voting.acceptance import open_key as open_acceptance_key
from smartid.services.voting.audit import AuditReport, audit
from smartid.services.voting.ballot import make_ballot
from smartid.services.voting.ballot_statement import BallotStatement
from smartid.services.voting.board.board import Board
from smartid.services.voting.box import Acceptances, BallotBox
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.groups.named import named
from smartid.services.voting.log import ChainedLog, read_log
from smartid.services.voting.receipts import BallotReceipt, ReceiptKeys
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.registration import RegistrationDesk, RegistrationStatement
from smartid.signing.form import SignatureForm
from smartid.signing.sign import sign
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy
from tests.unit.signing.people import crl, policy_of
from tests.unit.trust.country import HOLDER, Country, name

START = datetime(2027, 3, 1, 12, tzinfo=UTC)
UUID = "CardE1ectionTestUuid"
GROUP = named("Ed25519")
ANYBODY = ("0012345679", "0499370899", "0084575948", "0790419904", "0060495219")
"""Invented national numbers."""


def an_election(**changes: Any) -> Election:
    values = {
        "name": "شورای محله",
        "description": "یک انتخابات آزمایشی",
        "group": "Ed25519",
        "public_key": GROUP.encode(GROUP.exponentiate(424242)),
        "questions": (Question(text="کدام؟", answers=("الف", "ب"), minimum=0, maximum=1),),
        "uuid": UUID,
        **changes,
    }
    return Election.make(**values)


def signed(signer: SoftwareSigner, content: bytes, when: datetime = START, **changes: Any) -> bytes:
    """A detached CAdES signature as a card makes one."""
    values = {"form": SignatureForm.CADES_B, "detached": True, "signed_at": when, **changes}
    return sign(content, signer, **values).data


@dataclass
class Person:
    number: str
    signer: SoftwareSigner
    secret: CredentialSecret
    sequence: int = 0


@dataclass
class Vote:
    """What a voter sends."""

    ballot: bytes
    statement: bytes
    signature: bytes

    def as_tuple(self) -> tuple[bytes, bytes, bytes]:
        return self.ballot, self.statement, self.signature


@dataclass
class World:
    """DIR of an election, and the people around it."""

    folder: Path
    country: Country = field(default_factory=Country)
    people: dict[str, Person] = field(default_factory=dict)
    election: Election = field(default_factory=an_election)
    now: datetime = START

    def __post_init__(self) -> None:
        self.places = ElectionFolder(self.folder)
        self.places.make()
        self.registry = Ed25519PrivateKey.generate()
        self.collector = new_key(self.places.restricted / "collector.key")
        self.acceptance_key = open_acceptance_key(self.places.acceptance)
        self.policy = policy_of(self.country, *self.lists(), clock=lambda: self.now)
        for file, key in (
            ("registry", self.registry),
            ("collector", self.collector),
            ("acceptance", self.acceptance_key),
        ):
            (self.places.keys / f"{file}.pem").write_bytes(public_pem(key.public_key()))
        admit(self.places.acceptance, UUID, self.collector.public_key())
        for number in ANYBODY[:3]:
            self.meet(number)
        self.snapshot = self.register(1, ANYBODY[:3])

    def lists(self, *revoked: tuple[int, datetime]) -> tuple[bytes, bytes]:
        at = START - timedelta(minutes=5)
        return crl(self.country.root, at=at), crl(self.country.citizen_ca, *revoked, at=at)

    def meet(self, number: str, **changes: Any) -> Person:
        subject = name(**{**HOLDER, "SERIAL_NUMBER": f"PNOIR-{number}"})
        card = self.country.citizen("signature", subject=subject, **changes)
        person = Person(number, SoftwareSigner(card.key, card.der), CredentialSecret.new(GROUP))
        self.people.setdefault(number, person)
        return person

    def register(self, version: int, people: Sequence[str]) -> RegisterSnapshot:
        return RegisterSnapshot.make(
            people, version=version, as_of=START, constituency="تهران ۱", key=self.registry
        )

    def desk(self, policy: Policy | None = None) -> RegistrationDesk:
        return RegistrationDesk(
            self.places.restricted, policy or self.policy, self.snapshot, election=self.election
        )

    def registration(self, person: Person, **changes: Any) -> tuple[bytes, bytes]:
        values = {
            "credential": person.secret.public,
            "register_version": self.snapshot.version,
            "sequence": 1,
            **changes,
        }
        statement = RegistrationStatement.make(self.election, **values).encode()
        return statement, signed(person.signer, statement, self.now)

    def freeze(self, numbers: Sequence[str] = ANYBODY[:3]) -> None:
        """Register people, freeze the list and begin the board."""
        desk = self.desk()
        for number in numbers:
            desk.register(*self.registration(self.people[number]), self.now)
        roll = desk.freeze()
        desk.close()
        Board.create(
            self.places.archive_of(UUID),
            election=self.election.raw,
            trustees=b"[]",
            credentials=roll,
            timestamp=int(START.timestamp()),
        ).close()

    def acceptance(self) -> AcceptanceLog:
        return AcceptanceLog(self.places.acceptance, self.acceptance_key, clock=lambda: self.now)

    def box(self, acceptance: Acceptances | None = None, policy: Policy | None = None) -> BallotBox:
        return BallotBox(
            self.folder,
            policy or self.policy,
            election=self.election,
            snapshot=self.snapshot,
            acceptance=acceptance or self.acceptance(),
            key=self.collector,
        )

    def vote(self, person: Person, choices: Sequence[Sequence[int]] = ((1, 0),), **changes: Any) -> Vote:
        """A ballot and its statement; ``changes`` change the statement."""
        ballot = make_ballot(self.election, person.secret, choices).cast()
        person.sequence += 1
        values = {
            "credential": person.secret.public,
            "tracker": ballot.tracker,
            "sequence": person.sequence,
            "register_version": self.snapshot.version,
            **changes,
        }
        statement = BallotStatement.make(self.election, **values).encode()
        return Vote(ballot.raw, statement, signed(person.signer, statement, self.now))

    def cast(self, box: BallotBox, number: str, **changes: Any) -> BallotReceipt:
        return box.cast(*self.vote(self.people[number], **changes).as_tuple(), self.now)

    def audit(self, policy: Policy | None = None) -> AuditReport:
        return audit(self.folder, policy or self.policy)

    @property
    def keys(self) -> ReceiptKeys:
        return ReceiptKeys(collector=self.collector.public_key(), acceptance=self.acceptance_key.public_key())


def moved(world: World, folder: Path) -> World:
    """The same election in a copy of its folder."""
    shutil.copytree(world.folder, folder)
    found = copy.copy(world)
    found.folder, found.places = folder, ElectionFolder(folder)
    found.people = {number: replace(person) for number, person in world.people.items()}
    return found


def rewrite(path: Path, change: Callable[[list[Any]], Any]) -> None:
    """Forge a log: change the bodies of its lines, and chain them anew."""
    bodies = [dict(line.body) for line in read_log(path)]
    change(bodies)
    path.unlink()
    log = ChainedLog(path)
    for body in bodies:
        log.add(body)
    log.close()
