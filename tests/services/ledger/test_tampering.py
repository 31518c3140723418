"""Somebody with the file at hand changes it: whatever is changed, verify says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.errors import EncodingError, LedgerBroken, StoreUnavailable
from smartid.services.ledger import open_book
from smartid.services.ledger.group_commit import GroupBook
from smartid.services.ledger.values import Kind
from tests.services.ledger.rules import ACCOUNTS, NOON, Clock, move

TABLES = ("smartid_account", "smartid_transfer", "smartid_block", "smartid_head")
TEXTS = {"name", "unit", "note"}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[GroupBook]:
    with open_book(f"sqlite:///{tmp_path}/book.db", clock=Clock()) as book:
        book.run(lambda entry: entry.open_account(*ACCOUNTS))
        book.post([(move(0, "bank", "purse/1", 100, note="bread نان"),)])
        later = NOON + timedelta(hours=1)
        book.post(
            [
                (move(1, "purse/1", "purse/2", 5, Kind.PENDING, expires=later),),
                (move(2, "purse/1", "purse/2", 5, Kind.PENDING),),
            ]
        )
        book.post([(move(3, "purse/1", "purse/2", 4, Kind.POST, pending=1),)])
        book.sign_head(Ed25519PrivateKey.generate())
        book.post([(move(4, "purse/1", "purse/2", 0, Kind.VOID, pending=2),)])
        yield book


@pytest.fixture
def file(book: GroupBook, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The file, with everything that guards it taken away."""
    connection = sqlite3.connect(tmp_path / "book.db", isolation_level=None)
    connection.text_factory = bytes
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name.decode()}")
    yield connection
    connection.close()


def broken(book: GroupBook) -> bool:
    try:
        book.verify()
    except LedgerBroken:
        return True
    return False


def others(value: object, text: bool) -> Iterator[object]:
    """Values beside this one: one bit of each byte, other lengths, other numbers, none."""
    if isinstance(value, int):
        yield from {value ^ (1 << bit) for bit in (0, 1, 7, 20, 41, 62)} | {-value - 1, 0} - {value}
    elif value is None:
        yield from ([0, 1] if text else [b"", bytes(16), b"\x01" * 16, 0, 1])
    else:
        step = 1 if len(value) <= 16 else 5
        for place in range(0, len(value), step):
            for bit in (0,):
                changed = bytearray(value)
                changed[place] ^= 1 << bit
                yield bytes(changed)
        yield from {value + b"\x00", value + value, value[:-1], value + b"x"} - {value}


def test_every_value_of_every_row_is_watched(book: GroupBook, file: sqlite3.Connection) -> None:
    assert not broken(book)
    tried = 0
    for table in TABLES:
        columns = [
            (row[1].decode(), row[2] == b"TEXT") for row in file.execute(f"PRAGMA table_info({table})")
        ]
        for rowid, *values in file.execute(f"SELECT rowid, * FROM {table}").fetchall():
            for (column, text), value in zip(columns, values, strict=True):
                tried += change_and_look(book, file, (table, column, rowid), value, text)
    assert tried > 900
    assert not broken(book)


def change_and_look(
    book: GroupBook, file: sqlite3.Connection, where: tuple[str, str, int], value: object, text: bool
) -> int:
    table, column, rowid = where
    tried = 0
    put = f"UPDATE {table} SET {column} = {'CAST(? AS TEXT)' if text else '?'} WHERE rowid = ?"
    for other in others(value, text):
        try:
            file.execute(put, (other, rowid))
        except sqlite3.IntegrityError:
            continue  # taken by another row, or of another type: SQLite itself refuses
        new = other if column in {"number", "height"} and table != "smartid_head" else rowid
        tried += 1
        assert broken(book), (table, column, rowid, value, other)
        file.execute(put, (value, new))
    return tried


@pytest.mark.parametrize("table", TABLES[:3])
def test_every_missing_row_is_missed(book: GroupBook, file: sqlite3.Connection, table: str) -> None:
    for (rowid,) in file.execute(f"SELECT rowid FROM {table}").fetchall():
        row = file.execute(f"SELECT * FROM {table} WHERE rowid = ?", (rowid,)).fetchone()
        file.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
        assert broken(book)
        texts = [
            value.decode() if isinstance(value, bytes) and is_text else value
            for value, is_text in zip(
                row, [info[2] == b"TEXT" for info in file.execute(f"PRAGMA table_info({table})")], strict=True
            )
        ]
        file.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", texts)
    assert not broken(book)


