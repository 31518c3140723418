"""The purchase at work: three holders pay two payees through an acquirer that loses, delays and repeats."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from smartid.errors import CardRemoved, GatewayUnavailable, Refused
from smartid.identity.transaction import Authorization, Transaction
from smartid.services.demo.book import crashing
from smartid.services.demo.frame import Audit, World
from smartid.services.demo.purchase_audit import compare, stories
from smartid.services.demo.purchase_cards import Holder, holders, issue_cards, trust
from smartid.services.far_side.acquirer import KEY
from smartid.services.far_side.process import FarSide
from smartid.services.journal.journal import Journal
from smartid.services.journal.keys import load_key, new_key
from smartid.services.ledger.book import Record
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import transfer_id
from smartid.services.messages.iban import make_iban
from smartid.services.purchase.gateway import AcquirerLine
from smartid.services.purchase.provider import provide
from smartid.services.purchase.values import Capture, Payee
from smartid.services.spine.periods import Period
from smartid.services.spine.states import State
from smartid.trust.policy import utc_now

OPERATIONS = 200
FRAUD = "demo/fraud"
SHOPS = (
    Payee(
        id="golestan",
        name_fa="فروشگاه گلستان",
        name_en="Golestan Shop",
        iban=make_iban("IR", "099" + "7" * 19),
    ),
    Payee(
        id="ketab", name_fa="کتاب‌فروشی نمونه", name_en="Sample Books", iban=make_iban("IR", "099" + "8" * 19)
    ),
)
CEILING = 5_000_000
PATIENCE = 0.2
"""Seconds until an answer of the acquirer is late."""
ROUNDS = 60
"""Most rounds in which what is queued is delivered at the end."""


class PurchaseDemo:
    """Payments, holds, parts, refunds, mandates; mutated agreements and replays in between."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._raw = open_book(world.database)
        self._book = crashing(self._raw, world.crashes)
        folder = world.folder
        self._far = FarSide(
            "smartid.services.far_side.acquirer",
            database=self._bank_url,
            seed=world.random("far side").randrange(1 << 30) if world.faults else None,
        )
        self._far.start()
        self._line = AcquirerLine(self._far.port, book=self._raw, key=KEY, timeout=PATIENCE)
        if not (folder / "sara.card").exists():
            issue_cards(folder)
        key = folder / "journal.pem"
        self.journal = Journal(self._book, load_key(key) if key.exists() else new_key(key))
        self._holders = holders(folder)
        self.provider = provide(
            self._book,
            self.journal,
            self,
            policy=trust(folder),
            secret=bytes(range(32)),
            terminal="shop0001",
        )

    @property
    def _bank_url(self) -> str:
        return f"sqlite:///{self._world.folder / 'acquirer.db'}"

    def ask(self, fields: Any) -> Any:
        """Ask the acquirer, between two seams."""
        return self._world.crashes.around("gateway", self._line.ask)(fields)

    def setup(self) -> None:
        """Register payees; every holder signs a mandate."""
        for payee in SHOPS:
            self.provider.purchases.store.register(payee)
        until = utc_now() + timedelta(days=300)
        for number, holder in enumerate(self._holders):
            mandate = self.provider.mandates.ask(
                SHOPS[0].id, CEILING, "اشتراک", period=Period.MONTH, until=until, key=f"holder{number}"
            )
            prepared = self.provider.mandates.prepare(mandate.id, holder.certificate)
            self.provider.mandates.confirm(mandate.id, self._agree(holder, prepared.transaction))

    def step(self, number: int) -> None:
        """Do one operation. That the acquirer does not answer, or says no, is an outcome like others."""
        chance = self._world.random(number)
        work = chance.choice((self._pay, self._pay, self._hold, self._draw, self._refund, self._cheat))
        with suppress(GatewayUnavailable, Refused):
            work(number, chance)
        if number % 8 == 0:
            self.provider.purchases.deliver()

    def recover(self) -> None:
        """Reverse what a kill left in the open, and try the frauds again that it interrupted."""
        self.provider.purchases.recover()
        self.provider.purchases.deliver()

    def finish(self) -> None:
        """Let go what is still held, and deliver until nothing waits."""
        for record in self._raw.run(lambda entry: entry.find(FRAUD, state="injected", limit=10_000)):
            with suppress(GatewayUnavailable, Refused):
                self._cheat(int(record.key), self._world.random())
        purchases = self.provider.purchases
        for case in self.provider.desk.cases(State.RESERVED, limit=100_000):
            purchases.void(str(case.terms.details["intent"]))
        now = utc_now()
        for _ in range(ROUNDS):
            now += timedelta(minutes=20)
            done = purchases.deliver(now)
            if not (done.waiting or done.delivered or self.provider.desk.cases(State.UNKNOWN)):
                break
        self._line.close()
        self._far.stop()

    def audit(self) -> Audit:
        """Compare our cases, one by one, with the acquirer's."""
        frauds = self._raw.run(lambda entry: entry.find(FRAUD, limit=1_000_000))
        with open_book(self._bank_url) as bank:
            found = compare(self._raw, bank, self.provider.desk)
        balanced = found.balanced and self.journal.verify_chain() > 0
        detected = sum(record.state == "detected" for record in frauds)
        return Audit(
            value_created=found.created,
            value_lost=found.lost,
            balanced=balanced,
            detected=detected,
            injected=len(frauds),
            story=stories(found),
        )

    def close(self) -> None:
        """Close everything."""
        for holder in self._holders:
            holder.close()
        self._line.close()
        self._far.stop()
        self._raw.close()

    def _agree(self, holder: Holder, transaction: Transaction) -> Authorization:
        """The card agrees; when it is pulled out before, the holder puts it in again."""
        chance = self._world.random("card", transaction.terminal_counter)
        if self._world.faults and chance.random() < 0.1:
            try:
                return holder.agree_badly(transaction, chance.randint(1, 6))
            except CardRemoved:
                self._world.count("torn")
        return self._world.crashes.around("card", holder.agree)(transaction)

    def _pay(self, number: int, chance: Random) -> None:
        intent, agreed = self._intent(number, chance, Capture.NOW)
        self.provider.purchases.authorise(intent, agreed)
        if self._world.faults and chance.random() < 0.3:
            self._world.count("replayed")
            self.provider.purchases.authorise(intent, agreed)

    def _hold(self, number: int, chance: Random) -> None:
        intent, agreed = self._intent(number, chance, Capture.LATER)
        case = self.provider.purchases.authorise(intent, agreed)
        if chance.random() < 0.3:
            self.provider.purchases.void(intent)
        elif chance.random() < 0.8:
            self.provider.purchases.capture(intent, chance.randint(1, case.terms.amount))

    def _draw(self, number: int, chance: Random) -> None:
        chosen = chance.randrange(len(self._holders))
        mandate = transfer_id("mandate", SHOPS[0].id, f"holder{chosen}").hex()
        amount = chance.randint(1000, CEILING // 4)
        for _ in range(2 if self._world.faults and chance.random() < 0.3 else 1):
            self.provider.mandates.draw(mandate, amount, "اشتراک", key=str(number))

    def _refund(self, number: int, chance: Random) -> None:
        done = self.provider.desk.cases(State.COMPLETED, limit=50) + self.provider.desk.cases(
            State.REFUNDED, limit=50
        )
        paid = [case for case in done if case.terms.unit == "IRR" and case.completed > case.refunded]
        if paid:
            case = chance.choice(paid)
            amount = chance.randint(1, case.completed - case.refunded)
            for _ in range(2):
                self.provider.purchases.refund(case.id, amount, key=str(number))
            self._world.count("replayed")

    def _cheat(self, number: int, _: Random) -> None:
        """Change what the card signed: more money, another payee. After a kill, the same fraud again."""
        if not self._world.faults:
            return
        chance = self._world.random("fraud", number)
        self._mark(number, "injected")
        intent, agreed = self._intent(number, chance, Capture.NOW)
        body = agreed.transaction
        changed = chance.choice(
            (
                replace(body, amount=body.amount + 1),
                replace(body, payee=SHOPS[body.payee == SHOPS[0].id].id),
                replace(body, details={**body.details, "order": "دیگر"}),
                replace(body, display="0" * 64),
            )
        )
        try:
            self.provider.purchases.authorise(intent, replace(agreed, transaction=changed))
        except Refused:
            self._mark(number, "detected")

    def _mark(self, number: int, state: str) -> None:
        record = Record(kind=FRAUD, key=str(number), state=state, content={})
        self._book.run(lambda entry: entry.keep(record))

    def _intent(self, number: int, chance: Random, capture: Capture) -> tuple[str, Authorization]:
        holder, payee = chance.choice(self._holders), chance.choice(SHOPS)
        intent = self.provider.purchases.ask(
            payee.id, chance.randint(1000, 2_000_000), f"سفارش {number}", key=str(number), capture=capture
        )
        prepared = self.provider.purchases.prepare(intent.id, holder.certificate)
        return intent.id, self._agree(holder, prepared.transaction)


def scenario(world: World) -> PurchaseDemo:
    """Make the scenario."""
    return PurchaseDemo(world)
