"""The lasting memory of a stored-value application: one file that is replaced as a whole.

::

    state      as GET STATE answers it (54 bytes, and 34 for each slot)
    2 bytes    wrong MACs of the issuer's commands; 01 while the last debit can be returned
    1 byte     number of refused modules
    8 bytes    each of them
    0 or 113   the last record
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from smartid.stored_value import wire
from smartid.stored_value.model import ID_SIZE, CardState, Slot, broken
from smartid.stored_value.record import RECORD_SIZE, Record

MAX_WRONG = 10
"""So many wrong MACs in a row block the application."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the application remembers between two powers, but the ring.

    wrong         wrong MACs of terminals since the last right one
    wrong_admin   wrong MACs of the issuer's commands since the last right one
    returnable    whether the last record is a debit that may be returned
    denied        ids of refused modules
    last          the last record, whole
    """

    state: CardState
    wrong: int = 0
    wrong_admin: int = 0
    returnable: bool = False
    denied: tuple[bytes, ...] = ()
    last: bytes = b""

    @property
    def last_record(self) -> Record | None:
        """The last transaction."""
        return Record.parse(self.last) if self.last else None

    def with_slots(self, slots: dict[int, Slot]) -> Memory:
        """The same with other slots, by number."""
        return replace(self, state=replace(self.state, slots=tuple(slots.values())))

    def encode(self) -> bytes:
        """The file."""
        head = wire.encode_state(self.state, self.wrong)
        flags = bytes((self.wrong_admin, self.returnable, len(self.denied)))
        return head + flags + b"".join(self.denied) + self.last

    @classmethod
    def parse(cls, data: bytes) -> Memory:
        """Read the file. Raises EncodingError."""
        if len(data) < wire.STATE_SIZE:
            raise broken("applet memory", len(data), "a card state")
        at = wire.STATE_SIZE + wire.SLOT_SIZE * data[wire.STATE_SIZE - 1]
        state, wrong = wire.parse_state(data[:at])
        if len(data) < at + 3:
            raise broken("applet memory", len(data), "the bytes behind the slots")
        wrong_admin, returnable, count = data[at : at + 3]
        end = at + 3 + ID_SIZE * count
        last = data[end:]
        if len(data) < end or len(last) not in (0, RECORD_SIZE) or returnable > bool(last):
            raise broken("applet memory", end, "refused modules and the last record")
        if last:
            Record.parse(last)
        return cls(
            state=state,
            wrong=wrong,
            wrong_admin=wrong_admin,
            returnable=bool(returnable),
            denied=tuple(data[item : item + ID_SIZE] for item in range(at + 3, end, ID_SIZE)),
            last=last,
        )
