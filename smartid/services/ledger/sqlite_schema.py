"""The tables of the book in SQLite, and what is said to them.

What was appended to accounts, transfers and blocks stays as it is: triggers refuse to change it.

The ids of transfers stand in a table of their own, filled from the transfers by one statement for each
commit: an index that SQLite itself looks after costs twice as much. That table is not STRICT, and its
statement says OR FAIL, for otherwise SQLite copies every page that it touches, to be able to undo the
statement alone; who fails here undoes more than that.
"""

from __future__ import annotations

PRAGMAS = (
    "PRAGMA synchronous = FULL",  # what was acknowledged is there after a power cut too
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 4000",  # a longer log grows, and growing files are slow to sync
)


def _never(what: str, table: str) -> str:
    name = f"{table}_never_{what.split(maxsplit=1)[0].lower()}"
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {what} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


SCHEMA = (
    """CREATE TABLE IF NOT EXISTS smartid_account (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL,
        guard INTEGER NOT NULL CHECK (guard BETWEEN 0 AND 2),
        debits INTEGER NOT NULL, credits INTEGER NOT NULL,
        pending_debits INTEGER NOT NULL, pending_credits INTEGER NOT NULL,
        CHECK (min(debits, credits, pending_debits, pending_credits) >= 0),
        CHECK (CASE guard WHEN 1 THEN debits + pending_debits <= credits
                          WHEN 2 THEN credits + pending_credits <= debits ELSE 1 END)) STRICT""",
    """CREATE TABLE IF NOT EXISTS smartid_transfer (
        number INTEGER PRIMARY KEY, id BLOB NOT NULL CHECK (length(id) = 16),
        debit INTEGER NOT NULL, credit INTEGER NOT NULL, amount INTEGER NOT NULL CHECK (amount >= 0),
        kind INTEGER NOT NULL, pending BLOB, expires INTEGER, note TEXT NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS smartid_transfer_id (
        id BLOB NOT NULL PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE UNIQUE INDEX IF NOT EXISTS smartid_transfer_resolved ON smartid_transfer (pending)
        WHERE pending IS NOT NULL""",
    """CREATE TABLE IF NOT EXISTS smartid_block (
        height INTEGER PRIMARY KEY, at INTEGER NOT NULL, accounts INTEGER NOT NULL,
        transfers INTEGER NOT NULL, hash BLOB NOT NULL) STRICT""",
    """CREATE TABLE IF NOT EXISTS smartid_record (
        kind TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, due INTEGER NOT NULL,
        content TEXT NOT NULL, PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS smartid_record_state ON smartid_record (kind, state, due, key)"
    " WHERE state <> ''",
    "CREATE INDEX IF NOT EXISTS smartid_record_due ON smartid_record (kind, due, key) WHERE due > 0",
    """CREATE TABLE IF NOT EXISTS smartid_series (
        series TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    _never("UPDATE", "smartid_transfer"),
    _never("DELETE", "smartid_transfer"),
    _never("UPDATE", "smartid_transfer_id"),
    _never("DELETE", "smartid_transfer_id"),
    _never("UPDATE", "smartid_block"),
    _never("DELETE", "smartid_block"),
    _never("UPDATE OF number, name, unit, guard", "smartid_account"),
    _never("DELETE", "smartid_account"),
    """CREATE TABLE IF NOT EXISTS smartid_head (
        height INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL, key BLOB NOT NULL,
        signature BLOB NOT NULL, PRIMARY KEY (height, key)) STRICT""",
)

EXISTS = "SELECT 1 FROM sqlite_master WHERE name = 'smartid_head'"

ACCOUNTS = """SELECT number, name, unit, guard, debits, credits, pending_debits, pending_credits
    FROM smartid_account WHERE name IN ({})"""
ACCOUNTS_NAMED = """SELECT number, name, unit, guard, debits, credits, pending_debits, pending_credits
    FROM smartid_account WHERE name >= ? AND name < ? ORDER BY name"""
ALL_ACCOUNTS = """SELECT number, name, unit, guard, debits, credits, pending_debits, pending_credits
    FROM smartid_account ORDER BY number"""
NAMES = "SELECT number, name FROM smartid_account WHERE number IN ({})"
ADD_ACCOUNT = "INSERT INTO smartid_account VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SET_BALANCES = """UPDATE smartid_account
    SET debits = ?, credits = ?, pending_debits = ?, pending_credits = ? WHERE number = ?"""

TRANSFERS = """SELECT t.id, debit, credit, amount, kind, pending, expires, note
    FROM smartid_transfer_id AS i CROSS JOIN smartid_transfer AS t ON t.number = i.number
    WHERE i.id IN ({})"""
RESOLUTIONS = """SELECT id, debit, credit, amount, kind, pending, expires, note
    FROM smartid_transfer WHERE pending IN ({})"""
ALL_TRANSFERS = """SELECT number, id, debit, credit, amount, kind, pending, expires, note
    FROM smartid_transfer ORDER BY number"""
ADD_TRANSFER = "INSERT INTO smartid_transfer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
AT_ONCE = 64
"""So many transfers are posted by one statement."""
_ADD_POSTED = "INSERT INTO smartid_transfer (number, id, debit, credit, amount, kind, note) VALUES "
_ONE_POSTED = "(?, ?, ?, ?, ?, 0, ?)"
ADD_POSTED = _ADD_POSTED + _ONE_POSTED
ADD_MANY_POSTED = _ADD_POSTED + ", ".join([_ONE_POSTED] * AT_ONCE)
ADD_IDS = """INSERT OR FAIL INTO smartid_transfer_id
    SELECT id, number FROM smartid_transfer WHERE number > ? ORDER BY id"""
IDS_FIT = """SELECT (SELECT count(*) FROM smartid_transfer_id) = (SELECT count(*) FROM smartid_transfer)
    AND NOT EXISTS (SELECT 1 FROM smartid_transfer AS t WHERE NOT EXISTS
        (SELECT 1 FROM smartid_transfer_id AS i WHERE i.id = t.id AND i.number = t.number))"""

LAST_BLOCK = "SELECT height, at, accounts, transfers, hash FROM smartid_block ORDER BY height DESC LIMIT 1"
BLOCK = "SELECT height, at, accounts, transfers, hash FROM smartid_block WHERE height = ?"
ALL_BLOCKS = "SELECT height, at, accounts, transfers, hash FROM smartid_block ORDER BY height"
ADD_BLOCK = "INSERT INTO smartid_block VALUES (?, ?, ?, ?, ?)"
ALL_HEADS = "SELECT height, hash, at, key, signature FROM smartid_head ORDER BY height, key"
ADD_HEAD = "INSERT INTO smartid_head VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

RECORDS = "SELECT kind, key, state, due, content FROM smartid_record WHERE kind = ? AND key IN ({})"
FIND = "SELECT kind, key, state, due, content FROM smartid_record WHERE {} ORDER BY due, key LIMIT ?"


def find(kind: str, state: str | None, due: int | None, limit: int) -> tuple[str, tuple[str | int, ...]]:
    """The statement that finds records, and what it is given; None stands for any state, any time."""
    rules, given = "kind = ?", [kind]
    if state is not None:
        rules += " AND state = ? AND state <> ''" if state else " AND state = ?"  # the index wants to hear it
        given.append(state)
    due_by = [] if due is None else [due]
    if due_by:
        rules += " AND due > 0 AND due <= ?"
    return FIND.format(rules), (*given, *due_by, limit)


KEEP = """INSERT INTO smartid_record VALUES (?, ?, ?, ?, ?) ON CONFLICT (kind, key) DO UPDATE
    SET state = excluded.state, due = excluded.due, content = excluded.content"""
FORGET = "DELETE FROM smartid_record WHERE kind = ? AND key = ?"
NEXT_NUMBER = """INSERT INTO smartid_series VALUES (?, 1) ON CONFLICT (series) DO UPDATE
    SET last = last + 1 RETURNING last"""
