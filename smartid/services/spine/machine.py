"""The transitions of a case, as data."""

from __future__ import annotations

from smartid.services.spine.states import State, Step


def advance(state: State, step: Step) -> State:
    """Give the state after a step. Raises Refused (wrong_state) naming what is possible."""
