"""The audit of the purse demo: all money that there is, counted where it really is.

The bank says what the scheme has. What the scheme owes is what is on the chips, what merchants are owed, what
is disputed after a double spend, and what is under way. A clone spends money that nobody put in: its payments
are value created unless they were reported.
"""

from __future__ import annotations

from collections import defaultdict

from smartid.services.demo.frame import Audit
from smartid.services.demo.purse_notes import Notes
from smartid.services.demo.purse_world import CARDS, ROGUE, Scheme, module_id
from smartid.services.messages import bank
from smartid.services.messages.bank import BankRequest
from smartid.services.purse.office import Standing
from smartid.services.purse.upload import OpenPayment
from smartid.services.spine.collection import Alarm
from smartid.stored_value.model import Record, Verb

MANY = 1_000_000


def audit(scheme: Scheme, notes: Notes) -> Audit:
    """Count and compare."""
    standing = scheme.office.reconcile(scheme.now)
    alarms = scheme.office.collector.alarms(limit=MANY)
    clashes, forged = _clashes(notes), notes.all_forged()
    injected = len(clashes) + len(forged)
    reported = {_name(alarm) for alarm in alarms}
    false_alarms = (
        reported - {("double spend", *clash) for clash in clashes} - {("forged", raw) for raw in forged}
    )
    has = scheme.ask(BankRequest(verb=bank.BALANCE, key="audit", account=bank.SCHEME)).amount
    on_cards = sum(scheme.card_of_file(number).state().slots[0].balance for number in range(CARDS))
    lost = _lost(standing)
    owed = on_cards + standing.merchants + standing.late + _disputed(alarms) - _by_clones(notes)
    owed += sum(payment.amount for payment in lost)
    totals = all(taken == given for taken, given in scheme.plain_book.totals().values())
    scheme.plain_book.verify()
    open_ = len(scheme.loads.open_orders()) + scheme.loads.undecided()
    return Audit(
        value_created=max(0, owed - has),
        value_lost=max(0, has - owed),
        balanced=totals
        and standing.balanced
        and not false_alarms
        and not open_
        and _explained(standing, lost),
        detected=len(reported),
        injected=injected,
        story=_story(has, on_cards, standing.merchants, _by_clones(notes)),
    )


def _lost(standing: Standing) -> list[OpenPayment]:
    """Payments that their terminal reported as torn, and whose number is missing on their card."""
    missing = {(gap.series, number) for gap in standing.gaps for number in range(gap.first, gap.last + 1)}
    return [
        payment
        for payment in standing.open
        if (f"card/{payment.card_id.hex()}", payment.card_counter) in missing
    ]


def _explained(standing: Standing, lost: list[OpenPayment]) -> bool:
    """Whether every missing number is that of a payment of which everybody knows that it is open."""
    cards = sum(len(gap) for gap in standing.gaps if gap.series.startswith("card/"))
    modules = sum(len(gap) for gap in standing.gaps if gap.series.startswith("module/"))
    return cards == len(lost) and modules <= len(standing.open)


def _clashes(notes: Notes) -> set[tuple[str, int]]:
    """Numbers of cards that two records have, by series and number, as an alarm names them."""
    found: dict[tuple[str, int], set[bytes]] = defaultdict(set)
    for raw in notes.all_records():
        record = Record.parse(raw)
        found[f"card/{record.card_id.hex()}", record.counter].add(raw)
    return {name for name, records in found.items() if len(records) > 1}


def _name(alarm: Alarm) -> tuple[object, ...]:
    if alarm.kind == "double spend":
        return (alarm.kind, alarm.series, alarm.number)
    return (alarm.kind, alarm.record)


def _by_clones(notes: Notes) -> int:
    return sum(
        record.total
        for record in map(Record.parse, notes.all_records())
        if record.module_id == module_id(ROGUE)
    )


def _disputed(alarms: list[Alarm]) -> int:
    """Payments that were not posted because their number was taken: their merchants wait for a decision."""
    total = 0
    for alarm in alarms:
        if alarm.kind == "double spend":
            record = Record.parse(alarm.record)
            total += record.total if record.verb is Verb.DEBIT else -record.total
    return total


def _story(has: int, on_cards: int, merchants: int, clones: int) -> list[tuple[str, str]]:
    """Say what the bank keeps and to whom it is owed, so that a reader can add it up."""
    waiting = has + clones - on_cards - merchants
    story = [
        (f"بانک {has:,} ریال برای کیف پول‌ها نگه می‌دارد.", f"The bank keeps {has:,} rials for the purses."),
        (
            f"از آن {on_cards:,} ریال روی کارت‌ها، {merchants:,} ریال طلب پذیرندگان و "
            f"{waiting:,} ریال مورد اختلاف یا در راه است.",
            f"Of it {on_cards:,} are on cards, {merchants:,} owed to merchants, "
            f"{waiting:,} in dispute or under way.",
        ),
    ]
    if clones:
        story.append(
            (
                f"کارت‌های رونوشت‌شده {clones:,} ریال خرج کردند که کسی نپرداخته بود.",
                f"Clones spent {clones:,} rials that nobody had put in.",
            )
        )
    return story
