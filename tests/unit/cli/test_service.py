"""``smartid service`` without a card: receipts, far sides, and what is said when something is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from smartid.cli.service_demo import NAMES as SHOWN
from smartid.cli.tree import run
from smartid.services.demo.run import NAMES
from smartid.services.journal import keys
from smartid.services.journal.receipt import receipt_json
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import Account
from tests.unit.services.journal.test_journal import KEY, RECEIPT


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "public.pem"
    path.write_bytes(keys.public_pem(KEY.public_key()))
    return str(path)


@pytest.fixture
def receipt_file(tmp_path: Path) -> str:
    path = tmp_path / "receipt.json"
    path.write_text(receipt_json(RECEIPT), encoding="utf-8")
    return str(path)


def test_a_receipt_is_verified_from_its_text_and_its_file(key_file, receipt_file, capsys) -> None:
    for given in (RECEIPT.qr, receipt_file):
        assert run(["service", "receipt", "verify", given, "--key", key_file]) == 0
        assert RECEIPT.id in capsys.readouterr().out
    assert run(["service", "receipt", "verify", receipt_file, "--key", key_file, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["valid"] is True
    assert document["receipt"]["details"] == {"till": 3}
    assert document["receipt"]["amount"] == 50_000


@pytest.mark.parametrize("given", ["SIR1:", "SIR1:0000", RECEIPT.qr[:-3] + "000", RECEIPT.qr + "0000"])
def test_what_was_not_signed_ends_with_1(given, key_file, capsys) -> None:
    assert run(["service", "receipt", "verify", given, "--key", key_file]) == 1
    assert "not genuine" in capsys.readouterr().err
    assert run(["service", "receipt", "verify", given, "--key", key_file, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["valid"] is False
    assert document["why"]


def test_a_receipt_is_shown_in_persian_and_english(receipt_file, capsys) -> None:
    assert run(["service", "receipt", "show", receipt_file]) == 0
    shown = capsys.readouterr()
    assert "۵۰٬۰۰۰ ریال" in shown.out
    assert "Not verified" in shown.err
    assert run(["service", "receipt", "show", RECEIPT.qr, "--lang", "en"]) == 0
    assert "50,000 rials" in capsys.readouterr().out


def test_the_qr_code_is_drawn(receipt_file, tmp_path, capsys) -> None:
    picture = tmp_path / "out.svg"
    assert run(["service", "receipt", "qr", receipt_file, "-o", str(picture)]) == 0
    assert picture.read_text().startswith("<svg")
    assert str(picture) in capsys.readouterr().out


def test_a_key_is_made_once(tmp_path, capsys) -> None:
    private, public = tmp_path / "journal.pem", tmp_path / "public.pem"
    assert run(["service", "receipt", "key", str(private), str(public)]) == 0
    assert private.stat().st_mode & 0o777 == 0o600
    assert keys.load_public_key(public) == keys.load_key(private).public_key()
    assert run(["service", "receipt", "key", str(private), str(public)]) == 2
    assert "PRIVATE" not in capsys.readouterr().out


def test_wrong_usage(tmp_path, key_file, capsys) -> None:
    assert run(["service", "demo", "lottery"]) == 2
    assert run(["service", "simulate", "moon"]) == 2
    assert run(["service", "demo", "purse", "--operations", "0"]) == 2
    assert run(["service", "receipt", "verify", "x"]) == 2
    assert run(["service", "receipt", "verify", str(tmp_path / "none"), "--key", key_file]) == 2
    assert run(["service", "receipt", "verify", RECEIPT.qr, "--key", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().out == ""


def test_a_demo_does_not_mix_with_a_ledger_that_is_there(tmp_path, capsys) -> None:
    url = f"sqlite:///{tmp_path}/used.db"
    with open_book(url) as book:
        book.run(lambda entry: entry.open_account(Account(name="bank/money", unit="IRR")))
    assert run(["service", "demo", "atm", "--operations", "1", "--database", url]) == 2
    assert run(["service", "demo", "atm", "--operations", "1", "--database", "nowhere"]) == 2
    assert capsys.readouterr().out == ""


def test_the_names_are_those_of_the_demos() -> None:
    assert SHOWN == NAMES


@pytest.mark.parametrize("name", ["switch", "acquirer", "bank", "fuel-office"])
def test_a_far_side_runs_until_it_is_told_to_end(name) -> None:
    command = [sys.executable, "-m", "smartid", "service", "simulate", name, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        text = "".join(iter(process.stdout.readline, "}\n")) + "}"
        assert json.loads(text)["name"] == name
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
