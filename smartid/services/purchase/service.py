"""Payments at the counter and on the net: asked for, shown, signed, held, taken, given back.

::

    intent = purchases.ask("shop1", 1_250_000, "A-17", key="…")            # the merchant
    prepared = purchases.prepare(intent.id, certificate)                 # show the sentence, ask for the PIN
    purchases.authorise(intent.id, unlocked.authorize(prepared.transaction))
    purchases.capture(intent.id, 900_000)                                  # the rest returns

Every call may be repeated: it is carried out once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from smartid.errors import GatewayUnavailable, Refused
from smartid.identity.transaction import Authorization
from smartid.services.ledger.book import Book
from smartid.services.ledger.values import transfer_id
from smartid.services.messages.response_codes import APPROVED, is_final, refusal
from smartid.services.purchase import acquirer
from smartid.services.purchase.adapter import Request
from smartid.services.purchase.gateway import Gateway, deliver
from smartid.services.purchase.incoming import Incoming
from smartid.services.purchase.signing import Counter
from smartid.services.purchase.store import Store
from smartid.services.purchase.values import Capture, Intent, Verb, refused
from smartid.services.reasons import Reason
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Delivery, Outbox
from smartid.services.spine.policies import PolicyData, load_policy
from smartid.services.spine.states import State
from smartid.services.spine.values import Case, Prepared, Receipt

LEASE = timedelta(seconds=30)
INTENT_LIFE = timedelta(hours=24)
_LOCKS = 64


@lru_cache(maxsize=64)
def sample_policy(day: date) -> PolicyData:
    """Give the sample rules of a day."""
    return load_policy("purchase", day)


class Purchases:
    """The service "purchase" of one payment provider.

    desk     the spine's counter, with a ``PurchaseAdapter``
    gateway  the line to the acquirer
    """

    def __init__(
        self,
        desk: Desk,
        gateway: Gateway,
        *,
        clock: Callable[[], datetime],
        policy: Callable[[date], PolicyData] = sample_policy,
    ) -> None:
        self.desk = desk
        self.book: Book = desk.book
        self.store = Store(desk.book)
        self.counter = Counter(desk, self.store)
        self.outbox = Outbox(desk.book)
        self._incoming = Incoming(desk.book, policy, clock)
        self._gateway = gateway
        self._clock = clock
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self._clock()

    def ask(
        self,
        payee: str,
        amount: int,
        order: str,
        *,
        key: str,
        capture: Capture = Capture.NOW,
        life: timedelta = INTENT_LIFE,
    ) -> Intent:
        """Ask for a payment.

        Raises Refused: unknown_case (no such payee), conflict, invalid_request, denylisted.
        """
        found = self.store.payee(payee)
        if not found.allowed:
            raise Refused(f"Nothing is paid to {payee}.", reason=Reason.DENYLISTED)
        now = self._clock()
        intent = Intent(
            id=transfer_id("intent", payee, key).hex(),
            payee=payee,
            amount=amount,
            order=order,
            capture=capture,
            created=now,
            expires=now + life,
        )
        return self.store.keep_intent(intent)

    def prepare(self, intent_id: str, certificate: bytes, *, lang: str = "fa") -> Prepared:
        """Say what the holder of a card would agree to. Raises what ``Desk.prepare`` raises."""
        intent = self.store.intent(intent_id)
        if self.case_of(intent_id) is not None:
            raise Refused("This intent was authorised before.", reason=Reason.WRONG_STATE)
        return self.counter.prepare(intent_id, self._request(intent), certificate, lang=lang)

    def authorise(self, intent_id: str, authorization: Authorization) -> Case:
        """Take the holder's agreement to an intent and ask the acquirer.

        Gives the case: reserved (captured later), completed (taken). Raises Refused: bad_proof and what the
        acquirer says (``original``); GatewayUnavailable when it says nothing: the reversal is queued.
        """
        intent = self.store.intent(intent_id)
        if intent.capture is Capture.PARTS:
            raise refused("intent", "one that is captured at once or later; confirm its mandate instead")
        case = self.case_of(intent_id)
        if case is None:
            request = self._request(intent)
            authorized = self.counter.confirm(intent_id, request, authorization)
            self._incoming.admit(intent_id, request.payee, authorized.prepared)
            case = self.desk.reserve(authorized, key=f"intent/{intent_id}", lease=LEASE)
        elif case.transaction != authorization.transaction:
            raise Refused("Another agreement was used for this intent.", reason=Reason.CONFLICT)
        return self.settle_with_acquirer(case)

    def capture(self, intent_id: str, amount: int | None = None) -> Receipt:
        """Take all or part of what is held; the rest returns.

        Raises Refused: wrong_state, conflict, cool_down (a first large payment to a person), invalid_request.
        """
        case = self._require_case(intent_id)
        if case.state is State.RESERVED and self.store.approval(case.id) is None:
            raise Refused("The acquirer has not agreed yet.", reason=Reason.IN_PROGRESS)
        self._incoming.require_met(case, self.store.payee(case.terms.payee))
        with self._alone(case.id):
            approval = self.store.approval(case.id) or {"code": case.original, "approval": ""}
            return self.desk.complete(
                case.id, amount, original=approval["code"], facts={"approval": approval["approval"]}
            )

    def void(self, intent_id: str, *, why: str = "the payee let it go") -> Receipt:
        """Let go what is held. Raises Refused: wrong_state, unknown_case."""
        case = self._require_case(intent_id)
        with self._alone(case.id):
            receipt = self.desk.void(case.id, why=why)
        self._incoming.release(intent_id, case)
        return receipt

    def refund(self, case_id: str, amount: int, *, key: str) -> Receipt:
        """Give back all or part of what was taken, as often as it lasts. Raises as ``Desk.refund``."""
        if self.desk.case(case_id).terms.verb in {Verb.MANDATE, Verb.PARTS}:
            raise refused("payment", "one that took money; what a mandate allows is revoked")
        return self.desk.refund(case_id, amount, key=f"{case_id}/{key}")

    def case_of(self, intent_id: str) -> Case | None:
        """Give the case of an intent, None while nobody has signed it."""
        return self.desk.find(f"intent/{intent_id}")

    def settle_with_acquirer(self, case: Case) -> Case:
        """Ask the acquirer for what is reserved, and do what it says. A repeat asks the same again."""
        with self._alone(case.id):
            case = self.desk.case(case.id)
            if case.state is not State.RESERVED or self.store.approval(case.id):
                return case
            try:
                answer = self._gateway.ask(acquirer.question(case))
            except GatewayUnavailable as error:
                self.desk.suspend(case.id, message=acquirer.reversal(case))
                raise GatewayUnavailable(
                    "The acquirer gave no answer; the payment is being reversed.",
                    retry_after=error.retry_after,
                    reversal_queued=True,
                ) from error
            return self._answered(case, answer)

    def deliver(self, now: datetime | None = None) -> Delivery:
        """Send what waits for the acquirer, and close what it acknowledged as reversed."""
        moment = now or self._clock()
        done = self.outbox.deliver(
            acquirer.QUEUE, lambda message, attempt: deliver(self._gateway, message, attempt), moment
        )
        self.recover_reversed()
        return done

    def recover(self) -> None:
        """Settle what a crash left open. Only for the start, while no other process serves."""
        for case in self.desk.cases(State.RESERVED, limit=10_000):
            if self.store.approval(case.id) is None:
                self.desk.suspend(case.id, message=acquirer.reversal(case))
        self.recover_reversed()

    def recover_reversed(self) -> None:
        """Void the cases whose reversal was acknowledged."""
        for case in self.desk.cases(State.UNKNOWN, limit=10_000):
            if self.outbox.reply(acquirer.QUEUE, acquirer.reversal(case).key):
                self.desk.void(case.id, why="reversed", original="")
                self._incoming.release(str(case.terms.details.get("intent", "")), case)

    def _answered(self, case: Case, answer: Mapping[str, str]) -> Case:
        code, approval = answer["39"], answer.get("38", "")
        whole = answer.get("4", "") in {"", acquirer.question(case)["4"]}
        if code not in APPROVED or not whole:
            self._let_go(case, code)
            raise refusal(code)
        if case.terms.verb == Verb.AUTHORISE:
            self.store.keep_approval(case.id, {"39": code, "38": approval})
        else:
            self.desk.complete(case.id, original=code, facts={"approval": approval})
        return self.desk.case(case.id)

    def _let_go(self, case: Case, code: str) -> None:
        """Void what was not approved in full; where the acquirer may have done something, it is reversed."""
        self.desk.void(case.id, why=f"code {code}", original=code if is_final(code) else "")
        self._incoming.release(str(case.terms.details.get("intent", "")), case)

    def _request(self, intent: Intent) -> Request:
        return Request(what=intent, payee=self.store.payee(intent.payee))

    def _require_case(self, intent_id: str) -> Case:
        self.store.intent(intent_id)
        case = self.case_of(intent_id)
        if case is None:
            raise Refused("The holder has not agreed yet.", reason=Reason.WRONG_STATE)
        return case

    def _alone(self, case_id: str) -> threading.Lock:
        """One thread at a time asks about a case. Among processes, the lease of the reservation does it."""
        return self._locks[int(case_id[:8], 16) % _LOCKS]
