"""How often somebody may ask. Counters in an expiring store; nobody is ever locked out of anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from smartid.web.keyed import Keyed
from smartid.web.refusals import Refusal

if TYPE_CHECKING:
    from smartid.auth.store import ExpiringStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often, within one window of time.

    challenges_per_session, challenges_per_address  requests for a challenge
    logins_per_session, logins_per_address          answers to one
    failures                                        refused logins with one certificate from one address

    An address may stand for a whole office, so its limits are wide. Failures count for certificate and
    address together: who sends false tokens with somebody else's certificate shuts the door on nobody else.
    """

    window: timedelta = timedelta(minutes=5)
    challenges_per_session: int = 30
    challenges_per_address: int = 300
    logins_per_session: int = 15
    logins_per_address: int = 150
    failures: int = 10

    def of(self, kind: str) -> tuple[int, int]:
        """Give the limits per session and per address: "challenge" or "login"."""
        if kind == "challenge":
            return self.challenges_per_session, self.challenges_per_address
        return self.logins_per_session, self.logins_per_address


class RateLimiter:
    """Counts under pseudonyms: the store learns neither addresses nor session ids."""

    def __init__(self, store: ExpiringStore, keyed: Keyed, limits: Limits) -> None:
        self._store = store
        self._keyed = keyed
        self.limits = limits

    def spend(self, kind: str, who: str, limit: int) -> None:
        """Count one request. Raises Refusal (429) above the limit; an empty ``who`` is not counted."""
        if who and self._store.count(self._key("rate", kind, who), self.limits.window) > limit:
            raise self.refusal()

    def fail(self, what: str) -> None:
        """Count one failure; at the limit, ``require_calm`` refuses for one window."""
        if self._store.count(self._key("rate", "failure", what), self.limits.window) >= self.limits.failures:
            self._store.put(self._key("pause", "failure", what), b"", self.limits.window)

    def require_calm(self, what: str) -> None:
        """Raises Refusal (429) after too many failures."""
        if self._store.get(self._key("pause", "failure", what)) is not None:
            raise self.refusal()

    def refusal(self) -> Refusal:
        """429 with Retry-After (RFC 9110 (2022), 10.2.3): the whole window, in seconds."""
        seconds = str(int(self.limits.window.total_seconds()))
        return Refusal(429, "too_many_requests", headers=(("retry-after", seconds),))

    def _key(self, kind: str, use: str, who: str) -> str:
        return f"{kind}:{use}:{self._keyed.pseudonym(who)}"
