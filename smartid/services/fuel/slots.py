"""Which slot of the card holds which bucket.

The number follows from tier and month, so that a record that names slots is understood without the card::

    first tier of the policy    slots 1 to 10   the ten months in turn
    second                      slots 11, 12    odd and even months in turn

A slot is used again when what it held has lapsed: the first tier is stored at most 9 months, the second one.
So the time of a record tells which month is meant, also for a return after a month has turned.
"""

from __future__ import annotations

from collections.abc import Mapping

from smartid.errors import EncodingError, Refused
from smartid.services.fuel.periods import label, start_of
from smartid.services.fuel.policy import FuelPolicy
from smartid.services.fuel.tiers import Bucket, Line
from smartid.services.reasons import Reason
from smartid.stored_value.model import MAX_LINES, CardState, Slot, Unit
from smartid.stored_value.model import Line as SlotLine

_LONG, _SHORT, _FIRST_SHORT = 10, 2, 11
_LAST = 12
_MAXIMUM = 1_000_000
"""Most that a slot ever holds: 1,000 litres."""


def slot_of(policy: FuelPolicy, bucket: Bucket) -> int:
    """Give the number of the slot. Raises Refused (policy_unknown) for a tier that the policy has not."""
    place = _tier_names(policy).get(bucket[0])
    if place is None or place > 1:
        raise Refused(f"The policy has no tier {bucket[0]!r}.", reason=Reason.POLICY_UNKNOWN)
    return 1 + bucket[1] % _LONG if place == 0 else _FIRST_SHORT + bucket[1] % _SHORT


def bucket_of(policy: FuelPolicy, slot: int, period: int) -> Bucket:
    """Give what a slot held in ``period``: the latest month up to it. Raises EncodingError."""
    if not 1 <= slot <= _LAST:
        raise EncodingError("fuel slot", offset=0, expected=f"1 to {_LAST}")
    place = 0 if slot < _FIRST_SHORT else 1
    names = {index: name for name, index in _tier_names(policy).items()}
    if place not in names:
        raise EncodingError("fuel slot", offset=0, expected="a slot of a tier of the policy")
    turn, phase = (_LONG, slot - 1) if place == 0 else (_SHORT, slot - _FIRST_SHORT)
    return names[place], period - (period - phase) % turn


def slot_label(policy: FuelPolicy, bucket: Bucket) -> str:
    """Write what a terminal shows for a slot: T1/1404-09."""
    return f"T{_tier_names(policy)[bucket[0]] + 1}/{label(bucket[1])}"


def slot_for(policy: FuelPolicy, bucket: Bucket) -> Slot:
    """Give the slot as the issuer sets it up: its unit, label, and the second at which it lapses."""
    tier = next(item for item in policy.on(policy.first_day(bucket[1])).tiers if item.name == bucket[0])
    end = start_of(bucket[1] + tier.storage_months, policy.calendar, policy.time_zone)
    return Slot(
        number=slot_of(policy, bucket),
        unit=Unit.ML,
        label=slot_label(policy, bucket),
        balance=0,
        maximum=_MAXIMUM,
        expires=int(end.timestamp()),
    )


def balances_of(policy: FuelPolicy, state: CardState, period: int) -> dict[Bucket, int]:
    """Read the card's balances by bucket; what its label does not confirm is passed over."""
    found = {bucket_of(policy, slot.number, period): slot for slot in state.slots if slot.balance}
    return {
        bucket: slot.balance
        for bucket, slot in found.items()
        if slot.label == slot_label(policy, bucket) and slot.unit is Unit.ML
    }


def slot_lines(policy: FuelPolicy, lines: tuple[Line, ...]) -> tuple[SlotLine, ...]:
    """Give the lines of a debit or return; a card takes four at once, the rest is left for another fill."""
    return tuple(SlotLine(slot_of(policy, line.bucket), line.millilitres) for line in lines[:MAX_LINES])


def slot_lines_of(policy: FuelPolicy, amounts: Mapping[Bucket, int]) -> tuple[SlotLine, ...]:
    """Give the lines of a load or unload."""
    return tuple(SlotLine(slot_of(policy, bucket), amount) for bucket, amount in sorted(amounts.items()))


def _tier_names(policy: FuelPolicy) -> dict[str, int]:
    return {tier.name: place for place, tier in enumerate(policy.versions[-1].tiers)}
