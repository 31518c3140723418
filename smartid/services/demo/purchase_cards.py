"""Holders of the demo: cards of a throw-away authority that lies in the demo's folder."""

from __future__ import annotations

from pathlib import Path

from smartid.card.connect import connect
from smartid.card.pin import PIN
from smartid.identity.model import Purpose
from smartid.identity.transaction import Authorization, Transaction
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore

NAMES = ("sara", "reza", "zahra")
SAMPLE_PIN = "4071"


class Holder:
    """Somebody who stands at the counter, PIN entered."""

    def __init__(self, image: CardImage) -> None:
        self._mock = MockCard(image)
        self._card = connect(transport=self._mock.insert())
        self._stay = self._card.unlock(PIN(SAMPLE_PIN), purpose=Purpose.TRANSACTION)
        self._unlocked = self._stay.__enter__()
        self.certificate = self._unlocked.certificate

    def agree(self, transaction: Transaction) -> Authorization:
        """Agree to what is shown."""
        return self._unlocked.authorize(transaction)

    def close(self) -> None:
        """Take the card away."""
        self._stay.__exit__(None, None, None)
        self._card.close()
        self._mock.close()


def issue_cards(folder: Path) -> None:
    """Make an authority and a card for each holder."""
    pki = ThrowAwayPKI.load_or_create(folder / "pki.json")
    for name in NAMES:
        image = issue_citizen(CITIZENS[name], NATIONAL_REFERENCE, pki, pins={"identity": SAMPLE_PIN})
        image.save(folder / f"{name}.card")


def holders(folder: Path) -> list[Holder]:
    """Give the holders."""
    return [Holder(CardImage.load(folder / f"{name}.card")) for name in NAMES]


def trust(folder: Path) -> Policy:
    """Believe this authority and nobody else."""
    pki = ThrowAwayPKI.load_or_create(folder / "pki.json")
    anchors = (pki.root.der, pki.citizen_ca.der, pki.csca.der)
    return Policy(anchors=TrustStore.from_certificates(*anchors, crls=pki.crls()))
