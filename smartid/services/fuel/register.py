"""The register of vehicles and their fuel cards, and what is done to a quota between fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime

from smartid.errors import Refused
from smartid.services.fuel import buckets
from smartid.services.fuel.accounts import ML, Quota
from smartid.services.fuel.policy import FuelPolicy, Lives
from smartid.services.fuel.tiers import Bucket, valid_buckets
from smartid.services.fuel.vehicles import CardStatus, Vehicle
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.values import Account, Transfer
from smartid.services.reasons import Reason

VEHICLE, CARD = "fuel/vehicle", "fuel/card"
"""Kinds of records: a vehicle by its id, a chip by its number in hexadecimal digits."""
_SWITCHED = "fuel/switched"


class Register:
    """Vehicles, cards and quota of a book. Every method that changes something is one entry."""

    def __init__(self, book: Book, policy: FuelPolicy) -> None:
        self._book = book
        self.policy = policy

    def enrol(self, vehicle: Vehicle, chip: str = "") -> None:
        """Write a vehicle, and the chip of its card. Raises Refused (conflict): another's chip."""

        def work(entry: Entry) -> None:
            known = entry.load(CARD, chip) if chip else None
            if known is not None and known.content["vehicle"] != vehicle.id:
                raise Refused("The card belongs to another vehicle.", reason=Reason.CONFLICT)
            entry.keep(_vehicle_record(vehicle))
            if chip:
                entry.keep(_card_record(chip, vehicle.id, CardStatus.ACTIVE))

        self._book.run(work)

    def vehicle(self, id_: str) -> Vehicle:
        """Give a vehicle. Raises Refused (unknown_case)."""
        return self._book.run(lambda entry: _load(entry, id_))

    def vehicle_of(self, chip: str) -> tuple[str, CardStatus] | None:
        """Give the vehicle of a chip and the chip's standing."""
        found = self._book.run(lambda entry: entry.load(CARD, chip))
        return None if found is None else (str(found.content["vehicle"]), CardStatus(found.state))

    def declare(self, owner: str, vehicle: str, others: Iterable[str]) -> None:
        """Say which of an owner's cars has the quota from the next month on.

        Raises Refused: unknown_case, conflict for a car of somebody else.
        """

        def work(entry: Entry) -> None:
            for id_ in (vehicle, *others):
                found = _load(entry, id_)
                if found.owner != owner:
                    raise Refused("The car is somebody else's.", reason=Reason.CONFLICT)
                entry.keep(_vehicle_record(replace(found, declared=id_ == vehicle)))

        self._book.run(work)

    def allocate(self, vehicles: Iterable[Vehicle], when: datetime) -> int:
        """Allocate the month of ``when``; give the number of transfers. Twice is once."""
        period = self.policy.period(when)
        return self._post(buckets.allocate(self.policy, vehicle, period) for vehicle in vehicles)

    def expire(self, vehicle: str, when: datetime) -> int:
        """Let lapse what the account holds of months that are over; give the millilitres."""
        period = self.policy.period(when)

        def work(entry: Entry) -> int:
            held = self._held(entry, vehicle, period - 24, period)
            transfers = buckets.expire(self.policy, vehicle, held, period)
            _carry_out(entry, (), transfers)
            return sum(transfer.amount for transfer in transfers)

        return self._book.run(work)

    def balances(self, vehicle: str, when: datetime) -> dict[Bucket, int]:
        """Give what the account can still give, by bucket that is valid at ``when``."""
        period = self.policy.period(when)
        wanted = valid_buckets(self.policy.on(when), period)
        return self._book.run(lambda entry: _available(entry, vehicle, wanted))

    def unloaded(self, vehicle: str, chip: str, amounts: Mapping[Bucket, int], *, counter: int) -> None:
        """Follow an unload that the card has proved."""
        transfers = buckets.take_off_card(vehicle, chip, amounts, key=f"unload {chip} {counter}")
        self._book.run(lambda entry: _carry_out(entry, (), transfers))

    def must_switch(self, chip: str, when: datetime) -> bool:
        """Tell whether a chip's quota has yet to move to the account, where the rules keep it now."""
        if self.policy.on(when).lives is Lives.CARD:
            return False
        return self._book.run(lambda entry: entry.load(_SWITCHED, chip)) is None

    def switched(self, chip: str, when: datetime) -> None:
        """Write down that a chip's quota has moved; it does not move again."""
        content = {"time": int(when.timestamp())}
        self._book.run(lambda entry: entry.keep(Record(kind=_SWITCHED, key=chip, content=content)))

    def replace_card(
        self, vehicle: str, old_chip: str, new_chip: str, number: str, held: Mapping[Bucket, int] | None
    ) -> None:
        """Give a vehicle another card of another number. The old one is cancelled.

        held  what the old chip was seen to hold: it moves to the account, and thence to the new card. None
              for a lost or dead chip: what is on its books moves later (``release``), when its last fills
              have come home

        Raises Refused: unknown_case; conflict when a chip is another vehicle's, or both are the same.
        """

        def work(entry: Entry) -> None:
            found = _load(entry, vehicle)
            known = entry.load_many(CARD, [old_chip, new_chip])
            strange = [chip for chip, item in known.items() if item.content["vehicle"] != vehicle]
            if strange or old_chip not in known or old_chip == new_chip:
                raise Refused("These are not the old and a new card of the vehicle.", reason=Reason.CONFLICT)
            entry.keep(_vehicle_record(replace(found, card=number)))
            entry.keep(_card_record(old_chip, vehicle, CardStatus.CANCELLED))
            entry.keep(_card_record(new_chip, vehicle, CardStatus.ACTIVE))
            moved = buckets.take_off_card(vehicle, old_chip, held or {}, key=f"replace {old_chip}")
            _carry_out(entry, (), moved)

        self._book.run(work)

    def release(self, vehicle: str, chip: str, when: datetime) -> int:
        """Move what is on the books of a cancelled chip to the account; give the millilitres.

        Raises Refused (wrong_state) while the card is active.
        """
        period = self.policy.period(when)

        def work(entry: Entry) -> int:
            card = entry.load(CARD, chip)
            if card is None or card.state == CardStatus.ACTIVE:
                raise Refused("The card is in use.", reason=Reason.WRONG_STATE)
            wanted = valid_buckets(self.policy.on(when), period)
            held = _on_card(entry, vehicle, chip, wanted)
            moved = buckets.take_off_card(vehicle, chip, held, key=f"release {chip}")
            _carry_out(entry, (), moved)
            return sum(held.values())

        return self._book.run(work)

    def _post(self, groups: Iterable[tuple[list[Account], list[Transfer]]]) -> int:
        accounts, postings = [], []
        for opened, transfers in groups:
            accounts += opened
            postings += [(transfer,) for transfer in transfers]
        self._book.run(lambda entry: entry.open_account(*accounts))
        self._book.post(postings)
        return len(postings)

    def _held(self, entry: Entry, vehicle: str, first: int, last: int) -> dict[Bucket, int]:
        names = [tier.name for tier in self.policy.versions[-1].tiers]
        return _available(entry, vehicle, [(name, month) for name in names for month in range(first, last)])


