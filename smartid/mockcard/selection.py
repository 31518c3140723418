"""The ways in which SELECT finds its target (ISO/IEC 7816-4:2020, 11.2.2, P1)."""

from __future__ import annotations

from collections.abc import Callable

from smartid.iso7816.apdu import CommandAPDU
from smartid.iso7816.files import MF
from smartid.mockcard.answer import Refusal
from smartid.mockcard.channels import Channel
from smartid.mockcard.filesystem import DF, EF, FileSystem


def target(files: FileSystem, channel: Channel, command: CommandAPDU) -> DF | EF:
    """What a SELECT means. Raises Refusal 6A80, 6A82, 6A86."""
    find = _WAYS.get(command.p1)
    if find is None or command.p2 & 0xF0:
        raise Refusal(0x6A86)
    return find(files, channel, command)


def _by_name(files: FileSystem, channel: Channel, command: CommandAPDU) -> DF:
    """P1 = 04. P2 bits 2 and 1: first, last, next or previous application whose name starts so."""
    name = command.data
    if len(name) > 16:
        raise Refusal(0x6A80)
    if not name:
        return files.default
    matches = files.named(name)
    step = command.p2 & 0x03
    here = matches.index(channel.folder) if channel.folder in matches else None
    if step >= 2 and here is not None:
        index = here + (1 if step == 2 else -1)
    else:
        index = 0 if step in (0, 2) else len(matches) - 1
    if not 0 <= index < len(matches):
        raise Refusal(0x6A82)
    return matches[index]


def _by_identifier(_files: FileSystem, channel: Channel, command: CommandAPDU) -> DF | EF:
    """P1 = 00: the MF, a child of the current DF, the DF itself, its parent or a sibling DF."""
    here, file_id = channel.folder, _identifier(command.data or MF.to_bytes(2, "big"))
    if file_id == MF:
        return here.root
    found = here.child(file_id) or next((df for df in here.lineage() if df.file_id == file_id), None)
    if found is None and here.parent:
        found = here.parent.folders.get(file_id)
    return _found(found)


def _child_folder(_files: FileSystem, channel: Channel, command: CommandAPDU) -> DF:
    found = channel.folder.folders.get(_identifier(command.data))
    if found is None:
        raise Refusal(0x6A82)
    return found


def _child_file(_files: FileSystem, channel: Channel, command: CommandAPDU) -> DF | EF:
    return _found(channel.folder.files.get(_identifier(command.data)))


def _parent(_files: FileSystem, channel: Channel, command: CommandAPDU) -> DF | EF:
    if command.data:
        raise Refusal(0x6700)
    return _found(channel.folder.parent)


def _path_from_mf(_files: FileSystem, channel: Channel, command: CommandAPDU) -> DF | EF:
    return _walk(channel.folder.root, command.data)


def _path_from_here(_files: FileSystem, channel: Channel, command: CommandAPDU) -> DF | EF:
    return _walk(channel.folder, command.data)


_WAYS: dict[int, Callable[[FileSystem, Channel, CommandAPDU], DF | EF]] = {
    0x00: _by_identifier,
    0x01: _child_folder,
    0x02: _child_file,
    0x03: _parent,
    0x04: _by_name,
    0x08: _path_from_mf,
    0x09: _path_from_here,
}


def _walk(start: DF, path: bytes) -> DF | EF:
    """Follow identifiers of two bytes each; a leading 3F00 from the MF is allowed."""
    if not path or len(path) % 2:
        raise Refusal(0x6A80)
    steps = [int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2)]
    node: DF | EF | None = start
    for step in steps[1:] if steps[0] == MF else steps:
        node = node.child(step) if isinstance(node, DF) else None
    return _found(node)


def _identifier(data: bytes) -> int:
    if len(data) != 2:
        raise Refusal(0x6A80)
    return int.from_bytes(data, "big")


def _found(node: DF | EF | None) -> DF | EF:
    if node is None:
        raise Refusal(0x6A82)
    return node
