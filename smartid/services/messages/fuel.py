"""Messages between a station and the back office of the fuel card: ISO 8583:1993, IFSF-style.

What is common in the trade (message types, business codes 5541 at the counter and 5542 at the pump, products
in field 63) is kept; the contents of fields 48 and 63 are this project's own. Nothing is certified.

====  =======================================  ==========================
type  what                                     answer
====  =======================================  ==========================
1100  may this fill be made                    1110
1220  so much has flowed (1221: again)         1230
1420  nothing will flow (1421: again)          1430
1820  is anybody there                         1830
====  =======================================  ==========================

Field 48: ``C`` (chip), ``M`` (typed number) or ``S`` (the station's card), then the vehicle (32 letters).
Field 63: number of lines (2 digits), then for each: product (3 digits), unit ``L``, millilitres (9 digits),
rials a litre (9 digits), rials (12 digits).
Field 56: message type (4), trace number (6) and time (12) of the message that is completed or reversed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from smartid.errors import EncodingError
from smartid.services.messages.iso8583 import SPEC_1987

INDOOR, OUTDOOR = "5541", "5542"
PETROL = "001"
AUTHORISE, ADVICE, REVERSAL, NETWORK = "1100", "1220", "1420", "1820"
FULL_REVERSAL = "400"
"""Function code of field 24: the whole transaction is undone."""
CUSTOMER_CANCEL, TIMEOUT = "4000", "4021"
"""Reasons of a reversal in field 25."""
APPROVED, NO_QUOTA, CARD_BLOCKED, WRONG_CARD, BROKEN = "000", "116", "104", "125", "904"
"""Action codes of field 39."""
ACCEPTED = "400"
"""Action code of 1230 and 1430: taken down."""
STANDARD = "ISO 8583:1993, IFSF-style"
_CHANGED = """
3 n 6 Processing code
12 n 12 Date and time, local transaction
22 an 12 Point of service data code
24 n 3 Function code
25 n 4 Message reason code
26 n 4 Card acceptor business code
30 n 24 Amounts, original
39 n 3 Action code
43 ans ..99 Card acceptor name and location
53 b ..48 Security related control information
56 n ..35 Original data elements
"""
SPEC = SPEC_1987.extend(_CHANGED, name="fuel", standard=STANDARD, version="1")
_PRODUCT = re.compile(r"([0-9]{3})L([0-9]{9})([0-9]{9})([0-9]{12})")
_PRODUCT_SIZE = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One line of field 63. Millilitres, rials a litre, rials."""

    code: str
    millilitres: int
    price: int
    amount: int


def products(lines: Sequence[Product]) -> str:
    """Write field 63. Raises EncodingError for numbers that do not fit."""
    text = f"{len(lines):02d}" + "".join(
        f"{line.code}L{line.millilitres:09d}{line.price:09d}{line.amount:012d}" for line in lines
    )
    if parse_products(text) != tuple(lines):
        raise _broken("at most 99 lines whose numbers fit")
    return text


def parse_products(text: str) -> tuple[Product, ...]:
    """Read field 63. Raises EncodingError."""
    count, rest = text[:2], text[2:]
    if not re.fullmatch("[0-9]{2}", count) or len(rest) != int(count) * _PRODUCT_SIZE:
        raise _broken("a number of lines and as many lines")
    found = []
    for start in range(0, len(rest), _PRODUCT_SIZE):
        line = _PRODUCT.fullmatch(rest[start : start + _PRODUCT_SIZE])
        if line is None:
            raise _broken("product, unit L, millilitres, price and amount")
        code, millilitres, price, amount = line.groups()
        found.append(Product(code=code, millilitres=int(millilitres), price=int(price), amount=int(amount)))
    return tuple(found)


def original(kind: str, trace: str, time: str) -> str:
    """Write field 56."""
    return f"{kind}{trace}{time}"


def _broken(expected: str) -> EncodingError:
    return EncodingError("fuel field 63", offset=0, expected=expected, standard=STANDARD)
