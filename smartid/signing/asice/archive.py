"""The ZIP file under an ASiC-E container, read strictly (ETSI EN 319 162-1 V1.1.1 (2016-04), annex A).

Whatever lets two programs see two containers in one file is refused: names twice, entries that overlap or
leave room between them, lengths and methods that differ between an entry and the directory, second names,
comments, names that leave the container, encryption; and whatever lets a small file become a big one.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime

from smartid.errors import EncodingError

STANDARD = "ETSI EN 319 162-1 V1.1.1"
MIME_TYPE = b"application/vnd.etsi.asic-e+zip"
MIME_TYPE_NAME = "mimetype"

MAX_LENGTH = 256 << 20
"""Longest container that is read, in bytes; also the most that its entries may have together."""
MAX_ENTRIES = 1024
MAX_RATIO = 1000
"""How many times longer an entry may become; honest text stays under this."""
MAX_NAME = 1024

_LOCAL_HEADER = 30
_DESCRIBED_BEHIND = 0x8
_DESCRIPTORS = {12, 16, 20, 24}
"""Lengths of the data descriptor behind an entry, with or without its mark, with 4 or 8 bytes a number."""
_END_RECORD = 22
_UNICODE_NAME = 0x7075
"""Extra field with another name of the entry (APPNOTE.TXT 6.3.10, 4.6.9)."""
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_TELLING = _ENCRYPTED | _DESCRIBED_BEHIND | 0x800
"""Flags that change how an entry or its name is read."""
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # NotImplementedError of an unknown method is one
    ValueError,
    LookupError,
    OverflowError,
)
"""What ``zipfile`` raises on broken input."""


def is_container(data: bytes) -> bool:
    """Tell whether bytes begin as an ASiC-E container does."""
    name, mark = MIME_TYPE_NAME.encode(), b"PK\x03\x04"
    start = data[: _LOCAL_HEADER + len(name) + len(MIME_TYPE)]
    return start.startswith(mark) and start.endswith(name + MIME_TYPE)


def read_entries(data: bytes) -> dict[str, bytes]:
    """Read every file of a container by its name; folders are left out. Raises EncodingError."""
    if not is_container(data) or len(data) > MAX_LENGTH:
        raise broken("a ZIP file of sane length that begins with the entry mimetype of ASiC-E, stored")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if archive.comment or not data.startswith(b"PK\x05\x06", len(data) - _END_RECORD):
                raise broken("nothing behind the directory, and no comment")
            _require_sane(infos)
            _require_contiguous(data, infos, archive.start_dir)
            return {info.filename: archive.read(info) for info in infos if not info.is_dir()}
    except _ERRORS as error:
        raise broken("a ZIP file that can be read") from error


def _require_sane(infos: list[zipfile.ZipInfo]) -> None:
    names = {info.filename.casefold() for info in infos}
    if not 1 <= len(infos) <= MAX_ENTRIES or len(names) != len(infos):
        raise broken(f"1 to {MAX_ENTRIES} entries of different names")
    if sum(info.file_size for info in infos) > MAX_LENGTH:
        raise broken(f"entries of at most {MAX_LENGTH} bytes together")
    for info in infos:
        _require_sane_entry(info)


def _require_contiguous(data: bytes, infos: list[zipfile.ZipInfo], end: int) -> None:
    """See that the entries fill the file from its beginning to the directory, ``mimetype`` first."""
    placed = sorted(infos, key=lambda info: info.header_offset)
    if placed[0].header_offset or placed[0].filename != MIME_TYPE_NAME:
        raise broken("the entry mimetype at the beginning")
    starts = [info.header_offset for info in placed[1:]]
    for info, following in zip(placed, [*starts, end], strict=True):
        name, extra = _local_lengths(data, info)
        room = following - (info.header_offset + _LOCAL_HEADER + name + extra + info.compress_size)
        if room not in (_DESCRIPTORS if info.flag_bits & _DESCRIBED_BEHIND else {0}):
            raise broken("entries that do not overlap and leave no room between them")
        start = info.header_offset + _LOCAL_HEADER + name
        _require_one_name(data[start : start + extra])
        _require_one_name(info.extra)


def _local_lengths(data: bytes, info: zipfile.ZipInfo) -> tuple[int, int]:
    """Give the lengths of name and extra field of an entry whose header is as the directory says.

    Programs that read from the beginning know no directory, and would unpack what else the header says.
    """
    flags, method, crc, packed, size, name, extra = struct.unpack_from(
        "<HH4xIIIHH", data, info.header_offset + 6
    )
    if (flags ^ info.flag_bits) & _TELLING or method != info.compress_type:
        raise broken("the same method and flags in an entry and in the directory")
    described = bool(flags & _DESCRIBED_BEHIND) and not any((crc, packed, size))
    if not described and (crc, packed, size) != (info.CRC, info.compress_size, info.file_size):
        raise broken("the same lengths in an entry and in the directory")
    return name, extra


def _require_one_name(extra: bytes) -> None:
    """Refuse a second name of an entry, which some programs show in the place of the first."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _UNICODE_NAME:
            raise broken("one name for each entry")
        at += 4 + length


def _require_sane_entry(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise broken("entries that are stored or deflated, and not encrypted")
    if info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise broken(f"entries that become at most {MAX_RATIO} times longer")
    if not is_safe_name(info.filename.removesuffix("/")):
        raise broken("names of entries inside of the container")


def is_safe_name(name: str) -> bool:
    """Tell whether a name stays inside of the container and can be printed."""
    parts = name.split("/")
    return (
        0 < len(name) <= MAX_NAME
        and not set(parts) & {"", ".", ".."}
        and not set(name) & set('\\:*?"<>|')
        and all(char.isprintable() or char == "\u200c" for char in name)
    )


def new_container(entries: dict[str, bytes], at: datetime) -> bytes:
    """Write a container: the entry mimetype first, stored and without extra field, then the entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        mimetype = _info(MIME_TYPE_NAME, at)
        mimetype.compress_type = zipfile.ZIP_STORED
        archive.writestr(mimetype, MIME_TYPE)
        for name, content in entries.items():
            archive.writestr(_info(name, at), content)
    return stream.getvalue()


def with_entry(data: bytes, name: str, content: bytes, at: datetime) -> bytes:
    """Add an entry to a container; the bytes of the others stay where they are. Raises EncodingError."""
    stream = io.BytesIO(data)
    try:
        with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_info(name, at), content)
    except _ERRORS as error:
        raise broken("a ZIP file that can be added to") from error
    return stream.getvalue()


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
    time = at.astimezone(UTC)
    info = zipfile.ZipInfo(
        name, (max(time.year, 1980), time.month, time.day, time.hour, time.minute, time.second)
    )
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def broken(expected: str) -> EncodingError:
    """The error for a container that is not built as it has to be."""
    return EncodingError("ASiC-E container", offset=0, expected=expected, standard=STANDARD)
