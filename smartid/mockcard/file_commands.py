"""SELECT, READ BINARY, UPDATE BINARY and GET DATA (ISO/IEC 7816-4:2020, 11.2, 11.3 and 11.5).

Where the standard leaves a choice, the card does what most cards do: an Le of 00 or 0000 means "as many bytes
as there are" and ends with 9000; an exact Ne beyond the end of the file ends with 6282; an offset at or
beyond the end is 6B00; writing beyond the end is 6A84, because files do not grow.
"""

from __future__ import annotations

from collections.abc import Callable

from smartid.errors import EncodingError
from smartid.iso7816 import tlv
from smartid.iso7816.apdu import EXTENDED_RESPONSE, SHORT_RESPONSE, CommandAPDU
from smartid.iso7816.files import Structure
from smartid.mockcard import selection
from smartid.mockcard.answer import DONE, Answer, Refusal
from smartid.mockcard.channels import Channel
from smartid.mockcard.filesystem import DF, EF, FileSystem
from smartid.mockcard.image import CardImage
from smartid.mockcard.scope import Scope
from smartid.profiles.base import FileSpec

MAX_ANSWER = 65_533
"""Longest response data field, in bytes: with its status word it fills a frame of 65,535."""
ALL = frozenset({SHORT_RESPONSE, EXTENDED_RESPONSE})
_TEMPLATES = {0x00: 0x6F, 0x04: 0x62}


class FileCommands:
    """The commands on files without records, and on data objects."""

    def __init__(
        self,
        files: FileSystem,
        scope: Scope,
        image: CardImage,
        commit: Callable[[], None],
        *,
        byte_protocol: bool = False,
    ) -> None:
        self._byte_protocol = byte_protocol
        self._files = files
        self._scope = scope
        self._image = image
        self._commit = commit
        self._controls: dict[tuple[int, int], bytes] = {}

    def select(self, channel: Channel, command: CommandAPDU) -> Answer:
        """SELECT by name, identifier or path.

        Without Le it answers 9000 alone, but over T=0, where a case 4 command has none, 61XX. Over the air an
        application that wants PACE or BAC first answers 6982, as passports do.
        """
        target = selection.target(self._files, channel, command)
        if self._files.locked(target if isinstance(target, DF) else target.parent):
            raise Refusal(0x6982)
        template = command.p2 & 0x0C
        wanted = template != 0x0C and (command.ne or self._byte_protocol)
        answer = self._control(target, template) if wanted else b""
        if isinstance(target, DF):
            channel.enter(target)
        else:
            channel.enter(target.parent, target)
        return Answer(answer)

    def _control(self, node: DF | EF, template: int) -> bytes:
        if template == 0x08:
            return b"\x64\x00"
        content = self._image.files.get(node.name, b"") if isinstance(node, EF) and node.spec else b""
        records = None if isinstance(content, bytes) else content
        size = sum(map(len, content)) if isinstance(content, list) else len(content)
        key = (id(node), template)
        if records is not None or key not in self._controls:
            self._controls[key] = self._files.control(node, size, records).encode(_TEMPLATES[template])
        return self._controls[key]

    def read_binary(self, channel: Channel, command: CommandAPDU) -> Answer:
        """READ BINARY, even instruction: offset in P1-P2, or short identifier in P1 and offset in P2."""
        spec, content, offset = self._addressed(channel, command)
        self._scope.require(channel, spec.read)
        return _slice(content, offset, command.ne)

    def read_binary_odd(self, channel: Channel, command: CommandAPDU) -> Answer:
        """READ BINARY, odd instruction: offset in a data object 54; the answer is a data object 53."""
        file = self._by_p1p2(channel, command)
        spec, content = self._transparent(file)
        self._scope.require(channel, spec.read)
        offset, rest = _offset_object(command.data)
        if rest or not command.ne:
            raise Refusal(0x6A80)
        part, sw = _slice(content, offset, _room(min(command.ne, MAX_ANSWER)))
        return Answer(tlv.encode(0x53, part), 0x9000 if command.ne in ALL else sw)

    def update_binary(self, channel: Channel, command: CommandAPDU) -> Answer:
        """UPDATE BINARY, even instruction."""
        spec, content, offset = self._addressed(channel, command)
        return self._write(channel, spec, content, offset, command.data)

    def update_binary_odd(self, channel: Channel, command: CommandAPDU) -> Answer:
        """UPDATE BINARY, odd instruction: offset in a data object 54, bytes in a data object 53."""
        spec, content = self._transparent(self._by_p1p2(channel, command))
        offset, rest = _offset_object(command.data)
        try:
            data = tlv.parse_one(rest, 0x53).value
        except EncodingError:
            raise Refusal(0x6A80) from None
        return self._write(channel, spec, content, offset, data)

    def _write(self, channel: Channel, spec: FileSpec, content: bytes, offset: int, data: bytes) -> Answer:
        self._scope.require(channel, spec.update)
        if not data:
            raise Refusal(0x6700)
        if offset + len(data) > len(content):
            raise Refusal(0x6A84)
        self._image.files[spec.name] = content[:offset] + data + content[offset + len(data) :]
        self._commit()
        return DONE

    def _addressed(self, channel: Channel, command: CommandAPDU) -> tuple[FileSpec, bytes, int]:
        """File, content and offset in bytes of an even instruction."""
        if command.p1 & 0x80:
            file = self.by_short_id(channel, command.p1 & 0x1F) if not command.p1 & 0x60 else None
            offset = command.p2
        else:
            file, offset = channel.file, command.p1 << 8 | command.p2
            if file is None:
                raise Refusal(0x6986)
        if file is None:
            raise Refusal(0x6A86)
        spec, content = self._transparent(file)
        return spec, content, offset * spec.unit

    def _transparent(self, file: EF) -> tuple[FileSpec, bytes]:
        if file.spec is None or file.structure is not Structure.TRANSPARENT:
            raise Refusal(0x6981)
        content = self._image.files.get(file.name, b"")
        if not isinstance(content, bytes):
            raise Refusal(0x6981)
        return file.spec, content

    def _by_p1p2(self, channel: Channel, command: CommandAPDU) -> EF:
        """The file that P1-P2 names: 0 the current one, 1 to 30 by short identifier, else by identifier."""
        number = command.p1 << 8 | command.p2
        if 1 <= number <= 30:
            return self.by_short_id(channel, number)
        file = channel.folder.files.get(number) if number else channel.file
        if file is None:
            raise Refusal(0x6A82 if number else 0x6986)
        channel.file = file
        return file

    def by_short_id(self, channel: Channel, short_id: int) -> EF:
        """The EF of a short identifier in the current DF, which becomes current. Raises Refusal 6A82."""
        file = channel.folder.short_ids.get(short_id)
        if file is None:
            raise Refusal(0x6A82)
        if file is not channel.file:
            channel.file, channel.record = file, 0
        return file

    def get_data(self, channel: Channel, command: CommandAPDU) -> Answer:
        """GET DATA, even instruction: tag in P1-P2."""
        if command.data:
            raise Refusal(0x6700)
        return Answer(self._object(channel, command.cla, command.p1 << 8 | command.p2))

    def get_data_odd(self, channel: Channel, command: CommandAPDU) -> Answer:
        """GET DATA, odd instruction: tag list 5C in the data field, current DF (3FFF or 0000) in P1-P2."""
        if command.p1 << 8 | command.p2 not in (0x3FFF, 0x0000):
            raise Refusal(0x6A86)
        try:
            tags = tlv.parse_one(command.data, 0x5C).value
        except EncodingError:
            raise Refusal(0x6A80) from None
        return Answer(b"".join(self._object(channel, command.cla, tag) for tag in _tags(tags)))

    def _object(self, channel: Channel, cla: int, tag: int) -> bytes:
        for application in self._scope.applications(channel):
            for item in application.data_objects:
                if (
                    item.tag == tag
                    and item.cla & 0x80 == cla & 0x80
                    and item.name in self._image.data_objects
                ):
                    self._scope.require(channel, item.read)
                    return self._image.data_objects[item.name]
        raise Refusal(0x6A88)


