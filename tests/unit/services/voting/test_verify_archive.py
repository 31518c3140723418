"""Verification at every stage, on several processes, after interruptions, with weights."""

from __future__ import annotations

import json
import os
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from smartid.errors import ElectionInvalid, EncodingError, ExtraMissing
from smartid.services.voting.board.entries import Link
from smartid.services.voting.board.prefix import require_prefix
from smartid.services.voting.compact import compact, sha256_base64
from smartid.services.voting.verify import chunks, pool, roll_index
from smartid.services.voting.verify.chunks import BallotChunk, Fault
from smartid.services.voting.verify.roll_index import RollIndex
from smartid.services.voting.verify.survey import survey
from smartid.services.voting.verify.tally_of import encrypted_tally
from smartid.services.voting.verify.verify import verify_archive
from tests.unit.services.voting.elections import END, World, save, small
from tests.unit.services.voting.forge import Step, changed, places, replaced

WORLD = World()
STEPS = small(WORLD)
[TALLY] = places(STEPS, "EncryptedTally")

STAGES = ("setup", "voting", "voting", "closed", "tallied", "tallied", "decrypted", "result")


class Cluster:
    """As much of ``distributed.Client`` as is used, on threads of this process."""

    def nthreads(self) -> dict[str, int]:
        return {"tcp://one": 1, "tcp://other": 1}

    def get_executor(self, *, pure: bool) -> Executor:
        assert not pure
        return ThreadPoolExecutor(2)


@pytest.mark.parametrize(
    ("length", "stage"),
    list(zip((1, 2, 5, 6, 7, 8, 9, 10), STAGES, strict=True)),
)
def test_every_stage_is_verified(length: int, stage: str, tmp_path: Path) -> None:
    report = verify_archive(save(tmp_path, STEPS[:length]), at_stage=stage)
    assert report.stage == stage
    assert report.as_dict()["result"] == ([[1, 1, 1], [1, 1, 1]] if stage == "result" else None)


def test_another_stage_than_asked_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(save(tmp_path, STEPS[:6]), at_stage="result")
    assert caught.value.check == "stage"


def test_an_election_without_ballots_has_a_result(tmp_path: Path) -> None:
    world = World(voters=1)
    steps = (world.setup, *world.counted((), [[0, 0, 0], [0, 0, 0]]))
    report = verify_archive(save(tmp_path, steps))
    assert (report.ballots, report.counted, report.result) == (0, 0, ((0, 0, 0), (0, 0, 0)))


def test_the_trackers_are_of_the_ballots_that_count(tmp_path: Path) -> None:
    path = save(tmp_path, STEPS)
    report = verify_archive(path)
    ballots = (STEPS[place].records[0] for place in (2, 3, 4))
    assert list(report.counted_trackers()) == list(map(sha256_base64, ballots))
    save(tmp_path, STEPS[:6])
    with pytest.raises(ElectionInvalid):
        list(report.counted_trackers())


def test_a_board_must_go_on_where_a_copy_ended(tmp_path: Path) -> None:
    path, copy = save(tmp_path, STEPS), save(tmp_path, STEPS[:3], "copy.bel")
    assert verify_archive(path, earlier=copy).height == 9
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(save(tmp_path, (STEPS[0], *STEPS[2:3])), earlier=copy)
    assert caught.value.check == "prefix"


def test_the_board_that_is_verified_is_the_one_that_was_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, copy = save(tmp_path, STEPS), save(tmp_path, STEPS[:3], "copy.bel")

    def exchanged(earlier: Path, later: Path) -> Link:
        found = require_prefix(earlier, later)
        save(tmp_path, (STEPS[0], *STEPS[2:5]))
        return found

    monkeypatch.setattr("smartid.services.voting.verify.verify.require_prefix", exchanged)
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(path, earlier=copy)
    assert caught.value.check == "prefix"


def test_what_changes_after_the_first_pass_is_noticed(tmp_path: Path) -> None:
    path = save(tmp_path, STEPS[:4])
    credentials, ballots = chunks.chunks(survey(path))
    data = path.read_bytes()
    for content in (STEPS[0].records[2], STEPS[2].records[0]):
        middle = data.index(content) + content.index(b'"', 40) - 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        found = (credentials if content == STEPS[0].records[2] else ballots).verify()
        assert isinstance(found, Fault)
        assert found.check == "container"
    path.write_bytes(data)
    assert isinstance(ballots.verify(), list)


