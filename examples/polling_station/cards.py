"""Voters whose mock card and credential lie beside each other in a folder: NAME.card and NAME.credential."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from device import Voter

import smartid
from smartid.auth.holder import holder_identity
from smartid.services.demo.election_people import VOTING_CARD
from smartid.services.voting.credentials import CredentialSecret
from smartid.trust.x509 import parse_certificate

PROFILES = (VOTING_CARD, *smartid.PROFILES)


def voters_in(folder: Path, sequence: Callable[[str, str], int]) -> dict[str, Voter]:
    """Find the voters of a folder. ``sequence`` is asked with label and national number, before each ballot.

    Raises EncodingError, OSError.
    """
    found = {}
    for path in sorted(folder.glob("*.card")):
        credential = path.with_suffix(".credential")
        if credential.exists():
            found[path.stem] = voter(path, credential, sequence)
    return found


def voter(path: Path, credential: Path, sequence: Callable[[str, str], int]) -> Voter:
    """Make a voter of two files."""
    with insert(path) as card:
        certificate = card.certificate(smartid.Purpose.SIGNATURE)
    holder = holder_identity(parse_certificate(certificate))
    return Voter(
        label=path.stem,
        name=" ".join(filter(None, (holder.given_names, holder.family_name))),
        secret=CredentialSecret.load(credential),
        insert=partial(insert, path),
        sequence=partial(sequence, path.stem, holder.national_number or ""),
    )


@contextmanager
def insert(path: Path) -> Iterator[smartid.Card]:
    """Put a mock card in a reader and open it; another program may have it afterwards. Raises ReaderBusy."""
    with (
        smartid.MockCard.open(path, profiles=PROFILES) as mock,
        smartid.connect(transport=mock.insert(), profiles=PROFILES) as card,
    ):
        yield card
