"""The verdict on a reading: which anchors it rests on, and how it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from smartid.cli.output import print_table, say, shown
from smartid.identity.model import Reading
from smartid.trust.verdict import CheckStatus, Indication, Verdict

if TYPE_CHECKING:
    from smartid.trust.store import TrustStore

_MARKS = {CheckStatus.PASSED: "✓", CheckStatus.FAILED: "✗", CheckStatus.NOT_CHECKED: "–"}
_COLOURS = {
    Indication.TOTAL_PASSED: "green",
    Indication.INDETERMINATE: "yellow",
    Indication.TOTAL_FAILED: "red",
}
THROW_AWAY = (
    "THROW-AWAY PKI: this verdict rests on keys that protect nothing. It is worth nothing outside a test.",
    "زیرساخت کلید دورریختنی: این نتیجه بر کلیدهایی تکیه دارد که از چیزی محافظت نمی‌کنند و بیرون از آزمایش ارزشی ندارد.",
)
"""The warning of every output that rests on the mock cards' PKI."""


def store_for(folder: Path | None) -> TrustStore:
    """The anchors of a folder, or of the configured store. Raises EncodingError."""
    from smartid.trust.store import TrustStore  # noqa: PLC0415

    return TrustStore.from_folder(folder) if folder else TrustStore.configured()


def verdict_on(reading: Reading, store: TrustStore) -> Verdict:
    """Judge a reading under the strict policy."""
    from smartid.trust.policy import Policy  # noqa: PLC0415
    from smartid.trust.verifier import Verifier  # noqa: PLC0415

    return Verifier(Policy(anchors=store)).assess(reading)


def print_verdict(verdict: Verdict) -> None:
    """Print the answer, on whose word it stands, and every check."""
    import click  # noqa: PLC0415

    reason = f" / {verdict.sub_indication.value}" if verdict.sub_indication else ""
    say()
    say(click.style(f"{verdict.indication.value}{reason}", fg=_COLOURS[verdict.indication], bold=True))
    if verdict.anchor:
        say(f"on the word of {shown(verdict.anchor)}, at {verdict.time.isoformat(timespec='seconds')}")
    if verdict.throw_away:
        for line in THROW_AWAY:
            say(click.style(shown(line), fg="red", bold=True))
    print_table([(_MARKS[check.status], check.name, check.detail) for check in verdict.checks])
