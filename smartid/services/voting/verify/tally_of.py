"""The encrypted tally, recomputed from verified ballots: what trustees decrypt, and nothing else."""

from __future__ import annotations

from pathlib import Path

from smartid.errors import ElectionInvalid
from smartid.services.voting.verify.counting import check_tally, recomputed, trustees_of
from smartid.services.voting.verify.report import EncryptedTally
from smartid.services.voting.verify.resume import Notes
from smartid.services.voting.verify.second_pass import Progress, verified_product
from smartid.services.voting.verify.survey import survey


def encrypted_tally(path: Path, workers: int = 1, *, progress: Progress | None = None) -> EncryptedTally:
    """Verify a closed board, every credential and ballot of it, and add the ballots up.

    A tally that is published on the board already must be this one. Raises ElectionInvalid (stage) for a
    board that is still open, and what ``verify_archive`` raises.
    """
    found = survey(path)
    if not found.closed:
        raise ElectionInvalid("stage", "the board is still open, and more ballots may come")
    trustees_of(found)
    with Notes(None) as notes:
        tally = recomputed(found, verified_product(found, notes, workers=workers, progress=progress))
    check_tally(found, tally)
    return tally
