"""How a chip is opened before it may be read: the seam where BAC and PACE belong.

A channel is a function from exchange to exchange. On the contact side of a card the plain channel is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol, TypeVar

from smartid.errors import EncodingError
from smartid.iso7816.exchange import Exchange

T = TypeVar("T")


class SecureChannel(Protocol):
    """Protects the commands of a conversation and unprotects the responses."""

    def wrap(self, exchange: Exchange[T]) -> Exchange[T]:
        """The same conversation through this channel. Raises SecureMessagingError when the channel breaks."""
        ...


class PlainChannel:
    """No protection: the contact side, where nobody listens in between."""

    def wrap(self, exchange: Exchange[T]) -> Exchange[T]:
        """The conversation as it is."""
        return exchange


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
