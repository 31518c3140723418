"""From a reader, or any byte pipe, to a card that is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from smartid.card.card import Card
from smartid.card.identify import identify
from smartid.profiles.base import CardProfile
from smartid.profiles.registry import PROFILES
from smartid.transport.base import Reader, Transport


def readers() -> tuple[Reader, ...]:
    """The PC/SC readers of this machine and what is in them. Raises NoService."""
    from smartid.transport import pcsc  # noqa: PLC0415

    return pcsc.readers()


def connect(
    reader: str | None = None,
    *,
    transport: Transport | None = None,
    profiles: Sequence[CardProfile] = PROFILES,
    wait: timedelta = timedelta(0),
) -> Card:
    """Open the first known card and hold it until the ``with`` block ends.

    reader     part of a PC/SC reader's name; None takes any reader that holds a card
    transport  a byte pipe to use instead of PC/SC: a mock card, a played trace
    profiles   the cards to know; an issuer passes its own: ``[*PROFILES, MINE]``
    wait       how long to wait for a card to be inserted

    Raises NoService, NoReader, NoCard, ReaderBusy, UnsupportedCard (with its ATR).
    """
    pipe, name = (transport, "") if transport else _open(reader, wait)
    try:
        profile = identify(pipe, profiles)
        return Card(pipe, profile, reader=name or getattr(pipe, "name", ""))
    except BaseException:
        pipe.close()
        raise


def _open(reader: str | None, wait: timedelta) -> tuple[Transport, str]:
    from smartid.transport import pcsc  # noqa: PLC0415

    if wait:
        reader = pcsc.wait_for_card(reader, wait).name
    pipe = pcsc.PCSCTransport.connect(reader)
    return pipe, pipe.name
