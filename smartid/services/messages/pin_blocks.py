"""PIN blocks: a PIN on its way from the keys of a terminal to whoever verifies it (ISO 9564-1:2017).

::

    format 0   PIN field  0 L P P P P P/F … F F     XOR   0 0 0 0 + 12 digits of the PAN     8 bytes, TDES
    format 3   as 0, with the digit 3 in front and random fill of A to F instead of F
    format 4   PIN field  4 L P P P P P/A … A A + 8 random bytes                            16 bytes, AES
               PAN field  M A A A … 0 0 0 …         (M: digits of the PAN beyond 12)
               E(E(PIN field) XOR PAN field)

L is the number of digits (4 to 12). The 12 digits of the PAN are the rightmost ones without the check digit;
format 4 takes the whole PAN. ISO 9564-1:2017 keeps formats 0 and 3 for what is already in the field.
No error of this module tells a digit of a PIN.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import IntEnum

from smartid.errors import EncodingError, PINFormatError

STANDARD = "ISO 9564-1:2017"
MIN_DIGITS, MAX_DIGITS = 4, 12
Random = Callable[[int], bytes]


class Format(IntEnum):
    """Formats of PIN blocks that are encrypted for a host."""

    ISO_0 = 0
    ISO_3 = 3
    ISO_4 = 4

    @property
    def size(self) -> int:
        """Length of the block, in bytes."""
        return 16 if self is Format.ISO_4 else 8


def encrypt_pin(format_: Format, key: bytes, pin: str, pan: str, *, random: Random = os.urandom) -> bytes:
    """Make the encrypted PIN block.

    key  16 or 24 bytes of TDES for formats 0 and 3; 16, 24 or 32 bytes of AES for format 4

    Raises PINFormatError for a PIN of another length, EncodingError for a PAN that is none.
    """
    _check_pin(pin)
    if format_ is Format.ISO_4:
        return _encrypt_4(key, pin, pan, random(8))
    return tdes_encrypt(key, _xor(_pin_field(format_, pin, random), _pan_12(pan)))


def decrypt_pin(format_: Format, key: bytes, block: bytes, pan: str) -> str:
    """Open an encrypted PIN block.

    Raises EncodingError when it opens to no PIN field of this format: another key, another PAN, or noise.
    """
    if len(block) != format_.size:
        raise EncodingError("PIN block", offset=0, expected=f"{format_.size} bytes", standard=STANDARD)
    if format_ is Format.ISO_4:
        field = _aes(key, _xor(_aes(key, block, forward=False), _pan_field(pan)), forward=False)
    else:
        field = _xor(tdes_decrypt(key, block), _pan_12(pan))
    return _parse(format_, field)


def tdes_encrypt(key: bytes, block: bytes) -> bytes:
    """Encrypt one block of 8 bytes with TDES (16 or 24 bytes of key), or with DES (8 bytes)."""
    return _tdes(key, block, forward=True)


def tdes_decrypt(key: bytes, block: bytes) -> bytes:
    """Decrypt one block of 8 bytes."""
    return _tdes(key, block, forward=False)


def aes_encrypt(key: bytes, block: bytes) -> bytes:
    """Encrypt one block of 16 bytes with AES."""
    return _aes(key, block, forward=True)


def _encrypt_4(key: bytes, pin: str, pan: str, fill: bytes) -> bytes:
    digits = f"4{len(pin):X}{pin}".ljust(16, "A")
    inner = _aes(key, bytes.fromhex(digits) + fill, forward=True)
    return _aes(key, _xor(inner, _pan_field(pan)), forward=True)


def _pin_field(format_: Format, pin: str, random: Random) -> bytes:
    count = 14 - len(pin)
    fill = "F" * count
    if format_ is Format.ISO_3:
        fill = "".join("ABCDEF"[byte % 6] for byte in _even_bytes(count, random))
    return bytes.fromhex(f"{format_.value}{len(pin):X}{pin}{fill}")


def _even_bytes(count: int, random: Random) -> bytes:
    # 252 is the largest multiple of 6 in a byte: what is above it would favour some letters.
    found = b""
    while len(found) < count:
        found += bytes(byte for byte in random(16) if byte < 252)
    return found[:count]


def _pan_12(pan: str) -> bytes:
    _check_pan(pan)
    return bytes.fromhex("0000" + pan[:-1].rjust(12, "0")[-12:])


def _pan_field(pan: str) -> bytes:
    _check_pan(pan)
    digits = pan.rjust(12, "0")
    return bytes.fromhex(f"{len(digits) - 12}{digits}".ljust(32, "0"))


def _parse(format_: Format, field: bytes) -> str:
    text = field.hex().upper()
    length = int(text[1], 16)
    shaped = text[0] == str(format_.value) and MIN_DIGITS <= length <= MAX_DIGITS
    pin, fill = text[2 : 2 + length], text[2 + length : 16]
    letters = {Format.ISO_0: "F", Format.ISO_3: "ABCDEF", Format.ISO_4: "A"}[format_]
    if not shaped or not pin.isdecimal() or fill.strip(letters):
        raise EncodingError("PIN block", offset=0, expected="a PIN field of this format", standard=STANDARD)
    return pin


def _check_pin(pin: str) -> None:
    if not (pin.isascii() and pin.isdecimal() and MIN_DIGITS <= len(pin) <= MAX_DIGITS):
        raise PINFormatError(f"A PIN for a host has {MIN_DIGITS} to {MAX_DIGITS} digits; nothing was sent.")


def _check_pan(pan: str) -> None:
    if not (pan.isascii() and pan.isdecimal() and len(pan) <= 19 and len(pan) > 1):
        raise EncodingError(
            "PAN", offset=0, expected="2 to 19 digits", standard="ISO/IEC 7812-1:2017"
        ) from None


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _aes(key: bytes, block: bytes, *, forward: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    _check_key(key, (16, 24, 32), "AES")
    # One block at a time is what the standard prescribes; nothing longer passes through here.
    cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
    context = cipher.encryptor() if forward else cipher.decryptor()
    return context.update(block) + context.finalize()


def _tdes(key: bytes, block: bytes, *, forward: bool) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers import Cipher, modes  # noqa: PLC0415

    _check_key(key, (8, 16, 24), "TDES")
    whole = {8: key * 3, 16: key + key[:8], 24: key}[len(key)]
    cipher = Cipher(TripleDES(whole), modes.ECB())  # noqa: S305
    context = cipher.encryptor() if forward else cipher.decryptor()
    return context.update(block) + context.finalize()


def _check_key(key: bytes, sizes: tuple[int, ...], name: str) -> None:
    if len(key) not in sizes:
        raise EncodingError(f"{name} key", offset=0, expected=f"one of {sizes} bytes", standard=STANDARD)
