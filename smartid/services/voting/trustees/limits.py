"""What a trustee does not decrypt: too few ballots, and a second sum of the same election.

::

    settings.json    {"minimum": 5}: the owner's own choice, never asked from outside
    decrypted.json   {FINGERPRINT: SHA-256 of the encrypted tally}: one tally for each election

Why only one: two boards of the same election that differ in one ballot would give, one decrypted after the
other, what that ballot holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import Refused
from smartid.files import sync_folder, write_whole
from smartid.services.reasons import Reason
from smartid.services.voting.compact import broken, compact

MINIMUM = 5
"""Ballots: fewer say too much about each of them."""
SETTINGS, DECRYPTED = "settings.json", "decrypted.json"
WHAT = "trustee's folder"
MAX_FILE = 1 << 20


def write_minimum(folder: Path, minimum: int) -> None:
    """Write down the owner's minimum. Raises OSError."""
    write_whole(folder / SETTINGS, compact({"minimum": minimum}))
    sync_folder(folder)


def read_minimum(folder: Path) -> int:
    """Of how many ballots at least a result is decrypted. Raises EncodingError, OSError."""
    found = _read(folder / SETTINGS).get("minimum")
    if type(found) is not int or found < 0:
        raise broken(WHAT, "a minimum from 0")
    return found


def remember(folder: Path, fingerprint: str, tally: str) -> None:
    """Write down which tally of an election is decrypted; when this comes back, it lasts.

    fingerprint  of the election
    tally        SHA-256 of the encrypted tally
    Raises Refused (conflict) when it was another one before, OSError, EncodingError.
    """
    path = folder / DECRYPTED
    known = _read(path) if path.exists() else {}
    if known.get(fingerprint, tally) != tally:
        raise Refused(
            "This trustee has decrypted another tally of this election.",
            reason=Reason.CONFLICT,
            remedy="Two tallies that differ in a ballot would open it. Find out which board is true.",
        )
    if fingerprint not in known:
        write_whole(path, compact({**known, fingerprint: tally}))
        sync_folder(folder)


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return strict_json.parse_object(file.read(MAX_FILE), WHAT)
