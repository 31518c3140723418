"""The card as a signer that wants its PIN at the signature, when all that can fail before has not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from smartid.errors import UnsupportedFeature
from smartid.identity.model import Purpose

if TYPE_CHECKING:
    from smartid.card.card import Card
    from smartid.card.pin import PIN
    from smartid.crypto.signature import SignatureAlgorithm
    from smartid.profiles.base import KeySpec


class LateSigner:
    """A ``Signer`` over the signature key of a card.

    Raises UnsupportedFeature for a card that cannot sign here, and what reading its certificate raises.
    """

    def __init__(self, card: Card, pin: PIN) -> None:
        self._card, self._pin = card, pin
        self._key = signature_key(card)
        self._certificate = signature_certificate(card)

    @property
    def certificate(self) -> bytes:
        """The certificate of the key, DER."""
        return self._certificate

    @property
    def on_national_card(self) -> bool:
        """True: every card that is known here is a national one."""
        return True

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        """What the key can do, best first."""
        return tuple(self._key.algorithms)

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Ask for the PIN, present it, sign, and let the card forget it. Raises as ``Card.unlock``."""
        with self._card.unlock(self._pin, purpose=Purpose.SIGNATURE) as unlocked:
            return unlocked.sign_digest(digest, algorithm)


def signature_key(card: Card) -> KeySpec:
    """The key for signatures. Raises UnsupportedFeature for a card that cannot sign here."""
    found, why = card.profile.key(Purpose.SIGNATURE), card.profile.unsupported.get("signing")
    if found is None or why:
        raise UnsupportedFeature(
            profile=card.profile.name, feature="signing", why=why or "It has no key for signatures."
        )
    return found[1]


def signature_certificate(card: Card) -> bytes:
    """The certificate of that key, DER. Raises UnsupportedFeature for a card that holds none."""
    for claim in card.certificates():
        if claim.purpose == Purpose.SIGNATURE:
            return claim.der
    raise UnsupportedFeature(
        profile=card.profile.name, feature="signing", why="It holds no certificate for signatures."
    )
