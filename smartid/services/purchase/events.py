"""What a payee is told about his payments: events, signed and sent to his webhook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smartid.services.spine.outbox import Message
from smartid.services.spine.states import Step
from smartid.services.spine.values import Case

QUEUE = "webhook"
_NAMES = {
    Step.COMPLETE: "payment.completed",
    Step.VOID: "payment.voided",
    Step.EXPIRE: "payment.expired",
    Step.REFUND: "payment.refunded",
    Step.DISPUTE: "payment.disputed",
    Step.UPHOLD: "payment.dispute_upheld",
    Step.REJECT: "payment.dispute_rejected",
}


def events(case: Case, step: Step) -> Sequence[Message]:
    """Give the event of a step; none where a payee has nothing to learn."""
    if step not in _NAMES:
        return []
    name = f"{case.id}/{step}/{case.refunded}"
    event = {
        "id": name,
        "type": _NAMES[step],
        "created": int(case.changed.timestamp()),
        "data": summary(case),
    }
    return [Message(queue=QUEUE, key=name, payload={"payee": case.terms.payee, "event": event})]


def summary(case: Case) -> dict[str, Any]:
    """Say how a payment stands. Who paid is no business of the payee's, nor is his certificate."""
    details = {
        name: case.terms.details[name]
        for name in ("intent", "mandate", "order")
        if name in case.terms.details
    }
    return {
        "payment": case.id,
        "state": case.state.value,
        "verb": case.terms.verb,
        "payee": case.terms.payee,
        "amount": case.terms.amount,
        "unit": case.terms.unit,
        "captured": case.completed,
        "refunded": case.refunded,
        "response_code": case.original,
        **details,
    }
