"""Every seam of every verb of the purse: killed there, started again, and no rial more or less."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from smartid.errors import CardRemoved, GatewayUnavailable
from smartid.mockcard.faults import Moment, Removal, Tear
from smartid.services.demo.crash import Crashes, crash_matrix
from smartid.services.purse.adapter import UNLOAD
from tests.services.purse.shop import Gate, Shop

START = 100_000


def load(shop: Shop) -> None:
    shop.load(shop.card(0), 50_000)


def unload(shop: Shop) -> None:
    shop.load(shop.card(0), 30_000, verb=UNLOAD)


def pay(shop: Shop) -> None:
    shop.terminals[0].pay(shop.card(0), 7_000, shop.now)


def cancel(shop: Shop) -> None:
    shop.terminals[1].cancel_last(shop.card(0), shop.now)


def hand_in(shop: Shop) -> None:
    shop.hand_in(1)


def begin(folder: Path, database: str = "") -> Path:
    """A card with 100,000 rials, of which 1,000 were paid at terminal 1."""
    folder.mkdir()
    with Shop(folder, database=database) as shop:
        card = shop.issue()
        shop.load(card, START, key="first")
        shop.terminals[1].pay(card, 1_000, shop.now)
    return folder


def recover(folder: Path) -> None:
    """What is done after a crash: the books at once, and the card when it comes again."""
    with Shop(folder) as shop:
        settle(shop)


def settle(shop: Shop) -> None:
    card = shop.card(0)
    card.insert()
    for terminal in shop.terminals:
        if terminal.pending is not None:
            terminal.resume(card)
    shop.loads.resume(card)
    for _ in range(2):
        shop.loads.recover(shop.now, patience=timedelta(0))
    for number, terminal in enumerate(shop.terminals):
        while terminal.batch() is not None:
            shop.hand_in(number)


def check(folder: Path, seam: str) -> None:
    with Shop(folder) as shop:
        check_shop(shop, seam)


def check_shop(shop: Shop, seam: str) -> None:
    """Bank, books and chip agree to the rial, and nothing is open."""
    standing = shop.office.reconcile(shop.now)
    on_card = shop.card(0).state().slots[0].balance
    assert standing.balanced, seam
    assert shop.at_bank() == standing.bank == on_card + standing.merchants, seam
    assert standing.float == on_card, seam
    assert not standing.alarms, seam
    assert not standing.gaps, seam
    assert not shop.loads.open_orders(), seam
    assert not shop.loads.undecided(), seam
    taken, given = shop.book.totals()["IRR"]
    assert taken == given, seam


def test_killed_at_every_seam(tmp_path: Path) -> None:
    """The other verbs are tried in ``tests/peers/services``."""
    kill_at_every_seam(tmp_path, pay)


def kill_at_every_seam(tmp_path: Path, verb: Callable[[Shop], None]) -> None:
    worlds = count()

    def operate(folder: Path, crashes: Crashes) -> None:
        gate = Gate(crashes)
        with Shop(folder, crashes=gate) as shop:
            gate.open = True
            verb(shop)

    seams = crash_matrix(lambda: begin(tmp_path / str(next(worlds))), operate, recover, check)
    assert "before commit" in seams or "before card" in seams


def test_torn_at_every_command(tmp_path: Path) -> None:
    tear_at_every_command(tmp_path, pay)


def tear_at_every_command(tmp_path: Path, verb: Callable[[Shop], None]) -> None:
    faults = [Removal(at) for at in (1, 2)] + [Tear(3, moment) for moment in Moment]
    for number, fault in enumerate(faults):
        folder = begin(tmp_path / str(number))
        with Shop(folder) as shop:
            card = shop.card(0)
            card.insert([fault])
            shop.card = lambda _, card=card: card  # type: ignore[method-assign]
            with pytest.raises(CardRemoved):
                verb(shop)
            settle(shop)
        check(folder, f"{fault}")


@pytest.mark.parametrize("lost", [["request"], ["reply"], ["twice"], ["reply", "reply", "request"]])
@pytest.mark.parametrize("verb", [load, unload])
def test_the_bank_is_not_heard(tmp_path: Path, verb: Callable[[Shop], None], lost: list[str]) -> None:
    folder = begin(tmp_path / "shop")
    with Shop(folder) as shop:
        shop.bank_here.lose = list(lost)
        if verb is load and lost != ["twice"]:
            with pytest.raises(GatewayUnavailable) as caught:
                verb(shop)
            assert caught.value.reversal_queued
        else:
            verb(shop)
        for _ in range(4):
            shop.loads.deliver(shop.now)
        settle(shop)
    check(folder, str(lost))
