"""Class bytes and logical channels (ISO/IEC 7816-4:2020, 5.4.1 and 11.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from smartid.iso7816.apdu import CommandAPDU
from smartid.mockcard.answer import Refusal
from smartid.mockcard.filesystem import DF, EF

CHAINING = 0x10
MAX_CHANNELS = 20


@dataclass(slots=True)
class Environment:
    """A control reference template of the current security environment.

    algorithm  tag 80, algorithm reference; None when it was not given
    key        name of the key that tags 84, 83 and 81 chose
    """

    algorithm: int | None = None
    key: str | None = None


@dataclass(slots=True)
class Channel:
    """What a chip forgets without power, one for each open logical channel.

    number       0 to 19
    folder       current DF
    file         current EF
    record       number of the current record, 0 before the first
    verified     names of the PINs that were presented
    environment  by template: A4 authentication, B6 signature, B8 confidentiality
    digest       result of PSO: HASH, for the signature that follows
    rest         bytes of an answer that wait for GET RESPONSE
    chain        header and data of a command chain so far
    session      what an applet keeps for its next command
    """

    number: int
    folder: DF
    file: EF | None = None
    record: int = 0
    verified: set[str] = field(default_factory=set)
    environment: dict[int, Environment] = field(default_factory=dict)
    digest: bytes | None = None
    rest: bytes = b""
    chain_header: bytes = b""
    chain: bytearray = field(default_factory=bytearray)
    session: object = None

    def enter(self, folder: DF, file: EF | None = None) -> None:
        """Make a folder current. Another application forgets its environment and its local PINs."""
        if folder is not self.folder and application_of(folder) is not application_of(self.folder):
            self._leave()
        self.folder, self.file, self.record = folder, file, 0
        self.session = None

    def forget_chain(self) -> None:
        """End a command chain, complete or not."""
        self.chain_header = b""
        self.chain = bytearray()

    def _leave(self) -> None:
        left = application_of(self.folder)
        for pin in left.application.pins if left.application else ():
            if pin.reference & 0x80:
                self.verified.discard(pin.name)
        self.environment.clear()
        self.digest = None


def application_of(folder: DF) -> DF:
    """The nearest application folder on the way up, else the MF."""
    for node in folder.lineage():
        if node.application:
            return node
    return folder.root


def channel_number(cla: int) -> int:
    """The logical channel that a class byte names.

    ::

        0 0 0 c s s n n   first interindustry values: chaining, secure messaging, channel 0 to 3
        0 1 s c n n n n   further interindustry values: channel 4 to 19
        1 x x x x x x x   proprietary, read like the first values

    Raises Refusal 6E00 for a class that does not exist, 6882 for secure messaging.
    """
    if cla & 0xC0 == 0x40:
        if cla & 0x20:
            raise Refusal(0x6882)
        return 4 + (cla & 0x0F)
    if cla & 0x60 or cla == 0xFF:
        raise Refusal(0x6E00)
    if cla & 0x0C:
        raise Refusal(0x6882)
    return cla & 0x03


def manage_channel(
    channels: dict[int, Channel], limit: int, start: DF, channel: Channel, command: CommandAPDU
) -> bytes:
    """MANAGE CHANNEL: open (P1 00) or close (P1 80). Returns the number of a channel that the card chose.

    limit  how many channels the card has
    start  where a channel begins that the basic channel opens; another one hands down its current DF

    Raises Refusal 6A81 when no channel is free, 6200 when the one to close is not open.
    """
    if command.data:
        raise Refusal(0x6700)
    if command.p1 == 0x80:
        _close(channels, command.p2 or channel.number)
        return b""
    if command.p1 or command.p2 >= limit:
        raise Refusal(0x6A86)
    free = [n for n in range(1, limit) if n not in channels]
    number = command.p2 or (free[0] if free else 0)
    if number not in free:
        raise Refusal(0x6A81)
    channels[number] = Channel(number, channel.folder if channel.number else start)
    return b"" if command.p2 else bytes((number,))


def _close(channels: dict[int, Channel], number: int) -> None:
    if not number:
        raise Refusal(0x6A86)
    if channels.pop(number, None) is None:
        raise Refusal(0x6200)
