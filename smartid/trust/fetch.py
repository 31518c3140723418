"""Reaching the network for revocation data and time stamps: only when asked, with limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class Fetcher(Protocol):
    """Anything that makes one bounded request over the network."""

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        """Give the body of the answer: GET without ``body``, POST with it.

        Raises FetchFailed (url, reason) on a refused address, a time-out, an answer that is too long, an
        error status.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPFetcher:
    """HTTP and HTTPS with limits. Addresses in certificates are strangers' words.

    timeout        seconds for a whole fetch with its redirects, once the name is resolved
    max_length     longest answer, in bytes
    max_redirects  how many are followed; one to another scheme never is
    statuses       the ones that come with an answer
    private        also reach this machine and private networks; without it only the open internet

    Proxies of the environment are not used, cookies are not kept, compressed answers are not asked for.
    """

    timeout: float = 20.0
    max_length: int = 64 << 20
    max_redirects: int = 3
    statuses: tuple[int, ...] = (200,)
    private: bool = False

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        """Give the body of the answer. Raises FetchFailed."""
        from smartid.trust.status.http_fetcher import Request  # noqa: PLC0415 - the network, only when asked

        request = Request(
            url,
            timeout=self.timeout,
            max_length=self.max_length,
            max_redirects=self.max_redirects,
            statuses=self.statuses,
            private=self.private,
        )
        return request.run(body, content_type)
