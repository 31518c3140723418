"""Holders of the demo: cards of a throw-away authority that lies in the demo's folder."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from smartid.card.connect import connect
from smartid.card.pin import PIN
from smartid.identity.model import Purpose
from smartid.identity.transaction import Authorization, Transaction
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.faults import Tear
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
        self._insert()
        self.certificate = self._unlocked.certificate

    def agree(self, transaction: Transaction) -> Authorization:
        """Agree to what is shown."""
        return self._unlocked.authorize(transaction)

    def agree_badly(self, transaction: Transaction, at: int) -> Authorization:
        """Pull the card out in a command of the signature; then put it in again, PIN and all.

        at  number of the command; when the signature needs fewer, nothing happens
        """
        try:
            with (
                connect(transport=self._mock.insert(faults=[Tear(at)])) as card,
                card.unlock(PIN(SAMPLE_PIN), purpose=Purpose.TRANSACTION) as unlocked,
            ):
                return unlocked.authorize(transaction)
        finally:
            self._insert()

    def close(self) -> None:
        """Take the card away."""
        self._open.close()
        self._mock.close()

    def _insert(self) -> None:
        self._open = ExitStack()
        card = self._open.enter_context(connect(transport=self._mock.insert()))
        stay = card.unlock(PIN(SAMPLE_PIN), purpose=Purpose.TRANSACTION)
        self._unlocked = self._open.enter_context(stay)


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