def test_every_content_is_what_its_name_says(tmp_path: Path) -> None:
    """One bit of any content, of what fills it up, or of the first header."""
    data = save(tmp_path, STEPS).read_bytes()
    path, at, places = tmp_path / "changed.bel", 0, [110, 145, 512 + 12]
    while at < len(data):
        size = int(data[at + 124 : at + 135], 8)
        at += 512 + size + -size % 512
        places += [at - 1] if size % 512 else []
        places += [at - (-size % 512) - size // 2]
    for place in places:
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(EncodingError):
            survey(path)


def test_a_vote_counts_as_often_as_its_weight(tmp_path: Path) -> None:
    """The first voter's vote counts three times: the tally is what three such ballots would give."""
    weighted = changed(
        STEPS, 0, lambda found: [one + ",3" if one == WORLD.secrets[0].public else one for one in found], 2
    )
    counted = (STEPS[2], STEPS[3], STEPS[3], STEPS[3], STEPS[4])
    tally = replaced((WORLD.tally(*counted),), 0, numbers=(3, 5))[0]
    result = Step(type="Result", records=(compact({"result": [[3, 1, 1], [1, 1, 3]]}),))
    steps = (*weighted[:5], END, tally, WORLD.share(1, tally), WORLD.share(2, tally), result)
    assert verify_archive(save(tmp_path, steps)).result == ((3, 1, 1), (1, 1, 3))


def test_the_tally_is_the_published_one(tmp_path: Path) -> None:
    tally = encrypted_tally(save(tmp_path, STEPS[:6]))
    assert tally.raw == STEPS[TALLY].records[0]
    assert (tally.num_tallied, tally.total_weight) == (3, 3)
    with pytest.raises(ElectionInvalid) as caught:
        encrypted_tally(save(tmp_path, STEPS[:5]))
    assert caught.value.check == "stage"


def test_processes_and_clusters_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BALLOTS", 1)
    path, told = save(tmp_path, STEPS), []
    alone = verify_archive(path)
    together = verify_archive(path, workers=2, progress=lambda done, total: told.append((done, total)))
    assert together == alone == verify_archive(path, cluster=Cluster())
    assert told[-1] == (7, 7)
    assert told == sorted(told)


def test_the_first_fault_is_the_one_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BALLOTS", 1)
    forged = STEPS
    for place in (2, 4):
        forged = changed(forged, place, lambda found: found["signature"].update(hash="A" * 43))
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(save(tmp_path, forged), cluster=Cluster())
    assert (caught.value.check, caught.value.where) == ("ballot-signature", "event 2")


def test_dead_workers_stop_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that die at their first errand: the work is done in this process."""
    monkeypatch.setattr(pool, "work", _die)
    assert verify_archive(save(tmp_path, STEPS), workers=2).counted == 3


def _die(chunk: object) -> None:
    os._exit(9)


def test_a_machine_without_the_library_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def verify(chunk: BallotChunk) -> object:
        raise ExtraMissing("voting", "The group Ed25519")

    monkeypatch.setattr(BallotChunk, "verify", verify)
    with pytest.raises(ExtraMissing, match="Ed25519"):
        verify_archive(save(tmp_path, STEPS), cluster=Cluster())


def test_an_interrupted_verification_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BALLOTS", 1)
    notes, verified = tmp_path / "notes", []
    real = BallotChunk.verify

    def counting(chunk: BallotChunk) -> object:
        if len(verified) == 2:
            raise KeyboardInterrupt
        verified.append(chunk.first)
        return real(chunk)

    monkeypatch.setattr(BallotChunk, "verify", counting)
    path = save(tmp_path, STEPS)
    with pytest.raises(KeyboardInterrupt):
        verify_archive(path, resume=notes)
    assert notes.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(BallotChunk, "verify", lambda chunk: (verified.append(chunk.first), real(chunk))[1])
    assert verify_archive(path, resume=notes).result == ((1, 1, 1), (1, 1, 1))
    assert verified == [0, 1, 2, 3]
    assert verify_archive(path, resume=notes).counted == 3
    assert verified == [0, 1, 2, 3]


def test_notes_about_another_board_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was noted stands under the hash of the ballots themselves; a forged board finds nothing there."""
    monkeypatch.setattr(chunks, "BALLOTS", 1)
    notes = tmp_path / "notes"
    verify_archive(save(tmp_path, STEPS), resume=notes)
    forged = changed(STEPS, 2, lambda found: found["signature"].update(hash="A" * 43))
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(save(tmp_path, forged), resume=notes)
    assert caught.value.check == "ballot-signature"


def test_a_ballot_that_no_longer_counts_is_not_taken_from_the_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "BALLOTS", 1)
    notes = tmp_path / "notes"
    verify_archive(save(tmp_path, STEPS[:3]), resume=notes)
    assert verify_archive(save(tmp_path, STEPS), resume=notes).counted == 3


