from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import ElectionInvalid, EncodingError, GatewayUnavailable, SignatureInvalid
from smartid.services.journal import base45
from smartid.services.voting.acceptance import (
    PREFIX,
    Acceptance,
    AcceptanceLink,
    AcceptanceLog,
    read_acceptances,
)
from smartid.services.voting.board.board import Board
from smartid.services.voting.receipts import QR_PREFIX, BallotReceipt, ReceiptKeys, verify_receipt
from smartid.services.voting.values import EventType
from tests.election_world import ANYBODY, START, UUID, World

ZAHRA, SARA, ALI, *_ = ANYBODY
TRACKER, OTHER = "A" * 43, "B" * 42 + "A"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
RECEIPT = BallotReceipt(
    uuid=UUID,
    tracker=TRACKER,
    height=7,
    event="ab" * 32,
    sequence=2,
    time=1_803_902_400,
    acceptance=Acceptance(
        election=UUID, number=9, previous="cd" * 32, time=1_803_902_401, tracker=TRACKER, signature=bytes(64)
    ),
).sign(KEY)


@pytest.fixture(scope="module")
def voted(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, list[BallotReceipt]]:
    world = World(tmp_path_factory.mktemp("election") / "e")
    world.freeze()
    box = world.box()
    receipts = [world.cast(box, number) for number in (ZAHRA, SARA, ZAHRA)]
    box.shut()
    return world, receipts


@pytest.mark.parametrize("form", [lambda one: one.qr, lambda one: one.qr.encode(), lambda one: one.to_json()])
def test_a_receipt_is_read_as_it_was_written(form: object) -> None:
    assert BallotReceipt.parse(form(RECEIPT)) == RECEIPT  # type: ignore[operator]


def test_the_code_fits_a_small_qr_code() -> None:
    """Version 12 at level M holds 419 letters of the alphanumeric mode (ISO/IEC 18004:2015, table 7)."""
    assert RECEIPT.qr.startswith(QR_PREFIX)
    assert set(RECEIPT.qr) <= set(base45.ALPHABET)
    assert len(RECEIPT.qr) <= 419


def test_the_layout_is_the_one_that_is_written_down() -> None:
    raw = base45.decode(RECEIPT.qr[len(QR_PREFIX) :].encode())
    n = raw[0]
    assert raw[1 : 1 + n].decode() == UUID
    assert raw[1 + n : 33 + n] == bytes(32)
    assert raw[33 + n : 65 + n].hex() == RECEIPT.event
    assert [int.from_bytes(raw[a + n : b + n], "big") for a, b in ((65, 69), (69, 73), (73, 78))] == [
        7,
        2,
        RECEIPT.time,
    ]
    assert int.from_bytes(raw[78 + n : 82 + n], "big") == 9
    assert raw[87 + n : 119 + n].hex() == RECEIPT.acceptance.previous
    KEY.public_key().verify(raw[183 + n :], b"smartid ballot receipt 1\n" + raw[: 183 + n])
    assert len(raw) == 247 + n


@given(st.integers(0, 400), st.text(base45.ALPHABET, max_size=3))
def test_another_text_is_another_receipt_or_none(place: int, noise: str) -> None:
    text = RECEIPT.qr[:place] + noise + RECEIPT.qr[place + len(noise) :]
    with contextlib.suppress(EncodingError):
        assert BallotReceipt.parse(text).qr == text


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_any_text_is_a_receipt_or_a_named_error(text: str | bytes) -> None:
    for found in (text, QR_PREFIX + text if isinstance(text, str) else QR_PREFIX.encode() + text):
        with contextlib.suppress(EncodingError):
            BallotReceipt.parse(found)


def test_a_file_says_what_its_code_says() -> None:
    members = json.loads(RECEIPT.to_json())
    for changed in ({"sequence": 3}, {"uuid": "x"}, {"extra": 1}, {"qr": "SVR1:00"}, {"qr": 1}):
        with pytest.raises(EncodingError):
            BallotReceipt.parse(json.dumps(members | changed))


def test_receipts_stand_on_any_later_copy(voted: tuple[World, list[BallotReceipt]], tmp_path: Path) -> None:
    world, receipts = voted
    copy = tmp_path / "later.bel"
    copy.write_bytes(world.places.archive.read_bytes())
    with Board.open(copy) as board:
        board.append(EventType.END_BALLOTS)
    found = [verify_receipt(one, copy, world.keys) for one in receipts]
    assert [(one.counted, one.superseded_by, one.board_height) for one in found] == [
        (False, 3, 4),
        (True, None, 4),
        (True, None, 4),
    ]


