"""What opens a chip that may not be read by everybody: the access keys of BAC and PACE.

A channel made with them will be a function from exchange to exchange, as
:func:`smartid.iso7816.exchange.over_link` is; on the contact side of a card none is needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from smartid.errors import EncodingError


@dataclass(frozen=True, slots=True, repr=False)
class CAN:
    """Card access number: the six digits printed on the card (ICAO Doc 9303-11:2021, 4.4). Mute in text form.

    Raises EncodingError for anything but six digits.
    """

    digits: str

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9]{6}", self.digits):
            raise EncodingError("CAN", offset=0, expected="six digits", standard="ICAO Doc 9303-11:2021")

    def __repr__(self) -> str:
        return "CAN(•••)"


@dataclass(frozen=True, slots=True, repr=False)
class MRZ:
    """The text of a machine readable zone as access key. Mute in text form.

    Raises EncodingError when the text is no machine readable zone.
    """

    text: str

    def __post_init__(self) -> None:
        from smartid.identity.mrz import parse  # noqa: PLC0415

        parse(self.text)

    def __repr__(self) -> str:
        return "MRZ(•••)"


AccessKey = CAN | MRZ
"""What opens a contactless chip."""
