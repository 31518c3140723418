"""Voters of the demo: invented people with cards, and what each of them is going to do.

Names and choices come from the seed, keys never do: they are drawn by the operating system, one set a card.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random

import smartid
from smartid import PIN, Purpose
from smartid.identity.model import Identity, Sex
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.signing.signer import Signer

VOTING_CARD = replace(
    NATIONAL_REFERENCE,
    name="voting_card",
    title="Card with keys and certificates alone",
    applications=tuple(
        one for one in NATIONAL_REFERENCE.applications if one.name in {"master file", "pkcs15"}
    ),
    probes=("pkcs15",),
)
"""A card without the travel document: it signs as every other, and is made in milliseconds."""
SIGNATURE_PIN = "920318"
_WOMEN = (
    ("سارا", "Sara"),
    ("شیرین", "Shirin"),
    ("پروین", "Parvin"),
    ("نرگس", "Narges"),
    ("مینا", "Mina"),
    ("الهام", "Elham"),
    ("بهار", "Bahar"),
)
_MEN = (
    ("رضا", "Reza"),
    ("آرش", "Arash"),
    ("بابک", "Babak"),
    ("سینا", "Sina"),
    ("امید", "Omid"),
    ("فرهاد", "Farhad"),
    ("پویا", "Pouya"),
)
_FAMILIES = (
    ("احمدی", "Ahmadi"),
    ("کریمی", "Karimi"),
    ("مرادی", "Moradi"),
    ("صادقی", "Sadeghi"),
    ("نوری", "Nouri"),
    ("باقری", "Bagheri"),
    ("شریفی", "Sharifi"),
    ("بهرامی", "Bahrami"),
)


@dataclass(frozen=True, slots=True)
class Voter:
    """An invented person.

    number  from 0; also the last digits of the national number but one
    """

    number: int
    identity: Identity

    @property
    def national_number(self) -> str:
        """Ten digits."""
        return self.identity.national_number or ""

    @property
    def name(self) -> str:
        """Name in Persian."""
        return f"{self.identity.given_names} {self.identity.family_name}"

    @property
    def label(self) -> str:
        """Name for files: "voter-0007"."""
        return f"voter-{self.number:04d}"


class CardOfVoter:
    """A mock card in this process that signs for its holder."""

    def __init__(self, voter: Voter, pki: ThrowAwayPKI) -> None:
        self._mock = MockCard.personalize(
            VOTING_CARD, holder=voter.identity, pins={"signature": SIGNATURE_PIN}, pki=pki
        )

    @contextmanager
    def signer(self) -> Iterator[Signer]:
        """Put the card in, present its PIN, and take it out again at the end."""
        with (
            smartid.connect(transport=self._mock.insert(), profiles=[VOTING_CARD]) as card,
            card.unlock(PIN(SIGNATURE_PIN, repeat=True), purpose=Purpose.SIGNATURE) as unlocked,
        ):
            yield unlocked.signer


def invent(count: int, chance: Random) -> Sequence[Voter]:
    """Invent so many people; the same ones for the same chance."""
    return [Voter(number, _identity(number, chance)) for number in range(count)]


def _identity(number: int, chance: Random) -> Identity:
    sex = chance.choice((Sex.FEMALE, Sex.MALE))
    given, given_latin = chance.choice(_WOMEN if sex is Sex.FEMALE else _MEN)
    family, family_latin = chance.choice(_FAMILIES)
    return replace(
        CITIZENS["sara"].identity,
        national_number=national_number(number),
        given_names=given,
        given_names_latin=given_latin,
        family_name=family,
        family_name_latin=family_latin,
        sex=sex,
        document_number=f"V{number:08d}",
        card_serial_number=None,
        registration_number=None,
    )


def national_number(number: int) -> str:
    """Give the ten digits of an invented person: 99, which is no place of issue, and a check digit."""
    digits = f"99{number + 1_000_000:07d}"
    rest = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
    return digits + str(rest if rest < 2 else 11 - rest)
