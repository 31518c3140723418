"""Data fields of the commands, and what each MAC is made over. docs/reference/purse.md has them as tables."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from smartid.errors import EncodingError
from smartid.iso7816.apdu import EXTENDED_RESPONSE, SHORT_RESPONSE, CommandAPDU
from smartid.stored_value.model import (
    ID_SIZE,
    MAC_SIZE,
    MAX_AMOUNT,
    MAX_DENIED,
    MAX_LINES,
    MAX_SLOTS,
    RANDOM_SIZE,
    RECORD_SIZE,
    STANDARD,
    VERSION,
    Blocked,
    CardState,
    Kind,
    Line,
    OfflineLimits,
    Slot,
    Unit,
    Verb,
)

CLA = 0x80
INITIALIZE = 0x50
LOAD = 0x52
DEBIT = 0x54
RETURN = 0x56
UNLOAD = 0x58
LAST_PROOF = 0x5A
GET_STATE = 0x5C
MANAGE = 0x5E
INSTRUCTIONS = {Verb.LOAD: LOAD, Verb.DEBIT: DEBIT, Verb.RETURN: RETURN, Verb.UNLOAD: UNLOAD}
RING_FILE = 1
"""Short identifier of the ring of records, for READ RECORD."""

INSUFFICIENT = 0x9401
COUNTER_ENDED = 0x9402
ABOVE_MAXIMUM = 0x9404
NEEDS_ONLINE = 0x9405
SLOT_EXPIRED = 0x9407
MODULE_DENIED = 0x9408
ABOVE_DEBIT_LIMIT = 0x9409
APPLICATION_BLOCKED = 0x6983

OPEN_LABEL = b"SV1-OPEN"
ORDER_LABEL = b"SV1-ORDR"
DONE_LABEL = b"SV1-DONE"
LAST_LABEL = b"SV1-LAST"
TAC_LABEL = b"SV1-TAC."
MANAGE_LABEL = b"SV1-MNGE"
MANAGED_LABEL = b"SV1-MNGD"


class Task(IntEnum):
    """P1 of MANAGE."""

    BLOCK = 1
    UNBLOCK = 2
    MARK_UPLOADED = 3
    UPDATE_DENYLIST = 4
    SET_SLOT = 5
    SET_LIMITS = 6


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
    """The answer of GET STATE: 56 bytes, and 34 for each slot.

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


def opening_input(challenge: bytes, body: bytes) -> bytes:
    """Input of MAC0."""
    return OPEN_LABEL + challenge + body


def order_input(opening: Opening, order: bytes) -> bytes:
    """Input of MAC1: what the card said of itself, its random number included, and the order."""
    return ORDER_LABEL + opening.body() + order


def done_input(challenge: bytes, record: bytes) -> bytes:
    """Input of MAC2: the challenge of INITIALIZE, and the whole record."""
    return DONE_LABEL + challenge + record


def last_input(challenge: bytes, card_id: bytes, record: bytes) -> bytes:
    """Input of the MAC of GET LAST PROOF; the record is empty before the first transaction."""
    return LAST_LABEL + challenge + card_id + record


def tac_input(body: bytes) -> bytes:
    """Input of the TAC."""
    return TAC_LABEL + body


def manage_input(opening: Opening, task: int, data: bytes) -> bytes:
    """Input of MAC1 of MANAGE."""
    return MANAGE_LABEL + opening.body() + bytes((task,)) + data


def managed_input(challenge: bytes, card_id: bytes, task: int, data: bytes) -> bytes:
    """Input of MAC2 of MANAGE."""
    return MANAGED_LABEL + challenge + card_id + bytes((task,)) + data


def get_state() -> CommandAPDU:
    """GET STATE."""
    return CommandAPDU(CLA, GET_STATE, 0, 0, b"", EXTENDED_RESPONSE)


def initialize(verb: Verb, challenge: bytes) -> CommandAPDU:
    """INITIALIZE for a verb, with a challenge of 8 bytes."""
    return CommandAPDU(CLA, INITIALIZE, verb, 0, challenge, SHORT_RESPONSE)


def transact(verb: Verb, data: bytes) -> CommandAPDU:
    """LOAD, DEBIT, RETURN or UNLOAD with an order and its MAC1."""
    return CommandAPDU(CLA, INSTRUCTIONS[verb], 0, 0, data, SHORT_RESPONSE)


def last_proof(verb: Verb, challenge: bytes) -> CommandAPDU:
    """GET LAST PROOF under the key of a verb, with a fresh challenge."""
    return CommandAPDU(CLA, LAST_PROOF, verb, 0, challenge, SHORT_RESPONSE)


def manage(task: Task, data: bytes) -> CommandAPDU:
    """MANAGE with its data and MAC1."""
    return CommandAPDU(CLA, MANAGE, task, 0, data, SHORT_RESPONSE)


def split_answer(data: bytes) -> tuple[bytes, bytes]:
    """Record and MAC of an answer; the record of GET LAST PROOF may be empty. Raises EncodingError."""
    if len(data) not in (MAC_SIZE, RECORD_SIZE + MAC_SIZE):
        raise broken("answer", len(data), f"a record and a MAC of {MAC_SIZE} bytes")
    return data[:-MAC_SIZE], data[-MAC_SIZE:]


def same(mac: bytes, other: bytes) -> bool:
    """Whether two MACs are equal, in a time that does not tell how far."""
    return hmac.compare_digest(mac, other)


def _amount(value: int) -> int:
    if value > MAX_AMOUNT:
        raise broken("amount", 0, "63 bits")
    return value


def broken(what: str, offset: int, expected: str) -> EncodingError:
    """The error for bytes of this format that are not what they should be."""
    return EncodingError(what, offset=offset, expected=expected, standard=STANDARD)
