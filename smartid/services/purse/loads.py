"""Loads and unloads, online: the bank, the issuer's module and the card, in an order that loses nothing.

A load: reserve, take from the bank, write down the order to the card, let the card credit, complete. An
unload: reserve, write down the order, let the card debit, complete; the bank is told from the outbox.

While an order stands in the book nobody knows what the card did, and nothing else is ordered from it:
``resume`` asks the card. Where no order stands, the card did nothing, and ``recover`` has the bank reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from smartid.errors import GatewayUnavailable, Refused, SmartIDError
from smartid.services.ledger.book import Entry, Record
from smartid.services.messages import bank
from smartid.services.messages.bank import BankRequest
from smartid.services.purse import gateway
from smartid.services.purse.accounts import shadow
from smartid.services.purse.adapter import LOAD, QUEUE, UNLOAD, account_of, card_of, reversal
from smartid.services.purse.gateway import Gateway
from smartid.services.purse.office import FROZEN, PurseOffice
from smartid.services.purse.terminal import SLOT, CardLike
from smartid.services.reasons import Reason
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Message, Outbox, Reply, enqueue
from smartid.services.spine.states import State
from smartid.services.spine.values import Authorized, Case, Receipt
from smartid.stored_value import exchanges
from smartid.stored_value.model import PURSE_AID, CardState, Line
from smartid.stored_value.model import Record as CardRecord
from smartid.stored_value.modules import IssuerModule
from smartid.stored_value.wire import Opening

ORDER = "purse/order"
"""Kind of the record of an order to a card whose end is not known; its key is the card."""


class LoadDesk:
    """Loads and unloads cards.

    desk    of the purse service, with a ``PurseAdapter``
    issuer  the issuer's module; one thread at a time uses it
    bank    where customers have their accounts
    """

    def __init__(
        self, desk: Desk, issuer: IssuerModule, bank: Gateway, office: PurseOffice, *, outbox: Outbox
    ) -> None:
        self.desk = desk
        self._issuer = issuer
        self._bank = bank
        self._office = office
        self._outbox = outbox
        self._book = desk.book

    def carry_out(self, card: CardLike, authorized: Authorized, now: datetime, *, key: str) -> Receipt:
        """Load or unload, as the holder agreed. The same key is carried out once.

        Raises Refused: card_blocked (frozen), in_progress (an order to this card is open: ``resume``),
        peer_rejected (the bank says no), and what ``Desk.reserve`` and the card raise; GatewayUnavailable
        when the bank did not answer: the reversal is queued; CardRemoved when the card left: ``resume``.
        """
        card_id = bytes.fromhex(authorized.prepared.terms.payee)
        self._book.run(lambda entry: _require_free(entry, card_id))
        case = self.desk.reserve(authorized, key=key)
        if case.state is not State.RESERVED:
            return self._again(case)
        if case.terms.verb == LOAD and not case.replayed:
            self._take_from_bank(case)
        elif case.replayed:
            raise Refused("It was begun before and is not settled.", reason=Reason.IN_PROGRESS)
        record = self._on_card(card, case, now)
        return self._done(case, record)

    def resume(self, card: CardLike) -> Receipt | None:
        """Settle the open order to the card in the reader, by asking it; None when there is none.

        The receipt says COMPLETED when the card has carried it out, UNKNOWN or VOIDED when it has not. Raises
        Refused (wrong_state) for a card whose counter went back: somebody has to look at it.
        """
        card_id = card.run(exchanges.read_state(PURSE_AID)).card_id
        order = self._book.run(lambda entry: entry.load(ORDER, card_id.hex()))
        if order is None:
            return None
        case = self.desk.case(order.content["case"])
        if case.state not in {State.RESERVED, State.UNKNOWN}:
            self._book.run(lambda entry: _forget_order(entry, case))
            return None
        counter = self._ask_counter(card, case)
        if counter < order.content["counter"]:
            raise Refused("The card has gone back in time.", reason=Reason.WRONG_STATE)
        return self._done(case, None) if counter > order.content["counter"] else self._undo(case)

    def recover(self, now: datetime, *, patience: timedelta = timedelta(minutes=5)) -> list[Receipt]:
        """Settle what a crash left, as far as it can be done without the card; deliver messages to the bank.

        patience  cases that changed since then are left alone: somebody may be at work on them
        """
        for state in (State.RESERVED, State.UNKNOWN):
            for case in self.desk.cases(state, limit=1000):
                if case.changed <= now - patience:
                    self._undo(case, unless_ordered=True)
        return self.deliver(now)

    def deliver(self, now: datetime) -> list[Receipt]:
        """Send what is queued for the bank, and void the loads that it has reversed."""
        receipts: dict[str, Receipt] = {}

        def void(entry: Entry, message: Message, reply: Reply) -> None:
            del reply
            if case_id := message.repeat_of:
                receipts[case_id] = self.desk.void_in(entry, case_id, why="the bank gave it back")

        self._outbox.deliver(QUEUE, lambda message, _: gateway.send(self._bank, message), now, on_reply=void)
        return list(receipts.values())

    def state(self, card: CardLike) -> CardState:
        """Ask what is on a card; nothing of it is authenticated."""
        return card.run(exchanges.read_state(PURSE_AID))

    def open_orders(self, *, limit: int = 1000) -> list[tuple[Case, bytes]]:
        """List loads and unloads that wait for their card, with its id: value nobody knows the place of."""
        found = self._book.run(lambda entry: entry.find(ORDER, limit=limit))
        return [(self.desk.case(order.content["case"]), bytes.fromhex(order.key)) for order in found]

    def undecided(self) -> int:
        """Count loads that wait for the bank: nobody has a card to ask."""
        cases = [
            case for state in (State.RESERVED, State.UNKNOWN) for case in self.desk.cases(state, limit=1000)
        ]
        return sum(not self._has_order(case) for case in cases)

    def bring_home(self, card: CardLike, now: datetime) -> bool:
        """Take the card's own records, and let it spend offline anew when none of its payments is missing."""
        self._office.take_ring(card.run(exchanges.history(PURSE_AID)), now)
        state = card.run(exchanges.read_state(PURSE_AID))
        if not self._office.is_whole(state.card_id, state.counter):
            return False
        if state.used_count:
            card.run(exchanges.mark_uploaded(PURSE_AID, self._issuer, state.counter))
        return True

    def _again(self, case: Case) -> Receipt:
        """Answer a repeated call from what was decided."""
        if case.state is State.UNKNOWN:
            return self.desk.suspend(case.id, message=None)
        if case.state is State.VOIDED:
            return self.desk.void(case.id, why="")
        return self.desk.complete(case.id)

    def _take_from_bank(self, case: Case) -> None:
        request = BankRequest(
            verb=bank.DEBIT, key=case.id, account=account_of(case), amount=case.terms.amount
        )
        try:
            reply = self._bank.ask(request)
        except GatewayUnavailable as error:
            self._undo(case)
            raise GatewayUnavailable(
                error.message, retry_after=error.retry_after, reversal_queued=True
            ) from error
        if reply.code != bank.DONE:
            self.desk.void(case.id, why="the bank refused", original=reply.code)
            raise Refused("The bank refused.", reason=Reason.PEER_REJECTED, original=reply.code)

    def _on_card(self, card: CardLike, case: Case, now: datetime) -> CardRecord:
        host = _Host(self._issuer, card_of(case), lambda opening: self._write_order(case, opening))
        verb = exchanges.load if case.terms.verb == LOAD else exchanges.unload
        lines = [Line(SLOT, case.terms.amount)]
        try:
            return card.run(verb(PURSE_AID, host, lines, int(now.timestamp())))
        except SmartIDError:
            if host.ordered:
                self.desk.suspend(case.id, message=None)
            else:
                self._undo(case)
            raise

    def _write_order(self, case: Case, opening: Opening) -> None:
        content = {"case": case.id, "counter": opening.counter}
        order = Record(kind=ORDER, key=opening.card_id.hex(), state="open", content=content)

        def work(entry: Entry) -> None:
            _require_free(entry, opening.card_id)
            self.desk.begin_in(entry, case.id)  # from here on only the card knows: it does not expire
            if case.terms.verb == UNLOAD:
                _require_cover(entry, opening.card_id)
            entry.keep(order)

        self._book.run(work)

    def _done(self, case: Case, record: CardRecord | None) -> Receipt:
        facts = {"record": record.encode().hex()} if record else {"by": "the card's counter"}

        def work(entry: Entry) -> Receipt:
            _forget_order(entry, case)
            return self.desk.complete_in(entry, case.id, facts=facts)

        return self._book.run(work)

    def _undo(self, case: Case, *, unless_ordered: bool = False) -> Receipt | None:
        """The card did nothing: let the reservation go, once the bank has its money back.

        unless_ordered  the card was not asked: where an order to it stands, or stood, nothing is done
        """

        def work(entry: Entry) -> Receipt | None:
            if unless_ordered:
                still = self.desk.case_in(entry, case.id).state in {State.RESERVED, State.UNKNOWN}
                if not still or _order_of(entry, case):
                    return None
            _forget_order(entry, case)
            if case.terms.verb != LOAD:
                return self.desk.void_in(entry, case.id, why="the card did nothing")
            enqueue(entry, reversal(case), case.opened)
            return self.desk.suspend_in(entry, case.id, message=None)

        return self._book.run(work)

    def _has_order(self, case: Case) -> bool:
        return self._book.run(lambda entry: _order_of(entry, case)) is not None

    def _ask_counter(self, card: CardLike, case: Case) -> int:
        """The number of the card's next load, under its MAC: a fresh one begins and is never ordered."""
        probe = _Probe(self._issuer, card_of(case))
        verb = exchanges.load if case.terms.verb == LOAD else exchanges.unload
        try:
            card.run(verb(PURSE_AID, probe, [Line(SLOT, 1)], int(case.opened.timestamp())))
        except _Asked as answer:
            return answer.counter
        raise Refused("The card gave no counter.", reason=Reason.WRONG_STATE)


