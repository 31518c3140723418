"""The back office of a purse scheme: takes batches, freezes cards, refunds, pays merchants, counts."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from smartid.errors import Refused
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.values import Transfer, transfer_id
from smartid.services.messages import bank
from smartid.services.purse import accounts
from smartid.services.purse.adapter import QUEUE
from smartid.services.purse.collected import RecordReader
from smartid.services.purse.upload import Acknowledgement, OpenPayment, TerminalBatch
from smartid.services.reasons import Reason
from smartid.services.spine.collection import Alarm, CollectionReport, Collector, Gap
from smartid.services.spine.outbox import Message, enqueue
from smartid.stored_value.model import Record as CardRecord

BATCHES, OPEN, FROZEN, PAYOUT = "purse/batch", "purse/open", "purse/frozen", "purse/payout"
"""Kinds of records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who takes payments.

    name     part of the name of his account: letters, digits, "-"
    account  at the bank
    modules  ids of his security modules, and the key of each one's batches
    """

    name: str
    account: str
    modules: Mapping[bytes, bytes]

    def __repr__(self) -> str:
        return f"Merchant({self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """What a merchant gets for a day. ``amount`` may be 0 or below: it is carried to the next day then."""

    merchant: str
    day: date
    amount: int
    account: str
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the books say at one moment.

    bank       what the scheme's bank account should hold
    float      owed to cards
    merchants  owed to merchants
    late       payments that wait for a decision
    negative   cards that spent more than was loaded: spent twice, or broken
    gaps       numbers that are missing
    open       payments of which nobody knows whether the card paid
    """

    bank: int
    float: int
    merchants: int
    late: int
    negative: tuple[tuple[str, int], ...]
    gaps: tuple[Gap, ...]
    open: tuple[OpenPayment, ...]
    alarms: tuple[Alarm, ...]

    @property
    def balanced(self) -> bool:
        """Whether all that is owed is covered by the bank, to the rial."""
        return self.bank == self.float + self.merchants + self.late


