"""The figures of a cash machine, from a dated policy file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from smartid.errors import EncodingError
from smartid.services.spine.limits import Limit
from smartid.services.spine.policies import PolicyData


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a machine goes by.

    label               name and version of the policy
    smallest_note       amounts are multiples of it, in rials
    largest_bunch       most notes that are presented at once
    offer               how long an offer stands
    reservation         how long a reservation stands
    reversal_after      when an unresolved withdrawal is given back to the customer
    compensation_a_day  rials for each day after that
    limits              for the desk
    """

    label: str
    smallest_note: int
    largest_bunch: int
    offer: timedelta
    reservation: timedelta
    reversal_after: timedelta
    compensation_a_day: int
    limits: tuple[Limit, ...] = ()

    @classmethod
    def of(cls, policy: PolicyData) -> Rules:
        """Read the values of a policy. Raises EncodingError for one that lacks a figure."""

        def number(name: str) -> int:
            found = policy.values.get(name)
            if type(found) is not int or found < 0:
                raise EncodingError(
                    "policy", offset=0, expected=f"a whole number {name}", standard=policy.label
                )
            return found

        return cls(
            label=policy.label,
            smallest_note=max(1, number("smallest_note")),
            largest_bunch=number("largest_bunch"),
            offer=timedelta(minutes=number("offer_minutes")),
            reservation=timedelta(minutes=number("reservation_minutes")),
            reversal_after=timedelta(days=number("reversal_days")),
            compensation_a_day=number("compensation_a_day"),
            limits=policy.limits,
        )
