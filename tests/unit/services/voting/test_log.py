from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, StoreUnavailable
from smartid.services.voting.log import FIRST, ChainedLog, MerkleTree, read_log

LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Tree heads over these leaves that implementations of Certificate Transparency (RFC 6962) test with."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.log"


def write(path: Path, *bodies: dict[str, Any]) -> ChainedLog:
    log = ChainedLog(path)
    for body in bodies:
        log.add(body)
    return log


@pytest.mark.parametrize("size", ROOTS)
def test_merkle_roots_of_certificate_transparency(size: int) -> None:
    tree = MerkleTree()
    for leaf in LEAVES[:size]:
        tree.add(bytes.fromhex(leaf))
    assert tree.root() == ROOTS[size]


def tree_head(leaves: list[bytes]) -> bytes:
    """The recursive definition of RFC 9162 (2021), 2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + tree_head(leaves[:split]) + tree_head(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=40))
def test_the_tree_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    assert bytes.fromhex(tree.root()) == tree_head(leaves)


def test_lines_are_chained_and_only_for_their_owner(path: Path) -> None:
    write(path, {"a": 1}, {"b": "کلید"})
    first, second = read_log(path)
    raw = path.read_bytes().split(b"\n")
    assert first.previous == FIRST
    assert second.previous == first.hash == hashlib.sha256(raw[0]).hexdigest()
    assert (second.number, second.body) == (2, {"b": "کلید"})
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b'"a":1', b'"a":2'),
        lambda raw: raw.split(b"\n", 1)[1],
        lambda raw: raw[: raw.index(b"\n") + 1] * 2,
        lambda raw: raw.replace(b'{"body"', b'{ "body"', 1),
        lambda raw: raw.replace(b'"number":2', b'"number":3'),
        lambda raw: b"\n" + raw,
        lambda raw: b"[]\n" + raw,
        lambda raw: b"\xff\xff\n" + raw,
        lambda raw: raw[:-1] + b" \n",
    ],
)
def test_a_changed_log_is_told(path: Path, change: Any) -> None:
    write(path, {"a": 1}, {"a": 1}, {"c": 3}).close()
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(EncodingError):
        list(read_log(path))
    with pytest.raises(EncodingError), ChainedLog(path).turn() as new:
        list(new)


@pytest.mark.parametrize("left", [1, 2, 10])
def test_a_torn_line_is_cut_off_by_the_next_writer(path: Path, left: int) -> None:
    log = write(path, {"a": 1})
    whole = path.read_bytes()
    log.add({"b": 2})
    line = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + line[: len(line) - left])
    assert [one.body for one in read_log(path)] == [{"a": 1}]
    again = ChainedLog(path)
    again.add({"c": 3})
    assert [one.body for one in read_log(path)] == [{"a": 1}, {"c": 3}]
    assert again.head[0] == 2


def test_two_writers_see_each_other(path: Path) -> None:
    one, other = ChainedLog(path), ChainedLog(path)
    one.add({"n": 1})
    with other.turn() as new:
        assert [line.body for line in new] == [{"n": 1}]
        other.append({"n": 2})
    with one.turn() as new:
        assert [line.body for line in new] == [{"n": 2}]
    assert one.head == other.head


def test_nothing_is_appended_before_what_is_new_was_read(path: Path) -> None:
    one, other = ChainedLog(path), ChainedLog(path)
    one.add({"n": 1})
    with pytest.raises(RuntimeError), other.turn():
        other.append({"n": 2})
    assert len(list(read_log(path))) == 1


def test_a_log_that_lost_lines_under_a_writer_is_told(path: Path) -> None:
    log = write(path, {"a": 1}, {"b": 2})
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    with pytest.raises(EncodingError):
        log.add({"c": 3})


@pytest.mark.parametrize("written", [0, 5])
def test_a_full_disk_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch, written: int) -> None:
    log = write(path, {"a": 1})
    before = path.read_bytes()

    def full(raw: bytes) -> None:
        os.pwrite(log._file, raw[:written], log._end)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(log, "_write", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        log.add({"b": 2})
    assert path.read_bytes() == before
    monkeypatch.undo()
    log.add({"b": 3})
    assert [line.body for line in read_log(path)] == [{"a": 1}, {"b": 3}]


def test_a_line_is_bounded(path: Path) -> None:
    log = ChainedLog(path)
    with pytest.raises(EncodingError):
        log.add({"a": "x" * (4 << 20)})
    path.write_bytes(b"x" * ((4 << 20) + 2))
    with pytest.raises(EncodingError):
        list(read_log(path))


@given(st.binary(max_size=200))
def test_any_bytes_are_lines_or_a_named_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.log"
    path.write_bytes(raw)
    with contextlib.suppress(EncodingError):
        assert list(read_log(path)) == [] or raw.count(b"\n")
