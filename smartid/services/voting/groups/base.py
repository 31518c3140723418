"""What the protocol asks of a group."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

Element: TypeAlias = Any
"""An element, as its group keeps it: a whole number of gmpy2, or 32 bytes. Only the group looks inside."""

Random: TypeAlias = Callable[[int], bytes]
"""Gives so many random bytes, as ``os.urandom`` does."""


class Group(ABC):
    """A cyclic group of prime order, written multiplicatively."""

    name: str
    """As elections name it: "BELENIOS-2048", "Ed25519"."""
    order: int
    """q, the number of elements."""
    generator: Element
    """g."""
    identity: Element
    """1."""

    @abstractmethod
    def decode(self, text: object, what: str) -> Element:
        """Read an element in its one spelling, and check that it lies in the group.

        Raises EncodingError for another spelling, for what lies outside of the group, and for the identity,
        which no honest participant sends.
        """

    @abstractmethod
    def decode_any(self, text: object, what: str) -> Element:
        """As ``decode``, and the identity may come: products over no ballots are the identity."""

    @abstractmethod
    def spelled(self, text: object, what: str) -> Element:
        """Read an element in its one spelling and range, and do not ask whether it lies in the group.

        Only for what goes through ``powers`` with ``member`` afterwards. Raises EncodingError.
        """

    @abstractmethod
    def encode(self, element: Element) -> str:
        """Write an element: decimal digits, or 64 hexadecimal ones."""

    @abstractmethod
    def multiply(self, left: Element, right: Element) -> Element:
        """Give left · right."""

    @abstractmethod
    def invert(self, element: Element) -> Element:
        """Give 1 / element."""

    @abstractmethod
    def power(self, base: Element, exponent: int) -> Element:
        """Give base^exponent; the exponent may be any whole number, it is reduced mod q.

        Not in constant time for BELENIOS-2048: see docs/explanation/voting-promises.md.
        """

    @abstractmethod
    def power_secret(self, base: Element, exponent: int) -> Element:
        """Give base^exponent in a time that does not depend on the exponent, but for its being short.

        For secrets that live long (keys, credentials) and for what would give them away. The arithmetic mod q
        around it is Python's, and not in constant time.
        """

    @abstractmethod
    def powers(
        self, base: Element, exponents: Sequence[int], *, shifts: Sequence[int] = (), member: str = ""
    ) -> list[Element]:
        """Give base^exponent for several exponents from 0 to q - 1 of one base that comes only once.

        shifts  for each exponent a small number M: what is given is (base / g^M)^exponent
        member  name of what is read; if given, it is checked that the base lies in the group and is not the
                identity, which costs less here than alone
        Raises EncodingError when it does not.
        """

    @abstractmethod
    def powers_of(self, base: Element) -> Callable[[int], Element]:
        """Give a function from exponents to base^exponent with a table behind it: for bases used often."""

    @abstractmethod
    def exponentiate(self, exponent: int) -> Element:
        """Give g^exponent, with a table behind it."""

    def product(self, elements: Iterable[Element]) -> Element:
        """Multiply many."""
        found = self.identity
        for element in elements:
            found = self.multiply(found, element)
        return found

    def random_exponent(self, random: Random = os.urandom) -> int:
        """Draw a number from 1 to q - 1; 16 bytes more than q has, so that no bias can be seen."""
        size = (self.order.bit_length() + 7) // 8 + 16
        return 1 + int.from_bytes(random(size), "big") % (self.order - 1)
