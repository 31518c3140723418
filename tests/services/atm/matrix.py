"""The fault matrix: what is done, what the shutter does, what happens to the messages, where power is cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.atm.dispenser import value
from smartid.services.atm.simulated import Behaviour
from smartid.services.atm.suspense import items, reconcile
from smartid.services.demo.book import crashing
from smartid.services.demo.crash import Crashes, Killed
from tests.services.atm.world import BALANCE, FAULTS, OTHER, World, opened

OPERATIONS = ("withdraw", "deposit", "transfer")
AMOUNT = 2_000_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; ``kill`` is the ordinal of the seam where power is cut, 0 for nowhere."""

    operation: str
    behaviour: Behaviour
    fault: str
    kill: int = 0

    def __str__(self) -> str:
        return f"{self.operation}, {self.behaviour}, {self.fault}, {self.kill}"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a cell: before and after the notes were counted, in rials."""

    debited: int
    notes_out: int
    in_suspense: int
    transferred: int
    seams: tuple[str, ...]


def rows() -> Iterator[tuple[str, Behaviour, str]]:
    """All kinds of trouble, without power cuts."""
    for behaviour in Behaviour:
        for fault in FAULTS:
            yield "withdraw", behaviour, fault
    for behaviour in (Behaviour.TAKEN, Behaviour.BLIND_KEPT):
        for fault in FAULTS:
            yield "deposit", behaviour, fault
    for fault in FAULTS:
        yield "transfer", Behaviour.TAKEN, fault


def operate(world: World, operation: str) -> None:
    """Do it once. What a customer is told is no error here."""
    try:
        if operation == "withdraw":
            world.withdraw(AMOUNT)
        elif operation == "deposit":
            world.deposit({500_000: 2, 1_000_000: 1})
        else:
            world.transfer(AMOUNT)
    except (GatewayUnavailable, Refused):
        pass


def run_cell(folder: Path, cell: Cell, *, url: str = "") -> Found:
    """Operate, cut the power, recover, deliver, compare; count the notes and compare again."""
    with opened(folder, url=url):
        pass
    crashes = Crashes([cell.kill] if cell.kill else [])
    faults = () if cell.fault == "none" else (cell.fault,)
    try:
        with opened(
            folder,
            behave=cell.behaviour,
            faults=faults,
            seam=crashes.reach,
            wrap=lambda book: crashing(book, crashes),
            url=url,
        ) as world:
            operate(world, cell.operation)
    except Killed:
        pass
    with opened(folder, url=url) as world:
        return settle_and_check(world, cell, tuple(crashes.names))


def settle_and_check(world: World, cell: Cell, seams: tuple[str, ...] = ()) -> Found:
    """Recover, and demand: money out of the account = notes out of the machine, or an open suspense item."""
    world.machine.recover()
    world.deliver_all()
    found = _compare(world, cell, seams)
    if found.debited != found.notes_out:
        assert abs(found.debited - found.notes_out) <= found.in_suspense, cell
    count = reconcile(world.machine, world.device.count())
    assert count.unexplained == 0, cell
    world.deliver_all()
    after = _compare(world, cell, seams)
    assert after.in_suspense == 0, cell
    assert after.debited == after.notes_out, cell
    assert world.posted("cash") == value(world.device.count()), cell
    assert world.machine.outbox.exceptions("switch", world.clock()) == [], cell
    world.book.verify()
    world.bank.verify()
    return found


def _compare(world: World, cell: Cell, seams: tuple[str, ...]) -> Found:
    debited = BALANCE - world.balance()
    moved = world.balance(OTHER)
    assert moved in {0, AMOUNT if cell.operation == "transfer" else 0}, cell
    in_suspense = sum(item.amount for item in items(world.machine) if item.case.terms.verb != "transfer")
    assert world.posted("suspense") == in_suspense, cell
    return Found(debited - moved, world.device.pockets(), in_suspense, moved, seams)
