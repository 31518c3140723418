"""What a check of ``smartid doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How a check ended."""

    WELL = "well"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check.

    remedy   the command that mends it, empty when nothing is to be done
    absence  a service, reader or card is missing
    """

    name: str
    state: State
    detail: str
    remedy: str = ""
    absence: bool = False

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"name": self.name, "state": self.state.value, "detail": self.detail, "remedy": self.remedy}
