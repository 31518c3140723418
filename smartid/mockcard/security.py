"""PINs as a chip guards them: a try is spent, and spent on the disk, before the comparison is made.

ISO/IEC 7816-4:2020, 11.6; where it leaves a choice to the card, the docstrings say what was chosen.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from smartid.mockcard.answer import Refusal
from smartid.mockcard.image import CardImage, PINState
from smartid.profiles.base import PINEncoding, PINSpec


def encode_pin(spec: PINSpec, digits: str) -> bytes:
    """The PIN block: one digit or two digits a byte, filled to ``block_size`` with the padding byte."""
    if spec.encoding is PINEncoding.ASCII:
        body = digits.encode("ascii")
    else:
        odd = f"{spec.pad & 0x0F:X}" if len(digits) % 2 else ""
        body = bytes.fromhex(digits + odd)
    return body.ljust(spec.block_size, bytes((spec.pad,)))


def decode_pin(spec: PINSpec, block: bytes) -> str:
    """The digits of a PIN block. Raises Refusal 6A80 for a wrong alphabet, padding or number of digits."""
    if spec.encoding is PINEncoding.ASCII:
        text = block.rstrip(bytes((spec.pad,))).decode("latin-1")
    else:
        text = block.rstrip(bytes((spec.pad,))).hex().upper().rstrip(f"{spec.pad & 0x0F:X}")
    sound = text.isascii() and text.isdigit() and spec.min_length <= len(text) <= spec.max_length
    if not sound or encode_pin(spec, text) != block:
        raise Refusal(0x6A80)
    return text


class PINGuard:
    """The PINs of one card.

    ``commit`` writes the image to lasting memory; it is called each time a counter or a PIN changes.
    """

    def __init__(self, image: CardImage, commit: Callable[[], None]) -> None:
        self._image = image
        self._commit = commit

    def state(self, spec: PINSpec) -> PINState:
        """What the chip keeps of a PIN. Raises Refusal 6A88 when this card was made without it."""
        state = self._image.pins.get(spec.name)
        if state is None:
            raise Refusal(0x6A88)
        return state

    def check(self, spec: PINSpec, block: bytes, verified: set[str]) -> None:
        """Compare a PIN block, in constant time; the PIN is then verified, or no more.

        A block of another length than the card's is refused without spending a try; a block of the right
        length with wrong filling is a wrong PIN.

        Raises Refusal 6700, 6983 when blocked, 63CX when wrong (X tries are left).
        """
        state = self.state(spec)
        if len(block) != spec.block_size:
            raise Refusal(0x6700)
        verified.discard(spec.name)
        self._spend(state)
        if not hmac.compare_digest(encode_pin(spec, state.value), block):
            raise Refusal(0x63C0 | state.tries_left)
        self._refill(state)
        verified.add(spec.name)

    def status(self, spec: PINSpec, verified: set[str]) -> None:
        """Answer an empty VERIFY. Returns when the PIN is verified.

        On a card without such a query the empty block is a wrong PIN and costs a try.

        Raises Refusal 6983 or 63CX.
        """
        state = self.state(spec)
        if spec.status_query and spec.name in verified:
            return
        if not spec.status_query:
            verified.discard(spec.name)
            self._spend(state)
        raise Refusal(0x63C0 | state.tries_left if state.tries_left else 0x6983)

    def change(self, spec: PINSpec, digits: str) -> None:
        """Write a new PIN with all its tries."""
        state = self.state(spec)
        state.value, state.tries_left = digits, state.max_tries
        self._commit()

    def unblock(self, spec: PINSpec) -> None:
        """Give a PIN all its tries again."""
        self._refill(self.state(spec))

    def _spend(self, state: PINState) -> None:
        if not state.tries_left:
            raise Refusal(0x6983)
        state.tries_left -= 1
        self._commit()

    def _refill(self, state: PINState) -> None:
        if state.tries_left != state.max_tries:
            state.tries_left = state.max_tries
            self._commit()
