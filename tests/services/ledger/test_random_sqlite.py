from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings

from tests.services.ledger.random_ledger import RandomLedger


class RandomSQLite(RandomLedger):
    def address(self) -> str:
        self.folder = tempfile.TemporaryDirectory()
        return f"sqlite:///{Path(self.folder.name)}/book.db"

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


TestRandomSQLite = RandomSQLite.TestCase
TestRandomSQLite.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
