"""The gate of a swimming pool: show the price, ask for the PIN, take the money, print a receipt.

    python examples/own_service/gate.py CARD TRUST FOLDER [ADULTS [CHILDREN]]

CARD    part of a PC/SC reader's name, or the file of a mock card
TRUST   folder of trust anchors
FOLDER  where the pool keeps its book and its keys; made at the first call

The PIN is asked for; where nobody can be asked, it is the first line of the standard input.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from rules import INCOME, POLICY, TILL, Pool, Visit, in_persian, visitor

import smartid
from smartid.services.journal.journal import Journal
from smartid.services.journal.keys import load_key, new_key
from smartid.services.ledger.book import Book
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import Transfer
from smartid.services.spine.desk import Desk
from smartid.services.spine.periods import day_of
from smartid.services.spine.policies import load_policy
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.values import Holder


def open_gate(book: Book, folder: Path, trust: smartid.Policy) -> Desk:
    """Put together what the gate needs."""
    receipts, names = folder / "receipts.pem", folder / "pseudonyms.key"
    if not names.exists():
        new_key(receipts)
        names.touch(mode=0o600)
        names.write_bytes(secrets.token_bytes(32))
    pseudonyms = Pseudonyms(names.read_bytes())
    return Desk(
        Pool(),
        book,
        Journal(book, load_key(receipts)),
        proofs=Proofs(trust, pseudonyms=pseudonyms),
        pseudonyms=pseudonyms,
        limits=lambda now: load_policy(POLICY, day_of(now)).limits,
        terminal="gate-1",
    )


def pay_in(book: Book, holder: Holder, amount: int) -> None:
    """What the cashier does: money comes into the till and onto the visitor's account."""
    account = visitor(holder)
    transfer = Transfer(id=secrets.token_bytes(16), debit=TILL.name, credit=account.name, amount=amount)
    book.run(lambda entry: (entry.open_account(TILL, INCOME, account), entry.post(transfer)))


def enter(card: smartid.Card, gate: Desk, visit: Visit, pin: smartid.PIN) -> None:
    """Serve one visitor."""
    holder = gate.holder(card.certificate(smartid.Purpose.TRANSACTION))
    if not any(name.startswith("pool/visitor/") for name, _ in gate.book.balances("pool/visitor/")):
        pay_in(gate.book, holder, 5_000_000)  # the first visitor ever gets a voucher
    prepared = gate.prepare(visit, holder)
    print(prepared.terms.sentence("fa"))
    with card.unlock(pin, purpose=smartid.Purpose.TRANSACTION) as unlocked:
        agreed = unlocked.authorize(prepared.transaction)
    receipt = gate.commit(gate.authorize(prepared, agreed), key=prepared.transaction.nonce)
    left = gate.book.balance(visitor(holder).name).available
    print(f"رسید شمارهٔ {in_persian(receipt.number)}: {in_persian(receipt.amount)} ریال")
    print(f"مانده: {in_persian(left)} ریال")


def main(where: str, trust: str, folder: str, adults: str = "1", children: str = "0") -> int:
    """Open card and book; a refusal ends with status 1."""
    place = Path(folder)
    place.mkdir(mode=0o700, exist_ok=True)
    policy = smartid.Policy(anchors=smartid.TrustStore.from_folder(trust))
    transport = smartid.MockCard.open(where).insert() if Path(where).is_file() else None
    pin = smartid.PIN.ask("PIN: ") if sys.stdin.isatty() else smartid.PIN.from_fd(0)
    with (
        smartid.connect(None if transport else where, transport=transport) as card,
        open_book(f"sqlite:///{place}/pool.db") as book,
    ):
        enter(card, open_gate(book, place, policy), Visit(int(adults), int(children)), pin)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:6]))
    except smartid.SmartIDError as error:
        sys.exit(str(error))
