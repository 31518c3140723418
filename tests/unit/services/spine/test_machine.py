from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from smartid.errors import Refused
from smartid.services.reasons import Reason
from smartid.services.spine.machine import COMPLETED_STATES, OFFLINE, TRANSITIONS, advance, diagram
from smartid.services.spine.states import State, Step

DOCS = Path(__file__).parents[4] / "docs/reference/service-states.md"


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_a_step_leads_where_the_table_says_or_is_refused(state: State, step: Step) -> None:
    after = TRANSITIONS.get(state, {}).get(step)
    if after is not None:
        assert advance(state, step) is after
        return
    with pytest.raises(Refused) as caught:
        advance(state, step)
    assert caught.value.reason is Reason.WRONG_STATE
    assert all(possible in str(caught.value) for possible in TRANSITIONS.get(state, {}))


def test_a_resolved_reservation_is_never_resolved_again() -> None:
    resolving = {Step.COMPLETE, Step.VOID, Step.EXPIRE, Step.RESERVE, Step.SUSPEND}
    seen: set[State] = set()
    todo = [State.COMPLETED, State.VOIDED, State.EXPIRED]
    while todo:
        state = todo.pop()
        seen.add(state)
        steps = TRANSITIONS.get(state, {})
        assert not steps.keys() & resolving
        todo += [after for after in steps.values() if after not in seen]
    assert seen == COMPLETED_STATES | {State.VOIDED, State.EXPIRED}


def test_every_state_is_somewhere() -> None:
    online = {*TRANSITIONS, *(after for steps in TRANSITIONS.values() for after in steps.values())}
    offline = {*OFFLINE, *(after for found in OFFLINE.values() for after in found)}
    assert online | offline | {State.QUOTED, State.CONSENTED} == set(State)


def test_the_reference_is_drawn_from_the_table() -> None:
    assert diagram() in DOCS.read_text()
