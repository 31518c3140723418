"""A stranger's text made fit to print."""

from __future__ import annotations

_JOINERS = "\u200c\u200d"


def printable(text: str, limit: int = 120) -> str:
    """Give at most ``limit`` characters; those that print nothing, or steer the terminal, are replaced."""
    kept = "".join(char if char.isprintable() or char in _JOINERS else "\ufffd" for char in text[:limit])
    return kept if len(text) <= limit else f"{kept}…"
