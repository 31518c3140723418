"""One constructor for each interindustry command that the project uses.

ISO/IEC 7816-4:2020, clause 11, and ISO/IEC 7816-8:2021, clause 5.
"""

from __future__ import annotations

from smartid.iso7816.apdu import EXTENDED_RESPONSE, SHORT_RESPONSE, CommandAPDU
from smartid.iso7816.files import AID

FCP = 0x04
"""P2 of SELECT: return file control parameters."""
NO_DATA = 0x0C
"""P2 of SELECT: return nothing."""
FCI = 0x00
"""P2 of SELECT: return file control information."""

NAMES: dict[int, str] = {
    0x04: "DEACTIVATE FILE",
    0x0E: "ERASE BINARY",
    0x20: "VERIFY",
    0x21: "VERIFY",
    0x22: "MANAGE SECURITY ENVIRONMENT",
    0x24: "CHANGE REFERENCE DATA",
    0x2A: "PERFORM SECURITY OPERATION",
    0x2C: "RESET RETRY COUNTER",
    0x2E: "LOGOUT",
    0x44: "ACTIVATE FILE",
    0x70: "MANAGE CHANNEL",
    0x82: "EXTERNAL AUTHENTICATE",
    0x84: "GET CHALLENGE",
    0x86: "GENERAL AUTHENTICATE",
    0x87: "GENERAL AUTHENTICATE",
    0x88: "INTERNAL AUTHENTICATE",
    0xA4: "SELECT",
    0xB0: "READ BINARY",
    0xB1: "READ BINARY",
    0xB2: "READ RECORD",
    0xC0: "GET RESPONSE",
    0xCA: "GET DATA",
    0xCB: "GET DATA",
    0xD0: "WRITE BINARY",
    0xD6: "UPDATE BINARY",
    0xD7: "UPDATE BINARY",
    0xDC: "UPDATE RECORD",
    0xE2: "APPEND RECORD",
    0xDA: "PUT DATA",
    0xDB: "PUT DATA",
    0xE0: "CREATE FILE",
    0xE4: "DELETE FILE",
}


def name(command: CommandAPDU) -> str:
    """The command in words with its header, never with its data: ``VERIFY 00 20 00 01``."""
    return f"{NAMES.get(command.ins, 'command')} {command.header}"


def select_aid(aid: AID | bytes, *, p2: int = FCI) -> CommandAPDU:
    """SELECT an application by its DF name."""
    value = aid.value if isinstance(aid, AID) else aid
    return CommandAPDU(0x00, 0xA4, 0x04, p2, value, 0 if p2 & 0x0C == NO_DATA else SHORT_RESPONSE)


def select_file(file_id: int, *, p1: int = 0x00, p2: int = FCP) -> CommandAPDU:
    """SELECT by file identifier. p1: 00 MF, DF or EF; 01 child DF; 02 EF under the current DF; 03 parent."""
    data = file_id.to_bytes(2, "big")
    return CommandAPDU(0x00, 0xA4, p1, p2, data, 0 if p2 & 0x0C == NO_DATA else SHORT_RESPONSE)


def select_path(path: bytes, *, from_mf: bool = True, p2: int = FCP) -> CommandAPDU:
    """SELECT by path, two bytes a step, without the starting point.

    P1 = 08 starts at the MF, 09 at the current DF.
    """
    ne = 0 if p2 & 0x0C == NO_DATA else SHORT_RESPONSE
    return CommandAPDU(0x00, 0xA4, 0x08 if from_mf else 0x09, p2, path, ne)


