"""Cells of the fault matrix that take little time; ``tests/peers/services`` has all of them."""

from __future__ import annotations

import pytest

from smartid.services.atm.simulated import Behaviour
from tests.services.atm.matrix import Cell, rows, run_cell

LIGHT = [row for row in rows() if row[2] == "none" or row[1] is Behaviour.TAKEN]


@pytest.mark.parametrize(("operation", "behaviour", "fault"), LIGHT, ids=str)
def test_what_goes_wrong_without_a_power_cut(tmp_path, operation, behaviour, fault):
    run_cell(tmp_path, Cell(operation, behaviour, fault))


@pytest.mark.parametrize("operation", ["withdraw", "deposit", "transfer"])
def test_a_power_cut_at_every_seam(tmp_path, operation):
    cell = Cell(operation, Behaviour.TAKEN, "none")
    folder = tmp_path / "whole"
    folder.mkdir()
    seams = run_cell(folder, cell).seams
    assert len(seams) >= 6
    for kill in range(1, len(seams) + 1):
        folder = tmp_path / str(kill)
        folder.mkdir()
        run_cell(folder, Cell(operation, Behaviour.TAKEN, "none", kill))
