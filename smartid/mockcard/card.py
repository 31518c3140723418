"""A mock card as a person holds it: it can be put in a reader, pulled out, and kept in a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Self

from smartid.errors import CardRemoved, NoCard
from smartid.mockcard.card_os import CardOS
from smartid.mockcard.faults import Fault, Mishaps, Moment
from smartid.mockcard.image import CardImage
from smartid.mockcard.storage import lock_file, replace_file
from smartid.mockcard.turns import Turn, TurnLog
from smartid.profiles.base import CardProfile
from smartid.profiles.registry import PROFILES

if TYPE_CHECKING:
    from smartid.identity.model import Identity
    from smartid.mockcard.citizens import Citizen
    from smartid.mockcard.keys import RandomBytes
    from smartid.mockcard.pki import ThrowAwayPKI
    from smartid.mockcard.vpcd import VpcdPlug

VPCD_PORT = 35963
"""Where the virtual reader of vsmartcard listens when nobody says otherwise."""


class _PowerLost(Exception):
    """The chip stops between two instructions. It never leaves this module."""


class MockCard:
    """A card operating system with its memory.

    >>> mock = MockCard(image)
    >>> with smartid.connect(transport=mock.insert()) as card:
    ...     card.read_identity()

    image   lasting memory
    random  source of the chip's random numbers
    """

    def __init__(self, image: CardImage, *, random: RandomBytes = os.urandom) -> None:
        self.image = image
        self.lock = RLock()
        self._log = TurnLog()
        self._path: Path | None = None
        self._handle: int | None = None
        self._tearing: Moment | None = None
        self._inserted: InsertedCard | None = None
        self._os = CardOS(image, random=random, commit=self._commit)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, profiles: Iterable[CardProfile] = PROFILES) -> Self:
        """The card in a card file. It is this process's alone until ``close``.

        Raises NoCard, ReaderBusy when another program has it, EncodingError when the file is no card.
        """
        handle = lock_file(Path(path))
        try:
            card = cls(CardImage.load(path, profiles=profiles))
        except BaseException:
            os.close(handle)
            raise
        card._path, card._handle = Path(path), handle
        return card

    @classmethod
    def personalize(
        cls,
        profile: CardProfile,
        *,
        holder: Citizen | Identity,
        pins: Mapping[str, str] | None = None,
        pki: ThrowAwayPKI | None = None,
    ) -> Self:
        """Issue a card for ``holder``: keys made, certificates issued, files written.

        pins  by PINSpec.name; the ones left out are drawn
        pki   the throw-away national PKI that signs; a fresh one when None
        """
        from smartid.mockcard.personalize import personalize  # noqa: PLC0415 - brings cryptography

        return cls(personalize(profile, holder=holder, pins=pins, pki=pki))

    @property
    def atr(self) -> bytes:
        """Its Answer To Reset."""
        return self._os.atr

    @property
    def log(self) -> Sequence[Turn]:
        """The last 10,000 commands and answers, decoded, PINs masked."""
        return self._log.turns()

    def insert(self, *, faults: Sequence[Fault] = (), contactless: bool = False) -> InsertedCard:
        """Put the card in an imaginary reader: a transport. It leaves the reader in which it was before.

        contactless  lay it on the reader: applications that want PACE or BAC over the air stay closed
        """
        with self.lock:
            if self._inserted:
                self._inserted.close()
            self._os.approach(contactless=contactless)
            self._inserted = InsertedCard(self, faults)
            return self._inserted

    @contextmanager
    def serve(
        self, port: int = VPCD_PORT, host: str = "127.0.0.1", *, faults: Sequence[Fault] = ()
    ) -> Iterator[VpcdPlug]:
        """Keep the card in the virtual reader that listens at ``port``: any PC/SC program sees it.

        Raises NoReader when nothing listens there.
        """
        from smartid.mockcard.vpcd import plug  # noqa: PLC0415 - nobody else needs sockets

        with plug(self.insert(faults=faults), host=host, port=port) as plugged:
            yield plugged

    def transmit(self, command: bytes) -> bytes:
        """Response APDU for a command APDU, straight from the chip."""
        answer = self._os.transmit(command)
        self._log.add(command, answer)
        return answer

    def reset(self) -> None:
        """Power off and on: what is not in lasting memory is forgotten."""
        self._os.reset()

    def tear(self, command: bytes, moment: Moment) -> None:
        """Begin a command and lose the power at this moment; only lasting memory remains."""
        before = self.image.snapshot()
        self._tearing = moment
        try:
            self._os.transmit(command)
        except _PowerLost:
            if moment is Moment.BEFORE_COMMIT:
                self.image.restore(before)
        finally:
            self._tearing = None
            self.reset()

    def _commit(self) -> None:
        """Write lasting memory: the card file is replaced in one step."""
        if self._tearing is Moment.BEFORE_COMMIT:
            raise _PowerLost
        if self._path is not None:
            fresh = replace_file(self._path, self.image.to_json().encode())
            self._release()
            self._handle = fresh
        if self._tearing is Moment.AFTER_COMMIT:
            raise _PowerLost

    def close(self) -> None:
        """Take the card out and let go of its file. Closing twice does nothing."""
        with self.lock:
            if self._inserted:
                self._inserted.close()
            self._path = None
            self._release()

    def _release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._release()

    def __repr__(self) -> str:
        return f"MockCard({self.image!r})"


class InsertedCard:
    """A mock card in an imaginary reader: a transport for ``smartid.connect``."""

    def __init__(self, card: MockCard, faults: Sequence[Fault]) -> None:
        self.atr = card.atr
        self._card: MockCard | None = card
        self._lock = card.lock
        self._send = Mishaps(card, faults).transmit if faults else card.transmit

    def transmit(self, command: bytes) -> bytes:
        """Response APDU for a command APDU. Raises CardRemoved once the card is out."""
        with self._lock:
            if self._card is None:
                raise CardRemoved("The card is not in the reader any more.")
            try:
                return self._send(command)
            except CardRemoved:
                self.close()
                raise

    def reset(self) -> None:
        """Power off and on. Raises NoCard once the card is out."""
        with self._lock:
            if self._card is None:
                raise NoCard("The card is not in the reader any more.")
            self._card.reset()

    def transaction(self) -> AbstractContextManager[object]:
        """Keep other threads off the card while the block runs; blocks may be nested."""
        return self._lock

    def close(self) -> None:
        """Pull the card out; it can be inserted again. Closing twice does nothing."""
        with self._lock:
            if self._card is not None:
                self._card.reset()
                self._card = None
