"""What a pump without a line keeps of a fill and the station sends in.

::

    at   size
      0     1   version, 01
      1     1   01: a return follows; 00: none, or nobody knows
      2     2   number of the pump
      4     4   millilitres of quota that flowed, by the meter
      8     4   millilitres beyond the quota, at the open price
     12   113   the card's record of the debit (stored value, docs/reference/purse.md)
    125   113   the card's record of the return, when there is one

Whole numbers are unsigned and big-endian. The card's own codes (TAC) stand for what was taken and given back;
the meter is the station's word. Of the quota it can only say less than was taken. What it says of fuel beyond
the quota nothing proves. The collector takes that only where the rules sell it, after all that was taken
flowed, and up to what one fill may be. The driver paid for it, and the state does not.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from smartid.errors import EncodingError
from smartid.stored_value.model import RECORD_SIZE, Kind, Record, Verb

_HEAD = struct.Struct(">BBHII")
_VERSION = 1
_STANDARD = "smartid fill log 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FillLog:
    """One fill. ``given_back`` is None where nothing came back, or nobody knows whether it did."""

    pump: int
    flowed: int
    beyond: int
    debit: Record
    given_back: Record | None = None

    @property
    def taken(self) -> int:
        """Millilitres that the card gave."""
        return self.debit.total

    @property
    def returned(self) -> int:
        """Millilitres that the card has again."""
        return self.given_back.total if self.given_back else 0

    @property
    def owed(self) -> int:
        """Millilitres that were taken, did not flow and are not on the card again as far as is known."""
        return self.taken - self.returned - self.flowed

    def encode(self) -> bytes:
        """The bytes."""
        head = _HEAD.pack(_VERSION, self.given_back is not None, self.pump, self.flowed, self.beyond)
        return head + self.debit.encode() + (self.given_back.encode() if self.given_back else b"")

    @classmethod
    def parse(cls, data: bytes) -> FillLog:
        """Read a log strictly; its codes are another question. Raises EncodingError."""
        if len(data) < _HEAD.size:
            raise _broken(len(data), f"at least {_HEAD.size} bytes")
        version, flag, pump, flowed, beyond = _HEAD.unpack_from(data)
        if version != _VERSION or flag not in (0, 1):
            raise _broken(0, "version 01 and flag 00 or 01")
        if len(data) != _HEAD.size + RECORD_SIZE * (1 + flag):
            raise _broken(len(data), "one record, or two with flag 01")
        debit = Record.parse(data[_HEAD.size : _HEAD.size + RECORD_SIZE])
        back = Record.parse(data[_HEAD.size + RECORD_SIZE :]) if flag else None
        found = cls(pump=pump, flowed=flowed, beyond=beyond, debit=debit, given_back=back)
        _check(found)
        return found


def _check(log: FillLog) -> None:
    if log.debit.application is not Kind.FUEL or log.debit.verb is not Verb.DEBIT:
        raise _broken(_HEAD.size, "a debit of a fuel card")
    back = log.given_back
    if back is not None and not (
        back.verb is Verb.RETURN
        and back.card_id == log.debit.card_id
        and back.module_id == log.debit.module_id
        and back.of_counter == log.debit.counter
        and back.counter == log.debit.counter + 1
    ):
        raise _broken(_HEAD.size + RECORD_SIZE, "the return of that debit")
    if log.owed < 0:
        raise _broken(4, "no more than was taken")


def _broken(offset: int, expected: str) -> EncodingError:
    return EncodingError("fill log", offset=offset, expected=expected, standard=_STANDARD)
