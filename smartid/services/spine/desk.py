"""The counter at which every service is served: quoted, proved, reserved, completed, given back, settled.

::

    prepared = desk.prepare(request, holder)              # show terms.sentence(lang), ask for the PIN
    authorized = desk.authorize(prepared, authorization)  # of unlocked.authorize(prepared.transaction)
    case = desk.reserve(authorized, key=key)              # holds it
    desk.begin(case.id)                                   # just before the effect: cash, fuel, goods
    receipt = desk.complete(case.id, drawn)               # or void, or suspend when nobody knows

The methods that end in ``_in`` do the same within an entry that does more, as ``Intents.resume`` has one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from smartid.errors import Refused
from smartid.identity.transaction import Authorization
from smartid.services.ledger.book import Book, Entry
from smartid.services.ledger.values import Outcome
from smartid.services.reasons import Reason
from smartid.services.spine import casefile
from smartid.services.spine.adapter import Adapter, JournalWriter
from smartid.services.spine.booking import Booking, require_amount, require_unknown
from smartid.services.spine.bulk import post_many
from smartid.services.spine.denylist import Denylist
from smartid.services.spine.limits import Place
from smartid.services.spine.outbox import Message
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.quoting import Counter, Limits
from smartid.services.spine.settlement import Batch, settle_day
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import Assurance, Authorized, Case, Holder, Prepared, Receipt
from smartid.trust.policy import utc_now

NO_FACTS: Mapping[str, Any] = {}
AT_ONCE = timedelta(0)


class Desk:
    """One service at one terminal. Every method that changes something is one durable entry of the book.

    adapter        the service
    journal        what signs the receipts
    limits         rules, or what gives those of a time; which apply depends on verb and assurance
    denylist       who is refused; ``renew_denylist`` takes a newer one
    terminal       identifier of the terminal or of the shop's program
    place          where it stands, for limits on travel
    typed_allowed  whether the policy serves a holder whose number was typed because the chip was dead
    """

    def __init__(
        self,
        adapter: Adapter,
        book: Book,
        journal: JournalWriter,
        *,
        proofs: Proofs,
        pseudonyms: Pseudonyms,
        clock: Callable[[], datetime] = utc_now,
        random: Callable[[int], bytes] = os.urandom,
        limits: Limits = (),
        denylist: Denylist | None = None,
        terminal: str = "",
        place: Place | None = None,
        typed_allowed: bool = False,
    ) -> None:
        self.adapter = adapter
        self.book = book
        self._proofs = proofs
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._counter = Counter(
            service=adapter.name,
            terminal=terminal,
            limits=limits,
            denylist=denylist,
            place=place,
            typed_allowed=typed_allowed,
        )
        self._random = random
        self._owner = random(8).hex()
        self._booking = Booking(adapter, journal, self._counter)

    def renew_denylist(self, denylist: Denylist) -> None:
        """Take a newer list; an older one is passed over."""
        self._counter.renew(denylist)

    def holder(self, certificate: bytes) -> Holder:
        """Say who holds a card, from the certificate of its transaction key (``Proofs.holder``)."""
        return self._proofs.holder(certificate, self.adapter.name)

    def typed_holder(self, national_number: str) -> Holder:
        """Name a holder whose card cannot be read. Less is allowed, and somebody looks at it later."""
        pseudonym = self._pseudonyms.of(self.adapter.name, national_number)
        return Holder(pseudonym=pseudonym, assurance=Assurance.TYPED)

    def prepare(self, request: Any, holder: Holder, *, lang: str = "fa") -> Prepared:
        """Quote, and make the transaction that the card is asked to sign.

        Raises Refused: what the adapter refuses; denylisted; needs_pin (a typed number is not enough here);
        limit_exceeded, cool_down, invalid_request, quote_expired.
        """
        now = self._clock()
        self._counter.require_holder(holder)
        terms = self.adapter.quote(request, holder, now)
        self._counter.require_terms(terms, now)
        number = self.book.run(lambda entry: self._counter.number(entry, terms, holder, now))
        nonce = self._random(16)
        return self._counter.prepared(terms, holder, now=now, number=number, nonce=nonce, lang=lang)

    def authorize(self, prepared: Prepared, authorization: Authorization | None) -> Authorized:
        """Take the card's agreement; None only for a holder known by a typed number.

        Raises Refused: bad_proof, quote_expired, needs_consent, denylisted.
        """
        if authorization is not None:
            authorized = self._proofs.verify(prepared, authorization)
            self._counter.require_holder(authorized.prepared.holder)
            return authorized
        if prepared.holder.assurance is not Assurance.TYPED:
            raise Refused("The holder has not agreed with the card.", reason=Reason.NEEDS_CONSENT)
        return Authorized(prepared=prepared, authorization=None)

    def reserve(self, authorized: Authorized, *, key: str, lease: timedelta = AT_ONCE) -> Case:
        """Hold the amount. The same key and transaction give the same case (``replayed``).

        lease  how long nobody else may take this case up: a caller at another desk is refused (in_progress)
               until then, or until the case is resolved

        Raises Refused: conflict, in_progress, insufficient, limit_exceeded, cool_down, quote_expired.
        """
        return self.book.run(lambda entry: self.reserve_in(entry, authorized, key=key, lease=lease))

    def reserve_in(
        self, entry: Entry, authorized: Authorized, *, key: str, lease: timedelta = AT_ONCE
    ) -> Case:
        """As ``reserve``."""
        now = self._clock()
        known = self._booking.known(entry, authorized, key)
        if known is not None:
            self._booking.require_free(entry, known, self._owner, now)
        case = known or self._booking.reserve(entry, authorized, key, now)
        if lease and case.state is State.RESERVED:
            self._booking.lease(entry, case, self._owner, now + lease)
        return case

    def begin(self, case_id: str) -> Case:
        """Say that the effect begins now: notes, fuel. Afterwards the case does not expire.

        Of two callers one is told so, and only that one may go on. Whoever began it resolves the case:
        complete, void, or suspend; after a crash ``Case.begun`` says that the effect may have happened.

        Raises Refused: unknown_case, wrong_state (not reserved any more, or begun before).
        """
        return self.book.run(lambda entry: self.begin_in(entry, case_id))

    def begin_in(self, entry: Entry, case_id: str) -> Case:
        """As ``begin``."""
        case = self._load(entry, case_id)
        return self._booking.begin(entry, case, self._now(case))

    def complete(
        self,
        case_id: str,
        amount: int | None = None,
        *,
        facts: Mapping[str, Any] = NO_FACTS,
        original: str = "",
    ) -> Receipt:
        """Post all or part of what was reserved; the rest returns.

        amount    None for all
        facts     added to those of the case
        original  code of the scheme that agreed

        Raises Refused: unknown_case, wrong_state, conflict (completed with another amount), invalid_request.
        """
        return self.book.run(
            lambda entry: self.complete_in(entry, case_id, amount, facts=facts, original=original)
        )

    def complete_in(
        self,
        entry: Entry,
        case_id: str,
        amount: int | None = None,
        *,
        facts: Mapping[str, Any] = NO_FACTS,
        original: str = "",
    ) -> Receipt:
        """As ``complete``."""
        case = self._load(entry, case_id)
        drawn = case.terms.amount if amount is None else amount
        known = self._booking.answer(entry, case, Step.COMPLETE, drawn)
        if known:
            return known
        changed = self._with(case, facts, original)
        return self._booking.complete(entry, changed, drawn, self._now(case))

    def void(self, case_id: str, *, why: str, original: str = "") -> Receipt:
        """Let a reservation go. Raises Refused: unknown_case, wrong_state."""
        return self.book.run(lambda entry: self.void_in(entry, case_id, why=why, original=original))

    def void_in(self, entry: Entry, case_id: str, *, why: str, original: str = "") -> Receipt:
        """As ``void``."""
        case = self._load(entry, case_id)
        known = self._booking.answer(entry, case, Step.VOID, 0)
        changed = self._with(case, {"why": why}, original)
        return known or self._booking.release(entry, changed, Step.VOID, self._now(case))

    def suspend(self, case_id: str, *, message: Message | None) -> Receipt:
        """Say that the outcome is not known.

        message  the reversal, queued in the same entry. A case that is being reversed is not completed any
                 more, whoever says so later; without one, it is completed or voided when somebody knows

        Raises Refused: unknown_case, wrong_state.
        """
        return self.book.run(lambda entry: self.suspend_in(entry, case_id, message=message))

    def suspend_in(self, entry: Entry, case_id: str, *, message: Message | None) -> Receipt:
        """As ``suspend``."""
        case = self._load(entry, case_id)
        known = self._booking.answer(entry, case, Step.SUSPEND, 0)
        if known and message is not None:
            require_unknown(case)
            self._booking.reverse(entry, case, message, self._now(case))
        return known or self._booking.suspend(entry, case, message, self._now(case))

    def commit(
        self, authorized: Authorized, *, key: str, facts: Mapping[str, Any] = NO_FACTS, original: str = ""
    ) -> Receipt:
        """Complete at once what needs no reservation. Raises what ``reserve`` raises."""
        return self.book.run(
            lambda entry: self.commit_in(entry, authorized, key=key, facts=facts, original=original)
        )

    def commit_in(
        self,
        entry: Entry,
        authorized: Authorized,
        *,
        key: str,
        facts: Mapping[str, Any] = NO_FACTS,
        original: str = "",
    ) -> Receipt:
        """As ``commit``."""
        now = self._clock()
        known = self._booking.known(entry, authorized, key)
        if known is not None:
            return self._booking.outcome(entry, known)
        case = self._booking.admit(entry, authorized, key, now)
        changed = self._with(case, facts, original)
        return self._booking.complete(entry, changed, case.terms.amount, now)

    def commit_many(self, items: Iterable[Authorized]) -> list[Outcome]:
        """Post many at once, without cases and receipts of their own.

        The key of each is its terminal and terminal counter. The ledger keeps them: EXISTS for a repeat,
        CONFLICT for another transaction of the same number. Limits are not looked at; who is on the denylist
        is for ``authorize`` and the collector. Each is in the settlement of its payee.
        """
        return post_many(self.adapter, self.book, list(items), self._clock())

    def refund(self, case_id: str, amount: int, *, key: str) -> Receipt:
        """Give back all or part of what was completed, as often as it lasts.

        Raises Refused: unknown_case, wrong_state, conflict, invalid_request, insufficient.
        """

        def work(entry: Entry) -> Receipt:
            asked = f"{case_id} {amount}"
            known = casefile.find_answer(entry, self.adapter.name, f"refund/{key}", asked)
            if known:
                return known
            case = self._load(entry, case_id)
            receipt = self._booking.give_back(entry, case, Step.REFUND, amount, self._now(case))
            casefile.keep_answer(entry, self.adapter.name, f"refund/{key}", asked, receipt)
            return receipt

        casefile.require_key(key)
        require_amount(amount, least=1)
        return self.book.run(work)

    def dispute(self, case_id: str, *, why: str) -> Receipt:
        """Open a dispute on a completed case, once. Raises Refused: unknown_case, wrong_state."""
        return self._mark(case_id, Step.DISPUTE, {"disputed": why})

    def uphold(self, case_id: str, amount: int | None = None, *, why: str = "") -> Receipt:
        """Decide a dispute for the holder: what is left of the amount, or a part of it, goes back."""

        def work(entry: Entry) -> Receipt:
            case = self._load(entry, case_id)
            left = case.completed - case.refunded
            back = left if amount is None else amount
            known = self._booking.answer(entry, case, Step.UPHOLD, None if amount is None else back)
            changed = self._with(case, {"decision": why}, "")
            return known or self._booking.give_back(entry, changed, Step.UPHOLD, back, self._now(case))

        return self.book.run(work)

    def reject(self, case_id: str, *, why: str = "") -> Receipt:
        """Decide a dispute for the payee. Raises Refused: unknown_case, wrong_state."""
        return self._mark(case_id, Step.REJECT, {"decision": why})

    def expire(self, now: datetime | None = None, *, limit: int = 1000) -> list[Receipt]:
        """Let go the reservations whose time is over and whose effect has not begun, oldest first."""
        moment = now or self._clock()
        due = int(moment.timestamp())
        kind = f"{self.adapter.name}/case"
        found = self.book.run(
            lambda entry: [item.key for item in entry.find(kind, state=State.RESERVED, due=due, limit=limit)]
        )
        receipts = (self._expire(case_id, moment) for case_id in found)
        return [receipt for receipt in receipts if receipt is not None]

    def case(self, case_id: str) -> Case:
        """Give a case. Raises Refused (unknown_case)."""
        return self.book.run(lambda entry: self.case_in(entry, case_id))

    def case_in(self, entry: Entry, case_id: str) -> Case:
        """As ``case``."""
        return self._load(entry, case_id)

    def find(self, key: str) -> Case | None:
        """Give the case that was opened under a key."""
        id_ = casefile.case_id(self.adapter.name, key)
        return self.book.run(lambda entry: casefile.find_case(entry, self.adapter.name, id_))

    def cases(self, state: State, *, limit: int = 100) -> list[Case]:
        """Give cases in a state, those that are due first."""
        kind = f"{self.adapter.name}/case"
        found = self.book.run(lambda entry: entry.find(kind, state=state, limit=limit))
        return [casefile.read_case(record) for record in found]

    def settle(self, day: date) -> Batch:
        """Close a day of Iran's time. Twice is once; what is completed later is in the next batch."""
        return settle_day(self.adapter, self.book, day, self._clock())

    def _expire(self, case_id: str, now: datetime) -> Receipt | None:
        """Expire a case unless somebody else resolved it since it was found."""

        def work(entry: Entry) -> Receipt | None:
            case = self._load(entry, case_id)
            if case.state is not State.RESERVED or case.begun:
                return None
            return self._booking.release(entry, case, Step.EXPIRE, max(now, case.changed))

        return self.book.run(work)

    def _mark(self, case_id: str, step: Step, facts: Mapping[str, Any]) -> Receipt:
        def work(entry: Entry) -> Receipt:
            case = self._load(entry, case_id)
            known = self._booking.answer(entry, case, step, 0)
            return known or self._booking.mark(entry, self._with(case, facts, ""), step, self._now(case))

        return self.book.run(work)

    def _load(self, entry: Entry, case_id: str) -> Case:
        return casefile.load_case(entry, self.adapter.name, case_id)

    def _now(self, case: Case) -> datetime:
        """A clock that was set back does not let a case grow younger."""
        return max(self._clock(), case.changed)

    @staticmethod
    def _with(case: Case, facts: Mapping[str, Any], original: str) -> Case:
        return replace(case, facts={**case.facts, **facts}, original=original or case.original)
