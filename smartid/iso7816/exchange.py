"""Conversations with a card, without the wire.

An ``Exchange[T]`` is a generator: it yields a :class:`CommandAPDU`, is sent the :class:`ResponseAPDU`, and
returns a ``T``. Bigger conversations are made of smaller ones with ``yield from``. What lies between a
conversation and the wire is a function from exchange to exchange: :func:`over_link` here, secure messaging
elsewhere.

An error of the wire is thrown into the generator at the ``yield``, so ``finally`` blocks run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from smartid.errors import (
    APDUTooLong,
    CardError,
    CommandNotSupported,
    ConditionsNotSatisfied,
    EncodingError,
    FileNotFound,
    ReferenceNotFound,
    SecurityStatusNotSatisfied,
    SmartIDError,
)
from smartid.iso7816 import commands, tlv
from smartid.iso7816.apdu import (
    EXTENDED_DATA,
    EXTENDED_RESPONSE,
    SHORT_DATA,
    SHORT_RESPONSE,
    CommandAPDU,
    ResponseAPDU,
)
from smartid.iso7816.atr import CardCapabilities
from smartid.iso7816.status import StatusWord

T = TypeVar("T")
Exchange: TypeAlias = Generator[CommandAPDU, ResponseAPDU, T]
Progress: TypeAlias = Callable[[int, int | None], None]
"""Called with the number of bytes read so far and the total, or None while the total is unknown."""

MAX_FILE = 1 << 20
"""A file of a card is never larger than this, in bytes; a card that claims more is refused."""
MAX_ROUNDS = 1024
"""More GET RESPONSE rounds than this is a card that never ends."""
MAX_BLOCKS = 1 << 14
"""More READ BINARY commands than this for one file (64 bytes each for the largest) waste our time."""
_IDEMPOTENT = frozenset({0xA4, 0xB0, 0xB1, 0xB2, 0xCA, 0xCB})
"""SELECT, READ and GET DATA: may be sent again when nothing is known of the first time."""

_ERRORS: dict[int, type[CardError]] = {
    0x6982: SecurityStatusNotSatisfied,
    0x6985: ConditionsNotSatisfied,
    0x6A82: FileNotFound,
    0x6A83: FileNotFound,
    0x6A88: ReferenceNotFound,
    0x6881: CommandNotSupported,
    0x6884: CommandNotSupported,
    0x6A81: CommandNotSupported,
    0x6D00: CommandNotSupported,
    0x6E00: CommandNotSupported,
}


@dataclass(slots=True)
class Link:
    """What card and reader can carry. It is negotiated down when one of them refuses, never up.

    max_data      largest command data field, in bytes
    max_response  largest response data field that Le may ask for, in bytes
    chaining      whether longer commands may be sent in pieces (CLA bit 5)
    """

    max_data: int = SHORT_DATA
    max_response: int = SHORT_RESPONSE
    chaining: bool = True

    @classmethod
    def of(cls, capabilities: CardCapabilities, *, reader_limit: int | None = None) -> Link:
        """The link that the card capabilities in the ATR promise, within what the reader carries.

        reader_limit  largest APDU of the reader in bytes, None when it does not tell
        """
        if not capabilities.extended_length or (reader_limit is not None and reader_limit < 512):
            return cls(chaining=capabilities.chaining)
        room = reader_limit or EXTENDED_RESPONSE + 9
        return cls(min(EXTENDED_DATA, room - 9), min(EXTENDED_RESPONSE, room - 2), capabilities.chaining)

    def step_down(self) -> None:
        """From now on use short APDUs."""
        self.max_data, self.max_response = SHORT_DATA, SHORT_RESPONSE


def error_of(command: CommandAPDU, sw: int) -> CardError:
    """The typed error for a status word that is not success."""
    kind = _ERRORS.get(sw, CardError)
    return kind(
        f"The card refused {commands.name(command)}: {StatusWord(sw)}.", command=commands.name(command), sw=sw
    )


def send(command: CommandAPDU) -> Exchange[bytes]:
    """One command that must succeed; returns its response data. Warnings 62XX count as success.

    Raises CardError or one of its children.
    """
    response = yield command
    if response.sw == 0x9000 or response.sw1 == 0x62:
        return response.data
    raise error_of(command, response.sw)


def over_link(exchange: Exchange[T], link: Link) -> Exchange[T]:
    """Carry an exchange of commands of any length over a link of limited lengths.

    Long command data is chained or sent in extended form; Le is cut to what the link carries and corrected
    after SW 6CXX, except in commands that carry a PIN; SW 61XX is followed by GET RESPONSE; a refused
    extended APDU (SW 6700, or a reader that cannot carry it) makes the link step down to short ones, once and
    for good.
    """
    try:
        command = next(exchange)
        while True:
            try:
                response = yield from _carry(command, link)
            except SmartIDError as error:
                command = exchange.throw(error)
            else:
                command = exchange.send(response)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        exchange.close()


def _carry(command: CommandAPDU, link: Link) -> Exchange[ResponseAPDU]:
    extended = len(command.data) > SHORT_DATA or min(command.ne, link.max_response) > SHORT_RESPONSE
    try:
        response = yield from _chained(command, link)
    except APDUTooLong:
        if not extended or command.ins not in _IDEMPOTENT:
            raise
        link.step_down()
        response = yield from _chained(command, link)
    if response.sw == 0x6700 and extended and link.max_response > SHORT_RESPONSE:
        link.step_down()
        response = yield from _chained(command, link)
    return response


def _chained(command: CommandAPDU, link: Link) -> Exchange[ResponseAPDU]:
    data, room = command.data, link.max_data
    if len(data) > room and not link.chaining:
        raise CommandNotSupported(
            f"The card takes at most {room} bytes in {commands.name(command)}, {len(data)} are needed.",
            command=commands.name(command),
        )
    while len(data) > room:
        piece = CommandAPDU(command.cla | 0x10, command.ins, command.p1, command.p2, data[:room])
        response = yield piece
        if not response.ok:
            return response
        data = data[room:]
    ne = min(command.ne, link.max_response)
    return (yield from _complete(CommandAPDU(command.cla, command.ins, command.p1, command.p2, data, ne)))


def _complete(command: CommandAPDU) -> Exchange[ResponseAPDU]:
    """Send the last command of a chain, correct Le, fetch the rest of the answer.

    A command that carries a PIN is never sent again: its answer is a status word, and a try may be spent.
    """
    response = yield command
    if response.sw1 == 0x6C and not command.carries_secret:
        response = yield replace(command, ne=response.sw2 or SHORT_RESPONSE)
    if response.sw1 != 0x61:
        return response
    data = bytearray(response.data)
    for _ in range(MAX_ROUNDS):
        response = yield commands.get_response(response.sw2 or SHORT_RESPONSE, cla=command.cla & 0x03)
        data += response.data
        if response.sw1 != 0x61:
            return ResponseAPDU(bytes(data), response.sw)
        if not response.data or len(data) > EXTENDED_RESPONSE:
            break
    raise EncodingError(
        "answer of the card",
        offset=len(data),
        expected="an end of the GET RESPONSE rounds",
        standard="ISO/IEC 7816-4:2020",
    )


def read_rest(
    first: bytes, size: int | None, *, unit: int = 1, progress: Progress | None = None
) -> Exchange[bytes]:
    """The current EF from ``len(first)`` on, until ``size`` bytes, a short answer, or the end of the file.

    unit  how many bytes one step of the offset counts (1; some applets count 4)

    Raises CardError when the card refuses for another reason than the end of the file, EncodingError when it
    gives so little at a time that there is no end to it.
    """
    buffer = bytearray(first)
    limit = MAX_FILE if size is None else size
    for _ in range(MAX_BLOCKS):
        data = b""
        if len(buffer) < limit:
            data = yield from _read_block(buffer, limit - len(buffer), unit)
        if not data:
            return bytes(buffer[:size])
        buffer += data
        if progress:
            progress(len(buffer), size)
    raise EncodingError(
        "file", offset=len(buffer), expected=f"an end after {MAX_BLOCKS} READ BINARY commands"
    )


def _read_block(buffer: bytearray, wanted: int, unit: int) -> Exchange[bytes]:
    """The next block of the current EF; empty at its end. Offsets stay on multiples of ``unit``."""
    over = len(buffer) % unit
    command = commands.read_binary((len(buffer) - over) // unit, min(wanted + over, EXTENDED_RESPONSE))
    response = yield command
    if response.sw in (0x6B00, 0x6A86) and buffer:
        return b""
    if response.sw not in (0x9000, 0x6282, 0x6281):
        raise error_of(command, response.sw)
    data = response.data
    if command.ins == 0xB1:
        data = tlv.parse_one(data, 0x53).value
    return data[over:]


def read_current(
    *, size: int | None = None, framed: bool = False, unit: int = 1, progress: Progress | None = None
) -> Exchange[bytes]:
    """The whole current EF.

    size    its length when SELECT told it
    framed  the file is one BER-TLV object: its own header tells the length, and filling after it is left out

    Raises CardError, EncodingError.
    """
    if not framed:
        _check_size(size)
        return (yield from read_rest(b"", size, unit=unit, progress=progress))
    first = yield from _read_block(bytearray(), size or EXTENDED_RESPONSE, unit)
    return (yield from _read_framed(first, unit, progress))


def read_short_id(short_id: int, *, progress: Progress | None = None) -> Exchange[bytes]:
    """The whole EF named by a short identifier, when it is one BER-TLV object: no SELECT is spent.

    Raises FileNotFound, SecurityStatusNotSatisfied, EncodingError.
    """
    first = yield from send(commands.read_binary_sfi(short_id, 0, EXTENDED_RESPONSE))
    return (yield from _read_framed(first, 1, progress))


def _read_framed(first: bytes, unit: int, progress: Progress | None) -> Exchange[bytes]:
    _, header, length = tlv.read_header(first)
    size = header + length
    _check_size(size)
    if progress:
        progress(min(len(first), size), size)
    data = yield from read_rest(first, size, unit=unit, progress=progress)
    if len(data) < size:
        raise EncodingError(
            "file", offset=len(data), expected=f"{size} bytes, as its header says", standard=tlv.STANDARD
        )
    return data


def _check_size(size: int | None) -> None:
    if size is not None and size > MAX_FILE:
        raise EncodingError("file", offset=0, expected=f"at most {MAX_FILE} bytes, the card claims {size}")
