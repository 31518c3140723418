"""The last step of the tour: Sara pays, and anyone can verify the receipt."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from smartid.card.card import Card
from smartid.card.pin import PIN
from smartid.cli.narrator import Narrator
from smartid.errors import Refused
from smartid.identity.model import Purpose
from smartid.identity.transaction import Authorization
from smartid.services.journal.journal import Journal
from smartid.services.journal.receipt import verify_receipt
from smartid.services.journal.words import amount_words
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book
from smartid.services.purchase.adapter import PurchaseAdapter, Request
from smartid.services.purchase.service import sample_policy
from smartid.services.purchase.values import Capture, Intent, Payee
from smartid.services.spine.desk import Desk
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.values import Authorized, Prepared, Receipt
from smartid.trust.policy import Policy

AMOUNT = 50_000
"""Rials."""
SHOP = Payee(id="shop12", name_fa="نان سنگک", name_en="Sangak bakery", iban="IR880550000000000000000012")
_OFFER = timedelta(minutes=5)


def pay(narrator: Narrator, card: Card, pin: str, policy: Policy, folder: Path) -> bool:
    """Pay once, try to change the amount, verify the receipt. Gives whether all went as it must."""
    key = Ed25519PrivateKey.generate()
    with _book(folder) as book:
        desk = _desk(book, Journal(book, key), policy)
        authorized, refused = _agree(narrator, desk, card, pin)
        receipt = desk.commit(authorized, key="till1/1")
        again = desk.commit(authorized, key="till1/1")
    _tell(narrator, verify_receipt(receipt.qr, key.public_key()))
    narrator.result(
        "paid_once",
        "sent again",
        "the same receipt, paid once",
        good=again.id == receipt.id and again.replayed,
        fa="همان رسید؛ یک بار پرداخت شد",
    )
    return refused and again.id == receipt.id


@contextmanager
def _book(folder: Path) -> Iterator[Book]:
    with TemporaryDirectory(dir=folder) as inside, open_book(f"sqlite:///{inside}/shop.db") as book:
        yield book


def _desk(book: Book, journal: Journal, policy: Policy) -> Desk:
    pseudonyms = Pseudonyms(os.urandom(32))
    return Desk(
        PurchaseAdapter(sample_policy),
        book,
        journal,
        proofs=Proofs(policy, pseudonyms=pseudonyms),
        pseudonyms=pseudonyms,
        terminal="till1",
    )


def _agree(narrator: Narrator, desk: Desk, card: Card, pin: str) -> tuple[Authorized, bool]:
    """Show the sentence, let the card agree, and let a till that asks for more be refused."""
    prepared = desk.prepare(
        Request(what=_intent(), payee=SHOP), desk.holder(card.certificate(Purpose.TRANSACTION))
    )
    narrator.result("asked", "Sara is shown", prepared.terms.sentence("en"), fa=prepared.terms.sentence("fa"))
    with card.unlock(PIN(pin), purpose=Purpose.TRANSACTION) as unlocked:
        agreed = unlocked.authorize(prepared.transaction)
    size = len(agreed.signature)
    narrator.result(
        "agreed", "card", f"{agreed.algorithm}, {size} bytes", fa=f"{agreed.algorithm}، {size} بایت"
    )
    try:
        desk.authorize(*_dearer(prepared, agreed))
    except Refused as error:
        told_fa = "امضا از آنِ مبلغ دیگری است"
        narrator.result("ten_times", "ten times as much", error.message, good=False, fa=told_fa)
        return desk.authorize(prepared, agreed), True
    return desk.authorize(prepared, agreed), False


def _dearer(prepared: Prepared, agreed: Authorization) -> tuple[Prepared, Authorization]:
    """What a dishonest till would show for what Sara agreed to."""
    terms = replace(prepared.terms, amount=10 * AMOUNT)
    asked = replace(prepared.transaction, amount=10 * AMOUNT)
    return replace(prepared, terms=terms, transaction=asked), replace(agreed, transaction=asked)


def _intent() -> Intent:
    now = datetime.now(UTC)
    return Intent(
        id=os.urandom(16).hex(),
        payee=SHOP.id,
        amount=AMOUNT,
        order="A-17",
        capture=Capture.NOW,
        created=now,
        expires=now + _OFFER,
    )


def _tell(narrator: Narrator, receipt: Receipt) -> None:
    persian, english = amount_words(receipt.amount, receipt.unit)
    narrator.result(
        "receipt",
        "receipt",
        f"number {receipt.number}, {english}, verified from its QR code",
        fa=f"شمارهٔ {receipt.number}، {persian}، از روی کد QR وارسی شد",
    )
