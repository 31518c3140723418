"""Rules for payments to private persons: how many come in, and how soon a first large one can be taken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from smartid.errors import Refused
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.purchase.adapter import NAME
from smartid.services.purchase.values import Payee, PayeeKind, Verb
from smartid.services.reasons import Reason
from smartid.services.spine import limits
from smartid.services.spine.limits import Limit
from smartid.services.spine.periods import day_of
from smartid.services.spine.policies import PolicyData
from smartid.services.spine.values import Case, Prepared

VERB = "incoming"
COUNTED = "purchase/incoming"
MET = "purchase/met"


class Incoming:
    """Counts what private persons receive, and remembers who paid whom before."""

    def __init__(
        self, book: Book, policy: Callable[[date], PolicyData], clock: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._policy = policy
        self._clock = clock

    def admit(self, id_: str, payee: Payee, prepared: Prepared) -> None:
        """Count a payment to a person, once under its name. Raises Refused (limit_exceeded, cool_down)."""
        if payee.kind is not PayeeKind.PERSON:
            return
        now = self._clock()
        terms, holder = prepared.terms, prepared.holder.pseudonym

        def work(entry: Entry) -> datetime:
            opens = self._meet(entry, holder, payee.id, terms.amount, now)
            late = terms.verb != Verb.AUTHORISE and now < opens
            if not late and entry.load(COUNTED, id_) is None:
                limits.check(entry, self._limits(now), _key(payee.id), terms.amount, now)
                content = {"time": int(now.timestamp()), "amount": terms.amount}
                entry.keep(Record(kind=COUNTED, key=id_, content=content))
            return opens if late else now

        _require_past(self._book.run(work), now)

    def require_met(self, case: Case, payee: Payee) -> None:
        """Before money is taken for a person: they know each other. Raises Refused (cool_down)."""
        if payee.kind is PayeeKind.PERSON:
            now = self._clock()
            holder, amount = case.holder.pseudonym, case.terms.amount
            opens = self._book.run(lambda entry: self._meet(entry, holder, payee.id, amount, now))
            _require_past(opens, now)

    def release(self, id_: str, case: Case) -> None:
        """Take back the count of a payment that came to nothing."""

        def work(entry: Entry) -> None:
            record = entry.load(COUNTED, id_)
            if record is not None:
                then = datetime.fromtimestamp(record.content["time"], UTC)
                key, amount = _key(case.terms.payee), record.content["amount"]
                limits.give_back(entry, self._limits(then), key, amount, then, whole=True)
                entry.forget(COUNTED, id_)

        if id_:
            self._book.run(work)

    def _meet(self, entry: Entry, holder: str, payee: str, amount: int, now: datetime) -> datetime:
        """Write down a first meeting; give the time from which this amount can be taken."""
        values = self._policy(day_of(now)).values
        if amount <= values["first_payee_amount"]:
            return now
        key = f"{holder}/{payee}"
        record = entry.load(MET, key)
        if record is None:
            record = Record(kind=MET, key=key, content={"since": int(now.timestamp())})
            entry.keep(record)
        since = datetime.fromtimestamp(record.content["since"], UTC)
        return since + timedelta(hours=values["first_payee_hours"])

    def _limits(self, now: datetime) -> tuple[Limit, ...]:
        return tuple(limit for limit in self._policy(day_of(now)).limits if VERB in limit.verbs)


def _key(payee: str) -> str:
    return f"{NAME}/{VERB}/{payee}"


def _require_past(opens: datetime, now: datetime) -> None:
    if now < opens:
        raise Refused(
            "The first large payment to a person can be taken after some time.",
            reason=Reason.COOL_DOWN,
            limit="first payee",
            resets_at=opens,
        )
