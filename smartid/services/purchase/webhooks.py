"""Events for payees, signed: the header ``Smartid-Signature: t=SECONDS,v1=HEX``.

v1 is HMAC-SHA-256 (RFC 2104 (1997)) over the decimal seconds, a dot and the body, under the payee's secret.
Events come at least once, and not always in order: their ``id`` tells repeats.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError, FetchFailed, SignatureInvalid
from smartid.services.purchase.events import QUEUE
from smartid.services.purchase.store import Store
from smartid.services.spine.outbox import Delivery, Message, Outbox, Reply
from smartid.trust.status.http_fetcher import Request
from smartid.web.keyed import Keyed

HEADER = "Smartid-Signature"
WINDOW = timedelta(minutes=5)
MAX_BODY = 64 << 10
_TIMEOUT = 10.0
_TAKEN = frozenset({200, 201, 202, 204})
_FORM = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def secret_of(keyed: Keyed, payee: str) -> str:
    """Give a payee's secret. It is derived, so it stands in no database; 64 hexadecimal digits."""
    return f"whsec_{keyed.mac('purchase webhook', payee).hex()}"


def sign(secret: str, body: bytes, time: datetime) -> str:
    """Give the header of a body."""
    seconds = str(int(time.timestamp()))
    return f"t={seconds},v1={_code(secret, seconds, body)}"


def verify_webhook(
    secret: str, header: str, body: bytes, *, now: datetime, window: timedelta = WINDOW
) -> dict[str, Any]:
    """Check an event that came and give it; remember its ``id`` to pass over repeats.

    Raises SignatureInvalid for a wrong code or a time further away than ``window``, EncodingError for what is
    no event.
    """
    found = _FORM.fullmatch(header.strip())
    if found is None or len(body) > MAX_BODY:
        raise EncodingError("webhook", offset=0, expected="t=SECONDS,v1=HEX and a short body")
    if not hmac.compare_digest(_code(secret, found[1], body), found[2]):
        raise SignatureInvalid("The event was not signed with this secret.")
    if abs(now.timestamp() - int(found[1])) > window.total_seconds():
        raise SignatureInvalid("The event is too old, or a clock is wrong.")
    return strict_json.parse_object(body, "webhook")


class Webhooks:
    """Sends what waits for payees. The address is a stranger's word: only https to the open internet.

    private  also to private networks and without TLS: for tests
    """

    def __init__(
        self,
        outbox: Outbox,
        store: Store,
        keyed: Keyed,
        *,
        clock: Callable[[], datetime],
        private: bool = False,
    ) -> None:
        self._outbox = outbox
        self._store = store
        self._keyed = keyed
        self._clock = clock
        self._private = private

    def deliver(self) -> Delivery:
        """Send what is due, once each."""
        return self._outbox.deliver(QUEUE, self._send, self._clock())

    def _send(self, message: Message, attempt: int) -> Reply | None:
        payee = self._store.payee(str(message.payload["payee"]))
        if not payee.webhook:
            return Reply(content={"sent": False})
        if not (self._private or payee.webhook.startswith("https://")):
            return None
        event = {**message.payload["event"], "attempt": attempt}
        body = json.dumps(event, ensure_ascii=False, sort_keys=True).encode()
        header = (HEADER, sign(secret_of(self._keyed, payee.id), body, self._clock()))
        request = Request(
            payee.webhook,
            timeout=_TIMEOUT,
            max_length=MAX_BODY,
            max_redirects=0,
            statuses=_TAKEN,
            private=self._private,
            headers=(header,),
        )
        try:
            request.run(body, "application/json")
        except FetchFailed:
            return None
        return Reply(content={"sent": True})


def _code(secret: str, seconds: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), seconds.encode() + b"." + body, "sha256").hex()