def _require_free(entry: Entry, card_id: bytes) -> None:
    """Raises Refused: card_blocked, in_progress."""
    if entry.load(FROZEN, card_id.hex()) is not None:
        raise Refused("The card was reported lost.", reason=Reason.CARD_BLOCKED)
    if entry.load(ORDER, card_id.hex()) is not None:
        raise Refused(
            "An order to this card is open.", reason=Reason.IN_PROGRESS, remedy="Let the card be asked first."
        )


def _require_cover(entry: Entry, card_id: bytes) -> None:
    """A card has no more on it than was loaded and not spent. Raises Refused (counter_gap)."""
    if entry.balance(shadow(card_id).name).available < 0:
        raise Refused(
            "More is to be unloaded than the books have for this card.",
            reason=Reason.COUNTER_GAP,
            remedy="Bring its records home first; if that does not help, the card was copied.",
        )


def _order_of(entry: Entry, case: Case) -> Record | None:
    """The open order of a case. Another case may have one to the same card."""
    order = entry.load(ORDER, card_of(case).hex())
    return order if order is not None and order.content["case"] == case.id else None


def _forget_order(entry: Entry, case: Case) -> None:
    order = _order_of(entry, case)
    if order is not None:
        entry.forget(ORDER, order.key)


class _Asked(SmartIDError):
    """The card has said its counter."""

    def __init__(self, counter: int) -> None:
        super().__init__("The card was asked, nothing was ordered.")
        self.counter = counter


