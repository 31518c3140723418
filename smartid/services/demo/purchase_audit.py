"""Two books about the same payments: ours and the acquirer's, compared case by case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from smartid.services.ledger.book import Book
from smartid.services.purchase.acquirer import QUEUE, reference
from smartid.services.purchase.adapter import ACQUIRER
from smartid.services.purchase.words import rials_fa
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Outbox
from smartid.services.spine.states import State
from smartid.services.spine.values import Case
from smartid.trust.policy import utc_now

_EVERY = 10_000_000
_OPEN = (State.PROVED, State.RESERVED, State.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the comparison found, in rials.

    created  what we say was taken and the acquirer does not
    lost     what the acquirer took and we do not say
    """

    created: int
    lost: int
    balanced: bool
    cases: int
    reversed: int
    moved: int


def compare(book: Book, bank: Book, desk: Desk) -> Compared:
    """Compare every case of ours with what the acquirer knows of it, and the sums with each other."""
    ours = {reference(case.id): case for case in _money_cases(desk)}
    records = bank.run(lambda entry: entry.find("acquirer/case", limit=_EVERY))
    theirs = {record.key: record.content["taken"] - record.content["back"] for record in records}
    gaps = [_net(ours.get(key)) - theirs.get(key, 0) for key in ours.keys() | theirs.keys()]
    moved = sum(_net(case) for case in ours.values())
    names = [balance for name, balance in book.balances(ACQUIRER) if name == ACQUIRER]
    posted = -sum(balance.posted for balance in names)
    taken = sum(balance.posted for _, balance in bank.balances("payee/"))
    sums = moved == posted and sum(theirs.values()) == taken
    still = any(case.state in _OPEN for case in ours.values())
    stuck = Outbox(book).exceptions(QUEUE, utc_now())
    return Compared(
        created=sum(gap for gap in gaps if gap > 0),
        lost=-sum(gap for gap in gaps if gap < 0),
        balanced=sums and not still and not stuck and _adds_up(book) and _adds_up(bank),
        cases=len(ours),
        reversed=sum(case.state is State.VOIDED for case in ours.values()),
        moved=moved,
    )


def stories(found: Compared) -> Sequence[tuple[str, str]]:
    """Tell it, in Persian and in English."""
    return (
        (
            f"{rials_fa(found.cases)} پرداخت؛ {rials_fa(found.reversed)} تای آن برگشت خورد، رد شد یا رها شد.",
            f"{found.cases} payments; {found.reversed} of them were reversed, declined or let go.",
        ),
        (
            f"{rials_fa(found.moved)} ریال جابه‌جا شد؛ هر پرداخت با دفتر بانک پذیرنده سنجیده شد.",
            f"{found.moved:,} rials moved; each payment was compared with the acquirer's book.",
        ),
    )


def _money_cases(desk: Desk) -> list[Case]:
    every = (case for state in State for case in desk.cases(state, limit=_EVERY))
    return [case for case in every if case.terms.unit == "IRR"]


def _net(case: Case | None) -> int:
    return case.completed - case.refunded if case else 0


def _adds_up(book: Book) -> bool:
    book.verify()
    return all(debits == credits_ for debits, credits_ in book.totals().values())
