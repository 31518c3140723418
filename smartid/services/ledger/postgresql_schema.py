"""The tables of the book in PostgreSQL, and what is said to them beside the statements of SQLite."""

from __future__ import annotations


def _never(table: str, what: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {table}_never BEFORE {what} ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION smartid_never();"
        f"CREATE OR REPLACE TRIGGER {table}_never_empty BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION smartid_never();"
    )


SETTINGS = """SET synchronous_commit = on; SET lock_timeout = '30s';
    SET idle_in_transaction_session_timeout = '30s'"""

EXISTS = "SELECT 1 WHERE to_regclass('smartid_head') IS NOT NULL"

# Statements sent as one text are one transaction, so the lock lasts until the last table is there.
SCHEMA = (
    """SELECT pg_advisory_xact_lock(78165);
    CREATE TABLE IF NOT EXISTS smartid_account (
        number BIGINT PRIMARY KEY, name TEXT COLLATE "C" NOT NULL UNIQUE, unit TEXT NOT NULL,
        guard SMALLINT NOT NULL CHECK (guard BETWEEN 0 AND 2),
        debits BIGINT NOT NULL, credits BIGINT NOT NULL,
        pending_debits BIGINT NOT NULL, pending_credits BIGINT NOT NULL,
        CHECK (least(debits, credits, pending_debits, pending_credits) >= 0),
        CHECK (CASE guard WHEN 1 THEN debits + pending_debits <= credits
                          WHEN 2 THEN credits + pending_credits <= debits ELSE TRUE END))
        WITH (fillfactor = 70);
    CREATE TABLE IF NOT EXISTS smartid_transfer (
        number BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE CHECK (length(id) = 16),
        debit BIGINT NOT NULL, credit BIGINT NOT NULL, amount BIGINT NOT NULL CHECK (amount >= 0),
        kind SMALLINT NOT NULL, pending BYTEA, expires BIGINT, note TEXT NOT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS smartid_transfer_resolved ON smartid_transfer (pending)
        WHERE pending IS NOT NULL;
    CREATE TABLE IF NOT EXISTS smartid_block (
        height BIGINT PRIMARY KEY, at BIGINT NOT NULL, accounts BIGINT NOT NULL,
        transfers BIGINT NOT NULL, hash BYTEA NOT NULL);
    CREATE TABLE IF NOT EXISTS smartid_record (
        kind TEXT COLLATE "C" NOT NULL, key TEXT COLLATE "C" NOT NULL, state TEXT NOT NULL,
        due BIGINT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (kind, key));
    CREATE INDEX IF NOT EXISTS smartid_record_state ON smartid_record (kind, state, due, key)
        WHERE state <> '';
    CREATE INDEX IF NOT EXISTS smartid_record_due ON smartid_record (kind, due, key) WHERE due > 0;
    CREATE TABLE IF NOT EXISTS smartid_series (series TEXT PRIMARY KEY, last BIGINT NOT NULL);
    CREATE OR REPLACE FUNCTION smartid_never() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;"""
    + _never("smartid_transfer", "UPDATE OR DELETE")
    + _never("smartid_block", "UPDATE OR DELETE")
    + _never("smartid_account", "UPDATE OF number, name, unit, guard OR DELETE")
    + """CREATE TABLE IF NOT EXISTS smartid_head (
        height BIGINT NOT NULL, hash BYTEA NOT NULL, at BIGINT NOT NULL, key BYTEA NOT NULL,
        signature BYTEA NOT NULL, PRIMARY KEY (height, key))"""
)

BEGIN = """BEGIN; LOCK TABLE smartid_block IN EXCLUSIVE MODE;
    SELECT height, at, accounts, transfers, hash FROM smartid_block ORDER BY height DESC LIMIT 1"""
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

ACCOUNTS = """SELECT number, name, unit, guard, debits, credits, pending_debits, pending_credits
    FROM smartid_account WHERE name = ANY(%s)"""
NAMES = "SELECT number, name FROM smartid_account WHERE number = ANY(%s)"
TRANSFERS = """SELECT id, debit, credit, amount, kind, pending, expires, note
    FROM smartid_transfer WHERE id = ANY(%s)"""
RESOLUTIONS = """SELECT id, debit, credit, amount, kind, pending, expires, note
    FROM smartid_transfer WHERE pending = ANY(%s)"""
RECORDS = "SELECT kind, key, state, due, content FROM smartid_record WHERE kind = %s AND key = ANY(%s)"

ADD_ACCOUNTS = """INSERT INTO smartid_account SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[],
    %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])"""
ADD_TRANSFERS = """INSERT INTO smartid_transfer SELECT * FROM unnest(%s::bigint[], %s::bytea[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::bytea[], %s::bigint[], %s::text[])"""
SET_BALANCES = """UPDATE smartid_account AS old SET debits = new.debits, credits = new.credits,
    pending_debits = new.pending_debits, pending_credits = new.pending_credits
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS new (debits, credits, pending_debits, pending_credits, number) WHERE old.number = new.number"""
KEEP = """INSERT INTO smartid_record
    SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
    ON CONFLICT (kind, key) DO UPDATE
    SET state = excluded.state, due = excluded.due, content = excluded.content"""
NEXT_NUMBER = """INSERT INTO smartid_series AS old VALUES (%s, 1) ON CONFLICT (series) DO UPDATE
    SET last = old.last + 1 RETURNING last"""