def _slice(content: bytes, offset: int, ne: int) -> Answer:
    if not ne:
        raise Refusal(0x6700)
    if offset >= len(content) and (offset or content):
        raise Refusal(0x6B00)
    data = content[offset : offset + min(ne, MAX_ANSWER)]
    return Answer(data, 0x6282 if len(data) < ne and ne not in ALL else 0x9000)


def _room(ne: int) -> int:
    """How many bytes fit in a data object 53 of at most ``ne`` bytes; at least one."""
    fits = (ne - header for header, most in ((2, 0x7F), (3, 0xFF), (4, 0xFFFF)) if ne - header <= most)
    return max(next(fits, 1), 1)


def _offset_object(data: bytes) -> tuple[int, bytes]:
    """Value of the data object 54 at the start, and what follows it."""
    try:
        tag, header, length = tlv.read_header(data)
    except EncodingError:
        raise Refusal(0x6A80) from None
    end = header + length
    if tag != 0x54 or not 1 <= length <= 4 or end > len(data):
        raise Refusal(0x6A80)
    return int.from_bytes(data[header:end], "big"), data[end:]


def _tags(field: bytes) -> list[int]:
    tags: list[int] = []
    at = 0
    try:
        while at < len(field):
            # A tag list has no lengths: each tag is read as an empty object.
            tag, header, _ = tlv.read_header(field[at : at + 3] + b"\x00")
            tags.append(tag)
            at += (tag.bit_length() + 7) // 8 or header
    except EncodingError:
        raise Refusal(0x6A80) from None
    if not tags or len(tags) > 16:
        raise Refusal(0x6A80)
    return tags
