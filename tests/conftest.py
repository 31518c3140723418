"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from smartid.errors import NoService
from smartid.mockcard.bench import PrivatePCSC


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
