"""What one sample is, and when an answer about a mutant of it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from smartid.crypto.ber import definite
from smartid.errors import EncodingError
from tests.fuzz import mutators
from tests.fuzz.mutators import Mutator


@dataclass(frozen=True, kw_only=True)
class Target:
    """One sample and one question about it.

    ask       True when what is read is believed; only EncodingError may come out
    believed  the answer for the sample itself
    signed    a mutant that is believed still holds each of these; None: no mutant may be believed at all
    share     how many of the mutants of the tests it gets
    """

    name: str
    sample: bytes
    ask: Callable[[bytes], bool]
    mutate: tuple[Mutator, ...] = (mutators.raw, mutators.der, mutators.der)
    believed: bool = True
    signed: tuple[bytes, ...] | None = ()
    share: int = 700

    def complaint(self, mutant: bytes) -> str:
        """Ask about a mutant; say what is wrong with the answer, empty when nothing is."""
        try:
            believed = self.ask(mutant)
        except EncodingError:
            return ""
        if believed and mutant != self.sample and not self._holds(mutant):
            return "believed, though what was signed is not in it"
        return ""

    def _holds(self, mutant: bytes) -> bool:
        if self.signed is None:
            return False
        plain = mutant
        with suppress(EncodingError):
            plain = definite(mutant)
        return all(part in mutant or part in plain for part in self.signed)
