"""One secret of the site, and what is derived from it: tokens against forged requests, hashes for logs."""

from __future__ import annotations

import hashlib
import hmac
import secrets

MIN_SECRET = 32
"""Shortest secret, in bytes."""


class Keyed:
    """HMAC-SHA256 (RFC 2104 (1997)) under a secret, with a key of its own for each use.

    secret  at least 32 random bytes, the same in every process of the site; None takes new ones, which
            serve this process alone

    Raises ValueError for a secret that is too short.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        secret = secrets.token_bytes(MIN_SECRET) if secret is None else secret
        if len(secret) < MIN_SECRET:
            raise ValueError(f"a secret of at least {MIN_SECRET} random bytes is needed")
        self._secret = secret

    def mac(self, use: str, *parts: str | bytes) -> bytes:
        """Give 32 bytes for these parts. Each part is hashed first, so that none runs into the next."""
        key = hmac.digest(self._secret, use.encode(), "sha256")
        return hmac.digest(key, b"".join(_digest(part) for part in parts), "sha256")

    def pseudonym(self, text: str) -> str:
        """Give 16 hexadecimal digits that stand for a national number or an address in logs and counters."""
        return self.mac("pseudonym", text)[:8].hex()

    def __repr__(self) -> str:
        return "Keyed()"


def _digest(part: str | bytes) -> bytes:
    data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
    return hashlib.sha256(data).digest()
