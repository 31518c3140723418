"""Ed25519: the subgroup of prime order of edwards25519 (RFC 8032 (2017)), written multiplicatively.

An element is the 32 bytes of RFC 8032, 5.1.2; its text is the 64 hexadecimal digits of those bytes in reverse
order, the number y + 2^255 · (x mod 2) of the Belenios specification. The base point reads 6666…6658.

libsodium computes, in constant time. Its multiplication of a point that comes from outside refuses what is
not canonical, of small order, or outside of the subgroup, so ``powers`` checks membership for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from smartid.errors import EncodingError, ExtraMissing
from smartid.services.voting.groups.base import Element, Group

try:
    from nacl import bindings
    from nacl.exceptions import RuntimeError as SodiumError
except ImportError as error:
    raise ExtraMissing("voting", "The group Ed25519") from error

_TEXT = re.compile(r"[0-9a-f]{64}")
_ORDER = 2**252 + 27742317777372353535851937790883648493
_SHORT = 2**192
_IDENTITY = b"\1" + bytes(31)


class Ed25519(Group):
    """The group. Elements are 32 bytes."""

    name = "Ed25519"
    order = _ORDER
    generator = bytes.fromhex("66" * 31 + "58")[::-1]
    identity = _IDENTITY

    def decode(self, text: object, what: str) -> Element:
        """Read a point of the prime subgroup other than the neutral one."""
        point = self.spelled(text, what)
        if not bindings.crypto_core_ed25519_is_valid_point(point):
            raise _broken(what)
        return point

    def decode_any(self, text: object, what: str) -> Element:
        """Read a point of the prime subgroup."""
        point = self.spelled(text, what)
        return point if point == _IDENTITY else self.decode(text, what)

    def spelled(self, text: object, what: str) -> Element:
        """Read 64 lower-case hexadecimal digits."""
        if not isinstance(text, str) or not _TEXT.fullmatch(text):
            raise _broken(what)
        return bytes.fromhex(text)[::-1]

    def encode(self, element: Element) -> str:
        """Write 64 hexadecimal digits."""
        reversed_bytes: bytes = element[::-1]
        return reversed_bytes.hex()

    def multiply(self, left: Element, right: Element) -> Element:
        """Add two points."""
        return bindings.crypto_core_ed25519_add(left, right)

    def invert(self, element: Element) -> Element:
        """Negate a point."""
        return bindings.crypto_core_ed25519_sub(_IDENTITY, element)

    def power(self, base: Element, exponent: int) -> Element:
        """Multiply a point of the subgroup by a number."""
        exponent %= _ORDER
        if not exponent or base == _IDENTITY:
            return _IDENTITY
        return bindings.crypto_scalarmult_ed25519_noclamp(exponent.to_bytes(32, "little"), base)

    def power_secret(self, base: Element, exponent: int) -> Element:
        """Multiply a point of the subgroup by a secret number; 0 takes as long as any other short one."""
        exponent %= _ORDER
        if exponent >= _SHORT:
            return self.power(base, exponent)
        return self.multiply(self.power(base, exponent - _SHORT), self.power(base, _SHORT))

    def powers(
        self, base: Element, exponents: Sequence[int], *, shifts: Sequence[int] = (), member: str = ""
    ) -> list[Element]:
        """Multiply a point, or it less a few base points, by several numbers."""
        try:
            shifted = [self._shifted(base, shift) for shift in shifts] or [base] * len(exponents)
            pairs = list(zip(shifted, exponents, strict=True))
            if member and not any(point == base != _IDENTITY and exponent for point, exponent in pairs):
                self.decode(self.encode(base), member)
            return [self.power(point, exponent) for point, exponent in pairs]
        except SodiumError as error:
            raise _broken(member or "point") from error

    def _shifted(self, base: Element, shift: int) -> Element:
        return bindings.crypto_core_ed25519_sub(base, self._small(shift)) if shift else base

    @staticmethod
    @cache
    def _small(exponent: int) -> Element:
        """Keep g, g^2 and so on: shifts are as small as numbers of answers."""
        return bindings.crypto_scalarmult_ed25519_base_noclamp(exponent.to_bytes(32, "little"))

    def powers_of(self, base: Element) -> Callable[[int], Element]:
        """Give the function; a table of points would not be faster than libsodium without one."""
        return lambda exponent: self.power(base, exponent)

    def exponentiate(self, exponent: int) -> Element:
        """Multiply the base point by a number, with libsodium's own table."""
        exponent %= _ORDER
        if not exponent:
            return _IDENTITY
        return bindings.crypto_scalarmult_ed25519_base_noclamp(exponent.to_bytes(32, "little"))


def _broken(what: str) -> EncodingError:
    return EncodingError(
        what,
        offset=0,
        expected="a point of the prime subgroup other than the neutral one, in 64 hexadecimal digits",
        standard="RFC 8032 (2017), 5.1.3",
    )
