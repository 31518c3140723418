"""Samples of elections: records, ballots, shares, whole archives."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.crypto import strict_json
from smartid.errors import ElectionInvalid, Refused, SignatureInvalid
from smartid.services.voting.acceptance import Acceptance
from smartid.services.voting.ballot import (
    Ballot,
    BallotContext,
    Maker,
    Opening,
    check_opening,
    make_ballot,
    verify_ballot,
)
from smartid.services.voting.ballot_statement import BallotStatement
from smartid.services.voting.board import records
from smartid.services.voting.board.board import Board
from smartid.services.voting.board.prefix import require_prefix
from smartid.services.voting.compact import compact
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.log import ChainedLog, read_log
from smartid.services.voting.receipts import BallotReceipt, ReceiptKeys, verify_signatures
from smartid.services.voting.register import RegisterSnapshot
from smartid.services.voting.registration import RegistrationStatement
from smartid.services.voting.revocations import Revocations
from smartid.services.voting.roll import Roll, make_roll
from smartid.services.voting.tally import compute_result
from smartid.services.voting.trustees.partial import Share, check_share
from smartid.services.voting.trustees.pedersen import Seat
from smartid.services.voting.trustees.process import answer
from smartid.services.voting.trustees.published import Context
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.trustees.shares import decrypt_share
from smartid.services.voting.values import Event, EventType
from smartid.services.voting.verify.tally_of import encrypted_tally
from smartid.services.voting.verify.verify import verify_archive
from tests.fuzz import mutators
from tests.fuzz.mutators import Mutator
from tests.fuzz.target import Target
from tests.fuzz.world import World
from tests.peers.voting.boards import Board as Parts
from tests.unit.trust.country import NOW

BITS = (mutators.raw,)
JSON = (mutators.raw, mutators.jose, mutators.tokens)
_SHARE = 150
_FEW = 40
"""For what reads whole archives, or writes a folder first."""
_HASH = "5e" * 32


class Sample:
    """A small election on Ed25519: two voters of three have voted, one of them twice. It has a result."""

    def __init__(self, folder: Path) -> None:
        self.group: Group = named("Ed25519")
        trustee = TrusteeFolder.create(folder / "trustee", minimum=0)
        self.trustees = compact([["Single", trustee.make_key(self.group)]])
        self.election = Election.make(
            name="انتخابات",
            description="",
            group=self.group.name,
            public_key=self.group.encode(Trustees.parse(self.trustees, self.group).public_key),
            questions=(
                Question(text="?", answers=("a", "b"), minimum=0, maximum=1),
                Question(text="!", answers=("a", "b"), minimum=1, maximum=1, blank=True),
            ),
            uuid="FuzzFuzzFuzzFuzz",
            administrator="مدیر",
        )
        voters = [CredentialSecret.new(self.group) for _ in range(3)]
        self.roll = make_roll(voter.public for voter in voters)
        choices = [[1, 0], [0, 1, 0]]
        maker = Maker(self.election)
        self.ballots = [maker.make(voters[n], choices).cast() for n in (0, 1, 0)]
        self.opened = make_ballot(self.election, voters[2], choices).audit()
        self._hold(folder / f"{self.election.uuid}.bel", trustee)

    def _hold(self, path: Path, trustee: TrusteeFolder) -> None:
        setup = {"election": self.election.raw, "trustees": self.trustees, "credentials": self.roll}
        with Board.create(path, **setup, timestamp=1_800_000_000) as board:
            for ballot in self.ballots:
                board.append(EventType.BALLOT, ballot.raw)
            board.append(EventType.END_BALLOTS)
            self.tally = encrypted_tally(path)
            board.append_tally(self.tally.raw, num_tallied=2, total_weight=2)
            self.share = decrypt_share(trustee, path)
            board.append_share(self.share.owner, self.share.raw)
            board.append(EventType.RESULT, compute_result(path))
        self.archive = path.read_bytes()


def voting(_: World) -> tuple[Target, ...]:
    """All of them."""
    with tempfile.TemporaryDirectory(prefix="smartid-fuzz-") as folder:
        sample = Sample(Path(folder))
    return (
        *_records(),
        *_setup(sample),
        *_ballots(sample),
        *_archives(sample),
        *_trustees(sample),
        *_cards(sample),
    )


def _quiet(name: str, sample: bytes, read: Callable[[bytes], object], mutate: tuple[Mutator, ...]) -> Target:
    """What is only read convinces nobody."""

    def ask(data: bytes) -> bool:
        read(data)
        return False

    return Target(name=name, sample=sample, ask=ask, mutate=mutate, believed=False, signed=None, share=_SHARE)


def _certain(
    name: str, sample: bytes, check: Callable[[bytes], object], mutate: tuple[Mutator, ...]
) -> Target:
    """Every byte counts."""

    def ask(data: bytes) -> bool:
        try:
            check(data)
        except (ElectionInvalid, SignatureInvalid):
            return False
        return True

    return Target(name=name, sample=sample, ask=ask, mutate=mutate, signed=None, share=_SHARE)


def _canonical(read: Callable[[bytes], Any], write: Callable[[Any], bytes]) -> Callable[[bytes], None]:
    """What is read is written back byte for byte: two spellings would be two records of one event."""

    def check(data: bytes) -> None:
        if write(read(data)) != data:
            raise AssertionError("another spelling was read")

    return check


def _records() -> tuple[Target, ...]:
    event = Event(parent=_HASH, height=7, type=EventType.BALLOT, payload=_HASH)
    setup = records.Setup(election=_HASH, trustees=_HASH, credentials=_HASH)
    sized = records.SizedTally(num_tallied=2, total_weight=2, encrypted_tally=_HASH)
    owned = records.OwnedShare(owner=1, payload=_HASH)
    kinds: dict[str, tuple[bytes, Callable[[bytes], Any], Callable[[Any], bytes]]] = {
        "event": (records.encode_event(event), records.parse_event, records.encode_event),
        "setup": (setup.encode(), records.Setup.parse, records.Setup.encode),
        "size of a tally": (sized.encode(), records.SizedTally.parse, records.SizedTally.encode),
        "owner of a share": (owned.encode(), records.OwnedShare.parse, records.OwnedShare.encode),
    }
    return tuple(
        _quiet(f"election, {name}", data, _canonical(read, write), JSON)
        for name, (data, read, write) in kinds.items()
    )


def _setup(sample: Sample) -> tuple[Target, ...]:
    group = sample.group
    return (
        _quiet("election record", sample.election.raw, Election.parse, JSON),
        _quiet(
            "election roll",
            sample.roll,
            lambda data: Roll(data).check(group),
            (mutators.raw, mutators.tokens),
        ),
        _certain(
            "election trustees",
            sample.trustees,
            lambda data: Trustees.parse(data, group),
            (mutators.raw, lists, mutators.tokens),
        ),
    )


def _ballots(sample: Sample) -> tuple[Target, ...]:
    election, group, context = sample.election, sample.group, BallotContext(sample.election)
    opened = Ballot.parse(sample.opened.raw, election, group)

    def opening(data: bytes) -> object:
        return check_opening(opened, Opening.parse(data, group), election)

    return (
        _certain(
            "ballot",
            sample.ballots[0].raw,
            lambda data: verify_ballot(Ballot.parse(data, election, group), context),
            JSON,
        ),
        _certain("ballot opening", sample.opened.opening.to_json(), opening, JSON),
    )


def _archives(sample: Sample) -> tuple[Target, ...]:
    def check(data: bytes) -> None:
        """An archive that was cut between two events is an earlier copy: it is right, and not the same."""
        with _file(data) as path:
            verify_archive(path)
        if data != sample.archive and sample.archive.startswith(data):
            raise ElectionInvalid("prefix", "it is an earlier copy")

    def compare(data: bytes) -> None:
        """Ballots in another order are another election, which only a copy that was kept can tell."""
        with _file(data) as path, _file(sample.archive) as kept:
            verify_archive(path)
            require_prefix(kept, path)

    def read(data: bytes) -> None:
        with _file(data) as path, suppress(ElectionInvalid), Board.open(path) as board:
            list(board.events())

    targets = (
        _certain("election archive", sample.archive, check, (mutators.raw, record, record)),
        _certain("election archive, order", sample.archive, compare, (order,)),
        _quiet("election board", sample.archive, read, (mutators.raw, mutators.truncate)),
    )
    return tuple(replace(target, share=_FEW) for target in targets)


def _trustees(sample: Sample) -> tuple[Target, ...]:
    """A share, and what members of a group send each other while they make their keys."""
    group = sample.group
    trustees = Trustees.parse(sample.trustees, group)

    def share(data: bytes) -> None:
        found = Share.parse(data, group)
        check_share(
            found,
            1,
            trustees=trustees,
            tally=sample.tally.ciphertexts,
            fingerprint=sample.election.fingerprint,
            group=group,
        )

    places = [Context(group=group.name, size=2, threshold=2, index=index) for index in (1, 2)]
    seats = [Seat.take(group, place) for place in places]
    certificates = [seat.certificate for seat in seats]
    drawn = [seat.draw(certificates) for seat in seats]
    polynomials = [one.published for one in drawn]
    questions: dict[str, dict[str, Any]] = {
        "certificate": {"group": group.name, "size": 2, "threshold": 2, "index": 1},
        "polynomial": {"certificates": certificates},
        "receive": {"certificates": certificates, "polynomials": polynomials},
        "check": {"trustees": sample.trustees.decode()},
        "decrypt": {"board": "/nowhere/board.bel", "workers": 1},
    }

    def receive(data: bytes) -> None:
        found = strict_json.parse_object(data, "question")
        with suppress(Refused, ElectionInvalid):
            drawn[0].receive(found.get("certificates"), found.get("polynomials"))

    return (
        _certain("trustee's share", sample.share.raw, share, JSON),
        _quiet("trustee's ceremony", compact(questions["receive"]), receive, JSON),
        *(
            replace(_quiet(f"trustee, {do}", compact({"do": do, **rest}), _asked, JSON), share=_FEW)
            for do, rest in questions.items()
        ),
    )


def _asked(data: bytes) -> None:
    """A trustee answers whatever it is asked, and goes on."""
    with tempfile.TemporaryDirectory(prefix="smartid-fuzz-") as folder:
        trustee = TrusteeFolder.create(Path(folder, "trustee"))
        if not {"done", "failed"} & set(answer(trustee, data.replace(b"\n", b" ") + b"\n")):
            raise AssertionError("no answer")


def _cards(sample: Sample) -> tuple[Target, ...]:
    """What the card's side signs: statements, receipts, registers, revocations, logs."""
    election, tracker = sample.election, sample.ballots[0].tracker
    credential = sample.ballots[0].credential
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    public = ReceiptKeys(collector=keys[0].public_key(), acceptance=keys[1].public_key())
    accepted = Acceptance(
        election=election.uuid, number=1, previous=_HASH, time=1_800_000_000, tracker=tracker
    )
    accepted = replace(accepted, signature=keys[1].sign(accepted.message()))
    receipt = BallotReceipt(
        uuid=election.uuid,
        tracker=tracker,
        height=1,
        event=_HASH,
        sequence=1,
        time=1_800_000_000,
        acceptance=accepted,
    ).sign(keys[0])
    registration = RegistrationStatement.make(election, credential=credential, register_version=1)
    statement = BallotStatement.make(
        election, credential=credential, tracker=tracker, sequence=1, register_version=1
    )
    register = RegisterSnapshot.make(
        ["0012345679", "0499370899"], version=1, as_of=NOW, constituency="تهران", key=keys[0]
    )
    revoked = Revocations.make(election.uuid, _HASH, [credential])

    def of_receipt(data: bytes) -> None:
        verify_signatures(BallotReceipt.parse(data), public)
        if data.strip(b"\r\n") == receipt.qr.encode() != data:
            raise ElectionInvalid("receipt", "it is the same one, with line feeds around")

    def read_receipt(data: bytes) -> None:
        with suppress(SignatureInvalid):
            verify_signatures(BallotReceipt.parse(data), public)

    def read_lines(data: bytes) -> None:
        with _file(data) as path:
            list(read_log(path))

    return (
        _quiet("election log", _log(), read_lines, (mutators.raw, mutators.tokens)),
        _quiet("election registration", registration.encode(), RegistrationStatement.parse, JSON),
        _quiet("election statement", statement.encode(), BallotStatement.parse, JSON),
        _certain("election receipt", receipt.qr.encode(), of_receipt, (*BITS, mutators.tokens)),
        _quiet("election receipt, file", receipt.to_json().encode(), read_receipt, JSON),
        _certain(
            "election register",
            register.raw,
            lambda data: RegisterSnapshot.parse(data, public.collector),
            JSON,
        ),
        _certain(
            "election revocations",
            revoked.sign(keys[0]),
            lambda data: Revocations.parse(data, public.collector),
            JSON,
        ),
    )


