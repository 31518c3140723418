"""What a trustee's file holds after each step of a ceremony."""

from __future__ import annotations

from typing import Any

from smartid.services.voting.compact import broken, members
from smartid.services.voting.trustees.keys import WHAT, read_exponent
from smartid.services.voting.trustees.published import Context

_SEAT = ("signing", "decryption", "context")
_SHAPES = {
    ("key",): ("key",),
    ("certificate",): _SEAT,
    ("certificate", "polynomial"): (*_SEAT, "certificates"),
    ("certificate", "polynomial", "key"): (*_SEAT, "certificates", "key"),
}
"""What is kept beside of what was published, in the order of the steps."""


def require_whole(secrets: dict[str, Any]) -> None:
    """Check that secrets are those of one step. Raises EncodingError."""
    published = secrets.get("published")
    if not isinstance(published, dict) or not all(isinstance(one, dict) for one in published.values()):
        raise broken(WHAT, "messages as they were published")
    names = _SHAPES.get(tuple(published), ())
    if not names or set(secrets) != {*names, "published"}:
        raise broken(WHAT, "the secrets of one step of a ceremony")
    if "context" in names:
        Context(**members(secrets["context"], WHAT, ("group", "size", "threshold", "index")))
    if not isinstance(secrets.get("certificates", ""), str):
        raise broken(WHAT, "a fingerprint of certificates")
    for name in set(names) & {"signing", "decryption", "key"}:
        read_exponent(secrets[name])
