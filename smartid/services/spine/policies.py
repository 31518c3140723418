"""Rules as dated files: which numbers hold on which day, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from smartid.services.spine.limits import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyData:
    """The part of a policy file that holds on a day.

    name     of the file: "fuel-ir"
    version  first day on which this part holds: "2025-12-13"
    source   who says so
    values   the rules of the service
    limits   those of the table ``limits``
    """

    name: str
    version: str
    source: str
    values: Mapping[str, Any]
    limits: tuple[Limit, ...] = ()

    @property
    def label(self) -> str:
        """Name and version, as ``Terms.policy`` has them."""
        return f"{self.name} {self.version}"


def load_policy(name: str | Path, on: date) -> PolicyData:
    """Give what a policy says on a day.

    name  of a policy that comes with smartid ("library-sample"), or a path to a TOML or JSON file:
          ``name`` and a list ``version`` of tables, each with ``from`` (a day), ``source``, ``limits``, rules

    Raises Refused (policy_unknown) when nothing holds on that day, EncodingError.
    """
