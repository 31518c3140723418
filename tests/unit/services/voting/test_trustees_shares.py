"""Shares: what trustees decrypt, what they refuse, and what shares give together."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import ElectionInvalid, EncodingError, Refused
from smartid.services.voting import trustees as package
from smartid.services.voting.board.board import Board
from smartid.services.voting.compact import compact
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Question
from smartid.services.voting.groups.named import named
from smartid.services.voting.tally import compute_result
from smartid.services.voting.trustees.combine import (
    Logarithms,
    check_counts,
    encode_result,
    lagrange,
    needed,
    parse_result,
)
from smartid.services.voting.trustees.limits import MINIMUM
from smartid.services.voting.trustees.partial import Share
from smartid.services.voting.trustees.process import answer
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.trustees.shares import decrypt_share
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.tally_of import encrypted_tally
from smartid.services.voting.verify.verify import verify_archive
from tests.unit.services.voting.ceremony import Trusted, closed_board, expected, trusted

GROUP = named("Ed25519")


def add_shares(board: Board, folders: list[TrusteeFolder]) -> None:
    for folder in folders:
        made = decrypt_share(folder, board.path)
        board.append_share(made.owner, made.raw)


@pytest.mark.parametrize("voters", [0, 1])
def test_elections_of_nobody_and_of_one(tmp_path: Path, voters: int) -> None:
    who = trusted(tmp_path, mandatory=1)
    with closed_board(tmp_path / "a.bel", who, voters) as board:
        add_shares(board, who.folders)
        assert json.loads(compute_result(board.path))["result"] == expected(voters)


def test_one_mandatory_trustee_and_three_of_five_count_an_election(tmp_path: Path) -> None:
    voters = 4
    who = trusted(tmp_path, mandatory=1, size=5, threshold=3)
    with closed_board(tmp_path / "a.bel", who, voters) as board:
        add_shares(board, [who.folders[5], who.folders[0], who.folders[2], who.folders[3]])
        result = compute_result(board.path)
        assert json.loads(result)["result"] == expected(voters)
        board.append(EventType.RESULT, result)
        assert [list(row) for row in verify_archive(board.path).result or ()] == expected(voters)


def test_the_other_group_too(tmp_path: Path) -> None:
    who = trusted(tmp_path, mandatory=1, size=2, threshold=1, name="BELENIOS-2048")
    with closed_board(tmp_path / "a.bel", who, 2) as board:
        add_shares(board, [who.folders[0]])
        made = decrypt_share(who.folders[2], board.path)
        assert made.owner == 3
        board.append_share(made.owner, made.raw)
        assert json.loads(compute_result(board.path))["result"] == expected(2)


def test_one_share_too_many_is_refused(tmp_path: Path) -> None:
    who = trusted(tmp_path, size=3, threshold=2)
    with closed_board(tmp_path / "a.bel", who, 2) as board:
        add_shares(board, who.folders)
        board.append(EventType.RESULT, compute_result(board.path))
    with pytest.raises(ElectionInvalid) as error:
        verify_archive(tmp_path / "a.bel")
    assert (error.value.check, error.value.where) == ("share-count", "trustees 1 to 3")


@pytest.mark.parametrize(("size", "threshold"), [(2, 1), (4, 2)])
def test_nobody_helps_where_two_halves_could_be_shown_two_boards(
    tmp_path: Path, size: int, threshold: int
) -> None:
    who = trusted(tmp_path, size=size, threshold=threshold)
    with closed_board(tmp_path / "a.bel", who, 2) as board, pytest.raises(Refused) as error:
        decrypt_share(who.folders[0], board.path)
    assert (error.value.reason, error.value.limit) == ("declined", "threshold")


@pytest.fixture
def alone(tmp_path: Path) -> Trusted:
    """One trustee, who decrypts anything once."""
    return trusted(tmp_path, mandatory=1)


def refusal(folder: TrusteeFolder, board: Path) -> str:
    with pytest.raises(Refused) as error:
        decrypt_share(folder, board)
    return error.value.reason


def test_few_ballots_are_not_decrypted(tmp_path: Path) -> None:
    who = trusted(tmp_path, mandatory=1, minimum=MINIMUM)
    with closed_board(tmp_path / "few.bel", who, MINIMUM - 1) as board:
        assert refusal(who.folders[0], board.path) == "too_few_ballots"
    assert not (who.folders[0].path / "decrypted.json").exists()
    with closed_board(tmp_path / "enough.bel", who, MINIMUM) as board:
        assert decrypt_share(who.folders[0], board.path).owner == 1


def test_revotes_do_not_count_as_more_ballots(tmp_path: Path) -> None:
    who = trusted(tmp_path, mandatory=1, minimum=2)
    voter = CredentialSecret.new(GROUP)
    with closed_board(tmp_path / "a.bel", who, 2, secrets=[voter, CredentialSecret.new(GROUP)]) as board:
        assert decrypt_share(who.folders[0], board.path).owner == 1
    who = trusted(tmp_path / "other", mandatory=1, minimum=2)
    with closed_board(tmp_path / "b.bel", who, 1, secrets=[voter]) as board:
        assert refusal(who.folders[0], board.path) == "too_few_ballots"


def test_two_boards_that_differ_in_one_ballot_are_not_both_decrypted(tmp_path: Path, alone: Trusted) -> None:
    """The difference of the two sums would be that ballot: this is also the board before paper votes."""
    secrets = [CredentialSecret.new(GROUP) for _ in range(3)]
    with closed_board(tmp_path / "a.bel", alone, 3, secrets=secrets) as board:
        assert board.copy_ballots_without([secrets[2].public], tmp_path / "b.bel") == 1
        first = decrypt_share(alone.folders[0], board.path)
    with Board.open(tmp_path / "b.bel") as other:
        found = encrypted_tally(other.path)
        other.append_tally(found.raw, num_tallied=found.num_tallied, total_weight=found.total_weight)
    again = TrusteeFolder.open(alone.folders[0].path)
    assert refusal(again, tmp_path / "b.bel") == "conflict"
    second = decrypt_share(again, tmp_path / "a.bel")
    assert second.raw != first.raw
    assert Share.parse(second.raw, GROUP).factors == Share.parse(first.raw, GROUP).factors


def test_weights_are_not_decrypted(tmp_path: Path, alone: Trusted) -> None:
    with closed_board(tmp_path / "a.bel", alone, 2, weights=[",1000", ""]) as board:
        assert refusal(alone.folders[0], board.path) == "declined"


def test_a_board_of_other_trustees_is_not_decrypted(tmp_path: Path, alone: Trusted) -> None:
    other = trusted(tmp_path / "other", mandatory=1)
    with closed_board(tmp_path / "a.bel", other, 1) as board:
        assert refusal(alone.folders[0], board.path) == "bad_proof"
        nobody = TrusteeFolder.create(tmp_path / "nobody")
        assert refusal(nobody, board.path) == "wrong_state"


def test_a_board_without_its_tally_or_with_another_is_not_decrypted(tmp_path: Path, alone: Trusted) -> None:
    with closed_board(tmp_path / "a.bel", alone, 2, tally=False) as board:
        with pytest.raises(ElectionInvalid) as error:
            decrypt_share(alone.folders[0], board.path)
        assert error.value.check == "stage"
        with pytest.raises(ElectionInvalid):
            compute_result(board.path)
        found = encrypted_tally(board.path)
        rows = json.loads(found.raw)
        rows[0].reverse()
        board.append_tally(compact(rows), num_tallied=2, total_weight=2)
        for step in (lambda: decrypt_share(alone.folders[0], board.path), lambda: compute_result(board.path)):
            with pytest.raises(ElectionInvalid) as error:
                step()
            assert error.value.check == "tally-value"


def test_shares_that_are_missing_are_named(tmp_path: Path) -> None:
    who = trusted(tmp_path, mandatory=1, size=3, threshold=2)
    with closed_board(tmp_path / "a.bel", who, 1) as board:
        add_shares(board, [who.folders[3]])
        with pytest.raises(ElectionInvalid, match="trustee 1") as error:
            compute_result(board.path)
        assert error.value.check == "share-count"
        add_shares(board, [who.folders[0]])
        with pytest.raises(ElectionInvalid, match="missing: 1") as error:
            compute_result(board.path)
        assert error.value.where == "trustees 2 to 4"
        assert needed(who.record, [1, 4, 3, 2]) == ((1,), (2, 3))


def _no_row(share: dict[str, Any]) -> None:
    share["decryption_factors"].pop()


def _other_factor(share: dict[str, Any]) -> None:
    share["decryption_factors"][0][0] = GROUP.encode(GROUP.generator)


def _other_proof(share: dict[str, Any]) -> None:
    share["decryption_proofs"][0].reverse()


@pytest.mark.parametrize(
    ("edit", "owner", "check"),
    [
        (None, 2, "share-proof"),
        (None, 3, "share-owner"),
        (_no_row, 1, "share-form"),
        (_other_factor, 1, "share-proof"),
        (_other_proof, 1, "share-proof"),
    ],
)
def test_a_share_that_does_not_hold_is_refused(tmp_path: Path, edit: Any, owner: int, check: str) -> None:
    who = trusted(tmp_path, mandatory=2)
    with closed_board(tmp_path / "a.bel", who, 2) as board:
        share = json.loads(decrypt_share(who.folders[0], board.path).raw)
        if edit:
            edit(share)
        board.append_share(owner, compact(share))
        with pytest.raises(ElectionInvalid) as error:
            compute_result(board.path)
        assert error.value.check == check


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b'{"decryption_factors":[],"decryption_proofs":[],"more":1}',
        b'{"decryption_factors":[1],"decryption_proofs":[1]}',
        b'{"decryption_factors":[[1]],"decryption_proofs":[[1]]}',
        b'{"decryption_proofs":[],"decryption_factors":[]}',
    ],
)
def test_what_is_no_share(raw: bytes) -> None:
    with pytest.raises(EncodingError):
        Share.parse(raw, GROUP)


@settings(max_examples=25)
@given(st.integers(0, 3_000), st.data())
def test_the_logarithm_finds_every_number_up_to_its_bound(bound: int, data: st.DataObject) -> None:
    found = Logarithms(GROUP, bound)
    number = data.draw(st.integers(0, bound))
    assert found.of(GROUP.exponentiate(number)) == number
    for outside in (bound + 1, -1):
        with pytest.raises(ElectionInvalid):
            found.of(GROUP.exponentiate(outside))


@settings(max_examples=50)
@given(st.lists(st.integers(0, GROUP.order - 1), min_size=1, max_size=6), st.data())
def test_lagrange_gives_what_a_polynomial_is_at_0(polynomial: list[int], data: st.DataObject) -> None:
    size = len(polynomial)
    at = data.draw(st.lists(st.integers(1, 100), min_size=size, max_size=size, unique=True))
    values = {x: sum(one * x**power for power, one in enumerate(polynomial)) for x in at}
    assert sum(lagrange(x, at, GROUP.order) * values[x] for x in at) % GROUP.order == polynomial[0]


PLAIN = Question(text="?", answers=("a", "b"), minimum=1, maximum=1)
BLANK = Question(text="?", answers=("a", "b"), minimum=1, maximum=2, blank=True)


@pytest.mark.parametrize(
    ("counts", "fits"),
    [
        (((2, 3), (1, 4, 4)), True),
        (((2, 3), (5, 0, 0)), True),
        (((2, 2), (1, 4, 4)), False),
        (((3, 3), (1, 4, 4)), False),
        (((2, 3), (1, 5, 1)), False),
        (((2, 3), (1, 1, 2)), False),
        (((2, 3), (6, 0, 0)), False),
        (((2, 3),), False),
        (((2, 3), (1, 4)), False),
    ],
)
def test_counts_keep_to_the_rules_of_their_questions(counts: Any, fits: bool) -> None:
    if fits:
        check_counts((PLAIN, BLANK), counts, 5)
        assert parse_result(encode_result(counts)) == counts
    else:
        with pytest.raises(ElectionInvalid):
            check_counts((PLAIN, BLANK), counts, 5)


@pytest.mark.parametrize(
    "raw", [b"", b'{"result":1}', b'{"result":[1]}', b'{"result":[[-1]]}', b'{"result":[[true]]}']
)
def test_what_is_no_result(raw: bytes) -> None:
    with pytest.raises(EncodingError):
        parse_result(raw)


HOLDERS = ("TrusteeFolder", "TrusteeKey", "Seat", "Drawn")
TAKEN = ("Ciphertext", "Tally", "Element", "Share")


def functions() -> Iterator[tuple[str, Any]]:
    """Every function and method of the package, private ones too."""
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        for name, value in vars(import_module(module.name)).items():
            if inspect.isfunction(value) and value.__module__ == module.name:
                yield name, value
            elif inspect.isclass(value) and value.__module__ == module.name:
                for member in vars(value).values():
                    function = getattr(member, "__func__", getattr(member, "fget", member))
                    if inspect.isfunction(function):
                        yield f"{name}.{function.__name__}", function


def test_no_function_takes_a_trustees_secret_and_a_ciphertext() -> None:
    """Whoever calls ``decrypt_share`` gives a path; the sums are made from the ballots behind it."""
    found = list(functions())
    assert {"decrypt_share", "TrusteeFolder.receive", "_key", "Share.parse"} <= {name for name, _ in found}
    for name, function in found:
        taken = [kind for at, kind in function.__annotations__.items() if at != "return"]
        holds = any(holder in kind for holder in HOLDERS for kind in (*taken, name.partition(".")[0]))
        ciphertexts = [kind for kind in taken if any(one in kind for one in TAKEN)]
        assert not (holds and ciphertexts), (name, ciphertexts)
    assert list(inspect.signature(decrypt_share).parameters) == ["trustee", "board", "workers", "progress"]


CIPHERTEXT = {"alpha": GROUP.encode(GROUP.generator), "beta": GROUP.encode(GROUP.generator)}


@pytest.mark.parametrize(
    "question",
    [
        {"do": "decrypt", "ciphertexts": [[CIPHERTEXT]]},
        {"do": "decrypt", "board": [[CIPHERTEXT]], "workers": 1},
        {"do": "decrypt", "board": "/dev/null", "workers": 1},
        {"do": "decrypt", "board": "/nowhere", "workers": 1},
        {"do": "decrypt", "board": "/nowhere", "workers": 10**9},
        {"do": "decrypt", "board": "/nowhere", "workers": 1, "minimum": 0},
        {"do": "decrypt", "board": "a\0b", "workers": 1},
        {"do": "unseal", "value": CIPHERTEXT},
        {"do": "check", "trustees": [[CIPHERTEXT]]},
        {"do": "key", "group": CIPHERTEXT},
        {"do": "certificate", "group": CIPHERTEXT, "size": 1, "threshold": 1, "index": 1},
        {"do": "polynomial", "certificates": [CIPHERTEXT]},
        {"do": "receive", "certificates": [CIPHERTEXT], "polynomials": [CIPHERTEXT]},
        {"do": ["decrypt"]},
        {"do": "exponent"},
        {"board": "x"},
    ],
)
def test_no_question_makes_a_trustee_decrypt_what_it_is_given(
    alone: Trusted, question: dict[str, Any]
) -> None:
    folder = alone.folders[0]
    found = answer(folder, json.dumps(question).encode())
    assert set(found) == {"failed", "why", "remedy", "reason"}
    factor = GROUP.encode(GROUP.exponentiate(folder.key.exponent))
    assert factor not in json.dumps(found)
    assert str(folder.key.exponent) not in json.dumps(found)


QUESTIONS = {
    "key": ("group",),
    "certificate": ("group", "size", "threshold", "index"),
    "polynomial": ("certificates",),
    "receive": ("certificates", "polynomials"),
    "check": ("trustees",),
    "decrypt": ("board", "workers"),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    max_leaves=5,
)


def test_any_line_is_answered(tmp_path: Path) -> None:
    folder = TrusteeFolder.create(tmp_path / "somebody")

    @given(st.binary(max_size=100))
    def any_bytes(line: bytes) -> None:
        assert "failed" in answer(folder, line)

    @settings(max_examples=50)
    @given(st.sampled_from(sorted(QUESTIONS)), st.data())
    def any_values(do: str, data: st.DataObject) -> None:
        members = {name: data.draw(ANYTHING) for name in QUESTIONS[do]}
        assert "failed" in answer(folder, json.dumps({"do": do, **members}).encode())

    any_bytes()
    any_values()