def _available(entry: Entry, vehicle: str, wanted: Iterable[Bucket]) -> dict[Bucket, int]:
    quota = Quota(vehicle)
    return _balances(entry, {bucket: quota.bucket(bucket) for bucket in wanted})


def _on_card(entry: Entry, vehicle: str, chip: str, wanted: Iterable[Bucket]) -> dict[Bucket, int]:
    quota = Quota(vehicle)
    return _balances(entry, {bucket: quota.on_card(bucket, chip) for bucket in wanted})


def _balances(entry: Entry, names: Mapping[Bucket, str]) -> dict[Bucket, int]:
    found = {}
    for bucket, name in names.items():
        entry.open_account(Account(name=name, unit=ML))
        if amount := entry.balance(name).available:
            found[bucket] = amount
    return found


def _carry_out(entry: Entry, accounts: Iterable[Account], transfers: Iterable[Transfer]) -> None:
    entry.open_account(*accounts)
    if moved := tuple(transfers):
        entry.post(*moved)


def _load(entry: Entry, id_: str) -> Vehicle:
    found = entry.load(VEHICLE, id_)
    if found is None:
        raise Refused(f"There is no vehicle {id_!r}.", reason=Reason.UNKNOWN_CASE)
    return Vehicle(**{**found.content, "status": CardStatus(found.content["status"])})


def _vehicle_record(vehicle: Vehicle) -> Record:
    return Record(kind=VEHICLE, key=vehicle.id, content=asdict(vehicle), state=vehicle.kind)


def _card_record(chip: str, vehicle: str, status: CardStatus) -> Record:
    return Record(kind=CARD, key=chip, content={"vehicle": vehicle}, state=status)
