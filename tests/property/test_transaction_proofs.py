"""Whoever changes one member of a signed transaction has none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from tests.unit.services.spine.tampering import offers, refuse_every_change
from tests.unit.services.spine.world import World, world


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("pool")) as made:
        yield made


@settings(max_examples=60, deadline=None)
@given(offer=offers())
def test_every_changed_member_is_refused(pool: World, offer: dict[str, Any]) -> None:
    assert refuse_every_change(pool, offer) >= 56
