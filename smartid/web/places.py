"""Where a browser may be sent after a login: places of the same site only."""

from __future__ import annotations

import re

MAX_PLACE = 2048
"""Longest path with query that is taken, in characters."""

_PLACE = re.compile(r"/(?!/)[\x21-\x5b\x5d-\x7e]*")
"""One slash first, then visible ASCII without backslash: browsers read "\\" as "/" and drop tabs."""


def same_site(place: str | None, otherwise: str = "/") -> str:
    r"""Give a path of this site, with its query; ``otherwise`` for everything else.

    Refused are other schemes and hosts in every spelling: ``https://…``, ``//host``, ``/\host``, and paths
    with control characters, spaces or letters outside ASCII, which a browser would send percent-encoded.
    """
    if place and len(place) <= MAX_PLACE and _PLACE.fullmatch(place):
        return place
    return otherwise