@pytest.mark.parametrize(
    "content",
    [b"no JSON\n", b"{}\n", b'{"key":1,"products":[]}\n', b'{"key":"a","products":[[["1"]]]}\n', b"[]\n"],
)
def test_broken_notes_are_refused(content: bytes, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_bytes(content)
    notes.chmod(0o600)
    with pytest.raises(EncodingError):
        verify_archive(save(tmp_path, STEPS[:3]), resume=notes)


def test_notes_that_others_may_write_are_refused(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    notes.chmod(0o666)
    with pytest.raises(EncodingError, match="only its owner"):
        verify_archive(save(tmp_path, STEPS[:3]), resume=notes)


def test_notes_with_products_of_another_shape_are_refused(tmp_path: Path) -> None:
    notes, path = tmp_path / "notes", save(tmp_path, STEPS)
    verify_archive(path, resume=notes)
    lines = [json.loads(line) for line in notes.read_bytes().splitlines()]
    lines[-1]["products"] = [[["1", "1"]]]
    notes.write_bytes(b"".join(compact(line) + b"\n" for line in lines))
    with pytest.raises(EncodingError):
        verify_archive(path, resume=notes)


def test_an_unfinished_line_of_notes_is_dropped(tmp_path: Path) -> None:
    notes, path = tmp_path / "notes", save(tmp_path, STEPS)
    verify_archive(path, resume=notes)
    whole = notes.read_bytes()
    notes.write_bytes(whole[:-9])
    assert verify_archive(path, resume=notes).counted == 3
    assert notes.read_bytes() == whole


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_a_roll_is_read_in_pieces_of_any_size(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_index, "RANGE", 2)
    raw = b'["aa","bb,7","cc","dd","ee"]'
    index = RollIndex((raw[at : at + size] for at in range(0, len(raw), size)), 100)
    assert [index.find(name.encode()) for name in ("aa", "bb", "cc", "dd", "ee", "ff")] == [
        0,
        1,
        2,
        3,
        4,
        None,
    ]
    assert [index.weight(number) for number in range(5)] == [1, 7, 1, 1, 1]
    slices = [raw[one.offset - 100 : one.offset - 100 + one.size] for one in index.ranges]
    assert slices == [b'"aa","bb,7"', b'"cc","dd"', b'"ee"']
    assert len(RollIndex([b"[]"], 0)) == 0


@pytest.mark.parametrize(
    "raw", [b"", b"[", b"]", b'["aa",]', b'["aa"', b'["aa"]]', b'[,"aa"]', b"{}", b"[ ]"]
)
def test_what_is_no_roll_is_refused(raw: bytes) -> None:
    with pytest.raises(ElectionInvalid) as caught:
        RollIndex([raw], 0)
    assert caught.value.check == "roll-form"


def test_notes_are_about_one_election(tmp_path: Path) -> None:
    _, ballots = chunks.chunks(survey(save(tmp_path, STEPS[:4])))
    assert isinstance(ballots, BallotChunk)
    other = replace(ballots, election=ballots.election._replace(digest=bytes(32)))
    assert other.key != ballots.key
