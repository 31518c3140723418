"""Voters whose mock card and credential lie beside each other in a folder: NAME.card and NAME.credential."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from device import Voter

import smartid
from smartid.services.voting.credentials import CredentialSecret


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
        holder = card.read_identity().identity
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
        smartid.MockCard.open(path) as mock,
        smartid.connect(transport=mock.insert()) as card,
    ):
        yield card
