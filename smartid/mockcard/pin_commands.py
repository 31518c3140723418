"""VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER and LOGOUT (ISO/IEC 7816-4:2020, 11.6.6 to 11.6.11)."""

from __future__ import annotations

from smartid.iso7816.apdu import CommandAPDU
from smartid.mockcard.answer import DONE, Answer, Refusal
from smartid.mockcard.channels import Channel
from smartid.mockcard.scope import Scope
from smartid.mockcard.security import PINGuard, decode_pin
from smartid.profiles.base import PINSpec


class PINCommands:
    """The commands that present or change PINs."""

    def __init__(self, guard: PINGuard, scope: Scope) -> None:
        self._guard = guard
        self._scope = scope

    def verify(self, channel: Channel, command: CommandAPDU) -> Answer:
        """VERIFY: an empty one asks for the tries; P1 = FF without data forgets that the PIN was verified."""
        spec = self._scope.pin(channel, command.p2)
        if command.p1 == 0xFF and not command.data:
            channel.verified.discard(spec.name)
            return DONE
        if command.p1:
            raise Refusal(0x6A86)
        if command.data:
            self._guard.check(spec, command.data, channel.verified)
        else:
            self._guard.status(spec, channel.verified)
        return DONE

    def logout(self, channel: Channel, command: CommandAPDU) -> Answer:
        """LOGOUT of the PIN in P2; P2 = 00 forgets all PINs of this channel."""
        if command.p1 or command.data:
            raise Refusal(0x6A86)
        if command.p2:
            channel.verified.discard(self._scope.pin(channel, command.p2).name)
        else:
            channel.verified.clear()
        return DONE

    def change(self, channel: Channel, command: CommandAPDU) -> Answer:
        """CHANGE REFERENCE DATA from the old to the new PIN (P1 = 00).

        The new PIN is looked at first: one that the card would not take (6A80) costs no try of the old one.
        """
        spec = self._scope.pin(channel, command.p2)
        if command.p1:
            raise Refusal(0x6A86)
        if not spec.changeable:
            raise Refusal(0x6985)
        old, new = _halves(command.data, spec.block_size, spec.block_size)
        digits = decode_pin(spec, new)
        self._guard.check(spec, old, channel.verified)
        self._guard.change(spec, digits)
        return DONE

    def reset_retry_counter(self, channel: Channel, command: CommandAPDU) -> Answer:
        """RESET RETRY COUNTER: P1 says what the data field holds.

        ::

            00  resetting code and new PIN      02  new PIN; the resetting code was verified before
            01  resetting code                  03  nothing; the resetting code was verified before

        The PIN is not verified afterwards.
        """
        spec = self._scope.pin(channel, command.p2)
        puk = self._scope.pin_named(spec.unblocked_by)
        if command.p1 > 3:
            raise Refusal(0x6A86)
        carries_code, carries_pin = command.p1 < 2, command.p1 in (0, 2)
        code, new = _halves(
            command.data, puk.block_size if carries_code else 0, spec.block_size if carries_pin else 0
        )
        digits = decode_pin(spec, new) if carries_pin else None
        self._guard.state(spec)
        self._authorize(puk, code if carries_code else None, channel.verified)
        channel.verified.discard(spec.name)
        if digits is None:
            self._guard.unblock(spec)
        else:
            self._guard.change(spec, digits)
        return DONE

    def _authorize(self, puk: PINSpec, code: bytes | None, verified: set[str]) -> None:
        """Check a resetting code for this command only, or that it was verified before."""
        if code is not None:
            self._guard.check(puk, code, set())
        elif puk.name not in verified:
            raise Refusal(0x6982)


def _halves(data: bytes, first: int, second: int) -> tuple[bytes, bytes]:
    if len(data) != first + second:
        raise Refusal(0x6700)
    return data[:first], data[first:]