def _log() -> bytes:
    with tempfile.TemporaryDirectory(prefix="smartid-fuzz-") as folder:
        log = ChainedLog(Path(folder, "log"))
        for number in range(3):
            log.add({"kind": "paper", "number": number})
        log.close()
        return log.path.read_bytes()


@contextmanager
def _file(data: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(suffix=".bel") as file:
        path = Path(file.name)
        path.write_bytes(data)
        yield path


def lists(data: bytes, chance: Random) -> bytes:
    """Break a list of JSON: what ``jose`` does to the members of an object."""
    inside = mutators.jose(b'{"list":' + data + b"}", chance)
    return inside.removeprefix(b'{"list":').removesuffix(b"}")


def record(data: bytes, chance: Random) -> bytes:
    """Break one record, and put the archive together again with hashes that are right."""
    board = Parts.parse(data)
    place = chance.choice([place for place, step in enumerate(board.steps) if step.records])
    found = list(board.steps[place].records)
    which = chance.randrange(len(found))
    found[which] = chance.choice(JSON)(found[which], chance)
    return board.with_step(place, records=tuple(found)).encode()


def order(data: bytes, chance: Random) -> bytes:
    """Drop, repeat or exchange events; hashes and heights are right."""
    board = Parts.parse(data)
    one, other = (chance.randrange(len(board.steps)) for _ in range(2))
    match chance.randrange(3):
        case 0:
            return board.without(one).encode()
        case 1:
            return board.insert(other, board.steps[one]).encode()
    first, second = board.steps[one], board.steps[other]
    steps = list(board.steps)
    steps[one], steps[other] = second, first
    return type(board)(time=board.time, steps=tuple(steps)).encode()
