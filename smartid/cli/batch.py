"""Many files for ``smartid verify``: results as they come, then how many were what."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from smartid.cli.answers import line
from smartid.cli.errors import NO
from smartid.cli.judge import THROW_AWAY
from smartid.cli.output import print_table, say, shown, tell
from smartid.cli.progress import batch_bar
from smartid.cli.report import Entry, document_of, write_report
from smartid.cli.settings import Settings
from smartid.signing.batch import BatchResult, verify_many
from smartid.signing.verdicts import VerificationReport
from smartid.trust.policy import Policy

_WORTH_PROCESSES = 8
"""Fewer files are done before other processes have started."""


def verify_all(
    settings: Settings,
    walk: Callable[[], Iterator[Path]],
    policy: Policy,
    *,
    at: datetime | None,
    report: Path | None,
    jobs: int | None,
) -> int:
    """Verify files, print each result as it comes, then a summary; the exit status.

    walk  gives the files; it is asked twice, to count them first, and a million of them need no room
    """
    count = sum(1 for _ in walk())
    workers = 1 if jobs is None and count < _WORTH_PROCESSES else jobs
    tally = Tally(settings, keep=report is not None)
    with closing(verify_many(walk(), policy, workers=workers, at=at)) as results, batch_bar(count) as step:
        for result in results:
            tally.add(result)
            step()
    tally.end()
    if report:
        write_report(report, sorted(tally.kept, key=lambda entry: entry[0]))
    return tally.status


class Tally:
    """Counts results, and shows each one when it comes.

    keep  hold on to the reports, for a page that shows them all
    """

    def __init__(self, settings: Settings, *, keep: bool) -> None:
        self._json = settings.as_json
        self._keep = keep
        self._counts: Counter[str] = Counter()
        self._throw_away = False
        self.kept: list[Entry] = []
        if self._json:
            sys.stdout.write('{"files": [')

    @property
    def status(self) -> int:
        """Exit status: whether there was a file, and each has passed."""
        good = self._counts["TOTAL-PASSED"]
        return 0 if good and good == self._counts.total() else NO

    def add(self, result: BatchResult) -> None:
        """Count and show one result."""
        entry: Entry = (result.path, result.report or result.failure)
        answer = _answer(result)
        first = not self._counts
        self._counts[answer] += 1
        self._throw_away = self._throw_away or _is_throw_away(result.report)
        if self._keep:
            self.kept.append(entry)
        if self._json:
            text = json.dumps(document_of(*entry))
            sys.stdout.write(("" if first else ",") + f"\n  {text}")
        else:
            _show(result)

    def end(self) -> None:
        """Show the counts, or close the document."""
        if self._json:
            sys.stdout.write("\n]}\n")
            return
        say()
        print_table(
            [(name, str(number)) for name, number in sorted(self._counts.items())], ("Answer", "Files")
        )
        if self._throw_away:
            for sentence in THROW_AWAY:
                tell(sentence, fg="red", bold=True)


def _answer(result: BatchResult) -> str:
    """The word under which a file is counted: the worst answer of its signatures."""
    if result.report is None:
        return "not verified"
    if result.passed:
        return "TOTAL-PASSED"
    identity = result.report.identity
    found = (
        {identity.indication} if identity else {one.verdict.indication for one in result.report.signatures}
    )
    words = {indication.value for indication in found}
    return next((word for word in ("TOTAL-FAILED", "INDETERMINATE") if word in words), "no signature")


def _is_throw_away(report: VerificationReport | None) -> bool:
    if report is None:
        return False
    identity = report.identity is not None and report.identity.throw_away
    return identity or any(one.verdict.throw_away for one in report.signatures)


def _show(result: BatchResult) -> None:
    mark, colour = ("✓", "green") if result.passed else ("✗", "red")
    told = line(result.report) if result.report else shown(result.failure.message if result.failure else "")
    click.echo(f" {click.style(mark, fg=colour)} {shown(str(result.path))}: {told}")
