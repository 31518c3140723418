"""A page to print: verdicts on one document or many, as one HTML file without scripts or outside resources.

Persian comes first and English beside it. Every value is escaped: names in certificates and of files come
from strangers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from smartid import __version__
from smartid.identity.persian import to_persian_digits
from smartid.signing.page_style import STYLE
from smartid.signing.process.words import both_calendars, level_title, next_level, printable, title
from smartid.signing.verdicts import SignatureVerdict, VerificationReport
from smartid.trust.sentences import STATUSES, check_name, verdict_sentence
from smartid.trust.verdict import Check, CheckStatus, Indication, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from smartid.signing.batch import Failure

_WORDS = {
    Indication.TOTAL_PASSED: ("passed", "معتبر است", "Valid"),
    Indication.INDETERMINATE: ("open", "قطعی نیست", "Not decided"),
    Indication.TOTAL_FAILED: ("failed", "معتبر نیست", "Not valid"),
}
_NOT_VERIFIED = ("وارسی نشد", "Not verified")
_UNSIGNED = ("بدون امضا", "No signature")
_MARKS = {CheckStatus.PASSED: "✓", CheckStatus.FAILED: "✗", CheckStatus.NOT_CHECKED: "–"}
_THROW_AWAY = (
    "زیرساخت کلید دورریختنی: این نتیجه بیرون از آزمایش ارزشی ندارد.",
    "THROW-AWAY PKI: this result is worth nothing outside a test.",
)


def page(entries: Sequence[tuple[Path, VerificationReport | Failure | None]]) -> str:
    """Make the page: an HTML document in UTF-8 that needs nothing else."""
    parts = [_document(number, path, outcome) for number, (path, outcome) in enumerate(entries, 1)]
    return (
        '<!DOCTYPE html>\n<html lang="fa" dir="rtl">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>گزارش وارسی امضا · Signature report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        '<header><h1>گزارش وارسی امضا</h1><p class="en" lang="en" dir="ltr">Signature report</p></header>\n'
        f"{_overview(entries)}{''.join(parts)}"
        f'<footer lang="en" dir="ltr">smartid {escape(__version__)} · ETSI EN 319 102-1 V1.4.1 (2024-06)'
        "</footer>\n</body>\n</html>\n"
    )


def _overview(entries: Sequence[tuple[Path, VerificationReport | Failure | None]]) -> str:
    """List the files with their answers, each leading to its own part; nothing for a single one."""
    if len(entries) < 2:
        return ""
    rows = "".join(_overview_row(number, path, outcome) for number, (path, outcome) in enumerate(entries, 1))
    return f'<section><table class="overview">{rows}</table></section>\n'


def _overview_row(number: int, path: Path, outcome: VerificationReport | Failure | None) -> str:
    answers = "، ".join(dict.fromkeys(persian for persian, _ in _answers(outcome)))
    english = ", ".join(dict.fromkeys(english for _, english in _answers(outcome)))
    return (
        f'<tr><td dir="ltr"><a href="#file{number}"><bdi>{_safe(str(path))}</bdi></a></td>'
        f'<td>{answers}</td><td class="en" lang="en" dir="ltr">{english}</td></tr>\n'
    )


def _answers(outcome: VerificationReport | Failure | None) -> Iterator[tuple[str, str]]:
    """Give the answers for a document in a word or two, Persian and English."""
    if not isinstance(outcome, VerificationReport):
        yield _NOT_VERIFIED
        return
    verdicts = [outcome.identity] if outcome.identity else [item.verdict for item in outcome.signatures]
    if not verdicts:
        yield _UNSIGNED
    for verdict in verdicts:
        yield _WORDS[verdict.indication][1:]


def _document(number: int, path: Path, outcome: VerificationReport | Failure | None) -> str:
    digest = outcome.sha256 if isinstance(outcome, VerificationReport) else ""
    shown = f'<p class="digest" dir="ltr">SHA-256 {escape(digest)}</p>' if digest else ""
    return (
        f'<section id="file{number}">\n<h2><bdi>{_safe(path.name)}</bdi></h2>\n'
        f"{shown}{''.join(_outcome(outcome))}</section>\n"
    )


def _outcome(outcome: VerificationReport | Failure | None) -> Iterator[str]:
    if not isinstance(outcome, VerificationReport):
        message = printable(outcome.message) if outcome else ""
        yield _banner("open", *_NOT_VERIFIED, "")
        yield _both("این فایل خوانده نشد یا سندی شناخته‌شده نیست.", message)
    elif outcome.identity:
        yield from _identity(outcome.identity)
    elif not outcome.signatures:
        yield _banner("open", *_UNSIGNED, "")
        yield _both("این سند امضایی ندارد.", "This document holds no signature.")
    else:
        for number, verdict in enumerate(outcome.signatures, 1):
            yield from _signature(verdict, f"امضای {number} از {len(outcome.signatures)}")


def _signature(verdict: SignatureVerdict, heading: str) -> Iterator[str]:
    yield f"<article>\n<h3>{to_persian_digits(heading)}</h3>\n"
    yield _answer(verdict.verdict)
    yield _both(verdict.why_fa, verdict.why)
    yield f'<table class="facts">{"".join(_facts(verdict))}</table>\n'
    yield _checks(verdict.verdict.checks)
    yield "</article>\n"
    for item in verdict.counter_signatures:
        yield from _signature(item, "امضای تأیید (counter-signature)")


def _identity(verdict: Verdict) -> Iterator[str]:
    yield "<article>\n<h3>مدرک خواندن کارت</h3>\n"
    yield _answer(verdict)
    english = f"Evidence of a reading: {_WORDS[verdict.indication][2].lower()}."
    yield _both(verdict_sentence(verdict.indication, verdict.sub_indication), english)
    rows = _row("ریشهٔ اعتماد", "Anchor", verdict.anchor or "—")
    rows += _time_row("داوری برای", "Judged for", verdict.time)
    yield f'<table class="facts">{rows}</table>\n'
    yield _checks(verdict.checks)
    yield "</article>\n"


def _answer(verdict: Verdict) -> str:
    kind, persian, english = _WORDS[verdict.indication]
    warning = ""
    if verdict.throw_away:
        persian_warning, english_warning = _THROW_AWAY
        warning = (
            f'<div class="throw-away"><p>{persian_warning}</p>'
            f'<p lang="en" dir="ltr">{english_warning}</p></div>\n'
        )
    return _banner(kind, persian, english, title(verdict)) + warning


def _banner(kind: str, persian: str, english: str, standard: str) -> str:
    return (
        f'<div class="answer {kind}"><strong>{persian}</strong>'
        f'<span lang="en" dir="ltr"><b>{english}</b> {escape(standard)}</span></div>\n'
    )


def _both(persian: str, english: str) -> str:
    """Show a sentence in both languages; our own words hold isolates, and strangers' none any more."""
    return (
        f'<div class="words"><p>{escape(persian)}</p>'
        f'<p class="en" lang="en" dir="ltr">{escape(english)}</p></div>\n'
    )


