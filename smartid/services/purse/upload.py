"""What a terminal brings to the back office, and what it gets for it.

A batch: ``smartid purse batch 1`` and a line feed, then numbers big-endian:

::

    size
      8   module id
      4   number of the batch, from 1
      4   number of the module up to which everything is in it or in batches before
      4   number of records, then each record
      4   number of module numbers that no card ever used, then each (4)
      4   number of payments whose end nobody knows, then each: card id (8), card counter (4), module
          number (4), amount (8), time (4)
     16   AES-CMAC of all before it, under the terminal's key
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass, field

from smartid.errors import EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.services.spine.states import State
from smartid.stored_value.keys import cmac_of, cmac_under
from smartid.stored_value.model import ID_SIZE, RECORD_SIZE

PREFIX = b"smartid purse batch 1\n"
MAX_ITEMS = 100_000
MAC_SIZE = 16
_OPEN = struct.Struct(">8sIIQI")
_STANDARD = "smartid purse batch 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPayment:
    """A payment that went out to a card which never came back: perhaps it paid, perhaps not.

    card_counter  number that the payment gets on the card
    """

    card_id: bytes
    card_counter: int
    module_counter: int
    amount: int
    time: int

    def encode(self) -> bytes:
        """28 bytes."""
        return _OPEN.pack(self.card_id, self.card_counter, self.module_counter, self.amount, self.time)

    @classmethod
    def parse(cls, data: bytes) -> OpenPayment:
        """Read 28 bytes. Raises EncodingError."""
        if len(data) != _OPEN.size:
            raise _broken(0, f"{_OPEN.size} bytes")
        card, counter, module, amount, time = _OPEN.unpack(data)
        return cls(card_id=card, card_counter=counter, module_counter=module, amount=amount, time=time)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalBatch:
    """Records of one terminal, in the order in which they were made.

    upto    number of the module up to which everything is in it, in batches before, or among the open ones
    unused  numbers that the module spent and no card used
    open    payments of which the terminal does not know whether the card paid
    """

    module_id: bytes
    number: int
    upto: int
    records: tuple[bytes, ...] = ()
    unused: tuple[int, ...] = ()
    open: tuple[OpenPayment, ...] = ()

    def seal(self, key: bytes) -> bytes:
        """Give the message with its MAC. ``key``: 16 bytes, the terminal's."""
        body = self.encode()
        return body + _mac(key, body)

    def encode(self) -> bytes:
        """Give the message without the MAC."""
        return b"".join(
            [
                PREFIX,
                self.module_id,
                struct.pack(">III", self.number, self.upto, len(self.records)),
                *self.records,
                struct.pack(f">I{len(self.unused)}I", len(self.unused), *self.unused),
                struct.pack(">I", len(self.open)),
                *(item.encode() for item in self.open),
            ]
        )

    @classmethod
    def module_of(cls, message: bytes) -> bytes:
        """Say whose batch it claims to be. Raises EncodingError."""
        if len(message) < len(PREFIX) + ID_SIZE or not message.startswith(PREFIX):
            raise _broken(0, "a batch of a terminal")
        return message[len(PREFIX) : len(PREFIX) + ID_SIZE]

    @classmethod
    def unseal(cls, message: bytes, key: bytes) -> TerminalBatch:
        """Check the MAC and read. Raises Refused (bad_proof), EncodingError."""
        body, mac = message[:-MAC_SIZE], message[-MAC_SIZE:]
        if not hmac.compare_digest(_mac(key, body), mac):
            raise Refused("The batch is not of this terminal, or was changed.", reason=Reason.BAD_PROOF)
        return cls.parse(body)

    @classmethod
    def parse(cls, body: bytes) -> TerminalBatch:
        """Read what ``encode`` wrote. Raises EncodingError."""
        cls.module_of(body)
        reader = _Reader(body, len(PREFIX))
        module_id, number, upto = reader.take(ID_SIZE), reader.number(), reader.number()
        records = tuple(reader.take(RECORD_SIZE) for _ in range(reader.count(RECORD_SIZE)))
        unused = tuple(reader.number() for _ in range(reader.count(4)))
        open_ = tuple(OpenPayment.parse(reader.take(_OPEN.size)) for _ in range(reader.count(_OPEN.size)))
        reader.end()
        return cls(module_id=module_id, number=number, upto=upto, records=records, unused=unused, open=open_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The back office has it: the terminal may forget the records of this batch.

    states    what became of each record
    replayed  the batch was taken before
    """

    module_id: bytes
    number: int
    states: tuple[State, ...] = field(default=())
    replayed: bool = False


@dataclass(slots=True)
class _Reader:
    data: bytes
    offset: int

    def take(self, size: int) -> bytes:
        found = self.data[self.offset : self.offset + size]
        if len(found) != size:
            raise _broken(self.offset, f"{size} more bytes")
        self.offset += size
        return found

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def count(self, size: int) -> int:
        """Read how many items of this size follow, no more than there is room for."""
        at, count = self.offset, self.number()
        if count > MAX_ITEMS or count * size > len(self.data) - self.offset:
            raise _broken(at, "a number of items that are there")
        return count

    def end(self) -> None:
        if self.offset != len(self.data):
            raise _broken(self.offset, "the end")


def _mac(key: bytes, body: bytes) -> bytes:
    return cmac_of(cmac_under(key), body)


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("batch of a terminal", offset=offset, expected=expected, standard=_STANDARD)
