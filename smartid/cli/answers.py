"""Verdicts on documents, printed for people: one block for each signature."""

from __future__ import annotations

from collections.abc import Iterator

from smartid.cli.judge import COLOURS, THROW_AWAY, check_rows, print_verdict
from smartid.cli.output import Composed, Row, print_table, say, shown, tell
from smartid.signing.process.words import both_calendars, level_title, next_level, title
from smartid.signing.verdicts import SignatureVerdict, VerificationReport


def print_report(report: VerificationReport) -> None:
    """Print every signature of a document, or that there is none."""
    if report.identity:
        print_verdict(report.identity)
        return
    if not report.signatures:
        tell(f"{report.name} holds no signature.", fg="yellow", bold=True)
        tell("این سند امضایی ندارد.")
        return
    for number, verdict in enumerate(report.signatures, 1):
        tell(f"{report.name}: signature {number} of {len(report.signatures)}", bold=True)
        _print_signature(verdict)


def _print_signature(verdict: SignatureVerdict, *, counter: bool = False) -> None:
    if counter:
        tell("Counter-signature on the one above", bold=True)
    tell(title(verdict.verdict), fg=COLOURS[verdict.verdict.indication], bold=True)
    tell(Composed(verdict.why))
    tell(Composed(verdict.why_fa))
    if verdict.verdict.throw_away:
        for sentence in THROW_AWAY:
            tell(sentence, fg="red", bold=True)
    print_table(facts(verdict))
    print_table(check_rows(verdict.verdict.checks))
    say()
    for item in verdict.counter_signatures:
        _print_signature(item, counter=True)


def facts(verdict: SignatureVerdict) -> Iterator[Row]:
    """Name, Persian name and value of what is known of a signature."""
    yield "Signer", "امضاکننده", verdict.signer or "not known"
    yield "Signed", "آنچه امضا شده", verdict.scope
    yield "Claimed time", "زمان ادعایی", Composed(both_calendars(verdict.signed_at) or "not stated")
    if verdict.level:
        proof = verdict.proof or "nothing older proves it"
        yield "Existed by", "وجود ثابت از", Composed(f"{both_calendars(verdict.best_time)} ({shown(proof)})")
    yield "Level", "سطح", level_title(verdict)
    if verdict.level_missing:
        yield "Next level", "سطح بعدی", next_level(verdict)
    if verdict.culprit:
        yield "Cause", "علت", verdict.culprit
    yield "Anchor", "ریشهٔ اعتماد", verdict.verdict.anchor or "none"
    yield "Judged for", "داوری برای", Composed(both_calendars(verdict.verdict.time))


def line(report: VerificationReport) -> str:
    """One line for a document among many."""
    if report.identity:
        return title(report.identity)
    if not report.signatures:
        return "no signature"
    return "; ".join(
        shown(f"{title(one.verdict)}, {one.signer or 'signer not known'}") for one in report.signatures
    )
