"""Virtual readers with stand-in cards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from smartid.mockcard.bench import PrivatePCSC
from smartid.transport import pcsc
from smartid.transport.base import Happening
from tests.card.standin import ATR_T1, StandIn

PATIENCE = timedelta(seconds=10)
Insert = Callable[..., StandIn]


@pytest.fixture
def insert(private_pcsc: PrivatePCSC) -> Iterator[Insert]:
    """Puts a stand-in card into a slot, 0 to 3, and waits until PC/SC has seen it; pulls it at the end."""
    inserted: list[tuple[int, StandIn]] = []

    def put(slot: int = 0, atr: bytes = ATR_T1) -> StandIn:
        card = StandIn(private_pcsc.ports[slot], atr)
        inserted.append((slot, card))
        pcsc.wait_for_card(private_pcsc.reader_names[slot], PATIENCE)
        return card

    yield put
    events = pcsc.watch(timeout=PATIENCE.total_seconds())
    for _, card in inserted:
        card.close()
    waiting = {reader.name for reader in pcsc.readers() if reader.atr or reader.mute}
    while waiting:
        event = next(events)
        if event.happening is Happening.REMOVED:
            waiting.discard(event.reader.name)
    events.close()  # type: ignore[attr-defined]
