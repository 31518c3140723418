"""The cash machine at work: a line that loses messages, a shutter that jams, a card that is pulled out.

At the end, what left the customers' accounts is compared with the notes in their pockets, rial by rial.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from smartid.errors import CardRemoved, GatewayUnavailable, Refused
from smartid.identity.persian import to_persian_digits
from smartid.mockcard.faults import Tear
from smartid.services.atm.dispenser import value
from smartid.services.atm.requests import Deposit, Request, Transfer, Withdrawal
from smartid.services.atm.rules import Rules
from smartid.services.atm.simulated import Behaviour
from smartid.services.atm.suspense import decide, items, reconcile
from smartid.services.demo.atm_audit import compare
from smartid.services.demo.atm_site import ACCOUNTS, BANK_PIN, FIRST_BALANCE, Site
from smartid.services.demo.frame import Audit, World
from smartid.services.ledger.book import Record
from smartid.services.spine.limits import Limit, Rule
from smartid.services.spine.states import State
from smartid.services.spine.values import Authorized
from smartid.trust.policy import utc_now

OPERATIONS = 100
FRAUD = "demo/fraud"
TROUBLE = (
    *(Behaviour.TAKEN,) * 8,
    Behaviour.PARTIAL,
    Behaviour.JAMMED,
    Behaviour.FORGOTTEN,
    Behaviour.BLIND_TAKEN,
    Behaviour.BLIND_KEPT,
)
ROUNDS = 100
"""Attempts to deliver what is queued, before the demo gives up."""


class CashMachineDemo:
    """One machine, ten accounts, one card."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._site = Site(
            world.folder,
            database=world.database,
            behave=self._behave,
            seed=world.seed if world.faults else None,
            crashes=world.crashes,
            limits=_without_a_day,
            timeout=0.3 if world.faults else 5.0,
        )

    def setup(self) -> None:
        """Nothing is missing: the site furnished itself."""

    def step(self, number: int) -> None:
        """Serve one customer. What he is refused is no error here."""
        chance = self._world.random("step", number)
        account, other = chance.sample(ACCOUNTS, 2)
        rials = chance.randrange(1, 9) * 500_000
        kind = chance.choice(["withdraw", "withdraw", "withdraw", "deposit", "transfer", "cheat"])
        try:
            if kind == "withdraw":
                self._withdraw(account, rials)
            elif kind == "deposit":
                self._deposit(account, number, rials // 500_000)
            elif kind == "cheat" and self._world.faults:
                self._cheat(number, account, rials)
            else:
                self._transfer(account, other, rials)
        except GatewayUnavailable:
            self._world.count("replayed")
        except Refused:
            pass
        self._site.machine.deliver()

    def recover(self) -> None:
        """Start the machine again."""
        self._site.machine.recover()

    def finish(self) -> None:
        """Deliver every reversal, then count the notes and decide what was in doubt."""
        for _ in range(ROUNDS):  # a kill or a dead line ended them early
            for record in self._frauds("tried"):
                with suppress(GatewayUnavailable):
                    self._cheat(int(record.key), ACCOUNTS[0], 500_000)
        self._deliver()
        self._decide()
        self._deliver()

    def audit(self) -> Audit:
        """Compare accounts, pockets, notes and books."""
        site, machine = self._site, self._site.machine
        debited = len(ACCOUNTS) * FIRST_BALANCE - site.balances()
        pockets, doubtful = site.device.pockets(), items(machine)
        site.book.verify()
        created, lost = compare(site)
        found = self._frauds("reported")
        booked = machine.book.balance(machine.adapter.ledger.cash).posted
        counted = value(site.device.count())
        waiting = machine.desk.cases(State.RESERVED, limit=1)
        return Audit(
            value_created=created,
            value_lost=lost,
            balanced=booked == counted and not doubtful and not waiting,
            detected=len(found),
            injected=len(found) + len(self._frauds("tried")),
            story=(
                (
                    _fa(f"از حساب‌ها روی هم {debited:,} ریال کم شد."),
                    f"{debited:,} rials left the accounts, on balance.",
                ),
                (
                    _fa(f"پس از کسر واریزها {pockets:,} ریال در دست مشتریان است."),
                    f"{pockets:,} rials are in the customers' pockets.",
                ),
                (
                    _fa(f"در دستگاه {counted:,} ریال مانده است."),
                    f"{counted:,} rials are left in the machine.",
                ),
            ),
        )

    def close(self) -> None:
        """Close everything."""
        self._site.close()

    def _withdraw(self, account: str, rials: int) -> None:
        asked = self._authorized(Withdrawal(account=account, amount=rials))
        self._site.machine.withdraw(asked, account, pin=self._site.pad.encrypt(BANK_PIN, account))

    def _deposit(self, account: str, number: int, notes: int) -> None:
        bunch = f"bunch-{number}"
        counted = self._site.device.accept(bunch, {500_000: notes}).notes
        asked = self._authorized(Deposit(account=account, bunch=bunch, notes=counted))
        self._site.machine.deposit(asked, account, pin=self._site.pad.encrypt(BANK_PIN, account))

    def _transfer(self, account: str, other: str, rials: int) -> None:
        asked = self._authorized(Transfer(account=account, to_account=other, amount=rials))
        self._site.machine.transfer(asked, account, pin=self._site.pad.encrypt(BANK_PIN, account))

    def _cheat(self, number: int, account: str, rials: int) -> None:
        """Ask for more than the card agreed to, or use the PIN block of another customer's account."""
        self._mark(number, "tried")
        prepared = self._site.machine.prepare(Withdrawal(account=account, amount=rials), self._site.holder())
        agreed = self._site.agreement(prepared)
        try:
            if number % 2:
                more = replace(agreed.transaction, amount=rials + 500_000)
                self._site.machine.desk.authorize(prepared, replace(agreed, transaction=more))
            else:
                asked = self._site.machine.desk.authorize(prepared, agreed)
                other = next(one for one in ACCOUNTS if one != account)
                self._site.machine.withdraw(asked, account, pin=self._site.pad.encrypt(BANK_PIN, other))
        except Refused:
            self._mark(number, "reported")

    def _mark(self, number: int, state: str) -> None:
        record = Record(kind=FRAUD, key=str(number), state=state, content={})
        self._site.machine.book.run(lambda entry: entry.keep(record))

    def _frauds(self, state: str) -> list[Record]:
        return self._site.book.run(lambda entry: entry.find(FRAUD, state=state, limit=1_000_000))

    def _authorized(self, request: Request) -> Authorized:
        """The card agrees; when it is pulled out, the customer puts it in again."""
        prepared = self._site.machine.prepare(request, self._site.holder())
        chance = self._world.random("card", prepared.transaction.terminal_counter)
        faults = [Tear(chance.randint(1, 6))] if self._world.faults and chance.random() < 0.1 else []
        try:
            return self._site.agree(prepared, faults=faults)
        except CardRemoved:
            self._world.count("torn")
            return self._site.agree(prepared)

    def _behave(self, bunch: str) -> Behaviour:
        if not self._world.faults:
            return Behaviour.TAKEN
        return self._world.random("shutter", bunch).choice(TROUBLE)

    def _deliver(self) -> None:
        """Time passes until the switch has answered every reversal."""
        now = utc_now()
        for _ in range(ROUNDS):
            now += timedelta(minutes=20)
            delivery = self._site.machine.deliver(now)
            if not delivery.waiting and not delivery.delivered:
                return

    def _decide(self) -> None:
        """Staff open the machine. One item at a time, as the bundles were found."""
        machine, device = self._site.machine, self._site.device
        found = reconcile(machine, device.count())
        for item in items(machine):
            if item.counted and not found.receipts:
                self._decide_item(item.case.id, str(item.case.terms.details.get("bunch", item.case.id)))

    def _decide_item(self, case_id: str, bunch: str) -> None:
        case = self._site.machine.desk.case(case_id)
        moved = abs(self._site.device.pocket(bunch))
        inside = moved if case.terms.verb == "deposit" else case.reserved - moved
        decide(self._site.machine, case_id, in_machine=inside)


def _without_a_day(rules: Rules) -> tuple[Limit, ...]:
    """One card stands for many customers here, so what one may take in a day does not hold."""
    return tuple(limit for limit in rules.limits if limit.rule is Rule.PER_TRANSACTION)


def _fa(text: str) -> str:
    return to_persian_digits(text.replace(",", "٬"))


def scenario(world: World) -> CashMachineDemo:
    """What ``smartid service demo atm`` runs."""
    return CashMachineDemo(world)
