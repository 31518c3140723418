"""The audit of registrations: each credential on the frozen list is that of one person in the register."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.journal.keys import load_public_key
from smartid.services.voting.audit_signatures import require_about, require_signature
from smartid.services.voting.election import Election
from smartid.services.voting.evidence import signed_members
from smartid.services.voting.folder import ElectionFolder
from smartid.services.voting.log import STANDARD, Line, MerkleTree, read_log
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.registrations import LOG, REGISTER, RegistrationStatement
from smartid.services.voting.roll import make_roll
from smartid.services.voting.signed import MAX_FILE
from smartid.services.voting.verify.checks import Check
from smartid.services.voting.voter_signature import Voter, VoterSignatures

_MEMBERS = {"anchor", "certificate", "kind", "person", "signature", "statement", "throw_away", "time"}


@dataclass(slots=True, repr=False)
class Roster:
    """What a good log of registrations comes to.

    credentials       of each person on the frozen list
    people            in the register at the freeze
    roll              SHA-256 of the list, hexadecimal
    register_version  at the freeze
    head              hash of the last line
    """

    credentials: dict[str, str] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    roll: str = ""
    register_version: int = 0
    head: str = ""
    registrations: int = 0
    removed: int = 0
    throw_away: int = 0


def audit_registrations(
    places: ElectionFolder, election: Election, signatures: VoterSignatures, tree: MerkleTree
) -> Roster:
    """Judge every registration again, and make the list anew.

    Raises ElectionInvalid, EncodingError, OSError.
    """
    walk = _Registrations(election, signatures)
    for line in read_log(places.restricted / LOG, tree):
        walk.take(line)
    return walk.end(_register(places))


class _Registrations:
    def __init__(self, election: Election, signatures: VoterSignatures) -> None:
        self._election = election
        self._signatures = signatures
        self._standing: dict[str, RegistrationStatement] = {}
        self._owners: set[str] = set()
        self._versions: dict[int, tuple[object, object]] = {}
        self._freeze: Mapping[str, Any] | None = None
        self._roster = Roster()

    def take(self, line: Line) -> None:
        """Take one line of the log."""
        where = f"registration line {line.number}"
        if self._freeze is not None:
            _fail(Check.EVIDENCE_ROLL, "the log goes on after the list was frozen", where)
        self._roster.head = line.hash
        match line.body.get("kind"):
            case "register":
                self._version(line.body, where)
            case "registration":
                self._register(line.body, where)
            case "freeze":
                self._freeze = line.body
            case _:
                _fail(Check.EVIDENCE_ROLL, "a line says nothing that is known", where)

    def end(self, snapshot: RegisterSnapshot) -> Roster:
        """Compare the list with the register at the freeze."""
        frozen, found = self._freeze, self._roster
        if frozen is None:
            _fail(Check.EVIDENCE_ROLL, "the list was never frozen")
        newest = max(self._versions, default=0)
        said = (hashlib.sha256(snapshot.raw).hexdigest(), len(snapshot.people))
        if (frozen.get("register_version"), self._versions.get(newest)) != (newest, said):
            _fail(Check.EVIDENCE_REGISTER, "the register is not the one under which the list was frozen")
        gone = sorted(set(self._standing) - snapshot.people)
        if frozen.get("removed") != gone:
            _fail(Check.EVIDENCE_ROLL, "those who fell out of the list are not those who left the register")
        found.credentials = {
            person: one.credential for person, one in self._standing.items() if person in snapshot
        }
        found.roll = hashlib.sha256(make_roll(found.credentials.values())).hexdigest()
        if (frozen.get("roll"), frozen.get("count")) != (found.roll, len(found.credentials)):
            _fail(Check.EVIDENCE_ROLL, "the frozen list is not that of the registrations")
        found.people, found.register_version, found.removed = snapshot.people, newest, len(gone)
        return found

    def _version(self, body: Mapping[str, Any], where: str) -> None:
        version = body.get("version")
        if type(version) is not int or version <= max(self._versions, default=0):
            _fail(Check.EVIDENCE_REGISTER, "the versions of the register do not go up", where)
        self._versions[version] = (body.get("sha256"), body.get("people"))

    def _register(self, body: Mapping[str, Any], where: str) -> None:
        found = _evidence(body, where)
        statement, person = RegistrationStatement.parse(found.statement), found.voter.person
        require_about(statement, self._election, where)
        if statement.register_version != max(self._versions, default=0):
            _fail(Check.EVIDENCE_REGISTER, "it was made under another version of the register", where)
        if statement.credential in self._owners:
            _fail(Check.EVIDENCE_CREDENTIAL, "a credential was registered twice", where)
        before = self._standing.get(person)
        if statement.sequence != (before.sequence + 1 if before else 1):
            _fail(Check.EVIDENCE_SEQUENCE, "the registrations of a person are not in order", where)
        judged = require_signature(self._signatures, found.statement, found, where)
        self._owners.add(statement.credential)
        self._standing[person] = statement
        self._roster.registrations += 1
        self._roster.throw_away += judged.throw_away


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class _Signed:
    statement: bytes
    signature: bytes
    voter: Voter
    time: int


def _evidence(body: Mapping[str, Any], where: str) -> _Signed:
    """Read the body of a line. Raises EncodingError."""
    if body.keys() != _MEMBERS or not isinstance(body["statement"], str):
        raise EncodingError(where, offset=0, expected="the members of a registration", standard=STANDARD)
    signature, voter, time = signed_members(body)
    return _Signed(statement=body["statement"].encode(), signature=signature, voter=voter, time=time)


def _register(places: ElectionFolder) -> RegisterSnapshot:
    key = load_public_key(places.keys / "registry.pem")
    with (places.restricted / REGISTER).open("rb") as file:
        return RegisterSnapshot.parse(file.read(MAX_FILE + 1), key)


def _fail(check: Check, why: str, where: str = "") -> NoReturn:
    raise ElectionInvalid(check, why, where=where)
