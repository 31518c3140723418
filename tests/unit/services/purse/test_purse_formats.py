"""The terminal's file and batches, the bank and its messages: strict, and the same after a crash."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, Refused, StoreUnavailable
from smartid.services.far_side.bank import OPENING, Bank
from smartid.services.far_side.faults import Fault, Switchboard
from smartid.services.ledger import open_book
from smartid.services.messages.bank import BankReply, BankRequest, name_of
from smartid.services.purse.log import TerminalLog
from smartid.services.purse.upload import OpenPayment, TerminalBatch
from smartid.stored_value.model import RECORD_SIZE
from smartid.stored_value.module_file import FileStore

KEY = bytes(range(16))
BATCH = TerminalBatch(
    module_id=b"PSAM0001",
    number=3,
    upto=9,
    records=(bytes(RECORD_SIZE), b"\x01" * RECORD_SIZE),
    unused=(7, 8),
    open=(
        OpenPayment(card_id=b"CARD0001", card_counter=4, module_counter=9, amount=100, time=1_795_000_000),
    ),
)


def test_a_batch_comes_back_as_it_was() -> None:
    sealed = BATCH.seal(KEY)
    assert TerminalBatch.unseal(sealed, KEY) == BATCH
    assert TerminalBatch.module_of(sealed) == b"PSAM0001"


@given(st.integers(0, len(BATCH.seal(KEY)) * 8 - 1))
def test_one_bit_of_a_batch_breaks_it(bit: int) -> None:
    changed = bytearray(BATCH.seal(KEY))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Refused, EncodingError)):
        TerminalBatch.unseal(bytes(changed), KEY)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_are_a_batch_or_an_encoding_error(data: bytes, cut: int) -> None:
    for body in (data, BATCH.encode()[:cut] + data):
        try:
            found = TerminalBatch.parse(body)
        except EncodingError:
            continue
        assert found.encode() == body


@given(st.binary(max_size=200))
def test_any_bytes_are_a_bank_message_or_an_encoding_error(data: bytes) -> None:
    for parse in (BankRequest.parse, BankReply.parse, name_of):
        with pytest.raises(EncodingError):
            parse(data)


def test_a_log_keeps_all_but_what_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "log"
    entries = [(1, b"first"), (2, b""), (3, b"x" * 1000)]
    with TerminalLog(path) as log:
        assert not list(log.read())
        log.append(*entries)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with TerminalLog(path) as log:
            found = list(log.read())
            assert found == entries[: len(found)]
            log.append((9, b"after"))
            assert list(log.read()) == [*found, (9, b"after")]
    path.write_bytes(whole[:6] + b"?" + whole[7:])
    with TerminalLog(path) as log, pytest.raises(EncodingError):
        list(log.read())


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_a_log_whose_length_was_changed_is_not_cut_short(tmp_path: Path, place: int) -> None:
    """Everything behind it would be forgotten, the number of the module too."""
    path = tmp_path / "log"
    with TerminalLog(path) as log:
        log.append((1, b"first"), (2, b"second"), (3, b"x" * 1000))
    whole = bytearray(path.read_bytes())
    whole[14 + place] ^= 0x80
    path.write_bytes(whole)
    with TerminalLog(path) as log, pytest.raises(EncodingError):
        list(log.read())
    assert path.read_bytes() == bytes(whole)


def test_one_program_has_a_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with TerminalLog(path) as log:
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                TerminalLog(path)
            log.replace((1, b"new"))
    with TerminalLog(path) as log:
        assert list(log.read()) == [(1, b"new")]


def test_a_log_is_replaced_whole(tmp_path: Path) -> None:
    with TerminalLog(tmp_path / "log") as log:
        log.append((1, b"old"), (1, b"old"))
        log.replace((2, b"new"))
        log.append((3, b"more"))
    with TerminalLog(tmp_path / "log") as log:
        assert list(log.read()) == [(2, b"new"), (3, b"more")]


def test_a_power_cut_brings_no_older_file_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is on the disk under its name before anything is promised."""
    lasting: list[set[str]] = []
    sync = os.fsync

    def noted(place: int) -> None:
        sync(place)
        if stat.S_ISDIR(os.fstat(place).st_mode):
            lasting.append({path.name for path in tmp_path.iterdir()})

    monkeypatch.setattr(os, "fsync", noted)
    with TerminalLog(tmp_path / "log") as log:
        assert lasting == [{"log"}]
        log.replace((1, b"new"))
    assert lasting == [{"log"}, {"log"}]
    FileStore(tmp_path / "module").save(b"state")
    assert lasting[2:] == [{"log", "module"}]


def test_the_bank_acts_once_and_honours_a_reversal_that_comes_first(tmp_path: Path) -> None:
    with open_book(f"sqlite:///{tmp_path}/bank.db") as book:
        faults = Switchboard()
        bank = Bank(book, faults)

        def ask(verb: str, key: str, amount: int = 0, account: str = "IR1") -> tuple[str, int, bool]:
            request = BankRequest(verb=verb, key=key, account=account, amount=amount)
            reply = BankReply.parse(bank.answer(request.encode()))
            assert (reply.verb, reply.key) == (verb, key)
            return reply.code, reply.amount, reply.replayed

        assert ask("debit", "a", 500) == ("00", 500, False)
        assert ask("debit", "a", 500) == ("00", 500, True)
        assert ask("debit", "a", 501)[0] == "94"
        assert ask("credit", "a", 500)[0] == "94"
        assert ask("inquire", "a") == ("00", 500, True)
        assert ask("reverse", "b", 700)[0] == "00"
        assert ask("debit", "b", 700)[0] == "12"
        assert ask("reverse", "a", 500) == ("00", 500, False)
        assert ask("reverse", "a", 500)[2]
        assert ask("inquire", "nothing")[0] == "25"
        assert ask("debit", "c", OPENING + 1)[0] == "51"
        assert ask("debit", "d", 1, account="IR000")[0] == "51"
        faults.inject(Fault.DECLINE, code="51")
        assert ask("debit", "e", 1)[0] == "51"
        assert ask("credit", "f", 30) == ("00", 30, False)
        assert ask("reverse", "f", 30)[0] == "94"
        assert ask("balance", "g") == ("00", OPENING + 30, False)
        assert ask("balance", "g", account="scheme") == ("00", -30, False)
        assert BankReply.parse(bank.answer(b"{}")).code == "30"
