"""The keys of the machine: a PIN goes in, an encrypted PIN block comes out.

A real pad is a device of its own that erases what it used. This one holds its initial key, keeps its counter
in a file, and is for tests and demonstrations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from smartid.crypto import strict_json
from smartid.errors import EncodingError
from smartid.files import write_whole
from smartid.services.messages.dukpt import KSN, InitialKey, KeyType, Usage, next_counter
from smartid.services.messages.pin_blocks import Format, encrypt_pin


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedPIN:
    """A PIN that only the host can open.

    block   ISO 9564-1:2017, format 4
    serial  key serial number, 12 bytes
    """

    block: bytes
    serial: bytes


class PINPad:
    """Encrypts PINs, each under a key of its own (AES DUKPT)."""

    def __init__(self, key: InitialKey, counter: Path) -> None:
        self._key = key
        self._file = counter

    def encrypt(self, pin: str, account: str) -> EncryptedPIN:
        """Encrypt a PIN for an account. Raises PINFormatError; EncodingError when the keys are used up."""
        return self.encrypt_all((pin,), account)[0]

    def encrypt_all(self, pins: tuple[str, ...], account: str) -> tuple[EncryptedPIN, ...]:
        """Encrypt the PINs of one transaction, an old one and a new one, under its one key."""
        counter = self._count()
        key = self._key.working_key(counter, Usage.PIN_ENCRYPTION, KeyType.AES_128)
        serial = KSN(self._key.key_id, counter).encode()
        blocks = (encrypt_pin(Format.ISO_4, key, pin, account) for pin in pins)
        return tuple(EncryptedPIN(block=block, serial=serial) for block in blocks)

    def _count(self) -> int:
        # Written before it is used: no key serves twice, whatever happens.
        last = 0
        if self._file.exists():
            last = _counter(strict_json.parse_object(self._file.read_bytes(), "PIN pad"))
        counter = next_counter(last)
        write_whole(self._file, json.dumps({"counter": counter}).encode())
        return counter


def _counter(members: Mapping[str, object]) -> int:
    """A pad that lost its counter does not begin anew: a key would serve twice. Raises EncodingError."""
    counter = members.get("counter")
    if type(counter) is not int:
        raise EncodingError("PIN pad", offset=0, expected="its counter")
    return counter
