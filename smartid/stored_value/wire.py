"""Data fields of the commands and answers. docs/reference/purse.md has them as tables."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from smartid.stored_value.model import (
    ID_SIZE,
    MAC_SIZE,
    MAX_AMOUNT,
    MAX_DENIED,
    MAX_LINES,
    MAX_SLOTS,
    RANDOM_SIZE,
    VERSION,
    Blocked,
    CardState,
    Kind,
    Line,
    OfflineLimits,
    Slot,
    Unit,
    Verb,
    broken,
)
from smartid.stored_value.record import RECORD_SIZE, Record

_STATE = struct.Struct(">BBBB8sIIIHQQHQBB")
_SLOT = struct.Struct(">BB12sQQI")
_OPENING = struct.Struct(">BBBB8sIB")
_BALANCE = struct.Struct(">BQ")
_ORDER = struct.Struct(">8sIII")
_LINE = struct.Struct(">BQ")
STATE_SIZE = _STATE.size
SLOT_SIZE = _SLOT.size
LABEL_SIZE = 12
_KINDS = frozenset(map(int, Kind))
_UNITS = frozenset(map(int, Unit))
_BLOCKED = frozenset(map(int, Blocked))


def encode_state(state: CardState, wrong_macs: int) -> bytes:
    """The answer of GET STATE: 54 bytes, and 34 for each slot.

    wrong_macs  wrong MACs of terminals since the last right one
    """
    limits = state.limits
    head = _STATE.pack(
        VERSION,
        state.application,
        state.key_version,
        state.blocked,
        state.card_id,
        state.counter,
        state.load_counter,
        state.denylist_version,
        limits.count,
        limits.total,
        limits.per_debit,
        state.used_count,
        state.used_total,
        wrong_macs,
        len(state.slots),
    )
    return head + b"".join(map(encode_slot, state.slots))


def encode_slot(slot: Slot) -> bytes:
    """A slot in 34 bytes: number, unit, label (12, zeros behind), balance (8), maximum (8), expires (4)."""
    label = slot.label.encode("ascii").ljust(LABEL_SIZE, b"\0")
    return _SLOT.pack(slot.number, slot.unit, label, slot.balance, slot.maximum, slot.expires)


def parse_state(data: bytes) -> tuple[CardState, int]:
    """Read the answer of GET STATE; gives the number of wrong MACs too. Raises EncodingError."""
    if len(data) < STATE_SIZE or len(data) != STATE_SIZE + SLOT_SIZE * data[STATE_SIZE - 1]:
        raise broken("card state", len(data), "a head and as many slots as it tells")
    fields = _STATE.unpack_from(data)
    if fields[0] != VERSION or fields[1] not in _KINDS or fields[3] not in _BLOCKED:
        raise broken("card state", 0, "version, application and block state that are known")
    slots = tuple(parse_slot(data[at : at + SLOT_SIZE]) for at in range(STATE_SIZE, len(data), SLOT_SIZE))
    if len({slot.number for slot in slots}) != len(slots):
        raise broken("card state", STATE_SIZE, "each slot once")
    state = CardState(
        card_id=fields[4],
        application=Kind(fields[1]),
        key_version=fields[2],
        counter=fields[5],
        load_counter=fields[6],
        slots=slots,
        limits=OfflineLimits(count=fields[8], total=_amount(fields[9]), per_debit=_amount(fields[10])),
        blocked=Blocked(fields[3]),
        used_count=fields[11],
        used_total=_amount(fields[12]),
        denylist_version=fields[7],
    )
    return state, fields[13]


def parse_slot(data: bytes) -> Slot:
    """Read 34 bytes. Raises EncodingError."""
    if len(data) != SLOT_SIZE:
        raise broken("slot", len(data), f"{SLOT_SIZE} bytes")
    number, unit, label, balance, maximum, expires = _SLOT.unpack(data)
    text = label.rstrip(b"\0")
    if not 1 <= number <= MAX_SLOTS or unit not in _UNITS:
        raise broken("slot", 0, "a number from 1 to 16 and a known unit")
    if not all(0x20 < byte < 0x7F for byte in text):
        raise broken("slot", 2, "a label of printable ASCII without blanks")
    return Slot(
        number=number,
        unit=Unit(unit),
        label=text.decode("ascii"),
        balance=_amount(balance),
        maximum=_amount(maximum),
        expires=expires,
    )


def encode_limits(limits: OfflineLimits) -> bytes:
    """Count (2), total (8), per debit (8)."""
    return struct.pack(">HQQ", limits.count, limits.total, limits.per_debit)


def parse_limits(data: bytes) -> OfflineLimits:
    """Read 18 bytes. Raises EncodingError."""
    if len(data) != 18:
        raise broken("limits", len(data), "18 bytes")
    count, total, per_debit = struct.unpack(">HQQ", data)
    return OfflineLimits(count=count, total=_amount(total), per_debit=_amount(per_debit))


def encode_denylist(version: int, modules: Sequence[bytes]) -> bytes:
    """Version (4) and up to 24 module ids (8 each)."""
    return version.to_bytes(4, "big") + b"".join(modules)


def parse_denylist(data: bytes) -> tuple[int, tuple[bytes, ...]]:
    """Read version and module ids. Raises EncodingError."""
    count, rest = divmod(len(data) - 4, ID_SIZE)
    if rest or not 0 <= count <= MAX_DENIED:
        raise broken("denylist", len(data), f"a version and at most {MAX_DENIED} module ids")
    modules = tuple(data[at : at + ID_SIZE] for at in range(4, len(data), ID_SIZE))
    return int.from_bytes(data[:4], "big"), modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the card answers to INITIALIZE.

    counter   number that the transaction would get
    balances  by number of the slot
    random    of the card, for this transaction alone
    mac       MAC0, over the challenge of the other side and everything before it
    """

    application: Kind
    verb: Verb
    key_version: int
    card_id: bytes
    counter: int
    balances: dict[int, int]
    random: bytes
    mac: bytes = b""

    def body(self) -> bytes:
        """What MAC0 is made over, behind label and challenge."""
        head = _OPENING.pack(
            VERSION,
            self.application,
            self.verb,
            self.key_version,
            self.card_id,
            self.counter,
            len(self.balances),
        )
        return head + b"".join(_BALANCE.pack(*item) for item in self.balances.items()) + self.random

    @classmethod
    def parse(cls, data: bytes) -> Opening:
        """Read the answer. Raises EncodingError."""
        at = _OPENING.size
        if len(data) < at or len(data) != at + _BALANCE.size * data[at - 1] + RANDOM_SIZE + MAC_SIZE:
            raise broken("opening", len(data), "a head, balances, a random number and a MAC")
        version, kind, verb, key_version, card_id, counter, count = _OPENING.unpack_from(data)
        if version != VERSION or kind not in _KINDS or not Verb.LOAD <= verb <= Verb.ADMIN:
            raise broken("opening", 0, "version, application and verb that are known")
        balances = dict(_BALANCE.unpack_from(data, at + _BALANCE.size * index) for index in range(count))
        if len(balances) != count or any(amount > MAX_AMOUNT for amount in balances.values()):
            raise broken("opening", at, "each slot once, with balances of 63 bits")
        return cls(
            application=Kind(kind),
            verb=Verb(verb),
            key_version=key_version,
            card_id=card_id,
            counter=counter,
            balances=balances,
            random=data[-RANDOM_SIZE - MAC_SIZE : -MAC_SIZE],
            mac=data[-MAC_SIZE:],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the other side tells the card to do: data field of LOAD, DEBIT, RETURN and UNLOAD before MAC1."""

    module_id: bytes
    module_counter: int
    time: int
    of_counter: int
    lines: tuple[Line, ...]

    def encode(self) -> bytes:
        """Module id (8), its counter (4), time (4), debit that is returned (4), slot and amount (1 and 8)."""
        head = _ORDER.pack(self.module_id, self.module_counter, self.time, self.of_counter)
        return head + b"".join(_LINE.pack(line.slot, line.amount) for line in self.lines)

    @classmethod
    def parse(cls, data: bytes) -> Order:
        """Read it; what the lines mean to the card is another question. Raises EncodingError."""
        count, rest = divmod(len(data) - _ORDER.size, _LINE.size)
        if rest or not 1 <= count <= MAX_LINES:
            raise broken("order", len(data), "20 bytes and one to four lines of 9 bytes")
        module_id, module_counter, time, of_counter = _ORDER.unpack_from(data)
        lines = tuple(Line(*_LINE.unpack_from(data, at)) for at in range(_ORDER.size, len(data), _LINE.size))
        return cls(
            module_id=module_id,
            module_counter=module_counter,
            time=time,
            of_counter=of_counter,
            lines=lines,
        )


def split_answer(data: bytes) -> tuple[bytes, bytes]:
    """Record and MAC2 of an answer. Raises EncodingError."""
    if len(data) != RECORD_SIZE + MAC_SIZE:
        raise broken("answer", len(data), f"a record and a MAC of {MAC_SIZE} bytes")
    return data[:-MAC_SIZE], data[-MAC_SIZE:]


def question(challenge: bytes, number: int) -> bytes:
    """Data field of GET LAST PROOF that asks for one transaction: challenge (8), number on the card (4)."""
    return challenge + number.to_bytes(4, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Answer of GET LAST PROOF.

    counter       number of the last debit or return
    load_counter  number of the last load or unload
    record        what was asked for, None when the card does not have it
    """

    counter: int
    load_counter: int
    record: Record | None
    mac: bytes

    def body(self) -> bytes:
        """Counters (4 each) and record, if any."""
        record = self.record.encode() if self.record else b""
        return struct.pack(">II", self.counter, self.load_counter) + record

    @classmethod
    def parse(cls, data: bytes) -> Proof:
        """Read the answer. Raises EncodingError."""
        if len(data) not in (8 + MAC_SIZE, 8 + RECORD_SIZE + MAC_SIZE):
            raise broken("proof", len(data), "two counters, a record or none, and a MAC")
        counter, load_counter = struct.unpack_from(">II", data)
        record = Record.parse(data[8:-MAC_SIZE]) if len(data) > 8 + MAC_SIZE else None
        return cls(counter=counter, load_counter=load_counter, record=record, mac=data[-MAC_SIZE:])


def _amount(value: int) -> int:
    if value > MAX_AMOUNT:
        raise broken("amount", 0, "63 bits")
    return value
