"""A simulated device: notes counted in its own file, and a customer with a pocket of his own.

The device writes each step down before and after it takes it, as real ones do. The pocket is the truth that
no device can see: audits compare it with the books. A power cut between "presenting" and "taken" therefore
leaves a device that says ``unknown`` and a pocket that is full or empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from smartid.errors import EncodingError, Refused
from smartid.files import write_whole
from smartid.services.atm.dispenser import (
    CashInState,
    CashInStatus,
    Cassette,
    Notes,
    PresentState,
    PresentStatus,
)
from smartid.services.reasons import Reason

Seam = Callable[[str], None]


class Behaviour(StrEnum):
    """What happens at the shutter."""

    TAKEN = "taken"
    PARTIAL = "partial"
    """One note fewer is picked than was asked for: it stays in the device."""
    JAMMED = "jammed"
    """Nothing comes out, and the device knows."""
    FORGOTTEN = "forgotten"
    """The customer walks away; the notes are taken back."""
    BLIND_TAKEN = "blind, taken"
    """The sensor fails. The customer has the notes."""
    BLIND_KEPT = "blind, kept"
    """The sensor fails. The notes are still in the machine."""


class SimulatedDevice:
    """A dispenser and acceptor of notes in two files: ``FOLDER/device.json`` and ``FOLDER/pocket.json``.

    behave  what happens to the bunch of a case
    seam    is told the places where a power cut is of interest
    """

    def __init__(
        self,
        folder: Path,
        *,
        behave: Callable[[str], Behaviour] = lambda _: Behaviour.TAKEN,
        seam: Seam = lambda _: None,
    ) -> None:
        self._device = folder / "device.json"
        self._pocket = folder / "pocket.json"
        self._behave = behave
        self._seam = seam
        self._state = _load(self._device, {"cassettes": [], "aside": {}, "bunches": {}})
        self._power_up()

    def load(self, boxes: Sequence[Cassette]) -> None:
        """Put cassettes in, in place of those that were there."""
        self._state["cassettes"] = [[box.name, box.denomination, box.count, box.minimum] for box in boxes]
        self._write()

    def cassettes(self) -> Sequence[Cassette]:
        """Say what is in it."""
        return [
            Cassette(name=name, denomination=denomination, count=count, minimum=minimum)
            for name, denomination, count, minimum in self._state["cassettes"]
        ]

    def count(self) -> Mapping[int, int]:
        """Open the machine and count every note in it by hand: cassettes and what was put aside."""
        found = _notes(self._state["aside"])
        for _, denomination, count, _ in self._state["cassettes"]:
            found[denomination] = found.get(denomination, 0) + count
        for bunch in self._state["bunches"].values():
            for denomination, count in _notes(bunch["inside"]).items():
                found[denomination] = found.get(denomination, 0) + count
        in_pocket = _load(self._pocket, {})
        for id_, bunch in self._state["bunches"].items():
            # The customer took what the device could not see him take, or the other way round.
            for denomination, count in _notes(bunch["blind"]).items():
                took = in_pocket.get(id_, {}).get(str(denomination), 0)
                found[denomination] = found.get(denomination, 0) + count - abs(took)
        return {denomination: count for denomination, count in found.items() if count}

    def pocket(self, id_: str) -> int:
        """What the customer of a case has from the machine, in rials; below zero for what he put in."""
        taken = _load(self._pocket, {}).get(id_, {})
        return sum(int(denomination) * count for denomination, count in taken.items())

    def pockets(self) -> int:
        """What all customers together have from the machine, in rials."""
        return sum(self.pocket(id_) for id_ in _load(self._pocket, {}))

    def dispense(self, id_: str, notes: Notes) -> PresentStatus:
        """As ``Dispenser.dispense``."""
        if id_ in self._state["bunches"]:
            return self.present_status(id_)
        behaviour = self._behave(id_)
        self._seam("before picking")
        picked, left = _short(notes) if behaviour is Behaviour.PARTIAL else (dict(notes), {})
        self._pick(id_, picked, left)
        self._seam("picked")
        if behaviour is Behaviour.JAMMED:
            return self._keep(id_)
        self._mark(id_, "presenting")
        self._seam("presenting")
        self._hand_over(id_, picked, behaviour)
        self._seam("at the shutter")
        return self._close_shutter(id_, picked, behaviour)

    def present_status(self, id_: str) -> PresentStatus:
        """As ``Dispenser.present_status``."""
        bunch = self._state["bunches"].get(id_)
        if bunch is None:
            return PresentStatus(state=PresentState.NOT_PRESENTED)
        states = {"taken": PresentState.PRESENTED, "retracted": PresentState.PRESENTED}
        state = states.get(bunch["phase"], PresentState.NOT_PRESENTED)
        if bunch["phase"] == "presenting":
            state = PresentState.UNKNOWN
        notes, left = _notes(bunch["notes"]), _notes(bunch["left"])
        whole = {key: notes.get(key, 0) + left.get(key, 0) for key in {*notes, *left}}
        returned = notes if bunch["phase"] == "retracted" else {}
        return PresentStatus(state=state, notes=whole, returned=returned, remaining=left)

    def accept(self, id_: str, notes: Notes) -> CashInStatus:
        """As ``Dispenser.accept``."""
        if id_ not in self._state["bunches"]:
            self._seam("before accepting")
            self._carry(id_, {key: -count for key, count in notes.items()})
            self._state["bunches"][id_] = _bunch("escrow", notes, inside=notes)
            self._write()
            self._seam("in the escrow")
        return self.cash_in_status(id_)

    def store(self, id_: str) -> CashInStatus:
        """As ``Dispenser.store``."""
        bunch = self._escrow(id_)
        if bunch["phase"] != "escrow":
            return self.cash_in_status(id_)
        blind = self._behave(id_) in {Behaviour.BLIND_TAKEN, Behaviour.BLIND_KEPT}
        self._mark(id_, "storing")
        self._seam("storing")
        if blind:
            return self.cash_in_status(id_)
        self._put(_notes(bunch["notes"]))
        bunch["inside"] = {}
        self._mark(id_, "stored")
        self._seam("stored")
        return self.cash_in_status(id_)

    def give_back(self, id_: str) -> CashInStatus:
        """As ``Dispenser.give_back``."""
        bunch = self._escrow(id_)
        if bunch["phase"] != "escrow":
            return self.cash_in_status(id_)
        bunch["inside"] = {}
        self._carry(id_, {})
        self._mark(id_, "given back")
        return self.cash_in_status(id_)

    def escrows(self) -> Sequence[str]:
        """As ``Dispenser.escrows``."""
        return [id_ for id_, bunch in self._state["bunches"].items() if bunch["phase"] == "escrow"]

    def cash_in_status(self, id_: str) -> CashInStatus:
        """As ``Dispenser.cash_in_status``."""
        bunch = self._state["bunches"].get(id_)
        if bunch is None:
            return CashInStatus(state=CashInState.ROLLBACK)
        states = {"escrow": CashInState.ACTIVE, "stored": CashInState.OK, "given back": CashInState.ROLLBACK}
        return CashInStatus(
            state=states.get(bunch["phase"], CashInState.UNKNOWN), notes=_notes(bunch["notes"])
        )

    def _power_up(self) -> None:
        for bunch in self._state["bunches"].values():
            if bunch["phase"] == "picked":
                bunch["phase"] = "kept"
        self._write()

    def _pick(self, id_: str, picked: Notes, left: Notes) -> None:
        for denomination, count in picked.items():
            _take(self._state["cassettes"], denomination, count)
        self._state["bunches"][id_] = _bunch("picked", picked, inside=picked, left=left)
        self._write()

    def _keep(self, id_: str) -> PresentStatus:
        self._mark(id_, "kept")
        return self.present_status(id_)

    def _hand_over(self, id_: str, picked: Notes, behaviour: Behaviour) -> None:
        if behaviour not in {Behaviour.BLIND_KEPT, Behaviour.FORGOTTEN}:
            self._carry(id_, picked)

    def _close_shutter(self, id_: str, picked: Notes, behaviour: Behaviour) -> PresentStatus:
        bunch = self._state["bunches"][id_]
        if behaviour in {Behaviour.TAKEN, Behaviour.PARTIAL}:
            bunch.update(phase="taken", inside={}, blind={})
        elif behaviour is Behaviour.FORGOTTEN:
            bunch.update(phase="retracted", inside=_text(picked), blind={})
        self._write()
        return self.present_status(id_)

    def _mark(self, id_: str, phase: str) -> None:
        bunch = self._state["bunches"][id_]
        bunch["phase"] = phase
        if phase == "presenting":
            bunch["blind"], bunch["inside"] = bunch["inside"], {}
        self._write()

    def _carry(self, id_: str, notes: Notes) -> None:
        pockets = _load(self._pocket, {})
        pockets[id_] = _text(notes)
        write_whole(self._pocket, json.dumps(pockets).encode())

    def _put(self, notes: Notes) -> None:
        for denomination, count in notes.items():
            box = next((box for box in self._state["cassettes"] if box[1] == denomination), None)
            if box is None:
                aside = self._state["aside"]
                aside[str(denomination)] = aside.get(str(denomination), 0) + count
            else:
                box[2] += count

    def _escrow(self, id_: str) -> dict[str, Any]:
        bunch: dict[str, Any] | None = self._state["bunches"].get(id_)
        if bunch is None:
            raise Refused("No notes of this case are in the escrow.", reason=Reason.UNKNOWN_CASE)
        return bunch

    def _write(self) -> None:
        write_whole(self._device, json.dumps(self._state).encode())


def _bunch(phase: str, notes: Notes, *, inside: Notes, left: Notes | None = None) -> dict[str, Any]:
    return {
        "phase": phase,
        "notes": _text(notes),
        "inside": _text(inside),
        "left": _text(left or {}),
        "blind": {},
    }


def _short(notes: Notes) -> tuple[dict[int, int], dict[int, int]]:
    lowest = min(notes)
    picked = {**notes, lowest: notes[lowest] - 1}
    return {key: count for key, count in picked.items() if count}, {lowest: 1}


def _take(boxes: list[list[Any]], denomination: int, count: int) -> None:
    for box in boxes:
        if box[1] == denomination:
            taken = min(count, box[2])
            box[2] -= taken
            count -= taken
    if count:
        raise Refused("The cassettes have too few notes.", reason=Reason.OUT_OF_CASH)


def _text(notes: Notes) -> dict[str, int]:
    return {str(denomination): count for denomination, count in notes.items()}


def _notes(members: Mapping[str, int]) -> dict[int, int]:
    return {int(denomination): count for denomination, count in members.items()}


def _load(path: Path, empty: dict[str, Any]) -> dict[str, Any]:
    if not path.exists():
        return empty
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError as error:
        raise EncodingError("device file", offset=0, expected="JSON", standard="smartid device") from error
    return found
