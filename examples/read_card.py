"""Read the card in a reader, check it, and print the holder.

    python examples/read_card.py [CARD] [TRUST]

CARD   part of a PC/SC reader's name, or the file of a mock card; any reader that holds a card when left out
TRUST  folder of trust anchors; the configured store when left out
"""

from __future__ import annotations

import sys
from pathlib import Path

import smartid


def open_card(where: str | None) -> smartid.Card:
    """The card in a reader, or in a file made with `smartid mock new`."""
    if where and Path(where).is_file():
        return smartid.connect(transport=smartid.MockCard.open(where).insert())
    return smartid.connect(where)


def main(where: str | None = None, trust: str | None = None) -> int:
    """Print what is proved; the exit status tells whether it was."""
    anchors = smartid.TrustStore.from_folder(trust) if trust else smartid.TrustStore.configured()
    verifier = smartid.Verifier(smartid.Policy(anchors=anchors))
    try:
        with open_card(where) as card:
            person = verifier.identity(card.read_identity())
    except smartid.NotTrusted as refused:
        print(f"{refused.verdict.indication.value}: {refused}")
        return 1
    for name, value in person.identity.as_dict().items():
        print(f"{name:22}{value}")
    print(f"on the word of {person.verdict.anchor}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:3]))
    except smartid.SmartIDError as error:
        sys.exit(str(error))
