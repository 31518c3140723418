"""Reaching the network for revocation data and time stamps: only when asked, with limits."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class Fetcher(Protocol):
    """Anything that makes one bounded request over the network."""

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        """Give the body of the answer: GET without ``body``, POST with it.

        Raises FetchFailed (url, reason) on a refused address, a time-out, an answer that is too long, an
        error status.
        """
