"""Operations of the programming interface, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from smartid.services.purchase.bodies import Body
from smartid.services.purchase.values import Payee
from smartid.web.http import Response

_ID = re.compile("[0-9a-f]{32}")


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
    """One operation. ``path`` has at most one ``{id}``, as its second part: 32 hexadecimal digits."""

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
    pairs = zip(wanted, found, strict=True)
    return all(a == b or (a == "{id}" and _ID.fullmatch(b) is not None) for a, b in pairs)
