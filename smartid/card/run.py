"""The one driver that runs conversations: nothing else in the card column touches the wire."""

from __future__ import annotations

from typing import TypeVar

from smartid.errors import TransportError
from smartid.iso7816.apdu import ResponseAPDU
from smartid.iso7816.exchange import Exchange, Link, over_link
from smartid.transport.base import Transport

T = TypeVar("T")


def run(exchange: Exchange[T], transport: Transport, link: Link | None = None) -> T:
    """Run a conversation inside one transaction and return its result.

    link  what card and reader can carry; without one, commands go out as they are

    An error of the wire is thrown into the conversation at its ``yield``.
    """
    conversation = over_link(exchange, link) if link else exchange
    with transport.transaction():
        return _drive(conversation, transport)


def _drive(exchange: Exchange[T], transport: Transport) -> T:
    try:
        command = next(exchange)
        while True:
            try:
                answer = transport.transmit(command.encode())
            except TransportError as error:
                command = exchange.throw(error)
            else:
                command = exchange.send(ResponseAPDU.parse(answer))
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        exchange.close()
