"""The second proof of a share stops the trustee who casts the last ballot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.trustees.binding import (
    Bound,
    add_binding,
    bind_share,
    bindings_of,
    read_bindings,
)
from smartid.services.voting.trustees.partial import Share
from smartid.services.voting.trustees.shares import decrypt_share
from smartid.services.voting.values import Ciphertext
from smartid.services.voting.verify.verify import verify_archive
from tests.unit.services.voting.ceremony import closed_board, trusted
from tests.unit.services.voting.elections import World, save
from tests.unit.services.voting.forge import Step
from tests.unit.services.voting.last_ballot import FORGED, Lies, forged

WORLD = World(seed="last ballot")


def bound(steps: tuple[Step, ...], owner: int) -> Bound:
    """What the second proof of a share on a board is about."""
    group, [tally] = WORLD.group, [step for step in steps if step.type == "EncryptedTally"]
    shares = [step for step in steps if step.type == "PartialDecryption"]
    rows = [
        [Ciphertext(*(group.decode(one[name], name) for name in ("alpha", "beta"))) for one in row]
        for row in json.loads(tally.records[0])
    ]
    return Bound(
        group=group,
        fingerprint=WORLD.election.fingerprint,
        owner=owner,
        public=group.exponentiate(WORLD.trustee_secrets[owner - 1]),
        tally=rows,
        tally_raw=tally.records[0],
        share=shares[owner - 1].records[0],
    )


def test_the_archive_alone_does_not_show_the_lie_and_the_report_says_what_is_missing(tmp_path: Path) -> None:
    report = verify_archive(save(tmp_path, forged(WORLD)))
    assert report.result == tuple(map(tuple, FORGED))
    assert "share-proof" in dict(report.checks)
    assert "share-binding" not in dict(report.checks)


def test_with_second_proofs_the_lie_is_refused(tmp_path: Path) -> None:
    steps = forged(WORLD)
    path = save(tmp_path, steps)
    for owner, secret in enumerate(WORLD.trustee_secrets, 1):
        add_binding(bindings_of(path), owner, bind_share(bound(steps, owner), secret))
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(path)
    assert (caught.value.check, caught.value.where) == ("share-binding", "share of trustee 1")


@pytest.mark.parametrize(
    "lies", [((0, 0, 0), (0, -1, 0)), ((0, 0, 0), (-3, 0, 0)), ((-1, -3, -1), (0, 0, 0))]
)
def test_a_lie_beyond_what_ballots_can_say_is_refused_without_them(lies: Lies, tmp_path: Path) -> None:
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(save(tmp_path, forged(WORLD, lies)))
    assert caught.value.check == "result-bounds"


def counted(folder: Path) -> tuple[Path, list[bytes]]:
    """A board with the shares of two honest trustees, and their second proofs."""
    who = trusted(folder, mandatory=2)
    path, lines = folder / "board.bel", []
    with closed_board(path, who, 2) as board:
        for one in who.folders:
            made = decrypt_share(one, path)
            board.append_share(made.owner, made.raw)
            lines.append(made.binding)
    return path, lines


def test_second_proofs_of_honest_trustees_hold_for_their_shares_alone(tmp_path: Path) -> None:
    path, lines = counted(tmp_path)
    place = bindings_of(path)
    add_binding(place, 1, lines[0])
    with pytest.raises(ElectionInvalid, match="no proof that binds"):
        verify_archive(path)
    add_binding(place, 2, lines[1])
    assert dict(verify_archive(path).checks)["share-binding"] == 2
    add_binding(place, 1, decrypt_share_again(path))
    with pytest.raises(ElectionInvalid, match="does not hold"):
        verify_archive(path)


def decrypt_share_again(path: Path) -> bytes:
    """A proof by the same trustee for another share: its first proofs are new, so its bytes are."""
    from smartid.services.voting.trustees.safe import TrusteeFolder

    return decrypt_share(TrusteeFolder.open(path.parent / "mandatory0"), path).binding


def test_a_share_has_one_spelling() -> None:
    raw = next(step for step in forged(WORLD) if step.type == "PartialDecryption").records[0]
    Share.parse(raw, WORLD.group)
    with pytest.raises(EncodingError):
        Share.parse(raw.replace(b"decryption_factors", b"decryption\\u005ffactors"), WORLD.group)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"owner":2,"challenge":"1","response":"1"}',
        b'{"owner":1,"challenge":"1"}',
        b'{"owner":1,"challenge":"1","response":"1"}\n{}',
        b'{"owner":1,"challenge":"' + b"1" * 600 + b'","response":"1"}',
    ],
)
def test_a_line_of_another_form_or_trustee_is_not_added(line: bytes, tmp_path: Path) -> None:
    with pytest.raises(EncodingError):
        add_binding(tmp_path / "a.shares", 1, line)


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b'{"owner":0,"challenge":"1","response":"1"}',
        b'{"owner":true,"challenge":"1","response":"1"}',
        b'{"owner":1,"challenge":"01","response":"1"}',
        b'{"owner":1,"challenge":1,"response":"1"}',
        b" " * 60_000,
    ],
)
def test_broken_lines_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.shares"
    path.write_bytes(content)
    with pytest.raises(EncodingError):
        read_bindings(path, WORLD.group)