def read_binary(offset: int, ne: int) -> CommandAPDU:
    """READ BINARY of the current EF.

    Offsets from 32768 on use the odd instruction with an offset data object 54; its answer is a data
    object 53 that wraps the bytes.
    """
    if offset <= 0x7FFF:
        return CommandAPDU(0x00, 0xB0, offset >> 8, offset & 0xFF, b"", ne)
    size = offset.to_bytes((offset.bit_length() + 7) // 8, "big")
    return CommandAPDU(
        0x00, 0xB1, 0x00, 0x00, bytes((0x54, len(size))) + size, min(ne + 5, EXTENDED_RESPONSE)
    )


def read_binary_sfi(short_id: int, offset: int, ne: int) -> CommandAPDU:
    """READ BINARY that selects the EF by its short identifier (1..30). offset 0..255."""
    return CommandAPDU(0x00, 0xB0, 0x80 | short_id, offset, b"", ne)


def read_record(number: int, *, short_id: int = 0, ne: int = SHORT_RESPONSE) -> CommandAPDU:
    """READ RECORD by number, from 1, of the current EF or of the one named by ``short_id``."""
    return CommandAPDU(0x00, 0xB2, number, (short_id << 3) | 0x04, b"", ne)


def update_binary(offset: int, data: bytes) -> CommandAPDU:
    """UPDATE BINARY of the current EF."""
    return CommandAPDU(0x00, 0xD6, offset >> 8, offset & 0xFF, data)


def get_data(tag: int, *, cla: int = 0x00, ne: int = SHORT_RESPONSE) -> CommandAPDU:
    """GET DATA with the tag in P1-P2."""
    return CommandAPDU(cla, 0xCA, tag >> 8, tag & 0xFF, b"", ne)


def get_data_object(tag_list: bytes, *, file_id: int = 0x3FFF, ne: int = SHORT_RESPONSE) -> CommandAPDU:
    """GET DATA with a tag list or extended header list in the data field (odd instruction)."""
    return CommandAPDU(0x00, 0xCB, file_id >> 8, file_id & 0xFF, tag_list, ne)


def get_challenge(size: int) -> CommandAPDU:
    """GET CHALLENGE of ``size`` random bytes."""
    return CommandAPDU(0x00, 0x84, 0x00, 0x00, b"", size)


def verify(reference: int, pin_block: bytes | bytearray) -> CommandAPDU:
    """VERIFY a PIN block; an empty block asks for the state of the PIN and spends no try."""
    return CommandAPDU(0x00, 0x20, 0x00, reference, bytes(pin_block))


def change_reference_data(reference: int, old: bytes, new: bytes) -> CommandAPDU:
    """CHANGE REFERENCE DATA from the old to the new PIN block."""
    return CommandAPDU(0x00, 0x24, 0x00, reference, old + new)


def reset_retry_counter(reference: int, resetting_code: bytes, new: bytes) -> CommandAPDU:
    """RESET RETRY COUNTER with the resetting code (PUK) and the new PIN block."""
    return CommandAPDU(0x00, 0x2C, 0x00, reference, resetting_code + new)


def set_security_environment(template: int, data: bytes) -> CommandAPDU:
    """MSE:SET for computation with a control reference template: A4, B6 or B8."""
    return CommandAPDU(0x00, 0x22, 0x41, template, data)


def compute_digital_signature(data: bytes, *, ne: int = SHORT_RESPONSE) -> CommandAPDU:
    """PSO: COMPUTE DIGITAL SIGNATURE (9E from 9A)."""
    return CommandAPDU(0x00, 0x2A, 0x9E, 0x9A, data, ne)


def decipher(cryptogram: bytes, *, ne: int = SHORT_RESPONSE) -> CommandAPDU:
    """PSO: DECIPHER (80 from 86); byte 00 says that the padding is not indicated."""
    return CommandAPDU(0x00, 0x2A, 0x80, 0x86, b"\x00" + cryptogram, ne)


def internal_authenticate(challenge: bytes, *, ne: int = SHORT_RESPONSE) -> CommandAPDU:
    """INTERNAL AUTHENTICATE with the key of the current security environment."""
    return CommandAPDU(0x00, 0x88, 0x00, 0x00, challenge, ne)


def general_authenticate(template: bytes, *, ne: int = SHORT_RESPONSE) -> CommandAPDU:
    """GENERAL AUTHENTICATE with a dynamic authentication template 7C."""
    return CommandAPDU(0x00, 0x86, 0x00, 0x00, template, ne)


def get_response(ne: int, *, cla: int = 0x00) -> CommandAPDU:
    """GET RESPONSE for the rest of an answer (after SW 61XX)."""
    return CommandAPDU(cla, 0xC0, 0x00, 0x00, b"", ne)
