"""Pseudonyms: what a service calls a person, and no other service does."""

from __future__ import annotations

import hashlib
import hmac

MIN_KEY = 32
"""Shortest key, in bytes."""


class Pseudonyms:
    """Makes pseudonyms with a key that stays in one place.

    The key of a service is HMAC-SHA-256 (RFC 2104 (1997)) over its name under the main key; a pseudonym is
    the first 16 bytes of HMAC-SHA-256 over the national number under that key. Whoever has the key can try
    all national numbers: guard it as you would guard the numbers.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_KEY:
            raise ValueError(f"A key for pseudonyms has at least {MIN_KEY} bytes.")
        self._key = key

    def __repr__(self) -> str:
        return "Pseudonyms(•••)"

    def of(self, service: str, national_number: str) -> str:
        """Give the pseudonym of a person at a service: 32 hexadecimal digits."""
        own = hmac.digest(self._key, b"smartid pseudonym 1\0" + service.encode(), hashlib.sha256)
        return hmac.digest(own, national_number.encode(), hashlib.sha256)[:16].hex()
