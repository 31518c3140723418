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

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from kept import Kept, Sent

from smartid import GatewayUnavailable, Refused, SignatureInvalid
from smartid.errors import ElectionInvalid
from smartid.services.reasons import Reason
from smartid.services.voting.ballot_statement import BallotStatement
from smartid.services.voting.box import CastBallot
from smartid.services.voting.election import Election
from smartid.services.voting.receipts import BallotReceipt, ReceiptKeys, verify_signatures

RETRY = 10
"""Seconds after which asking again makes sense."""
MAX_ANSWER = 4 << 20
MAX_NUMBER = 1 << 36
"""Bound of heights and times in seconds: the year 4147."""
KEYS = ("collector", "acceptance")
BALLOT = {"tracker", "sequence", "time", "height", "counts"}
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
        self.register_version = _number(self._state().get("register_version"))
        pems = self._json("GET", "/api/keys")
        if not all(isinstance(pems.get(name), str) for name in KEYS):
            raise _nonsense()
        kept.pin_keys(pems)
        self._keys = ReceiptKeys(**{name: _key(pems[name]) for name in KEYS})

    def open(self) -> bool:
        """Tell whether ballots are taken."""
        return self._state().get("open") is True

    def sequence(self, _label: str, _number: str) -> int:
        """Give the number of the next ballot, as far as this computer knows.

        Raises Refused (out_of_sequence) when it is lower than one that the card signed before: the ballot box
        could then put that older ballot behind the newer one.
        """
        number = 1 + max(self._cast, *(receipt.sequence for receipt in self._kept.receipts()), 0)
        if number < self._kept.signed():
            raise Refused("The ballot box counts backwards.", reason=Reason.OUT_OF_SEQUENCE)
        return number

    def cast(self, ballot: bytes, statement: bytes, signature: bytes) -> BallotReceipt:
        """Send a ballot; it is written down here until it is answered. Raises Refused too."""
        coded = base64.b64encode(signature).decode()
        sent = {"ballot": ballot.decode(), "statement": statement.decode(), "signature": coded}
        self._kept.remember(sent, BallotStatement.parse(statement).sequence)
        return self._send(sent)

    def again(self) -> BallotReceipt | None:
        """Send the bytes again whose answer is missing; None when nothing waits."""
        sent = self._kept.pending()
        return None if sent is None else self._send(sent)

    def history(self, request: bytes, signature: bytes) -> Sequence[CastBallot]:
        """Ask for the ballots of whoever signed the request."""
        sent = {"statement": request.decode(), "signature": base64.b64encode(signature).decode()}
        found = self._json("POST", "/api/history", json.dumps(sent).encode())
        ballots = [_ballot(one) for one in _list(found.get("ballots"))]
        self._cast = max((one.sequence for one in ballots), default=0)
        return ballots

    def require_kept(self) -> None:
        """Check that the board goes on from every receipt, up to the last one of them.

        Raises ElectionInvalid (receipt) when an event at a receipt's height is another one, or the chain of
        events is broken: the board was rewritten.
        """
        receipts = self._kept.receipts()
        wanted = {receipt.height: receipt.event for receipt in receipts}
        height, last = min(wanted, default=0), max(wanted, default=-1)
        parent, seen = "", {}
        while height <= last:
            events = _list(self._json("GET", f"/api/events?from={height}").get("events"))
            if not events:
                break
            for event in events:
                if event.get("height") != height or (parent and event.get("parent") != parent):
                    raise ElectionInvalid("receipt", "the chain of events is broken", where=f"event {height}")
                text = json.dumps(event, separators=(",", ":"))
                parent = seen[height] = hashlib.sha256(text.encode()).hexdigest()
                height += 1
        for place, event_hash in wanted.items():
            if seen.get(place) != event_hash:
                raise ElectionInvalid("receipt", "the board has another event here", where=f"event {place}")

    def _send(self, sent: Sent) -> BallotReceipt:
        try:
            found = self._json("POST", "/api/ballots", json.dumps(sent).encode())
        except Refused:
            self._kept.forget()
            raise
        receipt = BallotReceipt.parse(json.dumps(found))
        tracker = base64.b64encode(hashlib.sha256(sent["ballot"].encode()).digest()).decode().rstrip("=")
        sequence = BallotStatement.parse(sent["statement"].encode()).sequence
        promised = (receipt.uuid, receipt.tracker, receipt.sequence)
        if promised != (self.election.uuid, tracker, sequence):
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


def _list(found: object) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _nonsense()
    return found


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise _nonsense()
    return value


def _ballot(told: dict[str, Any]) -> CastBallot:
    tracker, counts = told.get("tracker"), told.get("counts")
    if told.keys() != BALLOT or not isinstance(tracker, str) or not isinstance(counts, bool):
        raise _nonsense()
    numbers = {name: _number(told[name]) for name in ("sequence", "time", "height")}
    return CastBallot(tracker=tracker, counts=counts, **numbers)


def _key(pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _nonsense() from error
    if not isinstance(key, Ed25519PublicKey):
        raise _nonsense()
    return key


def _nonsense() -> GatewayUnavailable:
    return GatewayUnavailable("The ballot box answers nonsense.", retry_after=RETRY)


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _nonsense() from error
    if not isinstance(found, dict):
        raise _nonsense()
    return found
