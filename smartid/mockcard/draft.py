"""A card while it is being made: what the builders of its files look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from smartid.identity.dates import PartialDate
from smartid.identity.model import Identity, Portrait
from smartid.mockcard.key_pairs import PrivateKey
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile, Content

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Draft:
    """What is known of a card before it has files.

    keys         private keys by KeySpec.name
    data_groups  whole files of the data groups made so far, by number, as EF.SOD signs them
    """

    profile: CardProfile
    identity: Identity
    portrait: Portrait | None
    pki: ThrowAwayPKI
    keys: Mapping[str, PrivateKey]
    data_groups: dict[int, bytes] = field(default_factory=dict)

    @property
    def contents(self) -> frozenset[Content]:
        """Every content that the profile has a file or data object for."""
        files = (file.content for app in self.profile.applications for file in app.files)
        objects = (item.content for app in self.profile.applications for item in app.data_objects)
        return frozenset((*files, *objects))

    @property
    def serial(self) -> bytes:
        """Serial number of the card, 10 bytes: two digits each."""
        return bytes.fromhex(self.text("card_serial_number"))

    @property
    def issue_date(self) -> date:
        """First day of the card."""
        return _known(self.identity.issue_date, "issue_date")

    @property
    def expiry_date(self) -> date:
        """Last day of the card."""
        return _known(self.identity.expiry_date, "expiry_date")

    @property
    def birth_date(self) -> PartialDate:
        """When the holder was born."""
        return _known(self.identity.birth_date, "birth_date")

    def text(self, name: str) -> str:
        """A text of the identity by its name. Raises ValueError when the holder has none."""
        value: str | None = getattr(self.identity, name)
        return _known(value, name)


def _known(value: T | None, name: str) -> T:
    if value is None:
        raise ValueError(f"this card needs the holder's {name}")
    return value
