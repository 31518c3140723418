"""Many transactions in one durable commit, for services that carry them out at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from smartid.errors import Refused
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.values import Outcome, Transfer
from smartid.services.reasons import Reason
from smartid.services.spine.adapter import Adapter
from smartid.services.spine.casefile import conflict, mark_kind, open_case
from smartid.services.spine.settlement import Item, keep_movement
from smartid.services.spine.states import Step
from smartid.services.spine.values import Authorized, Case

_OUTCOMES = {
    Reason.INSUFFICIENT: Outcome.INSUFFICIENT,
    Reason.CONFLICT: Outcome.CONFLICT,
    Reason.WRONG_STATE: Outcome.RESOLVED,
}


def post_many(adapter: Adapter, book: Book, items: Sequence[Authorized], now: datetime) -> list[Outcome]:
    """Post all together; when one is refused, each for itself.

    Transfers are named after the terminal and its counter, and note the transaction, so the ledger knows a
    repeat from another transaction under the same number.
    """
    cases = [open_case(item, terminal_key(item), now) for item in items]
    if not cases:
        return []
    try:
        outcome = book.run(lambda entry: _post(entry, adapter, cases, now))
    except Refused:
        return [_post_one(adapter, book, case, now) for case in cases]
    return [outcome] * len(cases)


def terminal_key(item: Authorized) -> str:
    """Give the idempotency key of a transaction that has no other: its number at its terminal."""
    transaction = item.prepared.transaction
    return f"{transaction.terminal}#{transaction.terminal_counter}"


def _post_one(adapter: Adapter, book: Book, case: Case, now: datetime) -> Outcome:
    """Post one alone; only here accounts that are missing are opened."""
    try:
        return book.run(lambda entry: _open_and_post(entry, adapter, case, now))
    except Refused as refused:
        known = _OUTCOMES.get(Reason(refused.reason))
        if known is None:
            raise
        return known


def _open_and_post(entry: Entry, adapter: Adapter, case: Case, now: datetime) -> Outcome:
    entry.open_account(*adapter.accounts(case))
    return _post(entry, adapter, [case], now)


def _post(entry: Entry, adapter: Adapter, cases: Sequence[Case], now: datetime) -> Outcome:
    transfers: list[Transfer] = []
    for case in cases:
        transfers += adapter.transfers(case, Step.COMPLETE, case.terms.amount)
    outcome = entry.post(*transfers)
    if outcome is Outcome.POSTED:
        _require_new(entry, cases)
        _keep_sums(entry, cases, now)
    return outcome


def _require_new(entry: Entry, cases: Sequence[Case]) -> None:
    """Raises Refused (conflict) for what was carried out alone, under a key of its own."""
    names = [case.transaction.fingerprint.hex() for case in cases]
    if entry.load_many(mark_kind(cases[0].service), names):
        raise conflict("A transaction was carried out under a key of its own.")


def among_many(entry: Entry, adapter: Adapter, item: Authorized, now: datetime) -> bool:
    """Tell whether a transaction was carried out among many: its transfers have their names then."""
    case = open_case(item, terminal_key(item), now)
    amount = case.terms.amount
    transfers = adapter.transfers(case, Step.COMPLETE, amount) if amount else ()
    return any(entry.transfer(each.id) is not None for each in transfers)


def _keep_sums(entry: Entry, cases: Sequence[Case], now: datetime) -> None:
    """Write one movement for each payee."""
    for (payee, unit), amounts in _by_payee(cases).items():
        place = hashlib.sha256(f"{payee}\n{unit}".encode()).hexdigest()[:16]
        name = f"{cases[0].id}/many/{place}"
        total, count = sum(amounts), len(amounts)
        item = Item(id=name, case="", payee=payee, unit=unit, count=count, amount=total, time=now)
        keep_movement(entry, item, cases[0].service)


def _by_payee(cases: Iterable[Case]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for case in cases:
        found.setdefault((case.terms.payee, case.terms.unit), []).append(case.terms.amount)
    return found
