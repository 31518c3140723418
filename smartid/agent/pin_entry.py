"""The digits that are being typed: kept in memory that is overwritten, shown as dots."""

from __future__ import annotations

from smartid.agent.question import PINRequest
from smartid.card.pin import PIN
from smartid.identity.persian import to_latin_digits

DOT = "●"


class PINEntry:
    """What was typed so far, and whether it may be sent.

    agreed  the holder ticked that the last try may be spent

    The digits stand in a buffer of their whole length from the beginning, so that it is never copied.
    """

    def __init__(self, request: PINRequest) -> None:
        self.request = request
        self.agreed = False
        self._digits = bytearray(request.max_digits)
        self._count = 0

    def press(self, char: str) -> bool:
        """Take a digit, Latin, Persian or Arabic; tells whether it was one that fits."""
        digit = to_latin_digits(char)
        if len(digit) != 1 or digit not in "0123456789" or self._count == len(self._digits):
            return False
        self._digits[self._count] = ord(digit)
        self._count += 1
        return True

    def back(self) -> None:
        """Take back the last digit."""
        if self._count:
            self._count -= 1
            self._digits[self._count] = 0

    @property
    def dots(self) -> str:
        """What is shown."""
        return DOT * self._count

    @property
    def is_ready(self) -> bool:
        """Whether there are enough digits, and consent where the last try is at stake."""
        enough = self.request.on_pad or self._count >= self.request.min_digits
        return enough and (self.agreed or not self.request.is_last_try)

    def take(self) -> PIN:
        """Give the PIN away and forget it. Only when ``is_ready``."""
        last_try = self.request.is_last_try and self.agreed
        if self.request.on_pad:
            return PIN.on_reader(last_try=last_try)
        digits = self._digits[: self._count]
        try:
            return PIN(digits, last_try=last_try)
        finally:
            digits[:] = bytes(len(digits))
            self.wipe()

    def wipe(self) -> None:
        """Forget every digit."""
        self._digits[:] = bytes(len(self._digits))
        self._count = 0

    def __repr__(self) -> str:
        return "PINEntry(•••)"
