"""The card in the hand: inserted, torn, pulled out, kept in a file."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from pathlib import Path

import pytest

from smartid.errors import CardRemoved, EncodingError, NoCard, ReaderBusy
from smartid.mockcard.card import InsertedCard, MockCard
from smartid.mockcard.faults import Delay, FlippedBit, Mishaps, Moment, Removal, SlowReader, Tear, WrongStatus
from smartid.mockcard.image import CardImage

CHALLENGE = bytes.fromhex("0084000008")
STATUS = bytes.fromhex("00200001")
RIGHT = bytes.fromhex("002000010831323334FFFFFFFF")
WRONG = bytes.fromhex("002000010831323335FFFFFFFF")


def tries(card: InsertedCard | MockCard) -> int:
    return card.transmit(STATUS)[1] & 0x0F


def test_an_insertion_ends(image: CardImage) -> None:
    mock = MockCard(image)
    first = mock.insert()
    assert first.transmit(RIGHT) == b"\x90\x00"
    assert first.transmit(STATUS) == b"\x90\x00"
    second = mock.insert()
    assert second.transmit(STATUS) == b"\x63\xc3"  # power was off in between
    with pytest.raises(CardRemoved):
        first.transmit(STATUS)
    second.close()
    second.close()
    with pytest.raises(CardRemoved):
        second.transmit(STATUS)
    with pytest.raises(NoCard):
        second.reset()


def test_power_comes_with_the_reader_and_goes_with_it(image: CardImage) -> None:
    mock = MockCard(image)
    mock.transmit(RIGHT)
    inserted = mock.insert()
    assert inserted.transmit(STATUS) == b"\x63\xc3"
    inserted.transmit(RIGHT)
    inserted.close()
    assert mock.transmit(STATUS) == b"\x63\xc3"


def test_transactions_nest(image: CardImage) -> None:
    inserted = MockCard(image).insert()
    with inserted.transaction(), inserted.transaction():
        assert inserted.transmit(CHALLENGE).endswith(b"\x90\x00")


def test_the_log_hides_pins(image: CardImage) -> None:
    mock = MockCard(image)
    inserted = mock.insert()
    for command in (RIGHT, STATUS, CHALLENGE, b"\x00", bytes.fromhex("102400013132")):
        inserted.transmit(command)
    log = mock.log
    assert [turn.command for turn in log] == ["00200001•••", "00200001", "0084000008", "00", "10240001•••"]
    assert log[0].name == "VERIFY 00 20 00 01"
    assert str(log[1]) == "VERIFY 00 20 00 01: 9000 (done)"
    assert len(log[2].data) == 16
    assert log[3].name == "broken command"
    assert not any("3132" in repr(turn) for turn in log)


def test_the_log_is_bounded(image: CardImage) -> None:
    mock = MockCard(image)
    for _ in range(10_050):
        mock.transmit(CHALLENGE)
    assert len(mock.log) == 10_000


@pytest.mark.parametrize(
    ("moment", "left"), [(Moment.BEFORE_COMMIT, 2), (Moment.AFTER_COMMIT, 1), (Moment.BEFORE_ANSWER, 3)]
)
def test_a_torn_verify(image: CardImage, moment: Moment, left: int) -> None:
    mock = MockCard(image)
    mock.insert().transmit(WRONG)
    torn = mock.insert(faults=[Tear(2, moment)])
    assert torn.transmit(CHALLENGE).endswith(b"\x90\x00")
    with pytest.raises(CardRemoved):
        torn.transmit(RIGHT)
    with pytest.raises(CardRemoved):
        torn.transmit(STATUS)
    assert tries(mock.insert()) == left


def test_a_tear_without_a_change(image: CardImage) -> None:
    mock = MockCard(image)
    torn = mock.insert(faults=[Tear(1, Moment.BEFORE_COMMIT)])
    with pytest.raises(CardRemoved):
        torn.transmit(CHALLENGE)
    assert mock.insert().transmit(CHALLENGE).endswith(b"\x90\x00")


def test_a_removed_card_did_not_get_the_command(image: CardImage) -> None:
    mock = MockCard(image)
    removed = mock.insert(faults=[Removal(1)])
    with pytest.raises(CardRemoved):
        removed.transmit(WRONG)
    assert tries(mock.insert()) == 3


def test_answers_can_be_wrong(image: CardImage) -> None:
    inserted = MockCard(image).insert(faults=[WrongStatus(1, 0x6F00), FlippedBit(2, 15), FlippedBit(3, 0)])
    assert inserted.transmit(WRONG) == b"\x6f\x00"
    assert inserted.transmit(STATUS) == b"\x63\xc2"
    assert inserted.transmit(STATUS) == b"\xe3\xc3"


def test_slow_readers_wait(image: CardImage) -> None:
    waited: list[float] = []
    slow = Mishaps(MockCard(image), [SlowReader(0.25), Delay(2, 2.0)], sleep=waited.append)
    slow.transmit(CHALLENGE)
    slow.transmit(CHALLENGE)
    assert waited == [0.25, 0.25, 2.0]


def test_a_card_file_keeps_what_was_committed(image: CardImage, tmp_path: Path) -> None:
    path = tmp_path / "sara.card"
    image.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with MockCard.open(path) as mock:
        assert mock.insert().transmit(WRONG) == b"\x63\xc2"
        assert CardImage.load(path).pins["identity"].tries_left == 2
    with MockCard.open(path) as mock:
        assert tries(mock.insert()) == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["sara.card"]


def test_a_card_file_belongs_to_one(image: CardImage, tmp_path: Path) -> None:
    path = tmp_path / "sara.card"
    image.save(path)
    with MockCard.open(path) as mock:
        with pytest.raises(ReaderBusy, match="in use by another program"):
            MockCard.open(path)
        mock.insert().transmit(WRONG)  # now the name means another file
        with pytest.raises(ReaderBusy):
            MockCard.open(path)
    MockCard.open(path).close()


def test_a_file_replaced_while_we_lock_it_is_locked_anew(
    image: CardImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sara.card"
    image.save(path)
    flock = fcntl.flock
    replaced: list[int] = []

    def late(handle: int, operation: int) -> None:
        if not replaced:
            replaced.append(handle)
            image.save(path)
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    with MockCard.open(path):
        monkeypatch.undo()
        with pytest.raises(ReaderBusy):
            MockCard.open(path)


def test_leftovers_of_a_killed_process_are_swept(image: CardImage, tmp_path: Path) -> None:
    path = tmp_path / "sara.card"
    image.save(path)
    dead, alive, other = (
        tmp_path / name for name in (".sara.card.1.new", ".sara.card.2.new", ".x.card.1.new")
    )
    for leftover in (dead, alive, other):
        leftover.touch()
    with alive.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        MockCard.open(path).close()
    assert [leftover.exists() for leftover in (dead, alive, other)] == [False, True, True]


def test_a_torn_write_leaves_the_old_file(
    image: CardImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sara.card"
    image.save(path)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with MockCard.open(path) as mock:
        monkeypatch.setattr(os, "fsync", full)
        assert mock.insert().transmit(RIGHT) == b"\x65\x81"
    assert CardImage.load(path).pins["identity"].tries_left == 3
    assert [entry.name for entry in tmp_path.iterdir()] == ["sara.card"]


def test_a_missing_file_is_no_card(tmp_path: Path) -> None:
    with pytest.raises(NoCard, match="smartid mock new"):
        MockCard.open(tmp_path / "nobody.card")
    with pytest.raises(NoCard):
        CardImage.load(tmp_path)


def test_json_round_trip(image: CardImage, rsa_image: CardImage) -> None:
    image.files["EF.DIR"] = [b"one", b""]
    image.counters["signatures"] = 3
    image.values["balance"] = -5
    for one in (image, rsa_image):
        assert CardImage.from_json(one.to_json()) == one


def _without(document: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    "change",
    [
        {"format": "smartid card 2"},
        {"profile": "nobody"},
        {"profile": 1},
        {"citizen": None},
        {"citizen": "\ud800"},
        {"holder": {"a": 1}},
        {"files": {"DG1": "!"}},
        {"files": {"DG1": "QUJ="}},
        {"files": {"nobody": "QUJD"}},
        {"files": {"DG1": ["QUJD"] * 255}},
        {"keys": []},
        {"keys": {"nobody": "QUJD"}},
        {"pins": {"identity": {"value": "1234", "tries_left": 3}}},
        {"pins": {"identity": {"value": "1234", "tries_left": 4, "max_tries": 3}}},
        {"pins": {"identity": {"value": "1234", "tries_left": 3, "max_tries": 16}}},
        {"pins": {"identity": {"value": "12E4", "tries_left": 3, "max_tries": 3}}},
        {"pins": {"identity": {"value": "", "tries_left": 3, "max_tries": 3}}},
        {"pins": {"identity": {"value": "١٢٣٤", "tries_left": 3, "max_tries": 3}}},
        {"pins": {"nobody": {"value": "1234", "tries_left": 3, "max_tries": 3}}},
        {"counters": {"a": True}},
        {"counters": {"a": 1 << 63}},
        {"counters": {"a": 1.0}},
        {"values": {"a": float("nan")}},
        {"more": 1},
    ],
)
def test_other_documents_are_refused(image: CardImage, change: dict[str, object]) -> None:
    document = json.loads(image.to_json())
    assert CardImage.from_json(json.dumps(document)) == image
    with pytest.raises(EncodingError) as error:
        CardImage.from_json(json.dumps(document | change))
    assert "1234" not in str(error.value)


def test_other_texts_are_refused(image: CardImage, tmp_path: Path) -> None:
    good = image.to_json()
    twice = good.replace('"citizen": ""', '"citizen": "", "citizen": ""')
    huge = good.replace('"counters": {}', '"counters": {"a": ' + "9" * 5000 + "}")
    missing = json.dumps(_without(json.loads(good), "keys"))
    for text in ("", "[]", "null", twice, huge, missing, "[" * 100_000, good[:-3], good + "x"):
        with pytest.raises(EncodingError):
            CardImage.from_json(text)
    path = tmp_path / "broken.card"
    for data in (b"\xff", b" " * ((16 << 20) + 1)):
        path.write_bytes(data)
        with pytest.raises(EncodingError):
            MockCard.open(path)
