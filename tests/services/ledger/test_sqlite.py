from __future__ import annotations

import stat
from pathlib import Path

import pytest

from smartid.errors import StoreUnavailable
from smartid.services.ledger import open_book
from tests.services.ledger.rules import BookRules


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/book.db"


class TestSQLite(BookRules):
    pass


def test_only_the_owner_reads_the_file(tmp_path: Path, address: str) -> None:
    open_book(address).close()
    assert stat.S_IMODE((tmp_path / "book.db").stat().st_mode) == 0o600


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "book.db").write_bytes(b"not a database, but long enough to be looked at" * 40)
    with pytest.raises(StoreUnavailable, match="The book gives no answer: file is not a database"):
        open_book(f"sqlite:///{tmp_path}/book.db")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_book(f"sqlite:///{tmp_path}/none/book.db")


@pytest.mark.parametrize("url", ["", "book.db", "sqlite://x", "sqlite:///", "mysql://x/y"])
def test_other_addresses(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        open_book(url)
