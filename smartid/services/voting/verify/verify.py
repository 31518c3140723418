"""Verify an election from its board alone: everything, at every stage, in memory that does not grow with it.

The first pass reads the board once and checks how it hangs together (``survey``). The second one verifies
credentials and ballots in errands, on as many processors as are given (``chunks``, ``pool``), and multiplies
the ballots that count. What follows from them is compared with what is published (``counting``).

Second proofs of the trustees' shares lie beside the archive (``trustees.binding``). Without them, a trustee
who also cast the last ballot may have published other numbers, and the archive alone does not show it: the
report then lacks ``share-binding``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from smartid.errors import ElectionInvalid
from smartid.services.voting.board.order import Stage
from smartid.services.voting.board.prefix import require_prefix
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.verify.counting import (
    applied,
    check_bindings,
    check_result,
    check_shares,
    check_tally,
    recomputed,
    stage_of,
    trustees_of,
)
from smartid.services.voting.verify.products import Products
from smartid.services.voting.verify.report import ElectionReport
from smartid.services.voting.verify.resume import Notes
from smartid.services.voting.verify.second_pass import Progress, verified_product
from smartid.services.voting.verify.survey import Survey, survey


def verify_archive(
    path: Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    resume: Path | None = None,
    at_stage: Stage | str | None = None,
    earlier: Path | None = None,
    cluster: Any = None,
) -> ElectionReport:
    """Verify a board at whatever stage it is.

    workers   processes; 1 works in this one
    resume    a file of this function's own, in which it notes what is verified; the same call after an
              interruption goes on from there. Whoever may write it is believed: see ``verify.resume``
    at_stage  the stage that the election must have reached exactly
    earlier   a copy of the same board that was kept: this one must go on where that one ended
    cluster   a ``distributed.Client`` whose machines open the same paths, instead of processes

    Raises ElectionInvalid (check, where), EncodingError for bytes that are no archive, ExtraMissing,
    ValueError for fewer than one worker or a stage that there is none, OSError.
    """
    wanted = None if at_stage is None else Stage(at_stage)
    found = survey(path, None if earlier is None else require_prefix(earlier, path))
    trustees = trustees_of(found)
    with Notes(resume) as notes:
        products = verified_product(found, notes, workers=workers, cluster=cluster, progress=progress)
    report = report_on(found, trustees, products)
    if wanted not in (None, report.stage):
        raise ElectionInvalid("stage", f"the election is at the stage {report.stage}, not {wanted}")
    return report


def report_on(found: Survey, trustees: Trustees, products: Products) -> ElectionReport:
    """Compare what follows from the ballots with what is published. Raises ElectionInvalid."""
    tally = recomputed(found, products)
    check_tally(found, tally)
    shares = check_shares(found, trustees, tally)
    bound = check_bindings(found, trustees, tally, shares)
    result = check_result(found, trustees, tally, shares)
    return ElectionReport(
        uuid=found.election.uuid,
        name=found.election.name,
        fingerprint=found.election.fingerprint,
        group=found.election.group,
        stage=stage_of(found, trustees, shares),
        ballots=found.ballots,
        counted=tally.num_tallied,
        voters=len(found.roll),
        result=result,
        head=found.head.digest,
        height=found.head.event.height,
        checks=applied(found, len(shares), bound),
        path=found.path,
    )
