"""What a service brings to the spine: its terms, its ledger template, its messages. The rest is common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from smartid.services.ledger.book import Entry
from smartid.services.ledger.values import Account, Transfer
from smartid.services.spine.outbox import Message
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import Case, Holder, Receipt, Terms


class Adapter(Protocol):
    """One service.

    name         of the service, ``[a-z][a-z0-9-]*``: "purchase"; it begins the kinds of its records
    reservation  how long a reservation stands before it expires
    """

    @property
    def name(self) -> str:
        """Of the service."""
        ...

    @property
    def reservation(self) -> timedelta:
        """How long a reservation stands."""
        ...

    def quote(self, request: Any, holder: Holder, now: datetime) -> Terms:
        """Say what is offered: a pure function of the request, the dated policy and the time.

        Raises Refused for what the rules of the service do not allow.
        """
        ...

    def accounts(self, case: Case) -> Sequence[Account]:
        """Name the accounts that the case may move; those that are missing are opened."""
        ...

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Transfer]:
        """Give the transfers of a step; none where nothing moves.

        case    as it stands before the step. ``case.reserved`` is 0 when an instant service completes at
                once: COMPLETE then moves the amount directly instead of posting a pending transfer
        amount  RESERVE: of the terms. COMPLETE: what was drawn. VOID, EXPIRE: what returns. REFUND, UPHOLD:
                what goes back. SETTLE: what the payee is owed, below zero for what went back. Else 0

        ``legs.leg`` makes their ids, ``legs.two_account`` the whole template of a plain service.
        """
        ...

    def messages(self, case: Case, step: Step) -> Sequence[Message]:
        """Give what others are told about a step; ``case`` stands as it is after it."""
        ...


class JournalWriter(Protocol):
    """What writes the receipts: ``services.journal.Journal``."""

    def write(
        self,
        entry: Entry,
        *,
        service: str,
        verb: str,
        state: State,
        amount: int,
        unit: str,
        payee: str,
        case: str,
        details: Mapping[str, str | int] | None = None,
    ) -> Receipt:
        """Number, chain and sign a receipt within an entry."""
        ...
