"""The groups by the names that elections give them."""

from __future__ import annotations

from functools import cache

from smartid.errors import EncodingError
from smartid.services.voting.groups.base import Group

NAMES = ("BELENIOS-2048", "Ed25519")
"""The first is what belenios-tool 2.0 knows; the second is smaller and faster, and needs 2.1."""


@cache
def named(name: str) -> Group:
    """Give a group. Raises EncodingError for an unknown name, ExtraMissing("voting", …)."""
    if name == "BELENIOS-2048":
        from smartid.services.voting.groups.belenios_2048 import Belenios2048  # noqa: PLC0415

        return Belenios2048()
    if name == "Ed25519":
        from smartid.services.voting.groups.ed25519 import Ed25519  # noqa: PLC0415

        return Ed25519()
    raise EncodingError(
        "group", offset=0, expected=f"one of {', '.join(NAMES)}", standard="Belenios specification 2.0 (2023)"
    )
