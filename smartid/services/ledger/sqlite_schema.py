"""The tables of the book in SQLite. What was appended to accounts, transfers and blocks stays as it is."""

from __future__ import annotations


def _never(what: str, table: str) -> str:
    name = f"{table}_never_{what.split()[0].lower()}"
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {what} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


SCHEMA = (
    "CREATE TABLE IF NOT EXISTS smartid_account ("
    "number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, unit TEXT NOT NULL,"
    " guard INTEGER NOT NULL CHECK (guard BETWEEN 0 AND 2),"
    " debits INTEGER NOT NULL CHECK (debits >= 0), credits INTEGER NOT NULL CHECK (credits >= 0),"
    " pending_debits INTEGER NOT NULL CHECK (pending_debits >= 0),"
    " pending_credits INTEGER NOT NULL CHECK (pending_credits >= 0),"
    " CHECK (guard <> 1 OR debits + pending_debits <= credits),"
    " CHECK (guard <> 2 OR credits + pending_credits <= debits)) STRICT",
    "CREATE TABLE IF NOT EXISTS smartid_transfer ("
    "number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
    " debit INTEGER NOT NULL, credit INTEGER NOT NULL, amount INTEGER NOT NULL CHECK (amount >= 0),"
    " kind INTEGER NOT NULL, pending BLOB, expires INTEGER, note TEXT NOT NULL) STRICT",
    "CREATE UNIQUE INDEX IF NOT EXISTS smartid_transfer_resolved ON smartid_transfer (pending)"
    " WHERE pending IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS smartid_block ("
    "height INTEGER PRIMARY KEY, at INTEGER NOT NULL, accounts INTEGER NOT NULL, transfers INTEGER NOT NULL,"
    " hash BLOB NOT NULL CHECK (length(hash) = 32)) STRICT",
    "CREATE TABLE IF NOT EXISTS smartid_record ("
    "kind TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, due INTEGER NOT NULL, content TEXT NOT NULL,"
    " PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS smartid_record_state ON smartid_record (kind, state, due, key)",
    "CREATE INDEX IF NOT EXISTS smartid_record_due ON smartid_record (kind, due, key) WHERE due > 0",
    "CREATE TABLE IF NOT EXISTS smartid_series (series TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID",
    _never("UPDATE", "smartid_transfer"),
    _never("DELETE", "smartid_transfer"),
    _never("UPDATE", "smartid_block"),
    _never("DELETE", "smartid_block"),
    _never("UPDATE OF number, name, unit, guard", "smartid_account"),
    _never("DELETE", "smartid_account"),
    "CREATE TABLE IF NOT EXISTS smartid_head ("
    "height INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL, key BLOB NOT NULL,"
    " signature BLOB NOT NULL, PRIMARY KEY (height, key)) STRICT",
)
