"""A card in a reader, locked: what may be done without a PIN, and the way to what may not."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Self, TypeVar

from smartid.card import present
from smartid.card.pin import PIN, PINStatus
from smartid.card.reading import CHALLENGE_SIZE, interpret, read_raw
from smartid.card.run import run
from smartid.card.unlocked import Session, UnlockedCard, selected_file
from smartid.errors import (
    CardError,
    CardRemoved,
    LastTryRefused,
    PINBlocked,
    SmartIDError,
    UnsupportedFeature,
    WrongPIN,
)
from smartid.identity.model import ESSENTIAL, CertificateClaim, Field, Purpose, Reading
from smartid.iso7816 import commands
from smartid.iso7816.apdu import CommandAPDU, ResponseAPDU
from smartid.iso7816.atr import ATR
from smartid.iso7816.exchange import Exchange, Link, Progress
from smartid.profiles import procedures
from smartid.profiles.base import Application, CardProfile, KeySpec, PINSpec
from smartid.secure_messaging.channel import AccessKey
from smartid.transport.base import LimitedTransport, PINPad, Transport

T = TypeVar("T")

_FEATURES = {Purpose.SIGNATURE: "signing", Purpose.TRANSACTION: "transactions"}
"""Names of what a key is for, as the profiles' tables of what cannot be done have them."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Card:
    """A card in a reader, locked: what anyone holding it may read.

    >>> with smartid.connect() as card:                        # doctest: +SKIP
    ...     reading = card.read_identity()

    transport  the byte pipe; the card closes it
    profile    what kind of card it is
    reader     name of the reader, for people
    random     source of challenges (an argument, so that a conversation can be replayed)
    clock      source of the reading time, aware
    """

    def __init__(
        self,
        transport: Transport,
        profile: CardProfile,
        *,
        reader: str = "",
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.profile = profile
        self.reader = reader
        self._transport = transport
        self._random = random
        self._clock = clock
        self._unlocked: list[str] = []
        limit = transport.max_apdu if isinstance(transport, LimitedTransport) else None
        self._atr = ATR.parse(transport.atr)
        self._link = Link.of(self._atr.capabilities, reader_limit=limit)

    @property
    def atr(self) -> ATR:
        """The Answer To Reset."""
        return self._atr

    @property
    def has_pin_pad(self) -> bool:
        """Whether the reader can take a PIN on its own keys."""
        return isinstance(self._transport, PINPad) and self._transport.has_pin_pad

    def run(self, exchange: Exchange[T]) -> T:
        """Run a conversation with this card, in one transaction, with lengths fitted to card and reader."""
        return run(exchange, self._transport, self._link)

    def transmit(self, command: CommandAPDU) -> ResponseAPDU:
        """One raw command, as it is. Nothing is corrected, followed up or raised but errors of the wire."""
        with self._transport.transaction():
            return ResponseAPDU.parse(self._transport.transmit(command.encode()))

    def read_identity(
        self,
        *,
        fields: Collection[Field] = ESSENTIAL,
        access: AccessKey | None = None,
        progress: Progress | None = None,
    ) -> Reading:
        """Read what the card claims about its holder, and the evidence for it.

        fields    what to fetch; the portrait is the slow one and is not in ESSENTIAL
        access    MRZ or CAN, which open a contactless chip; the contact side of a card does not need it
        progress  called with bytes read and bytes in all while the portrait is read

        What only a PIN opens is named in ``Reading.locked``.
        Raises UnsupportedFeature, CardRemoved, EncodingError.
        """
        return self._read(fields, access, progress, presented=())

    def _read(
        self,
        fields: Collection[Field],
        access: AccessKey | None,
        progress: Progress | None,
        *,
        presented: Collection[str],
    ) -> Reading:
        self._require_readable(fields)
        exchange = read_raw(
            self.profile,
            fields,
            presented=presented,
            challenge=self._random(CHALLENGE_SIZE),
            progress=progress,
        )
        try:
            raw = self.run(exchange)
        except CardError as error:
            raise self._explained(error, access) from error
        return interpret(raw, self.profile, reader=self.reader, atr=self._atr.raw, now=self._clock())

    def _require_readable(self, fields: Collection[Field]) -> None:
        """Refuse a request of which nothing is on this card; asking for more than there is, is fine."""
        if not self.profile.fields.isdisjoint(fields):
            return
        wanted = ", ".join(sorted(fields))
        why = self.profile.unsupported.get("portrait" if set(fields) == {Field.PORTRAIT} else "personal data")
        have = ", ".join(sorted(self.profile.fields)) or "nothing that is public"
        raise UnsupportedFeature(
            profile=self.profile.name, feature=f"reading {wanted}", why=why or f"It holds: {have}."
        )

    def _explained(self, error: CardError, access: AccessKey | None) -> SmartIDError:
        """A refusal at the first SELECT of a chip that wants PACE or BAC, in words that help."""
        if error.sw != 0x6982:
            return error
        why = "The chip wants PACE or BAC first, which is not spoken here yet; use the contact side."
        return UnsupportedFeature(
            profile=self.profile.name,
            feature="reading over the air" if access else "reading this interface",
            why=why,
        )

    def certificates(self) -> tuple[CertificateClaim, ...]:
        """The certificates on the card. Nobody has checked them."""
        if "certificates" in self.profile.unsupported:
            raise UnsupportedFeature(
                profile=self.profile.name,
                feature="reading certificates",
                why=self.profile.unsupported["certificates"],
            )
        return self.read_identity(fields={Field.CERTIFICATES}).certificates

    def certificate(self, purpose: Purpose) -> bytes:
        """Read the certificate of the key of a purpose, X.509 in DER. Nobody has checked it.

        Raises UnsupportedFeature, FileNotFound, CardRemoved.
        """
        found = self.profile.key(purpose)
        place = self.profile.certificate_of(found[1].name) if found else None
        if place is None:
            why = self.profile.unsupported.get("certificates", "It has no certificate for this purpose.")
            raise UnsupportedFeature(profile=self.profile.name, feature="reading certificates", why=why)
        return self.run(selected_file(*place))

    def pin_names(self) -> tuple[str, ...]:
        """Names of the PINs that the profile knows."""
        return tuple(pin.name for application in self.profile.applications for pin in application.pins)

    def pin_status(self, name: str) -> PINStatus:
        """Ask how many tries a PIN has, without spending one. Raises UnsupportedFeature."""
        return self.run(present.status(*present.find(self.profile, name)))

    def verify_pin(self, name: str, pin: PIN) -> None:
        """Present a PIN once and forget it again.

        Sends nothing when the PIN is blocked, of a wrong form, or down to its last try without ``last_try``.
        Raises WrongPIN, PINBlocked, LastTryRefused, PINFormatError.
        """
        application, spec = present.find(self.profile, name)
        self._fetch(application, spec, pin)
        with self._transport.transaction():
            self._present(application, spec, pin)
            self._forget(application, spec)

    def change_pin(self, name: str, old: PIN, new: PIN) -> None:
        """Change a PIN, and forget it again. With ``PIN.on_reader()`` the holder types both on the reader.

        Raises WrongPIN, PINBlocked, LastTryRefused, PINFormatError, UnsupportedFeature.
        """
        application, spec = present.find(self.profile, name)
        present.require_changeable(self.profile, spec, "PIN change")
        self._fetch(application, spec, old)
        if old.on_pad:
            blocks = present.empty_block(spec)
            command = commands.change_reference_data(spec.reference, blocks, blocks)
            with self._transport.transaction():
                self._on_pad(application, spec, spec, command, old)
                self._forget(application, spec)
        else:
            self._change(application, spec, old, new)

    def _change(self, application: Application, spec: PINSpec, old: PIN, new: PIN) -> None:
        old_block, new_block = old.block(spec), new.block(spec)
        try:
            with self._transport.transaction():
                with self._undone(application, spec, old):
                    self.run(present.change(application, spec, old_block, new_block, last_try=old.last_try))
                self._forget(application, spec)
        finally:
            _wipe(old_block, new_block)

    def unblock_pin(self, name: str, puk: PIN, new: PIN) -> None:
        """Give a PIN new tries and a new value with its PUK. The PIN is not presented afterwards.

        Raises WrongPIN (of the PUK), PINBlocked, LastTryRefused, PINFormatError, UnsupportedFeature.
        """
        application, spec = present.find(self.profile, name)
        puk_spec = present.require_unblocker(self.profile, spec)
        self._fetch(application, puk_spec, puk)
        if puk.on_pad:
            blocks = (present.empty_block(puk_spec), present.empty_block(spec))
            command = commands.reset_retry_counter(spec.reference, *blocks)
            with self._transport.transaction():
                self._on_pad(application, puk_spec, spec, command, puk)
                self._forget(application, spec)
        else:
            self._unblock(application, spec, puk_spec, puk, new)

    def _unblock(
        self, application: Application, spec: PINSpec, puk_spec: PINSpec, puk: PIN, new: PIN
    ) -> None:
        code, new_block = puk.block(puk_spec), new.block(spec)
        exchange = present.unblock(application, spec, puk_spec, code, new_block, last_try=puk.last_try)
        try:
            with self._transport.transaction():
                with self._undone(application, spec, puk):
                    self.run(exchange)
                self._forget(application, spec)
        finally:
            _wipe(code, new_block)

    @contextmanager
    def unlock(self, pin: PIN, *, purpose: Purpose) -> Iterator[UnlockedCard]:
        """Present the PIN that guards the key of a purpose and lend the unlocked card.

        Sends nothing when only one try is left, unless ``PIN(…, last_try=True)``. Other programs are kept off
        the card while the block runs, so that none of them uses the PIN's status, which is dropped when the
        block ends, also on an error.

        Raises WrongPIN (tries_left), PINBlocked, LastTryRefused, PINFormatError, UnsupportedFeature.
        """
        application, key = self._key_for(purpose)
        holder, spec = present.find(self.profile, key.pin or "")
        self._fetch(holder, spec, pin)
        with self._transport.transaction():
            self._present(holder, spec, pin)
            session = _CardSession(self, holder, spec, pin)
            unlocked = UnlockedCard(self.profile, application, key, session)
            self._unlocked.append(spec.name)
            try:
                yield unlocked
            finally:
                session.end()
                pin.wipe()
                self._leave(holder, spec)

    def _key_for(self, purpose: Purpose) -> tuple[Application, KeySpec]:
        found = self.profile.key(purpose)
        feature = _FEATURES.get(purpose, "authentication")
        why = self.profile.unsupported.get(feature)
        if found is None or found[1].pin is None or why:
            why = why or f"It has no key for {purpose.value} behind a PIN."
            raise UnsupportedFeature(profile=self.profile.name, feature=feature, why=why)
        return found

    def _fetch(self, application: Application, spec: PINSpec, pin: PIN) -> None:
        """Ask for a PIN while others may still use the card; a person who types takes long.

        Raises PINBlocked and LastTryRefused before anybody is asked, PINFormatError.
        """
        present.guard(self.run(present.status(application, spec)), spec, last_try=pin.last_try)
        if not pin.on_pad:
            _wipe(pin.block(spec))

    def _present(self, application: Application, spec: PINSpec, pin: PIN) -> None:
        if pin.on_pad:
            command = commands.verify(spec.reference, present.empty_block(spec))
            self._on_pad(application, spec, spec, command, pin)
            return
        block = pin.block(spec)
        try:
            with self._undone(application, spec, pin):
                self.run(present.present(application, spec, block, last_try=pin.last_try))
        finally:
            _wipe(block)

    @contextmanager
    def _undone(self, application: Application, spec: PINSpec, pin: PIN) -> Iterator[None]:
        """Wipe a PIN that was wrong: the same digits never cost a second try.

        When presenting it was cut short, the card is made to forget it: it may have taken it all the same.
        """
        try:
            yield
        except WrongPIN:
            pin.wipe()
            raise
        except (PINBlocked, LastTryRefused):
            raise
        except BaseException:
            self._forget(application, spec)
            raise

    def _on_pad(
        self, application: Application, asked: PINSpec, spec: PINSpec, command: CommandAPDU, pin: PIN
    ) -> None:
        """Let the reader take the PIN(s) of a command; ``asked`` is the one whose tries are spent."""
        if not isinstance(self._transport, PINPad) or not self._transport.has_pin_pad:
            raise UnsupportedFeature(
                profile=self.profile.name,
                feature="PIN entry on the reader",
                why="This reader has no keys of its own.",
            )
        changes = command.ins != 0x20
        request = present.pad_request(spec, command, new_pin=changes, old_pin=changes)
        present.guard(self.run(present.status(application, asked)), asked, last_try=pin.last_try)
        self.run(procedures.select(application))
        with self._undone(application, spec, pin):
            present.check(self._transport.enter_pin(request), command, asked)

    def _leave(self, application: Application, spec: PINSpec) -> None:
        """The end of an ``unlock`` block; nothing is left to do when the card was closed inside it."""
        if spec.name in self._unlocked:
            self._unlocked.remove(spec.name)
            self._forget(application, spec)

    def _forget(self, application: Application, spec: PINSpec) -> None:
        """Drop the security status, by command or else by reset; a card that is gone has forgotten already.

        A PIN that an ``unlock`` block still needs stays until that block ends.
        """
        if spec.name in self._unlocked:
            return
        try:
            if self.run(_forgotten(application, spec)):
                return
        except CardRemoved:
            return
        except SmartIDError:
            pass
        reset = getattr(self._transport, "reset", None)
        if reset:
            with suppress(SmartIDError):
                reset()

    def close(self) -> None:
        """Let go of the card; what an ``unlock`` block still holds is dropped first."""
        left, self._unlocked = set(self._unlocked), []
        for name in left:
            self._forget(*present.find(self.profile, name))
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Card({self.profile.name}, reader={self.reader!r}, atr={self._atr})"


class _CardSession(Session):
    """The stay in an unlocked card: ends once, and presents the PIN again only when it was told to."""

    def __init__(self, card: Card, application: Application, spec: PINSpec, pin: PIN) -> None:
        self._card, self._application, self._spec, self._pin = card, application, spec, pin
        self._ended = False

    def run(self, exchange: Exchange[T]) -> T:
        self._require_open()
        return self._card.run(exchange)

    def read(self, fields: Collection[Field], progress: Progress | None) -> Reading:
        self._require_open()
        return self._card._read(fields, None, progress, presented=(self._spec.name,))

    def present_again(self) -> None:
        self._require_open()
        if not self._pin.repeat:
            raise CardError(
                f"The key wants the {self._spec.title} before each use, and it was given for one use.",
                remedy="Unlock the card again, or allow it with PIN(…, repeat=True).",
            )
        self._card._present(self._application, self._spec, self._pin)

    def _require_open(self) -> None:
        if self._ended:
            raise CardError(
                "The card was locked again.", remedy="Use it inside the `with card.unlock(…)` block."
            )

    def end(self) -> None:
        self._ended = True


def _forgotten(application: Application, spec: PINSpec) -> Exchange[bool]:
    yield from procedures.select(application)
    return (yield from present.forget(spec))


def _wipe(*blocks: bytearray) -> None:
    for block in blocks:
        block[:] = bytes(len(block))
