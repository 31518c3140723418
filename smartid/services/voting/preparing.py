"""From questions and trustees' keys to an election that people can register for, and then to its board."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.errors import Refused
from smartid.files import write_whole
from smartid.services.journal.keys import load_key, load_public_key, new_key, public_pem
from smartid.services.reasons import Reason
from smartid.services.voting.acceptance import admit
from smartid.services.voting.board.board import Board
from smartid.services.voting.election import Election
from smartid.services.voting.folder import ElectionFolder, Phase, read_record
from smartid.services.voting.groups.named import named
from smartid.services.voting.questions import Questionnaire
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.registration import REGISTER, RegistrationDesk
from smartid.services.voting.trustees.record import Trustees
from smartid.trust.policy import Policy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
UUID_LENGTH = 14
COLLECTOR, REGISTER_KEEPER, ACCEPTANCE = "collector", "registry", "acceptance"
"""Who signs: receipts; the register of voters; trackers. Names of files in ``keys``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What organisers decide before anything is signed.

    people        national numbers of those who may vote
    constituency  whose voters these are, for people
    """

    questionnaire: Questionnaire
    group: str
    people: Collection[str]
    constituency: str


def found_election(folder: ElectionFolder, plan: Plan, trustees: bytes, now: datetime) -> Election:
    """Write the election record under the trustees' key, and sign the register of voters.

    trustees  their public record, which is checked
    Raises Refused (wrong_state) for a folder that has an election, ElectionInvalid for a record of trustees
    that does not hold, EncodingError, OSError.
    """
    require_nothing(folder)
    folder.make()
    group = named(plan.group)
    asked = plan.questionnaire
    election = Election.make(
        name=asked.name,
        description=asked.description,
        group=plan.group,
        public_key=group.encode(Trustees.parse(trustees, group).public_key),
        questions=asked.questions,
        uuid=new_uuid(),
    )
    admit(folder.acceptance, election.uuid, new_party(folder, COLLECTOR).public_key())
    keeper = new_party(folder, REGISTER_KEEPER)
    snapshot = RegisterSnapshot.make(
        plan.people, version=1, as_of=now, constituency=plan.constituency, key=keeper
    )
    write_whole(folder.restricted / REGISTER, snapshot.raw)
    write_whole(folder.trustees_file, trustees, mode=0o644)
    write_whole(folder.election_file, election.raw, mode=0o644)
    return election


def require_nothing(folder: ElectionFolder) -> None:
    """Refuse a folder that holds an election already. Raises Refused (wrong_state)."""
    if folder.phase is not Phase.NOTHING:
        raise Refused(
            f"{folder.path} holds an election already.",
            reason=Reason.WRONG_STATE,
            remedy="Name a new folder.",
        )


def new_party(folder: ElectionFolder, name: str) -> Ed25519PrivateKey:
    """Make a signing key: the secret half for its owner, the public one for everybody. Raises OSError."""
    key = new_key(folder.restricted / f"{name}.key")
    write_whole(folder.keys / f"{name}.pem", public_pem(key.public_key()), mode=0o644)
    return key


def collector_key(folder: ElectionFolder) -> Ed25519PrivateKey:
    """Read the key that signs receipts. Raises EncodingError, OSError."""
    return load_key(folder.restricted / f"{COLLECTOR}.key")


def new_uuid() -> str:
    """Draw a name for an election: 14 characters of Base58."""
    return "".join(secrets.choice(BASE58) for _ in range(UUID_LENGTH))


def register_of(folder: ElectionFolder) -> RegisterSnapshot:
    """Read the register of voters in force. Raises EncodingError, SignatureInvalid, OSError."""
    return RegisterSnapshot.parse(
        (folder.restricted / REGISTER).read_bytes(), load_public_key(folder.keys / f"{REGISTER_KEEPER}.pem")
    )


def open_desk(folder: ElectionFolder, policy: Policy) -> RegistrationDesk:
    """Open the desk where people register. Raises Refused (not_open, list_frozen), EncodingError, OSError."""
    folder.require(Phase.REGISTERING)
    return RegistrationDesk(folder.restricted, policy, register_of(folder), election=folder.election())


def freeze(folder: ElectionFolder, policy: Policy, now: datetime) -> Path:
    """End registration: the list becomes final and the board begins with it. Gives the archive.

    It may be interrupted and done again. Raises Refused (not_open, list_frozen), EncodingError, OSError.
    """
    desk = open_desk(folder, policy)
    try:
        roll = desk.freeze()
    finally:
        desk.close()
    path = folder.archive_of(folder.election().uuid)
    with Board.create(
        path,
        election=read_record(folder.election_file),
        trustees=read_record(folder.trustees_file),
        credentials=roll,
        timestamp=int(now.timestamp()),
    ):
        pass
    folder.election_file.unlink()
    folder.trustees_file.unlink()
    return path
