"""Fixtures for all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from smartid.errors import NoService
from smartid.mockcard.bench import PrivatePCSC

# A machine that is busy with something else is no fault of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So does a shell start what ends in &, and every program under test would inherit it and never end.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_PEERS = Path(__file__).parent / "peers"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse heavy tests where ``./dev peers`` does not look: no command would run them."""
    heavy = [item for item in items if item.get_closest_marker("peers_heavy")]
    lost = [item.nodeid for item in heavy if _PEERS not in item.path.parents]
    if lost:
        raise pytest.UsageError("peers_heavy, but not in tests/peers: " + ", ".join(lost))


@pytest.fixture(scope="session")
def private_pcsc() -> Iterator[PrivatePCSC]:
    """A PC/SC service for this test process alone, with two virtual readers of two slots each.

    The PC/SC library reads its address once, at the first call in a process: whoever uses PC/SC in a test
    takes this fixture.
    """
    pytest.importorskip("smartcard.scard", reason="pyscard is absent: pip install pyscard")
    from smartid.transport import pcsc

    bench = PrivatePCSC(readers=2)
    try:
        bench.__enter__()
    except NoService as error:
        pytest.skip(f"no private PC/SC service: {error}")
    try:
        os.environ.update(bench.environment)
        seen = tuple(reader.name for reader in pcsc.readers())
        assert seen == bench.reader_names, "this process used another PC/SC service before"
        yield bench
    finally:
        bench.close()
