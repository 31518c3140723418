"""The verdict on a reading: which anchors it rests on, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.cli.output import Row, print_table, say, tell
from smartid.identity.model import Reading
from smartid.trust.sentences import verdict_sentence
from smartid.trust.verdict import Check, CheckStatus, Indication, Verdict

if TYPE_CHECKING:
    from smartid.trust.store import TrustStore

_MARKS = {CheckStatus.PASSED: "✓", CheckStatus.FAILED: "✗", CheckStatus.NOT_CHECKED: "–"}
COLOURS = {
    Indication.TOTAL_PASSED: "green",
    Indication.INDETERMINATE: "yellow",
    Indication.TOTAL_FAILED: "red",
}
_HASH = "hash_"
_DATA_GROUPS = {
    CheckStatus.PASSED: "As they were signed",
    CheckStatus.FAILED: "Changed after signing",
    CheckStatus.NOT_CHECKED: "Signed, but not read",
}
_RECORDED = Check(
    "recording",
    CheckStatus.NOT_CHECKED,
    "This was played from a recording: the chip answered then; whether the card is here now is not known.",
)
THROW_AWAY = (
    "THROW-AWAY PKI: this verdict rests on keys that protect nothing. It is worth nothing outside a test.",
    "زیرساخت کلید دورریختنی: کلیدهای پشت این نتیجه از چیزی محافظت نمی‌کنند؛ بیرون از آزمایش ارزشی ندارد.",
)
"""The warning of every output that rests on the mock cards' PKI."""


def store_for(folder: Path | None) -> TrustStore:
    """The anchors of a folder, or of the configured store. Raises EncodingError."""
    from smartid.trust.store import TrustStore  # noqa: PLC0415

    return TrustStore.from_folder(folder) if folder else TrustStore.configured()


def verdict_on(reading: Reading, store: TrustStore, *, recorded: bool = False) -> Verdict:
    """Judge a reading under the strict policy.

    recorded  it was played from a trace, which the verdict then says: its challenge is an old one
    """
    from smartid.trust.policy import Policy  # noqa: PLC0415
    from smartid.trust.verifier import Verifier  # noqa: PLC0415

    verdict = Verifier(Policy(anchors=store)).assess(reading)
    return replace(verdict, checks=(*verdict.checks, _RECORDED)) if recorded else verdict


def print_verdict(verdict: Verdict) -> None:
    """Print the answer, on whose word it stands, and every check."""
    reason = f" / {verdict.sub_indication.value}" if verdict.sub_indication else ""
    say()
    tell(f"{verdict.indication.value}{reason}", fg=COLOURS[verdict.indication], bold=True)
    tell(verdict_sentence(verdict.indication, verdict.sub_indication))
    if verdict.anchor:
        tell(f"On the word of {verdict.anchor}, at {verdict.time.isoformat(timespec='seconds')}.")
    if verdict.throw_away:
        for sentence in THROW_AWAY:
            tell(sentence, fg="red", bold=True)
    print_table(check_rows(verdict.checks))


def check_rows(checks: Iterable[Check]) -> Iterator[Row]:
    """A row for each check; data groups that ended alike share one."""
    for _, group in groupby(_hashes_together(checks), key=_likeness):
        found = list(group)
        if len(found) == 1:
            yield _MARKS[found[0].status], found[0].name, found[0].detail
        else:
            numbers = ", ".join(check.name.removeprefix(_HASH) for check in found)
            yield _MARKS[found[0].status], "hash", f"{_DATA_GROUPS[found[0].status]}: {numbers}."


def _hashes_together(checks: Iterable[Check]) -> list[Check]:
    """The checks in their order, but data groups by how they ended."""
    order = list(CheckStatus)
    found = list(checks)
    hashes = [at for at, check in enumerate(found) if check.name.startswith(_HASH)]
    if hashes:
        first, last = hashes[0], hashes[-1] + 1
        found[first:last] = sorted(found[first:last], key=lambda check: order.index(check.status))
    return found


def _likeness(check: Check) -> tuple[str, CheckStatus]:
    return ("" if check.name.startswith(_HASH) else check.name), check.status