class _Host:
    """The issuer's module, with the order written down before it leaves."""

    def __init__(self, issuer: IssuerModule, card_id: bytes, write: Callable[[Opening], None]) -> None:
        self._issuer = issuer
        self._card_id = card_id
        self._write = write
        self.ordered = False

    def challenge(self) -> bytes:
        return self._issuer.challenge()

    def order(self, opening: Opening, lines: Sequence[Line], time: int, of_counter: int = 0) -> bytes:
        self._require_card(opening)
        order = self._issuer.order(opening, lines, time, of_counter)
        self._write(opening)
        self.ordered = True
        return order

    def confirm(self, answer: bytes) -> CardRecord:
        return self._issuer.confirm(answer)

    def _require_card(self, opening: Opening) -> None:
        if opening.card_id != self._card_id:
            raise Refused("This is another card.", reason=Reason.CONFLICT)


class _Probe(_Host):
    """Lets the issuer's module believe the card, and orders nothing."""

    def __init__(self, issuer: IssuerModule, card_id: bytes) -> None:
        super().__init__(issuer, card_id, lambda _: None)

    def order(self, opening: Opening, lines: Sequence[Line], time: int, of_counter: int = 0) -> bytes:
        del lines, time, of_counter
        self._require_card(opening)
        self._issuer.believe(opening)
        raise _Asked(opening.counter)