def test_a_board_without_the_ballot_is_told(voted: tuple[World, list[BallotReceipt]], tmp_path: Path) -> None:
    """The collector drops Sara's ballot, or puts two in another order, and chains the board anew."""
    world, receipts = voted
    with Board.open(world.places.archive) as board:
        first = board.entry(0)
        election, trustees = first.contents[0], first.contents[1]
        roll = board.record(first.members[2].digest.hex())
        ballots = [board.record(event.payload) for event, _ in list(board.events())[1:]]
    for number, kept in enumerate(([0, 2], [1, 0, 2], [0])):
        path = tmp_path / f"{number}.bel"
        with Board.create(
            path,
            election=election,
            trustees=trustees,
            credentials=roll,
            timestamp=int(START.timestamp()),
        ) as forged:
            for one in kept:
                forged.append(EventType.BALLOT, ballots[one])
        with pytest.raises(ElectionInvalid) as error:
            verify_receipt(receipts[1], path, world.keys)
        assert error.value.check == "receipt"


def test_who_signed_matters(voted: tuple[World, list[BallotReceipt]]) -> None:
    world, (receipt, *_) = voted
    board, keys = world.places.archive, world.keys
    stranger = Ed25519PrivateKey.generate()
    wrong = [
        (receipt.sign(stranger), keys),
        (replace(receipt, sequence=2), keys),
        (receipt, ReceiptKeys(collector=stranger.public_key(), acceptance=keys.acceptance)),
        (receipt, ReceiptKeys(collector=keys.collector, acceptance=stranger.public_key())),
        (replace(receipt, acceptance=replace(receipt.acceptance, number=5)).sign(world.collector), keys),
    ]
    for one, with_keys in wrong:
        with pytest.raises(SignatureInvalid):
            verify_receipt(one, board, with_keys)


@pytest.fixture
def log(tmp_path: Path) -> AcceptanceLog:
    return AcceptanceLog(tmp_path, KEY, clock=lambda: START)


def test_the_acceptance_log_takes_a_tracker_once(log: AcceptanceLog, tmp_path: Path) -> None:
    first, second = log.accept(UUID, TRACKER), log.accept(UUID, OTHER)
    assert (first.number, second.number) == (1, 2)
    assert log.accept(UUID, TRACKER) == first
    assert AcceptanceLog(tmp_path, KEY).accept(UUID, TRACKER) == first, "also after a restart"
    assert log.accept("Another" + UUID, TRACKER).number == 3
    first.require(KEY.public_key())
    KEY.public_key().verify(first.signature, first.message())
    assert first.message().startswith(PREFIX + b'{"election":')
    assert [one.tracker for one in read_acceptances(tmp_path / "acceptance.log")] == [TRACKER, OTHER, TRACKER]


@pytest.mark.parametrize(
    "message",
    [b"", b"{}", b"[]", b'{"election":"x","tracker":"y"}', b'{"election":1,"tracker":[]}', b"x" * 9000],
)
def test_what_is_no_question_gets_no_answer(log: AcceptanceLog, message: bytes) -> None:
    assert log.answer(message) is None
    assert log._log.path.read_bytes() == b""


@given(st.binary(max_size=200))
def test_any_message_is_answered_or_not(tmp_path_factory: pytest.TempPathFactory, message: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert AcceptanceLog(folder, KEY).answer(message) is None


class Liar:
    """The far end of a link that answers as it likes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def request(self, message: bytes, timeout: float) -> bytes:
        return self.answer

    def close(self) -> None:
        pass


def test_the_collector_believes_signatures_only(log: AcceptanceLog) -> None:
    good = log.accept(UUID, TRACKER).as_dict()
    link = AcceptanceLink(1, KEY.public_key())
    for answer in (
        good | {"tracker": OTHER},
        good | {"number": 2},
        log.accept(UUID, OTHER).as_dict(),
        good | {"signature": "00"},
        {},
    ):
        link._link = Liar(json.dumps(answer).encode())  # type: ignore[assignment]
        with pytest.raises(GatewayUnavailable):
            link.accept(UUID, TRACKER)
    link._link = Liar(json.dumps(good).encode())  # type: ignore[assignment]
    assert link.accept(UUID, TRACKER).as_dict() == good