def test_the_last_block_cannot_be_cut_off_behind_a_signed_head(
    book: GroupBook, file: sqlite3.Connection
) -> None:
    """Cutting off blocks gives a chain that fits; who kept a head knows better."""
    head = book.head()
    count = file.execute(
        "SELECT transfers FROM smartid_block ORDER BY height DESC LIMIT 1 OFFSET 1"
    ).fetchone()[0]
    file.execute("DELETE FROM smartid_block WHERE height = ?", (head.height,))
    file.execute("DELETE FROM smartid_transfer WHERE number > ?", (count,))
    file.execute("DELETE FROM smartid_transfer_id WHERE number > ?", (count,))
    file.execute("UPDATE smartid_account SET pending_debits = 5 WHERE name = 'purse/1'")
    file.execute("UPDATE smartid_account SET pending_credits = 5 WHERE name = 'purse/2'")
    assert not broken(book)
    assert not book.contains(head)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM smartid_transfer_id WHERE number = 1",
        "UPDATE smartid_transfer_id SET number = 1 WHERE number = 2",
        "UPDATE smartid_transfer_id SET number = 'x' WHERE number = 2",
        "UPDATE smartid_transfer_id SET id = x'00112233445566778899aabbccddeeff' WHERE number = 2",
        "UPDATE smartid_transfer_id SET id = 'x' WHERE number = 2",
        "UPDATE smartid_transfer_id SET number = 5 - number WHERE number IN (2, 3)",
        "INSERT INTO smartid_transfer_id VALUES (x'00112233445566778899aabbccddeeff', 1)",
    ],
)
def test_ids_lead_to_their_transfers(book: GroupBook, file: sqlite3.Connection, statement: str) -> None:
    """An id that is missing there would be carried out again."""
    assert not broken(book)
    assert file.execute(statement).rowcount > 0
    with pytest.raises(LedgerBroken, match="ids"):
        book.verify()


def test_the_error_names_the_block(book: GroupBook, file: sqlite3.Connection) -> None:
    file.execute("UPDATE smartid_transfer SET amount = 6 WHERE number = 2")
    with pytest.raises(LedgerBroken, match="at block 3") as caught:
        book.verify()
    assert caught.value.block == 3
    file.execute("UPDATE smartid_transfer SET amount = 5 WHERE number = 2")
    file.execute("UPDATE smartid_account SET credits = 101 WHERE name = 'purse/1'")
    with pytest.raises(LedgerBroken, match="balance of 'purse/1'"):
        book.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE smartid_transfer SET note = 'x'",
        "DELETE FROM smartid_transfer",
        "UPDATE smartid_transfer_id SET number = 1",
        "DELETE FROM smartid_transfer_id",
        "UPDATE smartid_block SET at = 1",
        "DELETE FROM smartid_block",
        "DELETE FROM smartid_account",
        "UPDATE smartid_account SET guard = 0",
        "UPDATE smartid_account SET name = 'x' || name",
    ],
)
def test_what_was_appended_stays(book: GroupBook, tmp_path: Path, statement: str) -> None:
    connection = sqlite3.connect(tmp_path / "book.db")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


def test_accounts_are_guarded_by_the_file_too(book: GroupBook, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "book.db")
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        connection.execute("UPDATE smartid_account SET debits = 1000 WHERE name = 'purse/1'")
    connection.close()


def test_a_file_that_was_overwritten(book: GroupBook, tmp_path: Path) -> None:
    book.close()
    path = tmp_path / "book.db"
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xaa" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises((LedgerBroken, StoreUnavailable)), open_book(f"sqlite:///{path}") as again:
        again.verify()


def test_a_file_with_other_tables_is_broken_and_nothing_else(
    book: GroupBook, file: sqlite3.Connection
) -> None:
    """Whoever makes the tables anew, without STRICT, may write anything into them."""
    for table in TABLES:
        rows = file.execute(f"SELECT * FROM {table}").fetchall()
        names = [row[1].decode() for row in file.execute(f"PRAGMA table_info({table})")]
        file.execute(f"DROP TABLE {table}")
        file.execute(f"CREATE TABLE {table} ({', '.join(names)})")
        values = ", ".join("?" * len(names))
        texts = [
            tuple(v.decode() if n in TEXTS else v for n, v in zip(names, row, strict=True)) for row in rows
        ]
        file.executemany(f"INSERT INTO {table} VALUES ({values})", texts)
        assert not broken(book), table
        for name, value in zip(names, texts[0], strict=True):
            for other in (None, "x", b"", b"x", 1.5, float("inf"), -1, "x" * 70_000):
                if other == value:
                    continue
                file.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = 1", (other,))
                assert broken(book), (table, name, other)
                with suppress(LedgerBroken):
                    book.totals()
                with suppress(EncodingError):
                    book.signed_heads()
                file.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = 1", (value,))
