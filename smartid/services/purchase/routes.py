"""Operations of the programming interface, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from smartid.services.purchase.bodies import Body
from smartid.services.purchase.values import Payee
from smartid.web.http import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was let in.

    id   the identifier in its path, empty without one
    key  its Idempotency-Key
    """

    payee: Payee
    id: str
    key: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. ``path`` has at most one ``{id}``, as its second part."""

    method: str
    path: str
    body: Body
    does: str
    work: Callable[[Call], Response]


def matches(pattern: str, path: str) -> bool:
    """Tell whether a path is one of a pattern."""
    wanted, found = pattern.split("/"), path.split("/")
    if len(wanted) != len(found):
        return False
    return all(a == b or (a == "{id}" and 0 < len(b) <= 64) for a, b in zip(wanted, found, strict=True))
