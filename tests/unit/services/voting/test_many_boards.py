"""One election on several boards under a signed list."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.compact import compact
from smartid.services.voting.verify import chunks
from smartid.services.voting.verify.chunks import BallotChunk
from smartid.services.voting.verify.index import Shard, ShardIndex, make_index, sha256_of
from smartid.services.voting.verify.report import ElectionReport
from smartid.services.voting.verify.shards import verify_shards
from smartid.services.voting.verify.verify import verify_archive
from tests.unit.services.voting.elections import World, save, small
from tests.unit.services.voting.forge import Step, changed, written

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
WORLDS = (World(uuid="smartidNorth1111", seed="n"), World(uuid="smartidSouth1111", seed="s"))
BOARDS = tuple(map(small, WORLDS))


REPORTS: dict[str, ElectionReport] = {}


def report_of(path: Path) -> ElectionReport:
    """Verify a board once, in whichever folder it lies."""
    digest = sha256_of(path)
    if digest not in REPORTS:
        REPORTS[digest] = verify_archive(path)
    return REPORTS[digest]


def election(folder: Path, boards: Sequence[Sequence[Step]] = BOARDS) -> tuple[Path, ShardIndex]:
    shards = []
    for number, steps in enumerate(boards):
        path = save(folder, steps, f"{number}.bel")
        shards.append(Shard.of(f"constituency {number}", path, report_of(path)))
    index = ShardIndex(title="انتخابات", shards=tuple(shards))
    return sign(folder, index), index


def sign(folder: Path, index: ShardIndex) -> Path:
    path = folder / "index.json"
    path.write_bytes(make_index(index.title, index.shards, KEY))
    return path


def test_sums_over_boards(tmp_path: Path) -> None:
    index, listed = election(tmp_path)
    told: list[tuple[int, int]] = []
    report = verify_shards(index, keys=[PUBLIC], workers=2, progress=lambda *done: told.append(done))
    assert [total.result for total in report.totals] == [((2, 2, 2), (2, 2, 2))]
    assert (report.ballots, report.voters) == (8, 6)
    assert told[-1] == (8, 8)
    assert tuple(shard for shard, _ in report.shards) == listed.shards
    assert json.loads(json.dumps(report.as_dict()))["totals"][0]["shards"] == 2


def test_the_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    index, listed = election(tmp_path)
    assert ShardIndex.parse(index.read_bytes(), [PUBLIC]) == listed


def test_there_are_no_sums_before_every_board_has_a_result(tmp_path: Path) -> None:
    index, _ = election(tmp_path, (BOARDS[0], BOARDS[1][:6]))
    assert verify_shards(index, keys=[PUBLIC]).totals == ()


def test_an_interrupted_verification_goes_on_at_its_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "BALLOTS", 2)
    index, _ = election(tmp_path)
    verified: list[str] = []
    real = BallotChunk.verify

    def counting(chunk: BallotChunk) -> object:
        if len(verified) == 3:
            raise KeyboardInterrupt
        verified.append(Path(chunk.path).name)
        return real(chunk)

    monkeypatch.setattr(BallotChunk, "verify", counting)
    with pytest.raises(KeyboardInterrupt):
        verify_shards(index, keys=[PUBLIC], resume=tmp_path / "notes")
    monkeypatch.setattr(
        BallotChunk, "verify", lambda chunk: (verified.append(Path(chunk.path).name), real(chunk))[1]
    )
    told: list[tuple[int, int]] = []
    report = verify_shards(
        index, keys=[PUBLIC], resume=tmp_path / "notes", progress=lambda *done: told.append(done)
    )
    assert verified == ["0.bel", "0.bel", "1.bel", "1.bel"]
    assert (told[-1], report.ballots) == ((8, 8), 8)


def refused(index: Path, check: str, where: str = "") -> None:
    with pytest.raises(ElectionInvalid) as caught:
        verify_shards(index, keys=[PUBLIC])
    assert caught.value.check == check, caught.value
    assert where in caught.value.where


def test_boards_that_are_not_those_of_the_list_are_refused(tmp_path: Path) -> None:
    index, listed = election(tmp_path)
    first = listed.shards[0]
    for name, value in (("head", "0" * 64), ("height", 8), ("ballots", 5), ("result", None)):
        changed_ = replace(listed, shards=(replace(first, **{name: value}), listed.shards[1]))
        refused(sign(tmp_path, changed_), "index-shards", first.file)
    sign(tmp_path, listed)
    extra = save(tmp_path, BOARDS[0], "2.bel")
    refused(index, "index-shards", "2.bel")
    extra.unlink()
    (tmp_path / "0.bel").rename(tmp_path / "kept")
    refused(index, "index-shards", "0.bel")
    save(tmp_path, BOARDS[0][:6], "0.bel")
    refused(index, "index-shards", "0.bel")
    (tmp_path / "0.bel").write_bytes(written(BOARDS[0], 1))  # the same events, in a file of another time
    refused(index, "index-shards", "0.bel")


def test_a_forged_board_is_named(tmp_path: Path) -> None:
    index, listed = election(tmp_path)
    forged = changed(BOARDS[1], 2, lambda found: found["signature"].update(hash="A" * 43))
    path = save(tmp_path, forged, "1.bel")
    second = replace(listed.shards[1], sha256=sha256_of(path))
    sign(tmp_path, replace(listed, shards=(listed.shards[0], second)))
    refused(index, "ballot-signature", "1.bel, event 2")


def test_a_voter_on_two_lists_is_refused(tmp_path: Path) -> None:
    one = World(uuid="smartidNorth1111", seed="n")
    roll = json.loads(BOARDS[1][0].records[2])
    twice = changed(BOARDS[1], 0, lambda _: sorted([*roll, one.secrets[0].public]), 2)
    index, _ = election(tmp_path, (BOARDS[0], twice))
    refused(index, "index-credentials", "1.bel")


def test_what_stands_twice_on_the_list_is_refused(tmp_path: Path) -> None:
    _, listed = election(tmp_path)
    first, second = listed.shards
    for name in ("constituency", "file", "uuid"):
        with pytest.raises(ElectionInvalid) as caught:
            replace(listed, shards=(first, replace(second, **{name: getattr(first, name)})))
        assert caught.value.check == "index-shards"


def test_another_signature_is_refused(tmp_path: Path) -> None:
    index, listed = election(tmp_path)
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(ElectionInvalid) as caught:
        verify_shards(index, keys=[other.public_key()])
    assert caught.value.check == "index-signature"
    found = json.loads(index.read_bytes())
    index.write_bytes(compact({**found, "title": "another"}))
    refused(index, "index-signature")
    index.write_bytes(compact({**found, "signature": 1}))
    refused(index, "index-signature")
    index.write_bytes(make_index(listed.title, listed.shards, KEY))
    assert verify_shards(index, keys=[other.public_key(), PUBLIC]).ballots == 8


BROKEN = (
    *(("file", name) for name in ("../0.bel", "a/b.bel", ".bel", "0.tar")),
    *(("uuid", 1), ("head", "0"), ("height", -1), ("ballots", True), ("sha256", None), ("constituency", "")),
    *(("result", value) for value in ([[]], [["1"]], [[-1]], 3)),
    ("note", "a member too many"),
)


@pytest.mark.parametrize(("name", "value"), BROKEN)
def test_a_malformed_list_is_refused(name: str, value: object, tmp_path: Path) -> None:
    """Signed all the same: the form is checked by itself."""
    index, _ = election(tmp_path, BOARDS[:1])
    found = json.loads(index.read_bytes())
    del found["signature"]
    found["shards"][0][name] = value
    signature = KEY.sign(b"smartid election index 1\n" + compact(found))
    text = base64.b64encode(signature).rstrip(b"=").decode()
    with pytest.raises(EncodingError):
        ShardIndex.parse(compact({**found, "signature": text}), [PUBLIC])
