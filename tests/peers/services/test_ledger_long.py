"""A million random groups on SQLite, with kills: no value comes or goes, as SQLite itself counts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.services.ledger import crashes

pytestmark = pytest.mark.peers_heavy

_RECOUNT = """
WITH settled AS (SELECT debit, credit, amount FROM smartid_transfer WHERE kind IN (0, 2)),
reserved AS (
    SELECT debit, credit, amount FROM smartid_transfer t WHERE kind = 1
    AND NOT EXISTS (SELECT 1 FROM smartid_transfer r WHERE r.pending = t.id)),
again AS (
    SELECT debit AS number, amount AS d, 0 AS c, 0 AS pd, 0 AS pc FROM settled
    UNION ALL SELECT credit, 0, amount, 0, 0 FROM settled
    UNION ALL SELECT debit, 0, 0, amount, 0 FROM reserved
    UNION ALL SELECT credit, 0, 0, 0, amount FROM reserved),
sums AS (SELECT number, sum(d) AS d, sum(c) AS c, sum(pd) AS pd, sum(pc) AS pc FROM again GROUP BY number)
SELECT count(*) FROM smartid_account JOIN sums USING (number)
WHERE (debits, credits, pending_debits, pending_credits) <> (d, c, pd, pc)
"""


@pytest.mark.timeout(900)
def test_a_million_random_groups_with_kills(tmp_path: Path) -> None:
    path = tmp_path / "book.db"
    asked = crashes.check_many(f"sqlite:///{path}", batches=1000, kills=10, seed=5)
    assert asked >= 990_000
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM smartid_transfer").fetchone()[0] > 500_000
    assert connection.execute(_RECOUNT).fetchone()[0] == 0
    connection.execute("UPDATE smartid_account SET credits = credits + 1 WHERE number = 2")
    assert connection.execute(_RECOUNT).fetchone()[0] == 1
    connection.close()
