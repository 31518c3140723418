"""BELENIOS-2048: the subgroup of order q of the integers mod p, for a p of 2048 bits and a q of 256.

Constants of the Belenios specification 2.0 (2023), 5.1, where they stand in decimal; made as FIPS 186-4 says.
(p - 1)/q is divisible by 6: an element of order 2 or 3 times a member passes every equation some of the time,
so membership is x^q = 1, one full exponentiation for each element that comes from outside.

Only ``power_secret`` runs in constant time (GMP's mpz_powm_sec). Tables, and ``powers``, do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from smartid.errors import EncodingError, ExtraMissing
from smartid.services.voting.groups.base import Element, Group

try:
    import gmpy2
    from gmpy2 import mpz
except ImportError as error:
    raise ExtraMissing("voting", "The group BELENIOS-2048") from error

_P = (
    "A3EF2D011FEFB1B6E39E568FCCDFFB0FB7DC7EF3A791B6862791811D21FC35F2"
    "1E6D36856B428030421F514ED40BFD4C06E092A495AF8D79A2F85E0FB11C0EDE"
    "07DD973F9C53E50930C6E82AC36DE1AE3FB8C3AABFFF12CE27A5022DDD8912D1"
    "07435012768A2CDD0A4091D8FA447F6C7EBC15A349FA318A6B4FE17D8D47E843"
    "A3E14DFA9B2162F4D7229ABE93A188B46B006517D6F6747EBBB29C9EC3099B60"
    "7F18FB1A8BC858279AA8599411D998D3E3FADA9E010840D082D8C31911ACDD4A"
    "0E7992D0F18CC759CB5DE0ACF66A3882555BC810941E021B6A4CCFA04EE4008F"
    "878AFFA2375E2999B44F6CEF17D707301E59E0E6351E051ED9CEC4157646E64F"
)
_G = (
    "1307C1AB5F295885D7CAA3A78A42415E31FD1C5807B61FB1E781878A52230A51"
    "988B98C259597F9C5A9DFD001D26BA31D9D8976F01D95A1C8262EE68A0E92CEA"
    "541E5219E0D0D094301B894236823FE1D4BC04E29F3748AEFD4F10D5B1A356A8"
    "643E673FD9D215FC8FE5FB9CF9FDB8EA88FDB1A3381A697FDF9C2458570B06D2"
    "6AEF1BE365FDD90165F397C6B870DF8C1B9E519EDCEE8BB0F74B7A1615A274BA"
    "60A7EA574A61F552D2DDE0CE514E0927C4FF49B1964C4A913731AE4268D60D7F"
    "22127B6CBBA44D453AC8B72FD04E0991B7AEFF04867D8724AC638F5F34100D2D"
    "47AA680D43771902743D663F42D853C041E1C91FE3823F4BCF284308F1D7E653"
)
_Q = "ADB6066A73522565F4DAA0F2579DB7F2F0FA90C2168BC709E20263387D55C491"
_DIGITS = 617
"""Decimal digits of p."""
_SHORT = 1 << 192
_WINDOW = 8
_NIBBLES = {digit: int(digit, 16) for digit in "0123456789abcdef"}


class Belenios2048(Group):
    """The group. Elements are whole numbers of gmpy2 from 1 to p - 1, in texts decimal."""

    name = "BELENIOS-2048"
    order = int(_Q, 16)

    def __init__(self) -> None:
        self.modulus = mpz(_P, 16)
        self.generator = mpz(_G, 16)
        self.identity = mpz(1)
        self._q = mpz(_Q, 16)

    def decode(self, text: object, what: str) -> Element:
        """Read an element of the group other than 1."""
        element = self.spelled(text, what)
        if element == 1 or gmpy2.powmod(element, self._q, self.modulus) != 1:
            raise _broken(what)
        return element

    def decode_any(self, text: object, what: str) -> Element:
        """Read an element of the group."""
        return self.identity if text == "1" else self.decode(text, what)

    def spelled(self, text: object, what: str) -> Element:
        """Read a number from 1 to p - 1 in decimal digits without leading zeros."""
        if not isinstance(text, str) or not 0 < len(text) <= _DIGITS or text[0] == "0":
            raise _broken(what)
        if not (text.isascii() and text.isdecimal()):
            raise _broken(what)
        element = mpz(text)
        if element >= self.modulus:
            raise _broken(what)
        return element

    def encode(self, element: Element) -> str:
        """Write decimal digits."""
        return str(element)

    def multiply(self, left: Element, right: Element) -> Element:
        """Give left · right mod p."""
        return left * right % self.modulus

    def invert(self, element: Element) -> Element:
        """Give 1 / element mod p."""
        return gmpy2.invert(element, self.modulus)

    def power(self, base: Element, exponent: int) -> Element:
        """Give base^exponent mod p, faster for some exponents than for others."""
        return gmpy2.powmod(base, exponent % self.order, self.modulus)

    def power_secret(self, base: Element, exponent: int) -> Element:
        """Give base^exponent mod p with GMP's mpz_powm_sec: only the exponent's length shows in its time.

        A short exponent is lengthened by q, so that all have four words of 64 bits.
        """
        exponent %= self.order
        if exponent < _SHORT:
            exponent += self.order
        return gmpy2.powmod_sec(base, exponent, self.modulus)

    def powers(
        self, base: Element, exponents: Sequence[int], *, shifts: Sequence[int] = (), member: str = ""
    ) -> list[Element]:
        """Give several powers of one base; they share their squarings (Yao 1976)."""
        wanted = [*map(mpz, exponents), self._q] if member else [*map(mpz, exponents)]
        found = _shared_powers(base, wanted, self.modulus)
        if member and (found.pop() != 1 or base == 1):
            raise _broken(member)
        for place, (shift, exponent) in enumerate(zip(shifts, exponents, strict=False)):
            if shift:
                found[place] = found[place] * self.exponentiate(-shift * exponent) % self.modulus
        return found

    def powers_of(self, base: Element) -> Callable[[int], Element]:
        """Build a table for a base (2 MB, about 10 ms) and give the function that uses it."""
        return FixedBase(base, self.modulus, self.order).power

    @cached_property
    def _of_generator(self) -> Callable[[int], Element]:
        return self.powers_of(self.generator)

    def exponentiate(self, exponent: int) -> Element:
        """Give g^exponent by its table, which is built at the first call."""
        return self._of_generator(exponent)


class FixedBase:
    """base^(d · 2^(8·i)) for every place i and every value d of one byte: a power is 31 multiplications."""

    __slots__ = ("_modulus", "_order", "_rows")

    def __init__(self, base: Element, modulus: Element, order: int) -> None:
        self._modulus = modulus
        self._order = order
        self._rows: list[list[Element]] = []
        for _ in range(256 // _WINDOW):
            row = [mpz(1)]
            for _ in range((1 << _WINDOW) - 1):
                row.append(row[-1] * base % modulus)
            self._rows.append(row)
            base = row[-1] * base % modulus

    def power(self, exponent: int) -> Element:
        """Give base^exponent; the exponent may be any whole number."""
        modulus = self._modulus
        found = 1
        for row, digit in zip(self._rows, (exponent % self._order).to_bytes(32, "little"), strict=True):
            if digit:
                found = found * row[digit] % modulus
        return found if found != 1 else mpz(1)


def _shared_powers(base: Element, exponents: Sequence[Element], modulus: Element) -> list[Element]:
    """Square base once for all exponents; each gathers the squares of equal hexadecimal digits."""
    buckets: list[list[Element]] = [[None] * 16 for _ in exponents]
    places = [exponent.digits(16).zfill(64)[::-1] for exponent in exponents]
    for digits in zip(*places, strict=True):
        for bucket, digit in zip(buckets, digits, strict=True):
            value = _NIBBLES[digit]
            if value:
                seen = bucket[value]
                bucket[value] = base if seen is None else seen * base % modulus
        base = base * base % modulus
        base = base * base % modulus
        base = base * base % modulus
        base = base * base % modulus
    return [_gathered(bucket, modulus) for bucket in buckets]


def _gathered(bucket: Sequence[Element], modulus: Element) -> Element:
    """Give the product of bucket[d]^d for d from 1 to 15, by multiplying running products."""
    running, total = mpz(1), mpz(1)
    for value in range(15, 0, -1):
        seen = bucket[value]
        if seen is not None:
            running = running * seen % modulus
        total = total * running % modulus
    return total


def _broken(what: str) -> EncodingError:
    return EncodingError(
        what,
        offset=0,
        expected="an element of the group, not 1, in decimal digits without leading zeros",
        standard="Belenios specification 2.0 (2023), 5.1",
    )
