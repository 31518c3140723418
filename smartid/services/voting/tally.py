"""The result of a board: from its ballots and its trustees' shares to numbers."""

from __future__ import annotations

from pathlib import Path

from smartid.errors import ElectionInvalid
from smartid.services.voting.trustees.combine import check_counts, combine, encode_result
from smartid.services.voting.verify.counting import check_shares, check_tally, recomputed, trustees_of
from smartid.services.voting.verify.resume import Notes
from smartid.services.voting.verify.second_pass import Progress, verified_product
from smartid.services.voting.verify.survey import survey


def compute_result(board: Path, *, workers: int = 1, progress: Progress | None = None) -> bytes:
    """Verify a board and every share on it, and give the result's record.

    All mandatory trustees and, of each group, as many as its threshold have to have given a share. What it
    costs to find the numbers: see ``trustees.combine``.
    Raises ElectionInvalid (share-count: whose shares are missing; and what ``verify_archive`` raises),
    EncodingError, OSError.
    """
    found = survey(board)
    if found.tally is None:
        raise ElectionInvalid("stage", "the encrypted tally is not on the board yet")
    trustees = trustees_of(found)
    with Notes(None) as notes:
        tally = recomputed(found, verified_product(found, notes, workers=workers, progress=progress))
    check_tally(found, tally)
    shares = check_shares(found, trustees, tally)
    counts = combine(trustees, shares, tally.ciphertexts, found.group, bound=tally.total_weight)
    check_counts(found.election.questions, counts, tally.total_weight)
    return encode_result(counts)
