"""Verify an election that is spread over many boards: all of them by the same workers, then the sums."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smartid.errors import ElectionInvalid
from smartid.services.voting.board.digests import DigestIndex
from smartid.services.voting.election import Question
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.verify.chunks import Chunk, Outcome
from smartid.services.voting.verify.counting import trustees_of
from smartid.services.voting.verify.index import MAX_INDEX, Shard, ShardIndex, make_index, sha256_of
from smartid.services.voting.verify.pool import outcomes
from smartid.services.voting.verify.report import ElectionReport, Result
from smartid.services.voting.verify.resume import Notes
from smartid.services.voting.verify.second_pass import Progress, SecondPass
from smartid.services.voting.verify.survey import survey
from smartid.services.voting.verify.verify import report_on

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["Shard", "ShardIndex", "ShardsReport", "Total", "make_index", "verify_shards"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum over boards that ask the same. ``shards`` says how many they are."""

    questions: tuple[Question, ...]
    result: Result
    shards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardsReport:
    """Boards on which everything holds, and which are the ones of the list.

    totals  over boards with equal questions; empty as long as one has no result
    """

    title: str
    shards: tuple[tuple[Shard, ElectionReport], ...]
    totals: tuple[Total, ...]

    @property
    def ballots(self) -> int:
        """On all boards."""
        return sum(report.ballots for _, report in self.shards)

    @property
    def voters(self) -> int:
        """Credentials on all lists."""
        return sum(report.voters for _, report in self.shards)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "title": self.title,
            "ballots": self.ballots,
            "voters": self.voters,
            "shards": [
                {"constituency": shard.constituency, **report.as_dict()} for shard, report in self.shards
            ],
            "totals": [
                {
                    "questions": [question.as_dict() for question in total.questions],
                    "result": [list(numbers) for numbers in total.result],
                    "shards": total.shards,
                }
                for total in self.totals
            ],
        }


def verify_shards(
    index: Path,
    *,
    keys: Sequence[Ed25519PublicKey],
    workers: int = 1,
    cluster: Any = None,
    resume: Path | None = None,
    progress: Progress | None = None,
) -> ShardsReport:
    """Verify the boards of a list, which lie beside it.

    keys      one of them must have signed the list
    workers   processes for all boards together; 1 works in this one
    cluster   a ``distributed.Client`` whose machines open the same paths, instead of processes
    resume    as for ``verify_archive``; one file serves all boards
    progress  is told how many ballots are verified, and how many the list promises

    Memory holds 50 bytes for each credential, of all boards together. Raises ElectionInvalid
    (index-signature, index-shards, index-credentials, and what ``verify_archive`` raises), EncodingError,
    ExtraMissing, ValueError for fewer than one worker, OSError.
    """
    with index.open("rb") as file:
        listed = ShardIndex.parse(file.read(MAX_INDEX + 1), keys)
    _require_no_other(index.parent, listed)
    with Notes(resume) as notes:
        boards = _Boards(index.parent, listed, notes)
        for chunk, outcome in outcomes(boards.errands(), workers=workers, cluster=cluster):
            boards.finish(chunk, outcome)
            if progress is not None:
                progress(boards.ballots, sum(shard.ballots for shard in listed.shards))
        reports = boards.reports()
    return ShardsReport(title=listed.title, shards=tuple(reports), totals=_totals(boards, reports))


def _require_no_other(folder: Path, listed: ShardIndex) -> None:
    others = {path.name for path in folder.glob("*.bel")} - {shard.file for shard in listed.shards}
    if others:
        raise ElectionInvalid("index-shards", "it is not on the list", where=min(others))


class _Work(SecondPass):
    """A board under way."""

    def __init__(self, shard: Shard, path: Path, notes: Notes) -> None:
        super().__init__(survey(path), notes)
        self.shard = shard
        self.trustees: Trustees = trustees_of(self.found)
        self.pending = 0
        self.whole = False


class _Boards:
    """All boards: each is surveyed when its turn comes, and forgotten but for its report when it is done."""

    def __init__(self, folder: Path, listed: ShardIndex, notes: Notes) -> None:
        self._folder = folder
        self._listed = listed
        self._notes = notes
        self._under_way: deque[_Work] = deque()
        self._credentials = DigestIndex()
        self._reports: list[tuple[Shard, ElectionReport]] = []
        self.questions: list[tuple[Question, ...]] = []
        self._reported = 0

    @property
    def ballots(self) -> int:
        """Verified so far, now or before an interruption."""
        return self._reported + sum(work.ballots for work in self._under_way)

    def errands(self) -> Iterator[Chunk]:
        """Give the errands of one board after the other."""
        for shard in self._listed.shards:
            work = self._begin(shard)
            for chunk in work.errands():
                work.pending += 1
                yield chunk
            work.whole = True
            self._report()

    def finish(self, chunk: Chunk, outcome: Outcome) -> None:
        """Take an outcome. Raises ElectionInvalid."""
        work = next(work for work in self._under_way if str(work.found.path) == chunk.path)
        try:
            work.finish(chunk, outcome)
        except ElectionInvalid as error:
            raise _at(work.shard, error) from None
        work.pending -= 1
        self._report()

    def reports(self) -> list[tuple[Shard, ElectionReport]]:
        """Give the reports, when there are no more errands."""
        self._report()
        return self._reports

    def _begin(self, shard: Shard) -> _Work:
        path = self._folder / shard.file
        if not path.is_file() or sha256_of(path) != shard.sha256:
            raise ElectionInvalid("index-shards", "it is not the file of the list", where=shard.file)
        try:
            work = _Work(shard, path, self._notes)
        except ElectionInvalid as error:
            raise _at(shard, error) from None
        if not all(map(self._credentials.add, work.found.roll.digests())):
            why = "one of its credentials is on the list of another board"
            raise ElectionInvalid("index-credentials", why, where=shard.file)
        self._under_way.append(work)
        return work

    def _report(self) -> None:
        while self._under_way and self._under_way[0].whole and not self._under_way[0].pending:
            work = self._under_way.popleft()
            try:
                report = report_on(work.found, work.trustees, work.products)
            except ElectionInvalid as error:
                raise _at(work.shard, error) from None
            _require_same(work.shard, report)
            self._reports.append((work.shard, report))
            self._reported += report.ballots
            self.questions.append(work.found.election.questions)


def _require_same(shard: Shard, report: ElectionReport) -> None:
    listed = (shard.uuid, shard.head, shard.height, shard.ballots, shard.result)
    if listed != (report.uuid, report.head, report.height, report.ballots, report.result):
        raise ElectionInvalid("index-shards", "the list says something else about it", where=shard.file)


def _at(shard: Shard, error: ElectionInvalid) -> ElectionInvalid:
    where = f"{shard.file}, {error.where}" if error.where else shard.file
    return ElectionInvalid(error.check, error.why, where=where)


def _totals(boards: _Boards, reports: Sequence[tuple[Shard, ElectionReport]]) -> tuple[Total, ...]:
    found: dict[tuple[Question, ...], list[Result]] = {}
    for questions, (_, report) in zip(boards.questions, reports, strict=True):
        if report.result is None:
            return ()
        found.setdefault(questions, []).append(report.result)
    return tuple(
        Total(questions=questions, result=_sum(results), shards=len(results))
        for questions, results in found.items()
    )


def _sum(results: Sequence[Result]) -> Result:
    return tuple(tuple(map(sum, zip(*rows, strict=True))) for rows in zip(*results, strict=True))
