"""The life of a quota outside of a fill: allocate, put on a card, take back, expire, move to another card.

Each function gives transfers whose ids come from what they are for, so that doing it twice does it once.
"""

from __future__ import annotations

from collections.abc import Mapping

from smartid.services.fuel.accounts import Quota, move
from smartid.services.fuel.periods import label
from smartid.services.fuel.policy import FuelPolicy
from smartid.services.fuel.tiers import Bucket, valid_buckets
from smartid.services.fuel.vehicles import Vehicle, allocation
from smartid.services.ledger.values import Account, Transfer


def allocate(policy: FuelPolicy, vehicle: Vehicle, period: int) -> tuple[list[Account], list[Transfer]]:
    """Allocate a month, by the rules of its first day. Nothing for a vehicle without quota.

    Raises Refused (policy_unknown) for a kind of vehicle that the rules do not name.
    """
    version = policy.on(policy.first_day(period))
    quota, key = Quota(vehicle.id), f"allocate {vehicle.id} {label(period)}"
    amounts = allocation(version, vehicle)
    buckets = [(tier.name, period) for tier, amount in zip(version.tiers, amounts, strict=True) if amount]
    transfers = [
        move(key, tier.name, quota.allocated(tier.name), quota.bucket((tier.name, period)), amount)
        for tier, amount in zip(version.tiers, amounts, strict=True)
        if amount
    ]
    return quota.open(buckets), transfers


def expire(policy: FuelPolicy, vehicle: str, balances: Mapping[Bucket, int], period: int) -> list[Transfer]:
    """Let lapse what may no longer be drawn in ``period``, which begins.

    balances  of the account by bucket: those that lapsed and still hold something
    """
    version = policy.on(policy.first_day(period))
    kept, quota = set(valid_buckets(version, period)), Quota(vehicle)
    return [
        move(
            f"expire {vehicle} {label(period)}",
            f"{tier}@{month}",
            quota.bucket((tier, month)),
            target,
            amount,
        )
        for (tier, month), amount in sorted(balances.items())
        if amount > 0 and (tier, month) not in kept and month < period
        for target in [quota.expired(tier)]
    ]


def expire_on_card(vehicle: str, card: str, balances: Mapping[Bucket, int], *, key: str) -> list[Transfer]:
    """Let lapse what a chip still holds of months that are over.

    It is done when the window in which records are taken has passed; what comes later is drawn from what
    had lapsed (``station.late``).
    """
    quota = Quota(vehicle)
    return [
        move(f"{key} {vehicle} {card}", f"{tier}@{month}", quota.on_card((tier, month), card), target, amount)
        for (tier, month), amount in sorted(balances.items())
        if amount > 0
        for target in [quota.expired(tier)]
    ]


def put_on_card(vehicle: str, card: str, amounts: Mapping[Bucket, int], *, key: str) -> list[Transfer]:
    """Follow a load of the chip. ``key`` names the load: card and load counter."""
    quota = Quota(vehicle)
    return [
        move(
            key,
            f"load/{tier}@{month}",
            quota.bucket((tier, month)),
            quota.on_card((tier, month), card),
            amount,
        )
        for (tier, month), amount in sorted(amounts.items())
        if amount
    ]


def take_off_card(vehicle: str, card: str, amounts: Mapping[Bucket, int], *, key: str) -> list[Transfer]:
    """Follow an unload: what the chip really held goes back to the account.

    What stays on the books of the chip was taken at pumps whose records did not come home yet.
    """
    quota = Quota(vehicle)
    return [
        move(
            key,
            f"unload/{tier}@{month}",
            quota.on_card((tier, month), card),
            quota.bucket((tier, month)),
            amount,
        )
        for (tier, month), amount in sorted(amounts.items())
        if amount
    ]


def credit_returned(vehicle: str, amounts: Mapping[Bucket, int], *, key: str) -> list[Transfer]:
    """Credit what was returned to the account it came from. ``key`` names the fill."""
    quota = Quota(vehicle)
    return [
        move(
            key, f"credit/{tier}@{month}", quota.returned((tier, month)), quota.bucket((tier, month)), amount
        )
        for (tier, month), amount in sorted(amounts.items())
        if amount
    ]


def to_load(
    policy: FuelPolicy, account: Mapping[Bucket, int], on_card: Mapping[Bucket, int], period: int, room: int
) -> dict[Bucket, int]:
    """Choose what a chip is given at an online visit.

    room  millilitres that the chip may hold in all: the offline maximum where the account is the record
    """
    version = policy.on(policy.first_day(period))
    left = room - sum(on_card.values())
    chosen: dict[Bucket, int] = {}
    for bucket in valid_buckets(version, period):
        amount = min(left, account.get(bucket, 0))
        if amount > 0:
            chosen[bucket] = amount
            left -= amount
    return chosen
