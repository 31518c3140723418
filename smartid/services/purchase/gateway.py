"""The line to the acquirer: fields out, fields back, late answers put aside."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Protocol

from smartid.errors import EncodingError, GatewayUnavailable
from smartid.services.far_side.link import Link
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.messages.iso8583 import decode
from smartid.services.messages.mac import seal, unseal
from smartid.services.messages.response_codes import APPROVED
from smartid.services.purchase.acquirer import SPEC, repeated
from smartid.services.spine.outbox import Message, Reply

LATE = "purchase/late"
_ECHOED = ("3", "11", "37", "41", "42")


class Gateway(Protocol):
    """Whoever answers for the acquirer."""

    def ask(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """Send a message and give the answer. Raises GatewayUnavailable when none came."""
        ...


class AcquirerLine:
    """A gateway over a connection.

    key      AES key of the messages' codes (``messages.mac``), agreed upon with the acquirer
    timeout  seconds until an answer is late
    """

    def __init__(
        self, port: int, *, book: Book, key: bytes, timeout: float = 2.0, host: str = "127.0.0.1"
    ) -> None:
        self._book = book
        self._key = key
        self._timeout = timeout
        self._link = Link(port, key=correlation, late=self._late, host=host)

    def __repr__(self) -> str:
        return "AcquirerLine(•••)"

    def ask(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """Send a message and give the answer to exactly this one.

        Raises GatewayUnavailable when none came in time, or one that nobody can believe.
        """
        data = self._link.request(seal(SPEC, fields, self._key), self._timeout)
        try:
            answer = unseal(SPEC, data, self._key)
        except EncodingError as error:
            raise GatewayUnavailable("The acquirer's answer cannot be read.", retry_after=1.0) from error
        if answer["t"] != answer_type(fields["t"]) or any(
            answer.get(name) != fields[name] for name in _ECHOED
        ):
            raise GatewayUnavailable("The acquirer answered another message.", retry_after=1.0)
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def _late(self, data: bytes) -> None:
        """Keep what came too late, and do nothing about it: a reversal is on its way."""
        content = {"message": data.hex()[:4096]}

        def work(entry: Entry) -> None:
            number = entry.next_number(LATE)
            entry.keep(Record(kind=LATE, key=f"{number:012d}", content=content))

        self._book.run(work)


def deliver(gateway: Gateway, message: Message, attempt: int) -> Reply | None:
    """Send an advice from the outbox; from the second attempt on it is marked as a repeat.

    None when it was not accepted: it is told again, and stands among the exceptions in the end.
    """
    fields = dict(message.payload)
    answer = gateway.ask(fields if attempt == 1 else repeated(fields))
    return Reply(content=dict(answer)) if answer.get("39") in APPROVED else None


def correlation(data: bytes) -> Hashable:
    """Give what a request and its answer have in common: class and function, trace number, reference."""
    try:
        fields = decode(SPEC, data)
    except EncodingError:
        return "unreadable"
    return fields["t"][1], int(fields["t"][2]) // 2, fields.get("11"), fields.get("37")


def answer_type(kind: str) -> str:
    """Give the type of the answer to a message: 0110 to 0100 and 0101."""
    return f"{kind[:2]}{int(kind[2]) + 1}0"
