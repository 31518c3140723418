"""Twenty-four months of ten thousand vehicles: every litre that was allocated is somewhere, and only once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from smartid.services.fuel.accounts import Quota, move
from smartid.services.fuel.buckets import allocate, credit_returned, expire
from smartid.services.fuel.periods import parse_label, start_of
from smartid.services.fuel.policy import load_fuel_policy
from smartid.services.fuel.tiers import OPEN, cut, rest, split, valid_buckets
from smartid.services.fuel.vehicles import Vehicle
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import Account, Outcome

POLICY = load_fuel_policy()
FIRST = parse_label("1403-07")
MONTHS = 24
CHIP = "00"


class Fleet:
    """What the vehicles really did, in plain numbers that no ledger made."""

    def __init__(self, count: int, seed: int) -> None:
        self.random = Random(seed)
        self.vehicles = [
            Vehicle(id=f"V{number:05d}", use="government" if number % 50 == 0 else "private")
            for number in range(count)
        ]
        self.held: dict[str, dict[tuple[str, int], int]] = {vehicle.id: {} for vehicle in self.vehicles}
        self.allocated: dict[tuple[str, str], int] = defaultdict(int)
        self.drawn: dict[tuple[str, str], int] = defaultdict(int)
        self.expired: dict[tuple[str, str], int] = defaultdict(int)
        self.returned: dict[tuple[str, str], int] = defaultdict(int)
        self.credits: list = []
        self.late: list = []
        self.postings: list = []
        self.accounts: dict = {}

    def month(self, period: int) -> None:
        """Allocate, lapse, draw; a tenth of the logs come a month late, some twice."""
        start = start_of(period, POLICY.calendar, POLICY.time_zone).astimezone(UTC)
        arriving, self.late = self.late, []
        self.postings += arriving
        self._credit(period)
        for vehicle in self.vehicles:
            self._turn(vehicle, period)
            for number in range(1 + period % 2):
                when = start + timedelta(seconds=self.random.randrange(28 * 86400))
                self._fill(vehicle, period, number, when)

    def _credit(self, period: int) -> None:
        """What was returned goes back to its month while that may be drawn; else it stays where it is."""
        waiting, self.credits = self.credits, []
        kept = valid_buckets(POLICY.on(POLICY.first_day(period)), period)
        for vehicle, bucket, amount, key in waiting:
            if bucket in kept:
                self.postings.append(tuple(credit_returned(vehicle, {bucket: amount}, key=key)))
                self.held[vehicle][bucket] = self.held[vehicle].get(bucket, 0) + amount
                self.returned[vehicle, bucket[0]] -= amount

    def _tear(self, vehicle: str, key: str, unused) -> None:
        """The rest did not go back on the card: it is returned through the office."""
        quota = Quota(vehicle)
        for line in unused:
            if line.tier == OPEN:
                continue
            source, target = quota.bucket(line.bucket), quota.returned(line.bucket)
            self._open([Account(name=target, unit="ml")])
            self.postings.append(
                (move(key, f"torn {line.tier} {line.period}", source, target, line.millilitres),)
            )
            self.held[vehicle][line.bucket] -= line.millilitres
            self.returned[vehicle, line.tier] += line.millilitres
            self.credits.append((vehicle, line.bucket, line.millilitres, key))

    def _turn(self, vehicle: Vehicle, period: int) -> None:
        held = self.held[vehicle.id]
        for transfer in expire(POLICY, vehicle.id, held, period):
            self.postings.append((transfer,))
        kept = valid_buckets(POLICY.on(POLICY.first_day(period)), period)
        for bucket in [bucket for bucket in held if bucket not in kept]:
            self.expired[vehicle.id, bucket[0]] += held.pop(bucket)
        accounts, transfers = allocate(POLICY, vehicle, period)
        self._open(accounts)
        for transfer in transfers:
            tier = transfer.credit.split("/")[2]
            held[tier, period] = transfer.amount
            self.allocated[vehicle.id, tier] += transfer.amount
            self.postings.append((transfer,))

    def _fill(self, vehicle: Vehicle, period: int, number: int, when: datetime) -> None:
        """Take, let flow, give back; the litres that did not flow stay where they were."""
        held, wanted = self.held[vehicle.id], self.random.randrange(1_000, 60_001)
        room = sum(held[bucket] for bucket in held)
        version = POLICY.on(when)
        usable = {bucket: held[bucket] for bucket in valid_buckets(version, period) if bucket in held}
        if not version.open_price:
            wanted = min(wanted, sum(usable.values()))
        if not wanted or not room:
            return
        taken = split(POLICY, usable, wanted, when)
        flowed = self.random.randrange(wanted + 1)
        lines = [line for line in cut(taken, flowed) if line.tier != OPEN]
        if not lines:
            return
        quota, key = Quota(vehicle.id), f"fill {vehicle.id} {period} {number}"
        posting = tuple(
            move(key, str(place), quota.bucket(line.bucket), quota.drawn(line.tier), line.millilitres)
            for place, line in enumerate(lines)
        )
        for line in lines:
            held[line.bucket] -= line.millilitres
            self.drawn[vehicle.id, line.tier] += line.millilitres
        lapses = any(line.tier == "second" for line in lines)
        fate = self.random.randrange(20)
        if fate < 2 and not lapses:
            self.late.append(posting)
        else:
            self.postings.append(posting)
        if fate == 3:
            self._tear(vehicle.id, key, rest(taken, flowed))
        if fate == 19:
            self.postings.append(posting)

    def _open(self, accounts: list) -> None:
        for account in accounts:
            self.accounts[account.name] = account

    def flush(self, book) -> int:
        """Post in bulk; give how many were replays."""
        accounts, self.accounts = list(self.accounts.values()), {}
        book.run(lambda entry: entry.open_account(*accounts))
        postings, self.postings = self.postings, []
        outcomes = book.post(postings)
        assert set(outcomes) <= {Outcome.POSTED, Outcome.EXISTS}
        return outcomes.count(Outcome.EXISTS)


def simulate(tmp_path, count: int, months: int) -> Iterator[tuple[Fleet, object, int]]:
    fleet = Fleet(count, seed=7)
    with open_book(f"sqlite:///{tmp_path / 'fleet.db'}") as book:
        replays = 0
        for period in range(FIRST, FIRST + months):
            fleet.month(period)
            replays += fleet.flush(book)
        fleet.postings += fleet.late
        replays += fleet.flush(book)
        yield fleet, book, replays


def check(fleet: Fleet, book) -> None:
    """Compare every vehicle and tier with what it really did."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, balance in book.balances("fuel/V"):
        _, vehicle, tier, *rest = name.split("/")
        last = "returned" if rest[-1] == "returned" else "remaining" if rest[0][0].isdigit() else rest[0]
        found[vehicle, tier][last] += abs(balance.posted)
    for key, amount in fleet.allocated.items():
        says = found[key]
        remaining = sum(left for (tier, _), left in fleet.held[key[0]].items() if tier == key[1])
        assert says["allocated"] == amount
        assert says["drawn"] == fleet.drawn[key]
        assert says["expired"] == fleet.expired[key]
        assert says["remaining"] == remaining
        assert says["returned"] == fleet.returned[key]
        assert amount == says["drawn"] + says["returned"] + says["expired"] + says["remaining"]


def test_a_hundred_vehicles(tmp_path) -> None:
    for fleet, book, replays in simulate(tmp_path, 100, MONTHS):
        check(fleet, book)
        assert replays


@pytest.mark.peers_heavy
@pytest.mark.timeout(400)
def test_ten_thousand_vehicles(tmp_path) -> None:
    for fleet, book, replays in simulate(tmp_path, 10_000, MONTHS):
        check(fleet, book)
        assert replays > 5_000
        assert len(fleet.allocated) > 19_000
