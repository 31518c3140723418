"""Commands, status words, and what each MAC is made over. docs/reference/purse.md has them as tables."""

from __future__ import annotations

import hmac
from enum import IntEnum

from smartid.iso7816.apdu import EXTENDED_RESPONSE, SHORT_RESPONSE, CommandAPDU
from smartid.stored_value.model import Verb

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


def opening_input(challenge: bytes, body: bytes) -> bytes:
    """Input of MAC0."""
    return OPEN_LABEL + challenge + body


def order_input(opening: bytes, order: bytes) -> bytes:
    """Input of MAC1: what the card said of itself (its random number included, MAC0 not), and the order."""
    return ORDER_LABEL + opening + order


def done_input(challenge: bytes, record: bytes) -> bytes:
    """Input of MAC2: the challenge of INITIALIZE, and the whole record."""
    return DONE_LABEL + challenge + record


def last_input(question: bytes, card_id: bytes, answer: bytes) -> bytes:
    """Input of the MAC of GET LAST PROOF: the data field of the command, and counters and record."""
    return LAST_LABEL + question + card_id + answer


def tac_input(body: bytes) -> bytes:
    """Input of the TAC."""
    return TAC_LABEL + body


def manage_input(opening: bytes, task: int, data: bytes) -> bytes:
    """Input of MAC1 of MANAGE."""
    return MANAGE_LABEL + opening + bytes((task,)) + data


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


def last_proof(verb: Verb, question: bytes) -> CommandAPDU:
    """GET LAST PROOF under the key of a verb: a fresh challenge, and which transaction is asked for."""
    return CommandAPDU(CLA, LAST_PROOF, verb, 0, question, SHORT_RESPONSE)


def manage(task: Task, data: bytes) -> CommandAPDU:
    """MANAGE with its data and MAC1."""
    return CommandAPDU(CLA, MANAGE, task, 0, data, SHORT_RESPONSE)


def same(mac: bytes, other: bytes) -> bool:
    """Whether two MACs are equal, in a time that does not tell how far."""
    return hmac.compare_digest(mac, other)
