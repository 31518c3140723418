"""PINs of new cards: random ones that nobody guesses first, or given ones that the card can hold."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from itertools import pairwise

from smartid.errors import PINFormatError
from smartid.mockcard.image import PINState
from smartid.profiles.base import CardProfile, PINSpec

SHORTEST = 5
"""Digits of a random PIN, where the card allows that few."""


def new_pins(profile: CardProfile, given: Mapping[str, str] | None = None) -> dict[str, PINState]:
    """The PINs of a new card by name, all tries left.

    given  digits by name of the PIN; the others are random

    Raises PINFormatError for digits that the card does not take, ValueError for a name that it does not have.
    """
    specs = {pin.name: pin for app in profile.applications for pin in app.pins}
    chosen = dict(given or {})
    if unknown := chosen.keys() - specs.keys():
        raise ValueError(f"{profile.name} has no PIN {', '.join(sorted(unknown))}")
    return {
        name: PINState(
            value=_checked(spec, chosen[name]) if name in chosen else random_pin(spec),
            tries_left=spec.tries,
            max_tries=spec.tries,
        )
        for name, spec in specs.items()
    }


def random_pin(spec: PINSpec) -> str:
    """Random digits, never a trivial PIN: as many as the card asks for at least, and five."""
    length = min(max(spec.min_length, SHORTEST), spec.max_length)
    while True:
        digits = "".join(secrets.choice("0123456789") for _ in range(length))
        if not is_trivial(digits):
            return digits


def is_trivial(digits: str) -> bool:
    """Whether digits count up or down (also past 0), or only two different ones occur."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(digits)}
    return len(set(digits)) < 3 or steps in ({1}, {9})


def _checked(spec: PINSpec, digits: str) -> str:
    if not (digits.isascii() and digits.isdigit()) or not spec.min_length <= len(digits) <= spec.max_length:
        raise PINFormatError(f"The {spec.title} has {spec.min_length} to {spec.max_length} digits.")
    return digits
