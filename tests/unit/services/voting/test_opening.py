from __future__ import annotations

import json
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import ElectionInvalid, EncodingError, Refused
from smartid.services.voting.ballot import Ballot, OpenedBallot, Opening, check_opening, make_ballot
from smartid.services.voting.compact import compact
from smartid.services.voting.credentials import CredentialSecret, derive_2_0
from smartid.services.voting.groups.named import NAMES, named
from tests.unit.services.voting.polling import ONE_OF_THREE, OR_BLANK, World, world

CHOICES = [[0, 0, 1], [1, 0, 0]]


def opened(group: str = "Ed25519") -> tuple[World, OpenedBallot]:
    place = world(ONE_OF_THREE, OR_BLANK, group=group)
    return place, make_ballot(place.election, place.voter, CHOICES).audit()


def checked(place: World, raw: bytes, opening: bytes) -> list[list[int]]:
    ballot = Ballot.parse(raw, place.election, place.group)
    found = check_opening(ballot, Opening.parse(opening, place.group), place.election)
    return [list(answer) for answer in found]


@pytest.mark.parametrize("group", NAMES)
def test_an_opening_shows_what_was_chosen(group: str) -> None:
    place, made = opened(group)
    assert checked(place, made.raw, made.opening.to_json()) == CHOICES


def change(made: OpenedBallot, *way: Any, to: Any) -> bytes:
    found = value = json.loads(made.opening.to_json())
    for name in way[:-1]:
        value = value[name]
    value[way[-1]] = to
    return compact(found)


def test_a_device_that_lies_about_a_choice_is_found() -> None:
    place, made = opened()
    for way, lie in ((("answers", 0, "choices", 2), 0), (("answers", 0, "choices", 0), 1)):
        with pytest.raises(ElectionInvalid, match="something else"):
            checked(place, made.raw, change(made, *way, to=lie))
    with pytest.raises(ElectionInvalid, match="something else"):
        checked(place, made.raw, change(made, "answers", 1, "randomness", 0, to="77"))


def test_the_opening_of_another_ballot() -> None:
    place, made = opened()
    other = make_ballot(place.election, place.voter, CHOICES).audit()
    with pytest.raises(ElectionInvalid, match="another ballot"):
        checked(place, made.raw, other.opening.to_json())
    with pytest.raises(ElectionInvalid, match="something else"):
        checked(place, made.raw, change(other, "tracker", to=made.opening.tracker))
    with pytest.raises(ElectionInvalid, match="another ballot"):
        checked(place, made.raw, change(made, "election_hash", to="A" * 43))


@pytest.mark.parametrize("answers", [[], [{"choices": [], "randomness": []}] * 2])
def test_an_opening_of_fewer_choices(answers: list[Any]) -> None:
    place, made = opened()
    with pytest.raises(ElectionInvalid, match="number of choices"):
        checked(place, made.raw, change(made, "answers", to=answers))
    with pytest.raises(ElectionInvalid, match="number of choices"):
        checked(place, made.raw, change(made, "answers", 0, "randomness", to=["1"]))


@pytest.mark.parametrize(
    ("way", "to"),
    [
        (("answers", 0, "choices", 0), 2),
        (("answers", 0, "choices", 0), True),
        (("answers", 0, "choices", 0), [0]),
        (("answers", 0, "choices"), "000"),
        (("answers", 0, "randomness", 0), "-1"),
        (("answers", 0, "randomness", 0), 1),
        (("answers", 0, "randomness", 0), str(2**255)),
        (("answers",), {}),
        (("tracker",), 1),
        (("more",), 1),
    ],
)
def test_openings_that_are_none(way: tuple[Any, ...], to: Any) -> None:
    place, made = opened()
    with pytest.raises(EncodingError):
        Opening.parse(change(made, *way, to=to), place.group)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_opening(raw: bytes) -> None:
    with pytest.raises(EncodingError):
        Opening.parse(raw, named("Ed25519"))


def test_a_long_opening() -> None:
    with pytest.raises(EncodingError):
        Opening.parse(b"{" + b" " * 200_000, named("Ed25519"))


@pytest.mark.parametrize("first", ["cast", "audit"])
@pytest.mark.parametrize("second", ["cast", "audit"])
def test_a_ballot_is_cast_or_opened_once(first: str, second: str) -> None:
    place = world()
    made = make_ballot(place.election, place.voter, [[0, 0, 1]])
    getattr(made, first)()
    with pytest.raises(Refused) as refused:
        getattr(made, second)()
    assert refused.value.reason == "wrong_state"


def test_secrets_stay_mute(tmp_path: Path) -> None:
    place = world()
    file = tmp_path / "voter.credential"
    place.voter.save(file)
    secret = json.loads(file.read_bytes())["secret"]
    made = make_ballot(place.election, place.voter, [[0, 0, 1]])
    shown = [f"{made} {made!r}"]
    audit = make_ballot(place.election, place.voter, [[0, 0, 1]]).audit()
    numbers = [number for answer in audit.opening.randomness for number in answer]
    shown += [f"{thing!r} {thing} {thing:}" for thing in (audit, audit.opening, place.voter)]
    assert numbers
    for text in shown:
        assert not any(str(number) in text for number in (*numbers, secret))
        assert "(0, 0, 1)" not in text
    for thing in (made, audit.opening, place.voter, audit):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_tracebacks_show_no_secret() -> None:
    place = world()
    try:
        make_ballot(place.election, place.voter, [[0, 1, 1]])
    except Refused as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "CredentialSecret(Ed25519, •••)" in text


@pytest.mark.parametrize("group", NAMES)
def test_a_credential_is_kept_in_a_file_of_its_owner(group: str, tmp_path: Path) -> None:
    file = tmp_path / "voter.credential"
    made = CredentialSecret.new(named(group))
    made.save(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert CredentialSecret.load(file).public == made.public


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"group":"Ed25519","secret":"0"}',
        b'{"group":"Ed25519","secret":"-1"}',
        b'{"group":"Ed25519","secret":5}',
        b'{"group":"Ed25520","secret":"5"}',
        b'{"group":[],"secret":"5"}',
        b'{"group":"Ed25519","secret":"' + b"1" * 5000 + b'"}',
        b'{"group":"Ed25519","secret":"5"}' + b" " * 5000,
    ],
)
def test_files_that_hold_no_credential(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "voter.credential"
    file.write_bytes(content)
    with pytest.raises(EncodingError) as broken:
        CredentialSecret.load(file)
    assert "1" * 50 not in str(broken.value)


@pytest.mark.parametrize(
    "code", ["", "YDQ-TV1-xRs-G2R-VY8", "YDQ-TV1-xRs-G2R-VYO", "YDQ-TV1-xRs-G2R-VY", "ydq" * 5]
)
def test_mistyped_codes(code: str) -> None:
    with pytest.raises(EncodingError):
        derive_2_0("SEn5j3JKVkP3XG", code)


@pytest.mark.parametrize("secret", [0, -1, named("Ed25519").order])
def test_numbers_that_are_no_secret(secret: int) -> None:
    with pytest.raises(ValueError, match="q - 1"):
        CredentialSecret(named("Ed25519"), secret)
