"""Many fills with everything going wrong."""

from __future__ import annotations

import pytest

from tests.services.test_fuel_demo import run

pytestmark = [pytest.mark.peers_heavy, pytest.mark.timeout(300)]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_drop_is_made_or_lost_in_many_fills(tmp_path, seed) -> None:
    found = run(tmp_path, seed, 150)
    assert found.passed, found
    assert found.tally.killed >= 5
    assert found.tally.detected
