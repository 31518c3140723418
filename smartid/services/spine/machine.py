"""The transitions of a case, as data. ``docs/reference/service-states.md`` is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from smartid.errors import Refused
from smartid.services.reasons import Reason
from smartid.services.spine.states import State, Step

TRANSITIONS: Mapping[State, Mapping[Step, State]] = MappingProxyType(
    {
        State.PROVED: {Step.RESERVE: State.RESERVED, Step.COMPLETE: State.COMPLETED},
        State.RESERVED: {
            Step.COMPLETE: State.COMPLETED,
            Step.VOID: State.VOIDED,
            Step.EXPIRE: State.EXPIRED,
            Step.SUSPEND: State.UNKNOWN,
        },
        State.UNKNOWN: {Step.COMPLETE: State.COMPLETED, Step.VOID: State.VOIDED},
        State.COMPLETED: {
            Step.REFUND: State.REFUNDED,
            Step.DISPUTE: State.DISPUTED,
            Step.SETTLE: State.SETTLED,
        },
        State.SETTLED: {Step.REFUND: State.REFUNDED, Step.DISPUTE: State.DISPUTED},
        State.REFUNDED: {
            Step.REFUND: State.REFUNDED,
            Step.DISPUTE: State.DISPUTED,
            Step.SETTLE: State.REFUNDED,
        },
        State.DISPUTED: {
            Step.UPHOLD: State.UPHELD,
            Step.REJECT: State.REJECTED,
            Step.SETTLE: State.DISPUTED,
        },
        State.UPHELD: {Step.SETTLE: State.UPHELD},
        State.REJECTED: {Step.SETTLE: State.REJECTED},
    }
)
"""By state: the steps that are possible and where they lead. States that are missing are final, and so are
those before a proof, which only the types know: ``Prepared`` is quoted and consented, ``Authorized`` proved.

What is settled is a movement: one that happens after its case was settled stands in a later batch, so SETTLE
leaves every state but COMPLETED as it is.
"""

OFFLINE: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.CAPTURED: frozenset({State.COLLECTED}),
        State.COLLECTED: frozenset(
            {State.ACCEPTED, State.DUPLICATE, State.GAP, State.FORGED, State.LATE},
        ),
        State.ACCEPTED: frozenset({State.SETTLED}),
        State.LATE: frozenset({State.SETTLED}),
    }
)
"""Records that a card committed before anybody else knew of them. A gap is closed by the record that was
missing, under a name of its own; a late record is accepted after its day was settled."""

COMPLETED_STATES = frozenset(
    {State.COMPLETED, State.SETTLED, State.REFUNDED, State.DISPUTED, State.UPHELD, State.REJECTED}
)
"""States of a case whose reservation was resolved by a completion."""


def advance(state: State, step: Step) -> State:
    """Give the state after a step. Raises Refused (wrong_state) naming what is possible."""
    possible = TRANSITIONS.get(state, {})
    if step in possible:
        return possible[step]
    names = ", ".join(sorted(possible)) or "nothing"
    raise Refused(
        f"A case that is {state} cannot go through the step {step}.",
        reason=Reason.WRONG_STATE,
        remedy=f"Possible is: {names}.",
    )


def diagram() -> str:
    """Draw the transitions as a table in Markdown, one line for each."""
    online = [
        f"| {state} | {step} | {after} |"
        for state, steps in TRANSITIONS.items()
        for step, after in steps.items()
    ]
    offline = [
        f"| {state} | collection | {after} |" for state, found in OFFLINE.items() for after in sorted(found)
    ]
    return "\n".join(["| state | step | state after it |", "|---|---|---|", *online, *offline])
