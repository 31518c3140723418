"""A card operating system: command bytes in, response bytes out, whatever the bytes are.

Commands of ISO/IEC 7816-4:2020 and 7816-8:2021 on the memory of a ``CardImage``. What the ATR promises is
kept: command chaining, extended length and the number of logical channels are as its card capabilities say.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from smartid.errors import EncodingError
from smartid.iso7816.apdu import CommandAPDU
from smartid.iso7816.atr import ATR, CardCapabilities
from smartid.mockcard.answer import DONE, Answer, Refusal
from smartid.mockcard.applets.stored_value import StoredValueApplet
from smartid.mockcard.channels import (
    CHAINING,
    Channel,
    application_of,
    channel_number,
    manage_channel,
)
from smartid.mockcard.crypto_commands import CryptoCommands
from smartid.mockcard.file_commands import MAX_ANSWER, FileCommands
from smartid.mockcard.filesystem import FileSystem
from smartid.mockcard.image import CardImage
from smartid.mockcard.keys import RandomBytes
from smartid.mockcard.pin_commands import PINCommands
from smartid.mockcard.record_commands import RecordCommands
from smartid.mockcard.scope import Scope
from smartid.mockcard.security import PINGuard
from smartid.profiles.base import CardProfile

MAX_CHAIN = 1 << 16
"""Longest data field of a chained command, in bytes."""
GET_DATA, GET_DATA_ODD, MANAGE_CHANNEL, GET_RESPONSE = 0xCA, 0xCB, 0x70, 0xC0
Handler = Callable[[Channel, CommandAPDU], Answer]


def _nothing() -> None:
    """Keep nothing: a card in memory only."""


def mock_atr(profile: CardProfile) -> bytes:
    """The ATR of a mock card of this profile."""
    return profile.mock_atr or bytes.fromhex(profile.atrs[0].text)


class CardOS:
    """One powered card.

    image   its lasting memory, changed in place
    random  source of challenges and of the chip's own random parts
    commit  called after each change of lasting memory; an OSError makes the command end with 6581

    Short of an exception of ``commit``, ``transmit`` answers any bytes and raises nothing.
    """

    def __init__(
        self, image: CardImage, *, random: RandomBytes = os.urandom, commit: Callable[[], None] = _nothing
    ) -> None:
        self.image = image
        self.atr = mock_atr(image.profile)
        self._capabilities, self._protocols = _promises(self.atr)
        self._random = random
        self._files = FileSystem(image)
        self._classes = {item.cla for app in image.profile.applications for item in app.data_objects}
        self._handlers = self._table(image, commit)
        self._applets = {
            application.name: StoredValueApplet(application, image, commit, random)
            for application in image.profile.applications
            if application.stored_value
        }
        self.reset()

    def approach(self, *, contactless: bool) -> None:
        """Come into the field of a reader, or onto its contacts."""
        self._files.contactless = contactless
        self.reset()

    def reset(self) -> None:
        """Power off and on, or a warm reset: what was verified, selected or begun is forgotten."""
        self._channels = {0: Channel(0, self._files.default)}

    def transmit(self, command: bytes) -> bytes:
        """Response APDU for a command APDU."""
        try:
            data, sw = self._execute(command)
        except Refusal as refusal:
            return refusal.sw.to_bytes(2, "big")
        except EncodingError:
            return b"\x67\x00"
        except OSError:
            return b"\x65\x81"
        return data + sw.to_bytes(2, "big")

    def _execute(self, raw: bytes) -> Answer:
        command = CommandAPDU.parse(raw)
        if len(raw) > 5 and not raw[4] and not self._capabilities.extended_length:
            raise Refusal(0x6700)
        channel = self._channel(command)
        if command.ins == GET_RESPONSE:
            return _rest(channel, command)
        channel.rest = b""
        handler = self._handler(channel, command)
        if channel.chain_header or command.cla & CHAINING:
            whole = self._chained(channel, command)
            if whole is None:
                return DONE
            command = whole
        answer = handler(channel, command)
        return _fit(channel, command, answer)

    def _channel(self, command: CommandAPDU) -> Channel:
        number = channel_number(command.cla)
        channel = self._channels.get(number)
        if command.cla & 0x80 and not (self._asks_for_data(command) or (channel and self._applet(channel))):
            raise Refusal(0x6E00)
        if channel is None:
            raise Refusal(0x6881)
        return channel

    def _asks_for_data(self, command: CommandAPDU) -> bool:
        """Whether it is a GET DATA in a class that the profile names."""
        return command.cla & 0xFC in self._classes and command.ins in (GET_DATA, GET_DATA_ODD)

    def _applet(self, channel: Channel) -> StoredValueApplet | None:
        """The applet of the current application."""
        application = application_of(channel.folder).application
        return self._applets.get(application.name) if application else None

    def _handler(self, channel: Channel, command: CommandAPDU) -> Handler:
        applet = self._applet(channel)
        if command.cla & 0x80 and applet and not self._asks_for_data(command):
            found = applet.proprietary.get(command.ins)
        else:
            found = applet.interindustry.get(command.ins) if applet else None
            found = found or self._handlers.get(command.ins)
        if found is None:
            raise Refusal(0x6D00)
        return found

    def _chained(self, channel: Channel, command: CommandAPDU) -> CommandAPDU | None:
        """The whole command once its last piece is there, None before that.

        A command with another header ends a chain that is not complete, and is carried out itself.
        """
        header = bytes((command.cla & ~CHAINING, command.ins, command.p1, command.p2))
        if not self._capabilities.chaining:
            raise Refusal(0x6884)
        if channel.chain_header != header:
            channel.chain.clear()
        channel.chain_header = header
        if len(channel.chain) + len(command.data) > MAX_CHAIN:
            channel.forget_chain()
            raise Refusal(0x6700)
        channel.chain += command.data
        if command.cla & CHAINING:
            return None
        data = bytes(channel.chain)
        channel.forget_chain()
        return CommandAPDU(header[0], command.ins, command.p1, command.p2, data, command.ne)

    def _table(self, image: CardImage, commit: Callable[[], None]) -> dict[int, Handler]:
        """Instruction byte to handler."""
        scope = Scope(self._files)
        files = FileCommands(self._files, scope, image, commit, byte_protocol=0 in self._protocols)
        records = RecordCommands(files, scope, image, commit)
        pins = PINCommands(PINGuard(image, commit), scope)
        crypto = CryptoCommands(scope, image, self._random)
        return {
            0x20: pins.verify,
            0x22: crypto.manage_environment,
            0x24: pins.change,
            0x2A: crypto.perform,
            0x2C: pins.reset_retry_counter,
            0x2E: pins.logout,
            MANAGE_CHANNEL: self._manage_channel,
            0x84: self._challenge,
            0x86: crypto.general_authenticate,
            0x88: crypto.internal_authenticate,
            0xA4: files.select,
            0xB0: files.read_binary,
            0xB1: files.read_binary_odd,
            0xB2: records.read_record,
            GET_DATA: files.get_data,
            GET_DATA_ODD: files.get_data_odd,
            0xD6: files.update_binary,
            0xD7: files.update_binary_odd,
            0xDC: records.update_record,
            0xE2: records.append_record,
        }

    def _challenge(self, _channel: Channel, command: CommandAPDU) -> Answer:
        """GET CHALLENGE: as many random bytes as Ne says."""
        if command.p1 or command.p2:
            raise Refusal(0x6A86)
        if command.data or not command.ne:
            raise Refusal(0x6700)
        return Answer(self._random(min(command.ne, MAX_ANSWER)))

    def _manage_channel(self, channel: Channel, command: CommandAPDU) -> Answer:
        limit = self._capabilities.channels
        return Answer(manage_channel(self._channels, limit, self._files.default, channel, command))


def _promises(atr: bytes) -> tuple[CardCapabilities, tuple[int, ...]]:
    """Capabilities and transmission protocols that an ATR tells."""
    try:
        parsed = ATR.parse(atr)
    except EncodingError:
        return CardCapabilities(), ()
    return parsed.capabilities, parsed.protocols


def _rest(channel: Channel, command: CommandAPDU) -> Answer:
    """GET RESPONSE: the next bytes of an answer that was longer than Ne."""
    if command.p1 or command.p2:
        raise Refusal(0x6A86)
    if command.data or not command.ne:
        raise Refusal(0x6700)
    if not channel.rest:
        raise Refusal(0x6985)
    rest, channel.rest = channel.rest, b""
    return _fit(channel, command, Answer(rest))


def _fit(channel: Channel, command: CommandAPDU, answer: Answer) -> Answer:
    """An answer of at most Ne bytes; SW 61XX says how many wait for GET RESPONSE (00: 256 or more)."""
    room = min(command.ne, MAX_ANSWER)
    if len(answer.data) <= room:
        return answer
    channel.rest = answer.data[room:]
    return Answer(answer.data[:room], 0x6100 | (len(channel.rest) if len(channel.rest) < 256 else 0))