class PurseOffice:
    """The back office.

    verify   checks the TAC of a record: ``IssuerModule.verify``
    window   how long after a payment its record is posted as usual
    waiting  how long a card must be frozen before what is left on it is refunded
    """

    def __init__(
        self,
        book: Book,
        verify: Callable[[bytes], CardRecord],
        merchants: Iterable[Merchant],
        *,
        window: timedelta = timedelta(days=30),
        waiting: timedelta = timedelta(days=30),
    ) -> None:
        self._book = book
        self._merchants = {merchant.name: merchant for merchant in merchants}
        owners = {module: m.name for m in self._merchants.values() for module in m.modules}
        self._keys = {module: key for m in self._merchants.values() for module, key in m.modules.items()}
        self._waiting = waiting
        self.collector = Collector(
            book, RecordReader(verify, owners).read, name=accounts.SERVICE, window=window
        )
        fixed = [accounts.BANK, accounts.LATE, *map(accounts.merchant_account, self._merchants)]
        book.run(lambda entry: entry.open_account(*fixed))

    def take(self, message: bytes, now: datetime) -> Acknowledgement:
        """Take a terminal's batch. It may come again, whatever became of the first time.

        Raises EncodingError; Refused: bad_proof, denylisted (an unknown module), conflict (another batch of
        this number).
        """
        module_id = TerminalBatch.module_of(message)
        key = self._keys.get(module_id)
        if key is None:
            raise Refused("No merchant has this security module.", reason=Reason.DENYLISTED)
        batch = TerminalBatch.unseal(message, key)
        name = f"{module_id.hex()}/{batch.number}"
        known = self._book.run(lambda entry: entry.load(BATCHES, name))
        digest = transfer_id(message).hex()
        if known is not None and known.content["digest"] != digest:
            raise Refused("Another batch of this number was taken.", reason=Reason.CONFLICT)
        report = self.collector.collect(batch.records, now)
        self._book.run(lambda entry: self._note(entry, name, digest, batch, now))
        return Acknowledgement(
            module_id=module_id, number=batch.number, states=tuple(report.states), replayed=known is not None
        )

    def take_ring(self, records: Iterable[CardRecord], now: datetime) -> CollectionReport:
        """Take the records that a card kept itself: what a terminal never brought comes with the card."""
        payments = [record.encode() for record in records if record.module_id in self._keys]
        return self.collector.collect(payments, now)

    def freeze(self, card_id: bytes, now: datetime, *, why: str) -> None:
        """Put a card on the denylist: no more loads, and terminals refuse it once they have the list."""
        content = {"why": why, "since": int(now.timestamp())}
        record = Record(kind=FROZEN, key=card_id.hex(), state="frozen", content=content)

        def work(entry: Entry) -> None:
            if entry.load(FROZEN, record.key) is None:
                entry.keep(record)

        self._book.run(work)

    def frozen(self, *, limit: int = 100_000) -> list[bytes]:
        """List frozen cards, for the denylists of terminals (``SecurityModule.denied_cards``)."""
        found = self._book.run(lambda entry: entry.find(FROZEN, limit=limit))
        return [bytes.fromhex(record.key) for record in found]

    def refund(self, card_id: bytes, account: str, now: datetime) -> int:
        """Pay out what is left of a lost card, once; gives the amount.

        It is the shadow that is paid: loads less what was collected. When more comes in later the scheme
        bears it: the shadow goes below zero.

        Raises Refused: wrong_state (not frozen, or not long enough; a load is under way), counter_gap
        (payments are missing), insufficient (nothing is left).
        """
        return self._book.run(lambda entry: self._refund(entry, card_id.hex(), account, now))

    def is_whole(self, card_id: bytes, counter: int) -> bool:
        """Whether all payments of a card up to this number were collected."""
        name = f"card/{card_id.hex()}"
        return self._book.run(lambda entry: self.collector.whole_until(name, entry=entry)) >= counter

    def settle(self, day: date, now: datetime) -> list[Payout]:
        """Pay each merchant what he is owed at the end of a day. Twice is once."""
        names = sorted(self._merchants)
        return [
            self._book.run(partial(self._pay_out, merchant=self._merchants[name], day=day, now=now))
            for name in names
        ]

    def reconcile(self, now: datetime) -> Standing:
        """Count everything."""
        shadows = [(name, balance.posted) for name, balance in self._book.balances(accounts.FLOAT)]
        owed = sum(balance.posted for _, balance in self._book.balances(accounts.MERCHANTS))
        return Standing(
            bank=-self._book.balance(accounts.BANK.name).posted,
            float=sum(amount for _, amount in shadows),
            merchants=owed,
            late=self._book.balance(accounts.LATE.name).posted,
            negative=tuple(
                (name.removeprefix(accounts.FLOAT), amount) for name, amount in shadows if amount < 0
            ),
            gaps=tuple(self.collector.gaps(now)),
            open=tuple(self.open_payments()),
            alarms=tuple(self.collector.alarms()),
        )

    def open_payments(self, *, limit: int = 1000) -> list[OpenPayment]:
        """List payments that terminals reported as torn, and whose record did not come by any way."""
        found = self._book.run(lambda entry: entry.find(OPEN, state="open", limit=limit))
        return [OpenPayment.parse(bytes.fromhex(record.content["payment"])) for record in found]

    def close_open_payments(self, now: datetime) -> int:
        """Close what was decided since: the record came, or the card used its number for something else."""
        found = self._book.run(lambda entry: entry.find(OPEN, state="open", limit=1000))
        return sum(self._book.run(partial(self._close, record=record, now=now)) for record in found)

    def _note(self, entry: Entry, name: str, digest: str, batch: TerminalBatch, now: datetime) -> None:
        """Write down the batch, numbers that no card used, and payments nobody knows about."""
        module = batch.module_id.hex()
        self.collector.note([(f"module/{module}", n) for n in batch.unused], now, entry=entry)
        for payment in batch.open:
            key = f"{module}/{payment.module_counter}"
            if entry.load(OPEN, key) is None:
                content = {"payment": payment.encode().hex(), "module": module}
                entry.keep(
                    Record(kind=OPEN, key=key, state="open", due=int(now.timestamp()), content=content)
                )
        for number in batch.unused:
            if known := entry.load(OPEN, f"{module}/{number}"):
                entry.keep(Record(kind=OPEN, key=known.key, state="not paid", content=known.content))
        entry.keep(Record(kind=BATCHES, key=name, state="taken", content={"digest": digest}))

    def _close(self, entry: Entry, record: Record, now: datetime) -> bool:
        payment = OpenPayment.parse(bytes.fromhex(record.content["payment"]))
        moved = entry.transfer(transfer_id(accounts.SERVICE, payment.card_id, payment.card_counter))
        if moved is None:
            return False
        used = CardRecord.parse(_raw(moved))
        mine = (used.module_id.hex(), used.module_counter)
        paid = mine == (record.content["module"], payment.module_counter)
        entry.keep(
            Record(kind=OPEN, key=record.key, state="paid" if paid else "not paid", content=record.content)
        )
        if not paid:
            name = f"module/{record.content['module']}"
            self.collector.note([(name, payment.module_counter)], now, entry=entry)
        return True

    def _refund(self, entry: Entry, card: str, account: str, now: datetime) -> int:
        frozen = entry.load(FROZEN, card)
        if frozen is None or now < _since(frozen) + self._waiting:
            raise Refused("The card was not frozen for long enough.", reason=Reason.WRONG_STATE)
        if frozen.state == "refunded":
            amount: int = frozen.content["refunded"]
            return amount
        if self.collector.gaps_of(f"card/{card}", entry=entry):
            raise Refused("Payments of this card are missing.", reason=Reason.COUNTER_GAP)
        balance = entry.balance(accounts.FLOAT + card)
        if balance.pending_credits or balance.pending_debits:
            raise Refused("A load of this card is under way.", reason=Reason.WRONG_STATE)
        if balance.posted <= 0:
            raise Refused("Nothing is left on the card.", reason=Reason.INSUFFICIENT)
        source = accounts.FLOAT + card
        pay(entry, f"refund:{card}", source=source, account=account, amount=balance.posted, now=now)
        content = {**frozen.content, "refunded": balance.posted}
        entry.keep(Record(kind=FROZEN, key=card, state="refunded", content=content))
        return balance.posted

    def _pay_out(self, entry: Entry, merchant: Merchant, day: date, now: datetime) -> Payout:
        name, key = merchant.name, f"{merchant.name}/{day.isoformat()}"
        known = entry.load(PAYOUT, key)
        if known is not None:
            return Payout(
                merchant=name,
                day=day,
                amount=known.content["amount"],
                account=merchant.account,
                replayed=True,
            )
        amount = entry.balance(accounts.MERCHANTS + name).posted
        if amount > 0:
            source = accounts.MERCHANTS + name
            pay(entry, f"settle:{key}", source=source, account=merchant.account, amount=amount, now=now)
        content = {"amount": amount, "account": merchant.account}
        entry.keep(Record(kind=PAYOUT, key=key, state="paid out", content=content))
        return Payout(merchant=name, day=day, amount=amount, account=merchant.account)


def pay(entry: Entry, key: str, *, source: str, account: str, amount: int, now: datetime) -> None:
    """Let the bank pay what an account is owed: posted and queued together."""
    id_ = transfer_id(accounts.SERVICE, key)
    entry.post(Transfer(id=id_, debit=source, credit=accounts.BANK.name, amount=amount, note=key))
    payload = {"verb": bank.CREDIT, "account": account, "amount": amount}
    enqueue(entry, Message(queue=QUEUE, key=key, payload=payload), now)


def _since(frozen: Record) -> datetime:
    return datetime.fromtimestamp(frozen.content["since"], UTC)


def _raw(moved: Transfer) -> bytes:
    """The record itself stands in the note of what it moved."""
    return base64.b64decode(moved.note)
