"""Numbers that must come without gaps and once: those of a card, of a security module, of a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers that are missing: somebody has a record that did not come.

    since  when the gap was seen first
    """

    series: str
    first: int
    last: int
    since: datetime

    def __len__(self) -> int:
        return self.last - self.first + 1
