"""Command APDUs as T=0 carries them."""

from __future__ import annotations

from smartid.errors import APDUTooLong, EncodingError
from smartid.iso7816 import commands
from smartid.iso7816.apdu import SHORT_DATA, CommandAPDU


def to_tpdu(command: bytes) -> bytes:
    """The TPDU header and data for T=0 (ISO/IEC 7816-3:2006, 12.2).

    Case 1 gets P3 = 00; case 4 loses Le; an extended Le alone becomes P3 = 00, which asks for 256 bytes.

    Raises APDUTooLong for more than 255 data bytes: they need command chaining. Bytes that are no command
    go out as they are.
    """
    try:
        apdu = CommandAPDU.parse(command)
    except EncodingError:
        return command
    if len(apdu.data) > SHORT_DATA:
        raise APDUTooLong(f"{commands.name(apdu)}: T=0 carries at most {SHORT_DATA} data bytes.")
    if apdu.data:
        return command[:4] + bytes((len(apdu.data),)) + apdu.data
    return command[:4] + bytes((apdu.ne & 0xFF if apdu.ne <= SHORT_DATA else 0,))