def _facts(verdict: SignatureVerdict) -> Iterator[str]:
    yield _row("امضاکننده", "Signer", verdict.signer or "—")
    yield _row("آنچه امضا شده", "Signed", verdict.scope or "—")
    yield _time_row("زمان ادعایی امضا", "Claimed time", verdict.signed_at)
    if verdict.level:
        yield _time_row("وجود ثابت از", "Existed by", verdict.best_time)
        yield _row("گواه زمان", "Proof of time", verdict.proof or "—")
    yield _row("سطح", "Level", level_title(verdict))
    if verdict.level_missing:
        yield _row("سطح بعدی", "Next level", next_level(verdict))
    if verdict.culprit:
        yield _row("علت", "Cause", verdict.culprit)
    yield _row("ریشهٔ اعتماد", "Anchor", verdict.verdict.anchor or "—")
    yield _time_row("داوری برای", "Judged for", verdict.verdict.time)


def _row(persian: str, english: str, value: str) -> str:
    return _cells(persian, english, _safe(value))


def _time_row(persian: str, english: str, time: datetime | None) -> str:
    return _cells(persian, english, both_calendars(time) or "—")


def _cells(persian: str, english: str, value: str) -> str:
    return (
        f'<tr><th>{persian}</th><td dir="ltr"><bdi>{value}</bdi></td>'
        f'<th class="en" lang="en" dir="ltr">{english}</th></tr>\n'
    )


def _checks(checks: Sequence[Check]) -> str:
    rows = "".join(
        f'<tr class="{check.status.value.lower()}"><td class="mark" title="{STATUSES[check.status]}">'
        f"{_MARKS[check.status]}</td><td>{_safe(check_name(check.name))}</td>"
        f'<td class="en" lang="en" dir="ltr">{_safe(check.detail)}</td></tr>\n'
        for check in checks
    )
    head = '<thead><tr><th></th><th>بررسی</th><th class="en" lang="en" dir="ltr">Check</th></tr></thead>'
    return f'<table class="checks">{head}\n<tbody>{rows}</tbody></table>\n'


def _safe(text: str) -> str:
    """Escape text, and drop what could turn or hide its neighbours."""
    return escape(printable(text))
