from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smartid.cli.errors import WrongUsage
from smartid.cli.service_ledger import command
from smartid.services.ledger import open_book
from tests.services.ledger.rules import ACCOUNTS, move


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/book.db"
    with open_book(url) as book:
        book.run(lambda entry: entry.open_account(*ACCOUNTS))
        book.post([(move(1, "bank", "purse/1", 70),)])
    return url


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def test_a_ledger_that_is_well(url: str) -> None:
    with open_book(url) as book:
        head = book.head()
    said = ask("verify", url, "--json")
    assert said.return_value == 0
    assert json.loads(said.stdout) == {"intact": True, "height": 2, "hash": head.hash.hex()}
    assert head.hash.hex() in ask("verify", url).stdout


def test_a_ledger_that_was_changed(url: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "book.db", isolation_level=None)
    connection.execute("UPDATE smartid_account SET debits = 71 WHERE name = 'bank'")
    connection.close()
    said = ask("verify", url, "--json")
    assert said.return_value == 1
    assert json.loads(said.stdout)["intact"] is False
    plain = ask("verify", url)
    assert plain.return_value == 1
    assert "balance of 'bank'" in plain.output


def test_totals(url: str) -> None:
    said = json.loads(ask("totals", url, "--json").stdout)
    assert said == {"IRR": {"debits": 70, "credits": 70}, "ml": {"debits": 0, "credits": 0}}
    assert "IRR" in ask("totals", url).stdout


@pytest.mark.parametrize("url", ["sqlite:///none.db", "book.db", "mysql:///x"])
def test_no_ledger_is_made_by_looking(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(ask("verify", url).exception, WrongUsage)
    assert list(tmp_path.iterdir()) == []
