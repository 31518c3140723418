"""Certificates of people in files, and a folder that says which account each of them is for."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from smartid.errors import EncodingError
from smartid.trust.pem import certificates_in_pem, is_pem

MAX_FILE = 1 << 20
"""Longest file of certificates that is read, in bytes."""
MAX_FILES = 4096
"""Most files of one folder that are read."""
MAX_CERTIFICATES = 64
"""Most certificates in one file."""
SUFFIXES = (".pem", ".crt", ".cer", ".der")

_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def certificates_in(data: bytes) -> tuple[bytes, ...]:
    """Give each certificate, DER, of a file in PEM or DER. Raises EncodingError."""
    if not is_pem(data):
        if not data.startswith(b"\x30"):
            raise _broken("certificate", "PEM or DER")
        return (data,)
    found = tuple(certificates_in_pem(data))
    if not 0 < len(found) <= MAX_CERTIFICATES:
        raise _broken("PEM", f"1 to {MAX_CERTIFICATES} certificates")
    return found


def read_certificates(file: Path, *, guarded: bool = False) -> tuple[bytes, ...]:
    """Give the certificates, DER, in a file.

    guarded  refuse a file that others than its owner may write

    Raises EncodingError, also for a file that cannot be read, is too long or is no regular file.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - a pipe must not be waited for
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise _broken(str(file), "a regular file")
            if guarded:
                _require_guarded(file, mode)
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise _broken(str(file), f"a file that can be read ({error.strerror})") from error
    if len(data) > MAX_FILE:
        raise _broken(str(file), f"at most {MAX_FILE} bytes")
    return certificates_in(data)


def files_below(folder: Path) -> tuple[Path, ...]:
    """Name the certificate files in a folder, in order. Raises EncodingError."""
    try:
        names = sorted(item for item in folder.iterdir() if item.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise _broken(str(folder), f"a folder that can be read ({error.strerror})") from error
    if len(names) > MAX_FILES:
        raise _broken(str(folder), f"at most {MAX_FILES} files of certificates")
    return tuple(names)


def files_of_account(folder: Path, account: str) -> Iterator[Path]:
    """Name the files with the certificates of an account: ``NAME.pem`` (.crt, .cer, .der) and ``NAME/*``.

    A name is no pattern: ``ali`` has no part in ``ali.reza.pem`` or ``alireza.pem``.

    Raises EncodingError for a name that is none (letters, digits and ``_ . - @``, not beginning with a dot, a
    dash or an at sign, up to 64), for folders that others than their owners may write, and for a folder
    that may not be searched, where every file would seem to be absent.
    """
    if not _ACCOUNT.fullmatch(account):
        raise _broken("account", "letters, digits, and _ . - @ behind the first")
    own = folder / account
    _require_guarded(folder, _mode_of(folder))
    if not os.access(folder, os.X_OK):
        raise _broken(str(folder), "a folder that this account may search (chmod go+x)")
    beside = (folder / f"{account}{suffix}" for suffix in SUFFIXES)
    yield from (file for file in beside if os.path.lexists(file))
    if own.is_dir():
        _require_guarded(own, _mode_of(own))
        yield from files_below(own)


def _mode_of(folder: Path) -> int:
    try:
        return folder.stat().st_mode
    except OSError as error:
        raise _broken(str(folder), f"a folder that can be read ({error.strerror})") from error


def _require_guarded(path: Path, mode: int) -> None:
    if mode & _WRITABLE_BY_OTHERS:
        raise _broken(str(path), "nobody but the owner may write it (chmod go-w)")


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected)
