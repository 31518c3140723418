"""The text of a receipt's QR code: the body packed, and its signature.

Text: ``SIR1:`` and base45 (RFC 9285) of

::

    number, time, amount    each: length in 1 byte, big-endian number without leading zeros
    case                    16 bytes
    key                     8 bytes
    previous                32 bytes
    details                 length in 1 byte (0 or 32), SHA-256
    service, verb, state, unit, payee    each: length in 2 bytes, UTF-8
    signature               64 bytes

A receipt of a service's usual names takes about 200 bytes, 310 letters of the alphanumeric mode: a QR code
of version 11 (ISO/IEC 18004:2015) at error correction level M.
"""

from __future__ import annotations

from dataclasses import dataclass

from smartid.services.journal import base45
from smartid.services.journal.body import Body, broken
from smartid.services.spine.states import State

PREFIX = "SIR1:"
MAX_TEXT = 8192
_NUMBERS = ("number", "time", "amount")
_TEXTS = ("service", "verb", "state", "unit", "payee")
_SIGNATURE = 64


def pack(body: Body, signature: bytes) -> str:
    """Write the text of the QR code."""
    parts = [_number(getattr(body, name)) for name in _NUMBERS]
    parts += [bytes.fromhex(body.case + body.key + body.previous)]
    parts += [bytes([len(body.details) // 2]), bytes.fromhex(body.details)]
    parts += [_text(getattr(body, name)) for name in _TEXTS]
    return PREFIX + base45.encode(b"".join(parts) + signature)


def unpack(text: bytes) -> tuple[Body, bytes]:
    """Read the text of a QR code: body and signature, nothing verified. Raises EncodingError."""
    if len(text) > MAX_TEXT or not text.startswith(PREFIX.encode()):
        raise broken("QR code", f"{PREFIX} and at most {MAX_TEXT} letters")
    cursor = _Cursor(base45.decode(text[len(PREFIX) :]))
    number, time, amount = (cursor.number() for _ in _NUMBERS)
    case, key, previous = (cursor.take(size).hex() for size in (16, 8, 32))
    details = cursor.take(cursor.take(1)[0]).hex()
    service, verb, state, unit, payee = (cursor.text() for _ in _TEXTS)
    signature = cursor.take(_SIGNATURE)
    cursor.end()
    if state not in set(State):
        raise broken("state", "a state of a case")
    body = Body(
        amount=amount,
        case=case,
        details=details,
        key=key,
        number=number,
        payee=payee,
        previous=previous,
        service=service,
        state=State(state),
        time=time,
        unit=unit,
        verb=verb,
    )
    return body, signature


def _number(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(data)]) + data


def _text(value: str) -> bytes:
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


@dataclass(slots=True)
class _Cursor:
    data: bytes
    position: int = 0

    def take(self, size: int) -> bytes:
        found = self.data[self.position : self.position + size]
        if len(found) != size:
            raise broken("QR code", f"{size} bytes more at byte {self.position}")
        self.position += size
        return found

    def number(self) -> int:
        data = self.take(self.take(1)[0])
        if len(data) > 7 or data[:1] == b"\0":
            raise broken("QR code", "a number without leading zeros, below 2^53")
        return int.from_bytes(data, "big")

    def text(self) -> str:
        data = self.take(int.from_bytes(self.take(2), "big"))
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise broken("QR code", "UTF-8") from None

    def end(self) -> None:
        if self.position != len(self.data):
            raise broken("QR code", "nothing after the signature")
