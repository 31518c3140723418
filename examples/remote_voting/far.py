"""The ballot box at the other end of a line: what it says is checked; silent, it is asked again.

Keys are believed at the first visit, and must stay the same.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from kept import Kept, Sent

from smartid import GatewayUnavailable, Refused, SignatureInvalid
from smartid.errors import ElectionInvalid
from smartid.services.reasons import Reason
from smartid.services.voting.box import CastBallot
from smartid.services.voting.election import Election
from smartid.services.voting.receipts import BallotReceipt, ReceiptKeys, verify_signatures

RETRY = 10
"""Seconds after which asking again makes sense."""
MAX_ANSWER = 4 << 20
REASONS = set(Reason)


class FarStation:
    """A polling station over HTTP. Raises GatewayUnavailable when it does not answer or answers nonsense.

    election          as it was when this program began; another one later is refused
    register_version  version of the register of voters in force
    patience          seconds that an answer may take
    """

    def __init__(self, url: str, kept: Kept, patience: float = 10) -> None:
        self._patience = patience
        self.url = url.rstrip("/")
        self._kept = kept
        self._cast = 0
        self.election = Election.parse(self._ask("GET", "/api/election"))
        self.register_version = int(self._state()["register_version"])
        pems = self._json("GET", "/api/keys")
        kept.pin_keys(pems)
        self._keys = ReceiptKeys(
            **{name: load_pem_public_key(str(pems[name]).encode()) for name in ("collector", "acceptance")}
        )

    def open(self) -> bool:
        """Tell whether ballots are taken."""
        return self._state()["open"] is True

    def sequence(self, _label: str, _number: str) -> int:
        """Give the number of the next ballot, as far as this computer knows."""
        return 1 + max(self._cast, *(receipt.sequence for receipt in self._kept.receipts()), 0)

    def cast(self, ballot: bytes, statement: bytes, signature: bytes) -> BallotReceipt:
        """Send a ballot; it is written down here until it is answered. Raises Refused too."""
        coded = base64.b64encode(signature).decode()
        sent = {"ballot": ballot.decode(), "statement": statement.decode(), "signature": coded}
        self._kept.remember(sent)
        return self._send(sent)

    def again(self) -> BallotReceipt | None:
        """Send the bytes again whose answer is missing; None when nothing waits."""
        sent = self._kept.pending()
        return None if sent is None else self._send(sent)

    def history(self, request: bytes, signature: bytes) -> Sequence[CastBallot]:
        """Ask for the ballots of whoever signed the request."""
        sent = {"statement": request.decode(), "signature": base64.b64encode(signature).decode()}
        found = self._json("POST", "/api/history", json.dumps(sent).encode())
        ballots = [CastBallot(**one) for one in found["ballots"]]
        self._cast = max((one.sequence for one in ballots), default=0)
        return ballots

    def require_kept(self) -> int:
        """Check that the board goes on from every receipt; gives its height now.

        Raises ElectionInvalid (receipt) when an event at a receipt's height is another one, or the chain of
        events is broken: the board was rewritten.
        """
        receipts = self._kept.receipts()
        height = min((receipt.height for receipt in receipts), default=0)
        wanted = {receipt.height: receipt.event for receipt in receipts}
        parent, seen = "", {}
        while events := self._json("GET", f"/api/events?from={height}")["events"]:
            for event in events:
                if event["height"] != height or (parent and event["parent"] != parent):
                    raise ElectionInvalid("receipt", "the chain of events is broken", where=f"event {height}")
                text = json.dumps(event, separators=(",", ":"))
                parent = seen[height] = hashlib.sha256(text.encode()).hexdigest()
                height += 1
        for place, event_hash in wanted.items():
            if seen.get(place) != event_hash:
                raise ElectionInvalid("receipt", "the board has another event here", where=f"event {place}")
        return height - 1

    def _send(self, sent: Sent) -> BallotReceipt:
        try:
            found = self._json("POST", "/api/ballots", json.dumps(sent).encode())
        except Refused:
            self._kept.forget()
            raise
        receipt = BallotReceipt.parse(json.dumps(found))
        tracker = base64.b64encode(hashlib.sha256(sent["ballot"].encode()).digest()).decode().rstrip("=")
        if (receipt.uuid, receipt.tracker) != (self.election.uuid, tracker):
            raise GatewayUnavailable("The receipt is for another ballot.", retry_after=RETRY)
        try:
            verify_signatures(receipt, self._keys)
        except SignatureInvalid as error:
            raise GatewayUnavailable(error.message, retry_after=RETRY) from error
        self._kept.keep(receipt)
        return receipt

    def _state(self) -> dict[str, Any]:
        return self._json("GET", "/api/state")

    def _json(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        return _object(self._ask(method, path, body))

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        place = urlsplit(self.url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        line = kind(place.netloc, timeout=self._patience)
        try:
            line.request(method, path, body or None, {"Content-Type": "application/json"})
            answer = line.getresponse()
            data, status = answer.read(MAX_ANSWER), answer.status
        except (OSError, http.client.HTTPException) as error:
            raise GatewayUnavailable("The ballot box does not answer.", retry_after=RETRY) from error
        finally:
            line.close()
        if status == http.HTTPStatus.CONFLICT:
            raise _refusal(data)
        if status != http.HTTPStatus.OK:
            raise GatewayUnavailable(f"The ballot box answered {status}.", retry_after=RETRY)
        return data


def _refusal(data: bytes) -> Exception:
    reason = _object(data).get("reason")
    return Refused("The ballot box refused.", reason=reason if reason in REASONS else Reason.DECLINED)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise GatewayUnavailable("The ballot box answers nonsense.", retry_after=RETRY) from error
    if not isinstance(found, dict):
        raise GatewayUnavailable("The ballot box answers nonsense.", retry_after=RETRY)
    return found
