"""The counter at which every service is served."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from smartid.identity.transaction import Authorization
from smartid.services.ledger.book import Book
from smartid.services.ledger.values import Outcome
from smartid.services.spine.adapter import Adapter, JournalWriter
from smartid.services.spine.denylist import Denylist
from smartid.services.spine.limits import Limit, Place
from smartid.services.spine.outbox import Message
from smartid.services.spine.proof import Proofs
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.settlement import Batch
from smartid.services.spine.states import State
from smartid.services.spine.values import Authorized, Case, Holder, Prepared, Receipt
from smartid.trust.policy import utc_now

NO_FACTS: Mapping[str, Any] = {}


class Desk:
    """One service at one terminal. Every method that changes something is one durable entry of the book."""

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
        limits: Sequence[Limit] = (),
        denylist: Denylist | None = None,
        terminal: str = "",
        place: Place | None = None,
        typed_allowed: bool = False,
    ) -> None: ...

    def prepare(self, request: Any, holder: Holder, *, lang: str = "fa") -> Prepared:
        """Quote, and make the transaction that the card is asked to sign.

        Raises Refused: what the adapter refuses, denylisted, needs_pin (a typed number is not enough here),
        limit_exceeded, cool_down, invalid_request.
        """

    def authorize(self, prepared: Prepared, authorization: Authorization | None) -> Authorized:
        """Take the card's agreement; None only for a holder known by a typed number.

        Raises Refused: bad_proof, quote_expired, needs_consent.
        """

    def reserve(self, authorized: Authorized, *, key: str, lease: timedelta = timedelta(0)) -> Case:
        """Hold the amount. The same key and transaction give the same case (``replayed``).

        lease  how long nobody else may take this case up: a second caller under the same key is refused
               (in_progress) until then, or until the case is resolved

        Raises Refused: conflict, in_progress, insufficient, limit_exceeded, quote_expired.
        """

    def complete(
        self, case_id: str, amount: int | None = None, *, facts: Mapping[str, Any] = NO_FACTS, original: str = ""
    ) -> Receipt:
        """Post all or part of what was reserved; the rest returns.

        amount  None for all
        facts   added to those of the case

        Raises Refused: unknown_case, wrong_state, conflict (completed with another amount), invalid_request.
        """

    def void(self, case_id: str, *, why: str, original: str = "") -> Receipt:
        """Let a reservation go. Raises Refused: unknown_case, wrong_state."""

    def suspend(self, case_id: str, *, message: Message | None) -> Receipt:
        """Say that the outcome is not known; the reversal or inquiry is queued in the same entry."""

    def commit(
        self, authorized: Authorized, *, key: str, facts: Mapping[str, Any] = NO_FACTS, original: str = ""
    ) -> Receipt:
        """Complete at once what needs no reservation. Raises what ``reserve`` raises."""

    def commit_many(self, items: Iterable[tuple[Authorized, str]]) -> list[Outcome]:
        """Post many in one durable commit, each under its key, without cases and receipts of their own.

        The ledger keeps the keys: EXISTS for a repeat, CONFLICT for a key that came with another transaction.
        """

    def refund(self, case_id: str, amount: int, *, key: str) -> Receipt:
        """Give back all or part of what was completed, as often as it lasts."""

    def dispute(self, case_id: str, *, why: str) -> Receipt:
        """Open a dispute on a completed case."""

    def uphold(self, case_id: str, amount: int | None = None, *, why: str = "") -> Receipt:
        """Decide a dispute for the holder: what is left of the amount, or part of it, goes back."""

    def reject(self, case_id: str, *, why: str = "") -> Receipt:
        """Decide a dispute for the payee."""

    def expire(self, now: datetime | None = None) -> list[Receipt]:
        """Let go all reservations whose time is over."""

    def case(self, case_id: str) -> Case:
        """Give a case. Raises Refused (unknown_case)."""

    def find(self, key: str) -> Case | None:
        """Give the case that was opened under a key."""

    def cases(self, state: State, *, limit: int = 100) -> list[Case]:
        """Give cases in a state."""

    def settle(self, day: date) -> Batch:
        """Close a day. Twice is once."""
