"""PINs: secrets that stay mute and are wiped, blocks, and the guard of the last try.

What Python cannot do: a ``str`` that held a PIN cannot be wiped, and copies made by lower layers live until
they are collected. ``PIN`` keeps its own copy in a ``bytearray`` that is overwritten; ``PIN.on_reader()``
never holds the digits at all and is the first choice where the reader has keys.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from smartid.errors import PINEntryCancelled, PINFormatError
from smartid.identity.persian import to_latin_digits
from smartid.profiles.base import PINEncoding, PINSpec

MAX_INPUT = 64
"""More characters than this are not a PIN, whatever the card."""


class PIN:
    """A PIN on its way to a card. Its text form shows nothing.

    >>> PIN("1234")
    PIN(•••)

    digits    the PIN; Persian and Arabic digits are taken as the digits they are
    last_try  spend even the last try; without it the last one is refused
    repeat    present the PIN again when a key wants it before each use; without it the second use is refused

    Digits that a card called wrong are wiped: they never cost a second try.
    """

    __slots__ = ("_digits", "_source", "last_try", "on_pad", "repeat")

    def __init__(
        self, digits: str | bytes | bytearray, *, last_try: bool = False, repeat: bool = False
    ) -> None:
        self._digits: bytearray | None = _clean(digits)
        self._source: Callable[[], str] | None = None
        self.last_try = last_try
        self.repeat = repeat
        self.on_pad = False

    @classmethod
    def ask(
        cls, prompt: str = "PIN", *, again: str = "", last_try: bool = False, repeat: bool = False
    ) -> PIN:
        """A PIN that is asked on the terminal, without echo, when it is needed and not before.

        Using it raises PINFormatError where there is no terminal, PINEntryCancelled after Ctrl-C.

        again  prompt for typing a new PIN a second time; the two must agree
        """
        return cls._from(lambda: _ask_new(prompt, again), last_try=last_try, repeat=repeat)

    @classmethod
    def from_fd(cls, descriptor: int, *, last_try: bool = False, repeat: bool = False) -> PIN:
        """A PIN that is read from the first line of a file descriptor when it is needed."""
        return cls._from(lambda: read_line(descriptor), last_try=last_try, repeat=repeat)

    @classmethod
    def on_reader(cls, *, last_try: bool = False) -> PIN:
        """A PIN that the holder types on the keys of the reader: this program never sees it."""
        pin = cls._from(lambda: "", last_try=last_try, repeat=True)
        pin.on_pad = True
        return pin

    @classmethod
    def _from(cls, source: Callable[[], str], *, last_try: bool, repeat: bool) -> PIN:
        pin = cls.__new__(cls)
        pin._digits, pin._source, pin.on_pad = None, source, False
        pin.last_try, pin.repeat = last_try, repeat
        return pin

    def block(self, spec: PINSpec) -> bytearray:
        """The PIN block for VERIFY. The caller wipes it after use.

        Raises PINFormatError, before anything is sent, when the card could never accept the PIN.
        """
        if self._digits is None:
            if self._source is None:
                raise PINFormatError("This PIN was wiped.", remedy="Ask for it again.")
            self._digits = _clean(self._source())
        return pin_block(spec, self._digits)

    def wipe(self) -> None:
        """Overwrite the digits. A PIN that is asked or read can be asked again."""
        if self._digits is not None:
            self._digits[:] = bytes(len(self._digits))
            self._digits = None

    def __repr__(self) -> str:
        return "PIN(•••)"


def _clean(digits: str | bytes | bytearray) -> bytearray:
    text = digits if isinstance(digits, str) else digits.decode("ascii", errors="replace")
    text = to_latin_digits(text)
    if len(text) > MAX_INPUT or not text.isascii() or not text.isdigit():
        raise PINFormatError("A PIN is made of digits only.", remedy="Nothing was sent to the card.")
    return bytearray(text, "ascii")


def ask_hidden(prompt: str) -> str:
    """Ask on the terminal without echo. Raises PINFormatError without a terminal, PINEntryCancelled."""
    import warnings  # noqa: PLC0415
    from getpass import GetPassWarning, getpass  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)  # a PIN is never read where it would be shown
            return getpass(f"{prompt}: ")
    except GetPassWarning:
        raise PINFormatError(
            "There is no terminal on which the PIN could be asked without showing it.",
            remedy="Nothing was sent to the card. Give the PIN with --pin-fd N, or PIN.from_fd(N).",
        ) from None
    except (EOFError, KeyboardInterrupt):
        raise PINEntryCancelled(
            "The PIN entry was cancelled.", remedy="Nothing was sent to the card."
        ) from None


def _ask_new(prompt: str, again: str) -> str:
    first = ask_hidden(prompt)
    if again and ask_hidden(again) != first:
        raise PINFormatError("The two new PINs differ.", remedy="Nothing was sent to the card.")
    return first


def read_line(descriptor: int) -> str:
    """Read the first line of a descriptor, byte by byte: a second PIN may follow on the next line.

    Raises PINFormatError.
    """
    line = bytearray()
    try:
        while len(line) <= MAX_INPUT * 2:
            byte = os.read(descriptor, 1)
            if byte in (b"", b"\n"):
                break
            line += byte
    except OSError as error:
        raise PINFormatError(
            f"The PIN could not be read from file descriptor {descriptor}: {error.strerror}.",
            remedy="Open it for reading and pass its number, for example: --pin-fd 3 3<pin.txt",
        ) from None
    try:
        return line.decode().rstrip("\r")
    except UnicodeDecodeError:
        raise PINFormatError(
            "A PIN is made of digits only.", remedy="Nothing was sent to the card."
        ) from None
    finally:
        line[:] = bytes(len(line))


def pin_block(spec: PINSpec, digits: bytes | bytearray) -> bytearray:
    """Digits, encoded and filled to the block size of the card.

    ::

        ASCII   31 32 33 34 FF FF FF FF      one digit a byte
        BCD     12 3F FF FF                  two digits a byte; half a padding byte after an odd number

    Raises PINFormatError.
    """
    if not spec.min_length <= len(digits) <= spec.max_length:
        wanted = (
            f"{spec.min_length} digits"
            if spec.min_length == spec.max_length
            else f"{spec.min_length} to {spec.max_length} digits"
        )
        raise PINFormatError(f"The {spec.title} has {wanted}.", remedy="Nothing was sent to the card.")
    if spec.encoding is PINEncoding.BCD:
        padded = digits + bytes((spec.pad,)) * (len(digits) % 2)
        body = bytearray((a & 0x0F) << 4 | b & 0x0F for a, b in zip(padded[::2], padded[1::2], strict=True))
    else:
        body = bytearray(digits)
    return body.ljust(spec.block_size, bytes((spec.pad,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PINStatus:
    """What a card says about a PIN without spending a try.

    tries_left  None when the card does not tell
    presented   the PIN has been presented in this session of the card
    """

    name: str
    title: str
    title_fa: str
    tries_left: int | None
    max_tries: int
    presented: bool = False

    @property
    def blocked(self) -> bool:
        """Whether no try is left."""
        return self.tries_left == 0
