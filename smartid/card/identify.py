"""Which profile a card has. Light to import: listing readers needs nothing else of this package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from smartid.card.run import run
from smartid.errors import SmartIDError, UnsupportedCard
from smartid.iso7816.atr import ATR
from smartid.iso7816.exchange import Link
from smartid.profiles.base import CardProfile
from smartid.profiles.procedures import recognise
from smartid.profiles.registry import PROFILES, candidates
from smartid.transport.base import Transport


def identify(transport: Transport, profiles: Iterable[CardProfile] = PROFILES) -> CardProfile:
    """The profile of the card behind a transport: candidates by ATR, decided by SELECT. No PIN is sent.

    Raises UnsupportedCard with the reason why nothing matched.
    """
    atr = transport.atr
    link = Link.of(ATR.parse(atr).capabilities)
    possible = candidates(atr, profiles)
    for profile in possible:
        if run(recognise(profile), transport, link):
            return profile
    raise _unknown(atr, possible)


def _unknown(atr: bytes, possible: Sequence[CardProfile]) -> SmartIDError:
    text = atr.hex().upper()
    if not possible:
        return UnsupportedCard(
            f"No card profile knows the ATR {text}.",
            atr=atr,
            remedy="Pass your own to connect(profiles=…); docs/how-to/add-a-card-profile.md shows how.",
        )
    names = ", ".join(profile.name for profile in possible)
    return UnsupportedCard(
        f"The ATR {text} belongs to {names} and to other cards; this card has none of their applications.",
        atr=atr,
        remedy="It is another card with the same ATR; nothing but SELECT was sent to it.",
    )
