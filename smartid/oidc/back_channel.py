"""Telling sites that a session is over (OpenID Connect Back-Channel Logout 1.0, September 2022).

A logout token is posted to the address that the site registered, as ``logout_token`` of a form. Nobody waits
for that: each site has a line and threads of its own, so that one that never answers holds up no other, and
the log says how it went.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from smartid.errors import SmartIDError
from smartid.oidc.participants import Participation
from smartid.trust.fetch import Fetcher, HTTPFetcher

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_TYPE = "logout+jwt"  # noqa: S105 - the type of a token, no secret
LIFETIME = timedelta(minutes=2)
"""How long a site may take a logout token (Back-Channel Logout 1.0, 2.4: at most two minutes)."""
PAUSES = (1.0, 5.0)
"""Seconds before the second and the third try."""
MAX_WAITING = 1000
"""How many messages may be waiting for one site. It is not told of more, and the log says so."""
WORKERS = 4
"""Most threads of one site. They end when its line is empty."""

_log = logging.getLogger(__name__)

Sign = Callable[[Mapping[str, Any], str], str]
"""Makes a signed token of claims and a ``typ``."""


def default_fetcher() -> Fetcher:
    """Five seconds, a short answer, no redirects. Sites of the operator's own network are reached too.

    Some frameworks cannot help but say 204 for an empty answer (2.8).
    """
    return HTTPFetcher(timeout=5.0, max_length=4096, max_redirects=0, private=True, statuses=(200, 204))


def logout_claims(issuer: str, member: Participation, now: datetime) -> dict[str, Any]:
    """Give the claims of a logout token (2.4). It has no nonce, so that it never passes for an ID token."""
    return {
        "iss": issuer,
        "aud": member.client_id,
        "sub": member.sub,
        "sid": member.sid,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": secrets.token_urlsafe(16),
        "events": {EVENT: {}},
    }


@dataclass(slots=True)
class _Line:
    """What waits for one site, and how many threads work through it."""

    waiting: deque[Participation] = field(default_factory=deque)
    threads: int = 0


class BackChannel:
    """Posts logout tokens, each up to three times. ``close`` ends its threads.

    sign     makes the token; called anew for each try, for a site takes no ``jti`` twice
    fetcher  makes the requests
    """

    def __init__(
        self,
        issuer: str,
        sign: Sign,
        *,
        fetcher: Fetcher | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._issuer, self._sign, self._clock = issuer, sign, clock
        self._fetcher = fetcher or default_fetcher()
        self._lines: dict[str, _Line] = {}
        self._changed = threading.Condition()
        self._closed = threading.Event()

    def tell(self, address: str, member: Participation) -> None:
        """Tell a site soon. Returns at once."""
        with self._changed:
            line = self._lines.setdefault(address, _Line())
            full = len(line.waiting) >= MAX_WAITING
            helped = line.threads < WORKERS and not full
            line.threads += helped
            if not full:
                line.waiting.append(member)
        if full:
            _log.error("back-channel logout: %s is not told, too many are waiting", member.client_id)
        elif helped:
            name = "back-channel logout"
            threading.Thread(target=self._work, args=(address, line), name=name, daemon=True).start()

    def wait(self) -> None:
        """Return when every site was told, or given up."""
        with self._changed:
            self._changed.wait_for(lambda: not self._lines)

    def close(self) -> None:
        """Give up what waits, and end the threads."""
        self._closed.set()

    def _work(self, address: str, line: _Line) -> None:
        while member := self._next(address, line):
            self._deliver(address, member)

    def _next(self, address: str, line: _Line) -> Participation | None:
        """Take the next message for a site; None ends the thread."""
        with self._changed:
            if line.waiting and not self._closed.is_set():
                return line.waiting.popleft()
            line.threads -= 1
            if not line.threads:
                del self._lines[address]
                self._changed.notify_all()
            return None

    def _deliver(self, address: str, member: Participation) -> None:
        for pause in (*PAUSES, None):
            why = self._post(address, member)
            if not why:
                _log.info("back-channel logout: %s was told", member.client_id)
                return
            _log.warning("back-channel logout: %s was not told: %s", member.client_id, why)
            if pause is None or self._closed.wait(pause):
                return

    def _post(self, address: str, member: Participation) -> str:
        """Try once; gives why it failed, or nothing."""
        try:
            token = self._sign(logout_claims(self._issuer, member, self._clock()), TOKEN_TYPE)
            body = urlencode({"logout_token": token}).encode()
            self._fetcher.fetch(address, body=body, content_type="application/x-www-form-urlencoded")
        except (SmartIDError, OSError) as error:
            return str(error)
        return ""
