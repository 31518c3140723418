"""The books of the simulated switch: accounts, PINs, and what was done under which trace.

Money may leave an account only as far as it reaches; a reversal may overdraw it, as in banks.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from smartid.errors import EncodingError
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.values import Account, Guard, Transfer, transfer_id
from smartid.services.messages.cash_machine import Answer
from smartid.services.messages.dukpt import KSN, InitialKey, KeyType, Usage
from smartid.services.messages.pin_blocks import Format, decrypt_pin

ACCOUNT = "switch/account"
KEY = "switch/key"
PAD = "switch/pad"
UNIT = "IRR"
TRIES = 3
LINES = 10
"""Lines of a statement."""
WORLD = "switch/world"
"""Where the first money of an account comes from."""


def name_of(account: str) -> str:
    """Name of an account's account in the ledger."""
    return f"switch/account/{account}"


def acquirer_of(terminal: str) -> str:
    """Name of what is owed to the owner of a terminal."""
    return f"switch/acquirer/{terminal.strip()}"


def set_up(book: Book, *, base_key: bytes, accounts: Mapping[str, tuple[str, int]]) -> None:
    """Open accounts with their PINs and first balances, and load the base derivation key.

    accounts  (PIN, rials) by account number
    """

    def work(entry: Entry) -> None:
        entry.keep(Record(kind=KEY, key="base", content={"value": base_key.hex()}))
        entry.open_account(Account(name=WORLD, unit=UNIT, guard=Guard.NONE))
        for number, (pin, balance) in accounts.items():
            entry.open_account(Account(name=name_of(number), unit=UNIT, guard=Guard.NONE))
            check = pin_check(base_key, number, pin)
            content = {"pin": check, "tries": TRIES, "lines": []}
            entry.keep(Record(kind=ACCOUNT, key=number, content=content))
            if balance:
                first = transfer_id("switch", "first", number)
                entry.post(Transfer(id=first, debit=WORLD, credit=name_of(number), amount=balance))

    book.run(work)


def balance(book: Book, account: str) -> int:
    """What an account holds, in rials."""
    return book.balance(name_of(account)).posted


def pin_check(base_key: bytes, account: str, pin: str) -> str:
    """What is kept of a PIN: HMAC-SHA-256 over account and PIN."""
    return hmac.digest(base_key, f"{account}/{pin}".encode(), hashlib.sha256).hex()


class Till:
    """The switch's books within one entry."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def knows(self, account: str) -> bool:
        """Whether there is such an account."""
        return self.entry.load(ACCOUNT, account) is not None

    def available(self, account: str) -> int:
        """What an account can give."""
        return self.entry.balance(name_of(account)).posted

    def move(self, key: str, debit: str, credit: str, amount: int) -> None:
        """Move money once under a key. Nothing happens for an amount of 0."""
        for name in (debit, credit):
            self.entry.open_account(Account(name=name, unit=UNIT, guard=Guard.NONE))
        if amount:
            self.entry.post(
                Transfer(id=transfer_id("switch", key), debit=debit, credit=credit, amount=amount)
            )

    def note(self, account: str, line: str) -> None:
        """Add a line to an account's statement."""
        content = self._account(account)
        self._keep(account, {**content, "lines": [*content["lines"], line][-LINES:]})

    def lines(self, account: str) -> list[str]:
        """Give an account's last lines."""
        return list(self._account(account)["lines"])

    def check_pin(self, account: str, block: bytes, serial: bytes) -> Answer:
        """Verify a PIN block under the key of its serial number; three wrong ones block the account.

        A serial number that is not newer than the last one of its pad is refused: somebody replays.
        """
        content = self._account(account)
        if not content["tries"]:
            return Answer.PIN_BLOCKED
        try:
            key, ksn = self._working_key(serial)
            if not self._is_new(ksn):
                return Answer.SECURITY
            pin = decrypt_pin(Format.ISO_4, key, block, account)
        except EncodingError:
            return Answer.SECURITY
        good = hmac.compare_digest(pin_check(self._base_key(), account, pin), content["pin"])
        tries = TRIES if good else content["tries"] - 1
        self._keep(account, {**content, "tries": tries})
        if good:
            return Answer.APPROVED
        return Answer.WRONG_PIN if tries else Answer.PIN_BLOCKED

    def change_pin(self, account: str, block: bytes, serial: bytes) -> str | None:
        """Take a new PIN from its block. Gives what was kept of the old one; None for a broken block."""
        try:
            key, _ = self._working_key(serial)
            pin = decrypt_pin(Format.ISO_4, key, block, account)
        except EncodingError:
            return None
        content = self._account(account)
        self._keep(account, {**content, "pin": pin_check(self._base_key(), account, pin)})
        return str(content["pin"])

    def restore_pin(self, account: str, check: str) -> None:
        """Put back an old PIN."""
        self._keep(account, {**self._account(account), "pin": check})

    def _working_key(self, serial: bytes) -> tuple[bytes, KSN]:
        ksn = KSN.parse(serial)
        initial = InitialKey.derive(self._base_key(), ksn.key_id)
        return initial.working_key(ksn.counter, Usage.PIN_ENCRYPTION, KeyType.AES_128), ksn

    def _is_new(self, ksn: KSN) -> bool:
        pad = ksn.key_id.hex()
        last = self.entry.load(PAD, pad)
        if last is not None and ksn.counter <= last.content["counter"]:
            return False
        self.entry.keep(Record(kind=PAD, key=pad, content={"counter": ksn.counter}))
        return True

    def _base_key(self) -> bytes:
        record = self.entry.load(KEY, "base")
        return bytes.fromhex(record.content["value"]) if record else bytes(16)

    def _account(self, account: str) -> dict[str, Any]:
        record = self.entry.load(ACCOUNT, account)
        return dict(record.content) if record else {"pin": "", "tries": 0, "lines": []}

    def _keep(self, account: str, content: Mapping[str, Any]) -> None:
        self.entry.keep(Record(kind=ACCOUNT, key=account, content=content))
