"""A counter desk: wait for a card, say who it is and whether that is believed, wait for the next one.

    python examples/watch_counter.py TRUST [CARD...]

TRUST  folder of trust anchors
CARD   files of mock cards, served one after the other instead of waiting at a reader
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import smartid

A_DAY = timedelta(days=1)
ANSWERS = {
    "TOTAL-PASSED": "تأیید شد",
    "INDETERMINATE": "نمی‌توان گفت",
    "TOTAL-FAILED": "پذیرفته نیست",
}


def cards(files: list[str]) -> Iterator[Callable[[], smartid.Card]]:
    """Ways to open the cards that are put on the desk, one after the other."""
    for file in files:
        yield lambda file=file: smartid.connect(transport=smartid.MockCard.open(file).insert())
    while not files:
        yield lambda: smartid.connect(wait=A_DAY)
        while any(reader.atr for reader in smartid.readers()):
            time.sleep(0.3)


def serve(open_card: Callable[[], smartid.Card], verifier: smartid.Verifier) -> str:
    """One line for the desk's screen. A name is shown only when it is believed."""
    try:
        with open_card() as card:
            reading = card.read_identity()
    except smartid.NoService:
        raise
    except smartid.SmartIDError as error:
        return str(error)
    verdict = verifier.assess(reading)
    answer = ANSWERS[verdict.indication.value]
    if not verdict.passed:
        return f"{answer} ({verdict.sub_indication.value if verdict.sub_indication else ''})"
    person = verifier.identity(reading).identity
    return f"{answer}: {person.given_names} {person.family_name}"


def main(trust: str, *files: str) -> None:
    """Serve until Ctrl-C, or until the last file."""
    verifier = smartid.Verifier(smartid.Policy(anchors=smartid.TrustStore.from_folder(trust)))
    print("کارت را در کارت‌خوان بگذارید.", flush=True)
    for open_card in cards(list(files)):
        print(serve(open_card, verifier), flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        print("پایان.")
    except smartid.SmartIDError as error:
        sys.exit(str(error))
