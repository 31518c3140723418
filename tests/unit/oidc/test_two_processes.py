"""Two providers on one SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.auth.sql_store import SQLStore
from tests.unit.oidc.two_providers import OpenStore, TwoProviders


class TestSQLite(TwoProviders):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda clock: SQLStore.open(f"sqlite:///{tmp_path}/store", clock=clock)
