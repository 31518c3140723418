"""Who has a quota: kind and use of a vehicle, one car for each owner, and pay for mileage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smartid.errors import Refused
from smartid.services.fuel.policy import Version
from smartid.services.reasons import Reason


class CardStatus(StrEnum):
    """Standing of a fuel card in the register."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    """By a court, or because the car was scrapped."""
    CANCELLED = "cancelled"
    """Replaced, broken, without third-party insurance, or given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle as the register of fuel cards knows it.

    id        name in the ledger; letters, digits, dashes
    kind      "car", "motorcycle": a column of the policy
    use       "private", "government", "ambulance", "imported", "free zone", "new", "taxi"
    owner     the owner's pseudonym
    declared  the owner said that this car has the quota
    card      number of its fuel card, 16 digits; empty without one
    tank      what the tank holds, in millilitres
    """

    id: str
    kind: str = "car"
    use: str = "private"
    owner: str = ""
    declared: bool = True
    bi_fuel: bool = False
    card: str = ""
    status: CardStatus = CardStatus.ACTIVE
    product: str = "petrol"
    tank: int = 60000


def allocation(version: Version, vehicle: Vehicle) -> tuple[int, ...]:
    """Give the millilitres of each tier that a vehicle receives for one month; all 0 when it has no quota.

    Raises Refused (policy_unknown) for a kind of vehicle that the rules do not name.
    """
    amounts = version.monthly.get(vehicle.kind)
    if amounts is None:
        raise Refused(
            f"The rules {version.label} do not name the kind {vehicle.kind!r}.", reason=Reason.POLICY_UNKNOWN
        )
    if why_without(version, vehicle):
        return (0,) * len(amounts)
    return version.bi_fuel if vehicle.bi_fuel and vehicle.kind == "car" else amounts


def why_without(version: Version, vehicle: Vehicle) -> str:
    """Say why a vehicle has no quota; empty when it has one."""
    if vehicle.use in version.excluded and vehicle.use not in version.excepted:
        return f"vehicles of the kind {vehicle.use!r} have no quota"
    if version.one_car_per_owner and vehicle.kind == "car" and not vehicle.declared:
        return "the owner has the quota for another car"
    if vehicle.status is not CardStatus.ACTIVE:
        return f"the fuel card is {vehicle.status}"
    return ""


def ride_hailing_credit(version: Version, mileage_class: int) -> int:
    """Give the rials that a driver is paid for verified mileage: litres times the difference of price.

    mileage_class  0 for the longest class of the policy, counting down

    Raises Refused (policy_unknown) when the rules of that day pay nothing of the kind.
    """
    if not 0 <= mileage_class < len(version.ride_hailing):
        raise Refused("The rules name no such class of mileage.", reason=Reason.POLICY_UNKNOWN)
    down_to = next(tier.price for tier in version.tiers if tier.name == version.ride_hailing_tier)
    return version.ride_hailing[mileage_class] * (version.open_price - down_to) // 1000
