"""The record of one transaction: what the card wrote, the terminal keeps, and the issuer collects.

Records are tuples: the issuer reads a hundred thousand of them in a second.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from smartid.stored_value.terms import (
    MAC_SIZE,
    MAX_AMOUNT,
    MAX_LINES,
    MAX_SLOTS,
    VERSION,
    Kind,
    Line,
    Verb,
    broken,
)


class Movement(NamedTuple):
    """A line of a record: what moved, and the balance of the slot after it."""

    slot: int
    amount: int
    balance: int


_RECORD = struct.Struct(">BBBB8sI8sIIIB" + "BQQ" * MAX_LINES + "8s")
RECORD_SIZE = _RECORD.size
"""113 bytes."""
BODY_SIZE = RECORD_SIZE - MAC_SIZE
"""What the TAC is made over: the record without it."""
_LINES_AT = 37
_LINE_SIZE = 17
_KINDS = {int(kind): kind for kind in Kind}
_VERBS = {int(verb): verb for verb in (Verb.LOAD, Verb.DEBIT, Verb.RETURN, Verb.UNLOAD)}
_RETURN = int(Verb.RETURN)
_LINE_ENDS = tuple(_LINES_AT + _LINE_SIZE * count for count in range(MAX_LINES + 1))
_REST = tuple(bytes(BODY_SIZE - end) for end in _LINE_ENDS)


class Record(NamedTuple):
    """One transaction as the card wrote it: what the terminal keeps and the issuer collects.

    ::

        at  size
         0   1   version, 01
         1   1   application: 01 purse, 02 fuel
         2   1   verb: 01 load, 02 debit, 03 return, 04 unload
         3   1   key version
         4   8   card id
        12   4   counter of the card: of loads and unloads for these, of debits and returns for those
        16   8   module id
        24   4   counter of the module
        28   4   time
        32   4   counter of the debit that is returned, 0 for the other verbs
        36   1   number of lines, 1 to 4
        37  17   each of four lines: slot (1), amount (8), balance after (8); zeros where there is none
       105   8   TAC: CMAC under a key that only card and issuer have

    ``lines`` are the movements, ``movements`` the same with the balances after them.
    """

    application: Kind
    verb: Verb
    key_version: int
    card_id: bytes
    counter: int
    module_id: bytes
    module_counter: int
    time: int
    of_counter: int
    movements: tuple[Movement, ...]
    tac: bytes

    @property
    def lines(self) -> tuple[Line, ...]:
        """The movements."""
        return tuple(Line(move.slot, move.amount) for move in self.movements)

    @property
    def total(self) -> int:
        """Sum of the lines."""
        moves = self.movements
        return moves[0].amount if len(moves) == 1 else sum(move.amount for move in moves)

    @property
    def when(self) -> datetime:
        """The time of the terminal, in UTC."""
        return datetime.fromtimestamp(self.time, UTC)

    def body(self) -> bytes:
        """Everything but the TAC, 105 bytes."""
        return self.encode()[:BODY_SIZE]

    def encode(self) -> bytes:
        """The 113 bytes."""
        numbers: list[int] = []
        for move in self.movements:
            numbers += (move.slot, move.amount, move.balance)
        numbers += [0] * (3 * MAX_LINES - len(numbers))
        return _RECORD.pack(
            VERSION,
            self.application,
            self.verb,
            self.key_version,
            self.card_id,
            self.counter,
            self.module_id,
            self.module_counter,
            self.time,
            self.of_counter,
            len(self.movements),
            *numbers,
            self.tac,
        )

    @classmethod
    def parse(cls, data: bytes) -> Record:
        """Read a record strictly; whether its TAC is right is another question. Raises EncodingError."""
        if len(data) != RECORD_SIZE:
            raise broken("record", 0, f"{RECORD_SIZE} bytes")
        version, kind, verb, key, card, counter, module, number, time, of_counter, count, *lines, tac = (
            _RECORD.unpack(data)
        )
        if version != VERSION or kind not in _KINDS or verb not in _VERBS:
            raise broken("record", 0, "version, application and verb that are known")
        if not counter or (verb == _RETURN) != (of_counter != 0):
            raise broken("record", 12, "a counter from 1, and that of a debit in returns only")
        if not 1 <= count <= MAX_LINES or not data[_LINE_ENDS[count] : BODY_SIZE] == _REST[count]:
            raise broken("record", 36, "one to four lines and zeros after them")
        moves = _movements(lines, count)
        return cls._make(
            (_KINDS[kind], _VERBS[verb], key, card, counter, module, number, time, of_counter, moves, tac)
        )


def _movements(numbers: Sequence[int], count: int) -> tuple[Movement, ...]:
    found = tuple([Movement._make(numbers[at : at + 3]) for at in range(0, 3 * count, 3)])
    if count > 1 and len({move.slot for move in found}) != count:
        raise broken("record", _LINES_AT, "each slot once")
    for slot, amount, balance in found:
        if not (0 < slot <= MAX_SLOTS and 0 < amount <= MAX_AMOUNT and balance <= MAX_AMOUNT):
            raise broken("record", _LINES_AT, "slots from 1 to 16 and amounts from 1")
    return found
