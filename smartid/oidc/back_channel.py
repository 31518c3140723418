"""Telling sites that a session is over (OpenID Connect Back-Channel Logout 1.0, September 2022).

A logout token is posted to the address that the site registered, as ``logout_token`` of a form. Nobody waits
for that: a few threads of their own work through a short queue, and write to the log how it went.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
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
"""How many sites may be waiting to be told. One more is not told, and the log says so."""
WORKERS = 4

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


@dataclass(frozen=True, slots=True)
class _Message:
    address: str
    member: Participation


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
        self._queue: queue.Queue[_Message | None] = queue.Queue(MAX_WAITING)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._closed = threading.Event()

    def tell(self, address: str, member: Participation) -> None:
        """Tell a site soon. Returns at once."""
        try:
            self._queue.put_nowait(_Message(address, member))
        except queue.Full:
            _log.error("back-channel logout: %s is not told, too many are waiting", member.client_id)
            return
        self._start()

    def wait(self) -> None:
        """Return when every site was told, or given up."""
        self._queue.join()

    def close(self) -> None:
        """Give up what waits, and end the threads."""
        self._closed.set()
        with suppress(queue.Full):
            for _ in self._threads:
                self._queue.put_nowait(None)

    def _start(self) -> None:
        with self._lock:
            if len(self._threads) < WORKERS:
                thread = threading.Thread(target=self._work, name="back-channel logout", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while (message := self._queue.get()) and not self._closed.is_set():
            self._deliver(message)
            self._queue.task_done()

    def _deliver(self, message: _Message) -> None:
        for pause in (*PAUSES, None):
            why = self._post(message)
            if not why:
                _log.info("back-channel logout: %s was told", message.member.client_id)
                return
            _log.warning("back-channel logout: %s was not told: %s", message.member.client_id, why)
            if pause is None or self._closed.wait(pause):
                return

    def _post(self, message: _Message) -> str:
        """Try once; gives why it failed, or nothing."""
        try:
            token = self._sign(logout_claims(self._issuer, message.member, self._clock()), TOKEN_TYPE)
            body = urlencode({"logout_token": token}).encode()
            self._fetcher.fetch(message.address, body=body, content_type="application/x-www-form-urlencoded")
        except (SmartIDError, OSError) as error:
            return str(error)
        return ""
