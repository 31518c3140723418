"""READ, UPDATE and APPEND RECORD (ISO/IEC 7816-4:2020, 11.4). Record 1 of a cyclic file is the newest."""

from __future__ import annotations

from collections.abc import Callable

from smartid.iso7816.apdu import CommandAPDU
from smartid.iso7816.files import Structure
from smartid.mockcard.answer import DONE, Answer, Refusal
from smartid.mockcard.channels import Channel
from smartid.mockcard.file_commands import MAX_ANSWER, FileCommands
from smartid.mockcard.filesystem import EF
from smartid.mockcard.image import CardImage
from smartid.mockcard.scope import Scope
from smartid.profiles.base import FileSpec

MAX_RECORDS = 254
MAX_RECORD = 4096
"""Longest record that can be written, in bytes."""


class RecordCommands:
    """The commands on files of records."""

    def __init__(
        self, files: FileCommands, scope: Scope, image: CardImage, commit: Callable[[], None]
    ) -> None:
        self._files = files
        self._scope = scope
        self._image = image
        self._commit = commit

    def read_record(self, channel: Channel, command: CommandAPDU) -> Answer:
        """READ RECORD: bits 3 to 1 of P2 say which.

        ::

            000 first   001 last   010 next   011 previous    P1 = 00
            100 record number P1 (00: the current one)        101 all records from P1 on
        """
        spec, records = self._addressed(channel, command)
        self._scope.require(channel, spec.read)
        if command.data or not command.ne:
            raise Refusal(0x6700)
        number = _number(command, channel.record, len(records))
        if command.p2 & 0x07 == 0x05:
            return Answer(b"".join(records[number - 1 :])[:MAX_ANSWER])
        channel.record = number
        return Answer(records[number - 1])

    def update_record(self, channel: Channel, command: CommandAPDU) -> Answer:
        """UPDATE RECORD number P1, or of a cyclic file "previous" (P2 bits 011): the new record 1."""
        spec, records = self._addressed(channel, command)
        self._scope.require(channel, spec.update)
        if spec.structure is Structure.CYCLIC and command.p2 & 0x07 == 0x03 and not command.p1:
            return self._renew(channel, records, command.data)
        if command.p2 & 0x07 != 0x04:
            raise Refusal(0x6A86)
        number = _number(command, channel.record, len(records))
        _check_length(spec, records, command.data)
        records[number - 1] = command.data
        channel.record = number
        self._commit()
        return DONE

    def append_record(self, channel: Channel, command: CommandAPDU) -> Answer:
        """APPEND RECORD: behind the last one; in a cyclic file as the first, and the oldest is lost."""
        spec, records = self._addressed(channel, command)
        self._scope.require(channel, spec.update)
        if command.p1 or command.p2 & 0x07:
            raise Refusal(0x6A86)
        if spec.structure is Structure.CYCLIC:
            return self._renew(channel, records, command.data)
        _check_length(spec, records, command.data)
        if len(records) >= MAX_RECORDS:
            raise Refusal(0x6A84)
        records.append(command.data)
        channel.record = len(records)
        self._commit()
        return DONE

    def _renew(self, channel: Channel, records: list[bytes], data: bytes) -> Answer:
        if not records or len(data) != len(records[0]):
            raise Refusal(0x6700)
        records.insert(0, data)
        records.pop()
        channel.record = 1
        self._commit()
        return DONE

    def _addressed(self, channel: Channel, command: CommandAPDU) -> tuple[FileSpec, list[bytes]]:
        short_id = command.p2 >> 3
        file = self._files.by_short_id(channel, short_id) if short_id else channel.file
        if file is None:
            raise Refusal(0x6986)
        return self._records(file)

    def _records(self, file: EF) -> tuple[FileSpec, list[bytes]]:
        content = self._image.files.get(file.name)
        if file.spec is None or not isinstance(content, list):
            raise Refusal(0x6981)
        return file.spec, content


def _number(command: CommandAPDU, current: int, count: int) -> int:
    mode = command.p2 & 0x07
    if mode > 0x05 or (mode < 0x04 and command.p1):
        raise Refusal(0x6A86)
    numbers = (
        1,
        count,
        current + 1,
        current - 1 if current else count,
        command.p1 or current,
        command.p1 or 1,
    )
    number = numbers[mode]
    if not 1 <= number <= count:
        raise Refusal(0x6A83)
    return number


def _check_length(spec: FileSpec, records: list[bytes], data: bytes) -> None:
    fixed = len(records[0]) if records and spec.structure is not Structure.LINEAR_VARIABLE else len(data)
    if not data or len(data) != fixed or len(data) > MAX_RECORD:
        raise Refusal(0x6700)
