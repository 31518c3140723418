"""What a cash machine and its switch say to each other, in ISO 8583:1987.

::

    0200 → 0210   withdrawal, deposit, transfer, balance, statement, PIN change (field 3 says which)
    0420 → 0430   reversal of one of them, whole, or in part with the true amount in field 95
    0421 → 0430   the same reversal again, until it is answered
    0800 → 0810   sign-on, sign-off, echo (field 70)

A reversal names its original in field 90: type 4, trace number 6, transmission time 10, acquirer 11,
forwarder 11 digits; field 95 begins with the amount that holds, 12 digits. Field 52 is as long as a PIN block
of AES (ISO 9564-1:2017, format 4), and field 53 is the key serial number of ANSI X9.24-3-2017. Field 125
carries the new PIN when it is changed. Times are UTC, amounts are rials.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from smartid.errors import EncodingError
from smartid.services.messages import iso8583

SPEC = iso8583.SPEC_1987.extend(
    """
    52 b 16 PIN data
    53 b 12 Key serial number
    125 b ..16 New PIN data
    """,
    name="cash machine",
)
RIAL = "364"
"""ISO 4217:2015, numeric."""
TRACES = 1_000_000


class Processing(StrEnum):
    """Field 3: what is asked for."""

    WITHDRAWAL = "010000"
    DEPOSIT = "210000"
    BALANCE = "310000"
    STATEMENT = "380000"
    TRANSFER = "400000"
    PIN_CHANGE = "900000"


class Network(StrEnum):
    """Field 70 of a network message."""

    SIGN_ON = "001"
    SIGN_OFF = "002"
    ECHO = "301"


class Answer(StrEnum):
    """Field 39: what the switch says. These are the codes that it sends; others may come."""

    APPROVED = "00"
    DO_NOT_HONOUR = "05"
    INVALID = "12"
    INVALID_AMOUNT = "13"
    NO_SUCH_ACCOUNT = "14"
    FORMAT_ERROR = "30"
    INSUFFICIENT = "51"
    WRONG_PIN = "55"
    OVER_LIMIT = "61"
    SECURITY = "63"
    PIN_BLOCKED = "75"
    NOT_SIGNED_ON = "91"
    REVERSED_BEFORE = "94"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Names one request of one terminal.

    number   field 11, 1 to 999999
    time     field 7, to the second
    acquirer field 32, digits
    terminal field 41
    """

    number: int
    time: datetime
    acquirer: str
    terminal: str

    @property
    def transmitted(self) -> str:
        """Field 7: month, day, hours, minutes, seconds of UTC."""
        return self.time.astimezone(UTC).strftime("%m%d%H%M%S")

    @property
    def original(self) -> str:
        """Field 90 of a message about this 0200."""
        return f"0200{self.number:06}{self.transmitted}{self.acquirer:0>11}{'0' * 11}"

    def fields(self) -> dict[str, str | bytes]:
        """Fields 7, 11, 32, 37 and 41."""
        reference = f"{self.transmitted[:6]}{self.number:06}"
        number = f"{self.number:06}"
        return {
            "7": self.transmitted,
            "11": number,
            "32": self.acquirer,
            "37": reference,
            "41": self.terminal,
        }


def trace_number(counter: int) -> int:
    """Give the trace number of a terminal's counter: it goes round after 999999 and is never 0."""
    return (counter - 1) % (TRACES - 1) + 1


def request(
    trace: Trace,
    processing: Processing,
    *,
    account: str,
    amount: int = 0,
    to_account: str = "",
    pin_block: bytes = b"",
    serial: bytes = b"",
    new_pin_block: bytes = b"",
) -> dict[str, str | bytes]:
    """Give the fields of a 0200.

    account  number of the card's account, 12 to 19 digits
    amount   in rials
    """
    fields: dict[str, str | bytes] = {
        "t": "0200",
        "2": account,
        "3": processing,
        "49": RIAL,
        **trace.fields(),
    }
    # Entry by chip, and a PIN pad is there; a PIN that the card verified itself has no field 52.
    fields["22"] = "051"
    fields["4"] = f"{amount:012}"
    optional: dict[str, str | bytes] = {
        "52": pin_block,
        "53": serial,
        "103": to_account,
        "125": new_pin_block,
    }
    return {**fields, **{name: value for name, value in optional.items() if value}}


def reversal(
    trace: Trace, processing: Processing, *, amount: int, replacement: int = 0, reason: str
) -> dict[str, str]:
    """Give the fields of a 0420 for the 0200 that ``trace`` names.

    amount       of the original
    replacement  what holds nevertheless; 0 takes back all of it
    reason       field 44: "timeout", "not dispensed" …, at most 25 characters

    It has no account number: the original has it, and who queues reversals need not keep it.
    """
    fields = {name: str(value) for name, value in trace.fields().items()}
    fields |= {"t": "0420", "3": processing, "4": f"{amount:012}", "44": reason[:25], "49": RIAL}
    fields["90"] = trace.original
    if replacement:
        fields["95"] = f"{replacement:012}".ljust(42, "0")
    return fields


def network(trace: Trace, what: Network) -> dict[str, str | bytes]:
    """Give the fields of a 0800."""
    number = f"{trace.number:06}"
    return {"t": "0800", "7": trace.transmitted, "11": number, "41": trace.terminal, "70": what}


def encode(fields: Mapping[str, str | bytes]) -> bytes:
    """Write a message of a cash machine. Raises EncodingError."""
    return iso8583.encode(SPEC, fields)


def decode(data: bytes) -> dict[str, str]:
    """Read a message of a cash machine. Raises EncodingError."""
    return iso8583.decode(SPEC, data)


def replaced_amount(fields: Mapping[str, str]) -> int:
    """Give the amount that field 95 lets stand, 0 without one. Raises EncodingError."""
    text = fields.get("95", "0" * 42)[:12]
    if not text.isdecimal():
        raise EncodingError("field 95", offset=0, expected="12 digits", standard=SPEC.standard)
    return int(text)


def conversation(data: bytes) -> Hashable:
    """Give what a request and its reply have in common: class of the message, trace number.

    What cannot be read belongs to no conversation.
    """
    try:
        fields = decode(data)
    except EncodingError:
        return None
    return fields["t"][:2], fields.get("11")
