"""Trustees and closed boards for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartid.services.voting.ballot import Maker
from smartid.services.voting.board.board import Board
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.roll import make_roll
from smartid.services.voting.trustees.pedersen import assemble
from smartid.services.voting.trustees.published import Context, PublicKey
from smartid.services.voting.trustees.record import Item, Single, Trustees
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.tally_of import encrypted_tally

TIME = 1795364068
UUID = "ha7aMkbgz4Tvo2x"
QUESTIONS = (
    Question(text="کدام؟", answers=("الف", "ب"), minimum=0, maximum=1),
    Question(text="کدام‌ها؟", answers=("الف", "ب", "پ"), minimum=1, maximum=2, blank=True),
)
VOTES = ([[1, 0], [0, 1, 1, 0]], [[0, 1], [0, 0, 1, 0]], [[0, 0], [1, 0, 0, 0]])
"""Taken in turn."""


@dataclass(frozen=True)
class Rounds:
    """What a group of trustees sent around."""

    members: list[TrusteeFolder]
    certificates: list[dict[str, Any]]
    polynomials: list[dict[str, Any]]


def first_rounds(folder: Path, size: int, threshold: int, group: Group, *, minimum: int = 0) -> Rounds:
    """Members who have drawn their polynomials."""
    members = [TrusteeFolder.create(folder / f"member{at}", minimum=minimum) for at in range(1, size + 1)]
    certificates = [
        one.certificate(group, Context(group=group.name, size=size, threshold=threshold, index=at))
        for at, one in enumerate(members, 1)
    ]
    return Rounds(members, certificates, [one.polynomial(certificates) for one in members])


@dataclass(frozen=True)
class Trusted:
    """Trustees in the order of their record."""

    group: Group
    folders: list[TrusteeFolder]
    record: Trustees


def trusted(
    folder: Path,
    *,
    mandatory: int = 0,
    size: int = 0,
    threshold: int = 0,
    name: str = "Ed25519",
    minimum: int = 0,
) -> Trusted:
    """Trustees after their ceremony."""
    group = named(name)
    single = [TrusteeFolder.create(folder / f"mandatory{at}", minimum=minimum) for at in range(mandatory)]
    items: list[Item] = [Single(PublicKey.from_dict(one.make_key(group), group)) for one in single]
    rounds = first_rounds(folder, size, threshold, group, minimum=minimum)
    if size:
        keys = [one.receive(rounds.certificates, rounds.polynomials) for one in rounds.members]
        items.append(assemble(group, threshold, rounds.certificates, rounds.polynomials, keys))
    return Trusted(group, [*single, *rounds.members], Trustees.make(items, group))


def closed_board(
    path: Path,
    trustees: Trusted,
    voters: int,
    *,
    secrets: Sequence[CredentialSecret] = (),
    weights: Sequence[str] = (),
    tally: bool = True,
) -> Board:
    """A board with one ballot of each voter, closed, with its encrypted tally."""
    election = Election.make(
        name="شورا",
        description="آزمایش",
        group=trustees.group.name,
        public_key=trustees.group.encode(trustees.record.public_key),
        questions=QUESTIONS,
        uuid=UUID,
    )
    secrets = secrets or [CredentialSecret.new(trustees.group) for _ in range(voters)]
    publics = [
        one.public + weight for one, weight in zip(secrets, weights or [""] * len(secrets), strict=True)
    ]
    board = Board.create(
        path,
        election=election.raw,
        trustees=trustees.record.raw,
        credentials=make_roll(publics),
        timestamp=TIME,
    )
    maker = Maker(election)
    for at in range(voters):
        board.append(EventType.BALLOT, maker.make(secrets[at], VOTES[at % len(VOTES)]).cast().raw)
    board.append(EventType.END_BALLOTS)
    if tally:
        found = encrypted_tally(path)
        board.append_tally(found.raw, num_tallied=found.num_tallied, total_weight=found.total_weight)
    return board


def expected(voters: int) -> list[list[int]]:
    """The result of ``closed_board``."""
    if not voters:
        return [[0] * question.slots for question in QUESTIONS]
    cast = [VOTES[at % len(VOTES)] for at in range(voters)]
    return [[sum(column) for column in zip(*rows, strict=True)] for rows in zip(*cast, strict=True)]
