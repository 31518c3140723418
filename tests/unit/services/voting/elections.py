"""Small elections on Ed25519, held from the public parts alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from smartid.services.voting import proofs
from smartid.services.voting.ballot import Maker
from smartid.services.voting.compact import compact
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.roll import make_roll
from smartid.services.voting.trustees.partial import Share
from smartid.services.voting.values import Ciphertext
from tests.unit.services.voting.forge import Step, written

UUID = "smartidTestE1ect"
QUESTIONS = (
    Question(text="Which fruit?", answers=("apple", "پسته", "quince"), minimum=0, maximum=2),
    Question(text="آری یا نه؟", answers=("آری", "نه"), minimum=1, maximum=1, blank=True),
)
YES, NO, BLANK = [0, 1, 0], [0, 0, 1], [1, 0, 0]


@dataclass(frozen=True)
class World:
    """An election before anybody votes: two mandatory trustees, and some voters, whose secrets we hold."""

    group_name: str = "Ed25519"
    voters: int = 3
    uuid: str = UUID
    seed: str = "seed"

    @cached_property
    def group(self) -> Group:
        return named(self.group_name)

    def exponent(self, label: str) -> int:
        digest = hashlib.sha512(f"{self.seed} {self.uuid} {label}".encode()).digest()
        return int.from_bytes(digest, "big") % (self.group.order - 1) + 1

    @cached_property
    def trustee_secrets(self) -> tuple[int, int]:
        return self.exponent("trustee 1"), self.exponent("trustee 2")

    @cached_property
    def trustees(self) -> bytes:
        group, items = self.group, []
        for secret in self.trustee_secrets:
            public = group.exponentiate(secret)
            pok = proofs.prove_key(group, secret, proofs.pok_prefix(group, public))
            items.append(["Single", {"pok": proofs.proof_dict(pok), "public_key": group.encode(public)}])
        return compact(items)

    @cached_property
    def election(self) -> Election:
        key = self.group.exponentiate(sum(self.trustee_secrets) % self.group.order)
        return Election.make(
            name="Fruit",
            description="A test",
            group=self.group_name,
            public_key=self.group.encode(key),
            questions=QUESTIONS,
            uuid=self.uuid,
        )

    @cached_property
    def secrets(self) -> tuple[CredentialSecret, ...]:
        return tuple(CredentialSecret(self.group, self.exponent(f"voter {n}")) for n in range(self.voters))

    @cached_property
    def roll(self) -> bytes:
        return make_roll(secret.public for secret in self.secrets)

    @cached_property
    def maker(self) -> Maker:
        return Maker(self.election)

    @property
    def setup(self) -> Step:
        return Step(type="Setup", records=(self.election.raw, self.trustees, self.roll))

    def ballot(self, voter: int, *choices: Sequence[int]) -> Step:
        made = self.maker.make(self.secrets[voter], choices)
        return Step(type="Ballot", records=(made.cast().raw,))

    def tally(self, *ballots: Step) -> Step:
        """Add up ballots, each of which counts."""
        group = self.group
        found = [[(group.identity, group.identity)] * question.slots for question in QUESTIONS]
        for step in ballots:
            for row, answer in zip(found, json.loads(step.records[0])["answers"], strict=True):
                for slot, choice in enumerate(answer["choices"]):
                    alpha, beta = (group.decode(choice[name], name) for name in ("alpha", "beta"))
                    row[slot] = group.multiply(row[slot][0], alpha), group.multiply(row[slot][1], beta)
        texts = [[{"alpha": group.encode(a), "beta": group.encode(b)} for a, b in row] for row in found]
        return Step(type="EncryptedTally", records=(compact(texts),), numbers=(len(ballots),) * 2)

    def share(self, owner: int, tally: Step, *, secret: int | None = None) -> Step:
        group = self.group
        secret = self.trustee_secrets[owner - 1] if secret is None else secret
        rows = [
            [Ciphertext(*(group.decode_any(one[name], name) for name in ("alpha", "beta"))) for one in row]
            for row in json.loads(tally.records[0])
        ]
        made = [
            [proofs.prove_decryption(group, secret, one.alpha, self.election.fingerprint) for one in row]
            for row in rows
        ]
        share = Share(
            factors=tuple(tuple(factor for factor, _ in row) for row in made),
            proofs=tuple(tuple(proof for _, proof in row) for row in made),
        )
        return Step(type="PartialDecryption", records=(share.encode(group),), numbers=(owner,))

    def counted(self, ballots: Sequence[Step], result: Sequence[Sequence[int]]) -> tuple[Step, ...]:
        """What comes after the ballots, of which each counts."""
        tally = self.tally(*ballots)
        shares = (self.share(1, tally), self.share(2, tally))
        return (END, tally, *shares, Step(type="Result", records=(compact({"result": result}),)))


END = Step(type="EndBallots")
RESULT = [[1, 1, 1], [1, 1, 1]]


def small(world: World) -> tuple[Step, ...]:
    """Four ballots of three voters, the first of whom votes twice, and the result."""
    ballots = (
        world.ballot(0, [1, 1, 0], BLANK),
        world.ballot(1, [0, 1, 1], YES),
        world.ballot(0, [1, 0, 0], NO),
        world.ballot(2, [0, 0, 0], BLANK),
    )
    return (world.setup, *ballots, *world.counted(ballots[1:], RESULT))


def save(folder: Path, steps: Sequence[Step], name: str = "board.bel") -> Path:
    path = folder / name
    path.write_bytes(written(steps))
    return path
