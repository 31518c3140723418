"""Purses of the demo: cards in files, with seams around each command, that can be torn and cloned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from smartid.card.run import run
from smartid.iso7816.exchange import Exchange
from smartid.mockcard.card import InsertedCard, MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.faults import Fault
from smartid.mockcard.image import CardImage
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.profiles.stored_value import PURSE
from smartid.services.demo.crash import Crashes
from smartid.stored_value import exchanges
from smartid.stored_value.model import PURSE_AID, CardState
from smartid.transport.inprocess import InProcessTransport

T = TypeVar("T")
PURSE_CARD = replace(
    NATIONAL_REFERENCE, name="purse_card", title="Purse alone", applications=(PURSE,), probes=("purse",)
)
"""A card with a purse and nothing else, which is made in a millisecond."""


class PurseCard:
    """A purse card in a file.

    It is written at every change, but not forced to the disk: what is tried here is the end of a program, and
    a chip does not lose its memory with the program of a terminal.
    """

    def __init__(self, path: Path, crashes: Crashes) -> None:
        self._path = path
        self._crashes = crashes
        self._mock = MockCard(CardImage.load(path, profiles=[PURSE_CARD]))
        self._written = self._mock.image.to_json()
        self._inserted: InsertedCard | None = None

    @classmethod
    def issue(cls, path: Path, pki: ThrowAwayPKI) -> None:
        """Make a card and its file."""
        holder = next(iter(CITIZENS.values()))
        MockCard.personalize(PURSE_CARD, holder=holder, pki=pki).image.save(path)

    @property
    def atr(self) -> bytes:
        """Answer To Reset."""
        return self._mock.atr

    def insert(self, faults: Sequence[Fault] = ()) -> None:
        """Put it in a reader, for the conversations that follow."""
        self._inserted = self._mock.insert(faults=faults)

    def run(self, exchange: Exchange[T]) -> T:
        """Run a conversation."""
        if self._inserted is None:
            self.insert()
        return run(exchange, InProcessTransport(self))

    def transmit(self, command: bytes) -> bytes:
        """Carry a command to the chip, between two seams, and its memory to the file."""
        send: Callable[[bytes], bytes] = self._crashes.around("card", self._send)
        return send(command)

    def state(self) -> CardState:
        """What is on it, asked without seams."""
        return run(exchanges.read_state(PURSE_AID), InProcessTransport(self._mock))

    def copy(self, path: Path) -> None:
        """Clone it, as a forger would who got at its keys."""
        path.write_text(self._mock.image.to_json())

    def _send(self, command: bytes) -> bytes:
        if self._inserted is None:
            self.insert()
        inserted = self._inserted
        try:
            return inserted.transmit(command) if inserted else b""
        finally:
            if command[0] & 0x80:
                self._write()

    def _write(self) -> None:
        text = self._mock.image.to_json()
        if text != self._written:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(text)
            fresh.replace(self._path)
            self._written = text
