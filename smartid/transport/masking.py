"""Which bytes of a conversation a recording hides.

Hidden bytes are written ``xx``, one for each byte, so lengths stay. The rules look at the instruction byte
only, whatever the class byte says, so they hold for proprietary classes and under secure messaging too:

* always hidden: the data field of commands that carry PINs or keys
* hidden unless the recording may be personal: what is written to the card, and every answer that is not
  known to be impersonal. SELECT answers, challenges, authentication and signatures are impersonal; what was
  deciphered or agreed on is not, and an answer that nobody knows may be the holder's: both are hidden.
"""

from __future__ import annotations

from smartid.errors import EncodingError
from smartid.iso7816 import tlv
from smartid.iso7816.apdu import CommandAPDU

HIDDEN = "xx"
"""One hidden byte in a trace."""

_SECRET = frozenset({0x20, 0x21, 0x24, 0x2C, 0xC2, 0xC3, 0xD8})
"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER; ENVELOPE, which may wrap them; PUT KEY."""
_WRITING = frozenset({0xD0, 0xD1, 0xD2, 0xD6, 0xD7, 0xDA, 0xDB, 0xDC, 0xDD, 0xE2})
_IMPERSONAL = frozenset({0x22, 0x44, 0x70, 0x82, 0x84, 0x88, 0xA4})
_GENERAL_AUTHENTICATE = frozenset({0x86, 0x87})
_PSO = 0x2A
_PSO_PLAIN_VALUE = 0x80
"""P1 of PERFORM SECURITY OPERATION: DECIPHER, whose answer is what was encrypted."""
_GET_RESPONSE = 0xC0
_LOAD_KEYS = b"\xff\x82"
"""PC/SC part 3: this pseudo command carries a key to the reader."""


def hide_command_data(command: bytes) -> str:
    """The command in hexadecimal with its data field hidden; header, Lc and Le stay.

    A command whose lengths do not add up is hidden after its four header bytes.
    """
    try:
        size = len(CommandAPDU.parse(command).data)
    except EncodingError:
        return command[:4].hex().upper() + HIDDEN * len(command[4:])
    if not size:
        return command.hex().upper()
    start = 7 if command[4] == 0 else 5
    end = start + size
    return command[:start].hex().upper() + HIDDEN * size + command[end:].hex().upper()


def hide_secret(command: bytes) -> str:
    """The command in hexadecimal; its data is hidden when the instruction carries a PIN or a key."""
    secret = (len(command) > 1 and command[1] in _SECRET) or command[:2] == _LOAD_KEYS
    return hide_command_data(command) if secret else command.hex().upper()


def hide_answer_data(response: bytes) -> str:
    """The response in hexadecimal with everything but SW1-SW2 hidden."""
    return HIDDEN * len(response[:-2]) + response[-2:].hex().upper()


class Mask:
    """Decides for each exchange in turn, because GET RESPONSE continues the answer of the command before it.

    personal  keep the holder's data; PINs and keys stay hidden
    """

    def __init__(self, *, personal: bool) -> None:
        self._personal = personal
        self._keep_answer = personal

    def command(self, command: bytes) -> str:
        """The command as the trace shows it. Called once for each exchange, before :meth:`response`."""
        ins = command[1] if len(command) > 1 else -1
        if ins != _GET_RESPONSE:
            self._keep_answer = self._personal or _is_impersonal(command)
        if ins in _WRITING and not self._personal:
            return hide_command_data(command)
        return hide_secret(command)

    def response(self, response: bytes) -> str:
        """The answer to the last command as the trace shows it."""
        return response.hex().upper() if self._keep_answer else hide_answer_data(response)


def _is_impersonal(command: bytes) -> bool:
    if len(command) < 4:
        return False
    if command[1] in _GENERAL_AUTHENTICATE:
        return not _may_agree_on_a_key(command)
    return command[1] in _IMPERSONAL or (command[1] == _PSO and command[2] != _PSO_PLAIN_VALUE)


def _may_agree_on_a_key(command: bytes) -> bool:
    """Whether a GENERAL AUTHENTICATE holds a point (tag 85 in 7C): the answer is then a shared secret."""
    try:
        return tlv.find(CommandAPDU.parse(command).data, 0x7C, 0x85) is not None
    except EncodingError:
        return True
