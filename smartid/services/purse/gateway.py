"""The way to the bank."""

from __future__ import annotations

from typing import Protocol

from smartid.services.messages import bank
from smartid.services.messages.bank import BankReply, BankRequest, name_of
from smartid.services.spine.outbox import Message, Reply

__all__ = ["Gateway", "LinkGateway", "Wire", "name_of", "send"]


class Gateway(Protocol):
    """Whoever can ask the bank."""

    def ask(self, request: BankRequest) -> BankReply:
        """Ask, and wait for the answer. Raises GatewayUnavailable when none came."""
        ...


class Wire(Protocol):
    """A connection that carries one message and its answer: ``far_side.frame.Link(port, key=name_of)``."""

    def request(self, message: bytes, timeout: float = 2.0) -> bytes:
        """Send and wait. Raises GatewayUnavailable."""
        ...


class LinkGateway:
    """The bank at the end of a link.

    timeout  seconds to wait for an answer
    """

    def __init__(self, link: Wire, *, timeout: float = 2.0) -> None:
        self._link = link
        self._timeout = timeout

    def ask(self, request: BankRequest) -> BankReply:
        """Ask, and wait. Raises GatewayUnavailable, EncodingError for an answer that is none."""
        return BankReply.parse(self._link.request(request.encode(), self._timeout))


def send(gateway: Gateway, message: Message) -> Reply | None:
    """Send a message of the outbox; what is not done stays in the queue. The key tells a repeat."""
    reply = gateway.ask(
        BankRequest(
            verb=message.payload["verb"],
            key=message.repeat_of or message.key,
            account=message.payload["account"],
            amount=message.payload["amount"],
        )
    )
    return Reply(content={"code": reply.code}) if reply.code == bank.DONE else None
