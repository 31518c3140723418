"""The one state machine of all services.

::

    online    quoted ── consented ── proved ── reserved ─┬─ completed ─┬─ refunded
                                                         ├─ voided     ├─ disputed ─┬─ upheld
                                                         ├─ expired    │            └─ rejected
                                                         └─ unknown    └─ settled
    offline   captured ── collected ─┬─ accepted ── settled
                                     ├─ duplicate
                                     ├─ gap
                                     ├─ forged
                                     └─ late
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    QUOTED = "quoted"
    CONSENTED = "consented"
    PROVED = "proved"
    RESERVED = "reserved"
    UNKNOWN = "unknown"
    """Nobody knows what the other side did; a reversal or an inquiry is queued."""
    COMPLETED = "completed"
    VOIDED = "voided"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    UPHELD = "upheld"
    REJECTED = "rejected"
    SETTLED = "settled"
    CAPTURED = "captured"
    COLLECTED = "collected"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    GAP = "gap"
    FORGED = "forged"
    LATE = "late"


class Step(StrEnum):
    """What moves a case, and for which an adapter's ledger template names the transfers."""

    RESERVE = "reserve"
    SUSPEND = "suspend"
    """The outcome is unknown."""
    COMPLETE = "complete"
    VOID = "void"
    EXPIRE = "expire"
    REFUND = "refund"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    REJECT = "reject"
    SETTLE = "settle"
