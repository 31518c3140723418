"""Verification of whole folders: the archive, what was left out of the count, receipts, the audit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from smartid.errors import ElectionInvalid
from smartid.files import write_whole
from smartid.services.journal.keys import load_key, load_public_key
from smartid.services.voting.audit import AuditReport, audit
from smartid.services.voting.board.archive import Archive
from smartid.services.voting.board.entries import entries
from smartid.services.voting.board.records import ballot_head
from smartid.services.voting.compact import sha256_base64
from smartid.services.voting.election import Question
from smartid.services.voting.folder import ElectionFolder, election_of, read_record
from smartid.services.voting.preparing import ACCEPTANCE, COLLECTOR, new_party
from smartid.services.voting.receipts import BallotReceipt, ReceiptKeys, ReceiptStanding, verify_receipt
from smartid.services.voting.revocations import Revocations
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.derived import check_derived
from smartid.services.voting.verify.report import ElectionReport
from smartid.services.voting.verify.second_pass import Progress
from smartid.services.voting.verify.verify import verify_archive
from smartid.trust.policy import Policy

AUDITOR = "auditor"


def archive_in(path: Path) -> Path:
    """Give the archive that a path means: itself, or the one in a folder. Raises Refused, EncodingError."""
    return ElectionFolder(path).archive if path.is_dir() else path


def questions_of(path: Path) -> tuple[Question, ...]:
    """Give the questions of an archive or a folder. Raises Refused, EncodingError, OSError."""
    return election_of(archive_in(path)).questions


def verify_election(
    path: Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    resume: Path | None = None,
    earlier: Path | None = None,
) -> ElectionReport:
    """Verify an archive; of a folder, also that nothing but revoked ballots was left out of the count.

    earlier  an older copy of the board, which the whole board must continue
    Raises as ``verify_archive``, and SignatureInvalid for revocations that the collector did not sign.
    """
    if not path.is_dir():
        return verify_archive(path, workers=workers, progress=progress, resume=resume, earlier=earlier)
    folder = ElectionFolder(path)
    counted, whole = folder.archive, folder.whole_board()
    if counted == whole:
        _require_nothing_revoked(folder)
        return verify_archive(counted, workers=workers, progress=progress, resume=resume, earlier=earlier)
    if earlier is not None:
        verify_archive(whole, workers=workers, earlier=earlier)
    _require_count(folder, whole, counted)
    return verify_archive(counted, workers=workers, progress=progress, resume=resume)


def load_receipt(path: Path) -> BallotReceipt:
    """Read a receipt's file, or the text of its QR code in one. Raises EncodingError, OSError."""
    return BallotReceipt.parse(read_record(path))


def check_receipt(path: Path, receipt: BallotReceipt) -> ReceiptStanding:
    """Check a receipt against an archive or a folder; ``keys`` beside the archive says who signs.

    Raises as ``verify_receipt``.
    """
    place = path if path.is_dir() else path.parent
    folder = ElectionFolder(place)
    keys = ReceiptKeys(
        collector=load_public_key(folder.keys / f"{COLLECTOR}.pem"),
        acceptance=load_public_key(folder.keys / f"{ACCEPTANCE}.pem"),
    )
    board = folder.whole_board() if path.is_dir() else path
    return verify_receipt(receipt, board, keys, revoked=_revoked(folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBallot:
    """Where a ballot stands.

    height         of its event
    superseded_by  height of the last ballot of the same credential; None when it is this one
    revoked        its owner voted on paper; told of folders only
    """

    height: int
    superseded_by: int | None
    revoked: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def find_ballot(path: Path, tracker: str) -> FoundBallot | None:
    """Look for a ballot on a board by its tracker.

    Raises EncodingError, ElectionInvalid, SignatureInvalid, OSError.
    """
    board = ElectionFolder(path).whole_board() if path.is_dir() else path
    height, owner, last = None, "", None
    with board.open("rb") as file:
        for entry in entries(Archive(file)):
            if entry.event.type is not EventType.BALLOT:
                continue
            credential = ballot_head(entry.contents[0])[2]
            if height is None and sha256_base64(entry.contents[0]) == tracker:
                height, owner = entry.event.height, credential
            elif height is not None and credential == owner:
                last = entry.event.height
    if height is None:
        return None
    revoked = path.is_dir() and owner in _revoked(ElectionFolder(path))
    return FoundBallot(height=height, superseded_by=last, revoked=revoked)


def audit_here(
    folder: ElectionFolder, policy: Policy, *, progress: Callable[[int], None] | None = None
) -> AuditReport:
    """Audit a folder, and publish what the audit counts, signed, in ``audit.json``. Raises as ``audit``."""
    report = audit(folder.path, policy, progress=progress)
    path = folder.restricted / f"{AUDITOR}.key"
    key = load_key(path) if path.exists() else new_party(folder, AUDITOR)
    write_whole(folder.audit_file, report.sign(key), mode=0o644)
    return report


def _require_count(folder: ElectionFolder, whole: Path, counted: Path) -> None:
    """Check that the count leaves out the ballots of revoked credentials and nothing else."""
    if not folder.revocations.exists():
        raise ElectionInvalid("count", f"ballots were left out, and {folder.revocations.name} is not here")
    revocations = Revocations.load(folder.revocations, load_public_key(folder.keys / f"{COLLECTOR}.pem"))
    check_derived(whole, counted, revocations.credentials)
    with whole.open("rb") as file:
        last = deque(entries(Archive(file)), maxlen=1)
    if revocations.board != last[0].digest:
        raise ElectionInvalid("count", "the revocations are about another board")


def _revoked(folder: ElectionFolder) -> frozenset[str]:
    """The credentials of people who voted on paper after they had voted with a card."""
    if not folder.revocations.exists():
        return frozenset()
    return Revocations.load(folder.revocations, load_public_key(folder.keys / f"{COLLECTOR}.pem")).credentials


def _require_nothing_revoked(folder: ElectionFolder) -> None:
    if folder.revocations.exists():
        raise ElectionInvalid("count", "credentials were revoked, and the whole board is not here")
