"""A verdict on a signature in plain words, English and Persian: answer, cause, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from smartid.errors import EncodingError
from smartid.identity.dates import to_jalali_long
from smartid.identity.persian import to_persian_digits
from smartid.signing.form import SignatureFamily
from smartid.signing.process.reasons import ANSWERS, REASONS, Words
from smartid.signing.verdicts import SignatureVerdict
from smartid.trust.verdict import Verdict

_SKEW = timedelta(minutes=5)
"""Clocks of a signer and of a verifier differ by less."""
_ISOLATE, _END, _NON_JOINER = "\u2068", "\u2069", "\u200c"


_FORMS = {
    SignatureFamily.CADES: "CAdES",
    SignatureFamily.PADES: "PAdES",
    SignatureFamily.XADES: "XAdES",
    SignatureFamily.ASICE: "ASiC-E",
    SignatureFamily.JWS: "JWS",
    SignatureFamily.JADES: "JAdES",
}
_UNKNOWN = Words("", "", "", "")
_CULPRITS_FA = {
    "the signature's structure": "ساختار امضا",
    "the signed content": "سند امضاشده",
    "the signer's certificate": "گواهی امضاکننده",
    "the signature value": "خود امضا",
    "the time stamps": "مهرهای زمانی",
    "the trust store": "انبار اعتماد",
    "the file beside the signature": "فایل کنار امضا",
}
"""Other objects are named by what they are called in a certificate or a file."""
_STAMP = "time stamp by "


def explain(verdict: SignatureVerdict) -> tuple[str, str]:
    """Give a verdict in plain words, English and Persian.

    The answer, why, the object that caused it, what to do next, and what is proved of the time of signing.
    """
    reason = verdict.verdict.sub_indication
    words = REASONS[reason] if reason else _UNKNOWN
    answer, answer_fa = ANSWERS[verdict.verdict.indication]
    culprit = f"Cause: {printable(verdict.culprit)}." if verdict.culprit else ""
    culprit_fa = f"علت: {culprit_words_fa(verdict.culprit)}." if verdict.culprit else ""
    time, time_fa = time_words(verdict)
    english = (answer, words.why, culprit, words.todo, time)
    persian = (answer_fa, words.why_fa, culprit_fa, words.todo_fa, time_fa)
    return " ".join(filter(None, english)), " ".join(filter(None, persian))


def explained(verdict: SignatureVerdict) -> SignatureVerdict:
    """Give the verdict with its words filled in, and those of its counter-signatures."""
    counter = tuple(map(explained, verdict.counter_signatures))
    why, why_fa = explain(verdict)
    return replace(verdict, why=why, why_fa=why_fa, counter_signatures=counter)


def time_words(verdict: SignatureVerdict) -> tuple[str, str]:
    """Say what is proved of the time of signing and what is only claimed, English and Persian."""
    if verdict.level is None:
        return "", ""
    english, persian = _proved_or_claimed(verdict)
    if verdict.signed_at is None or verdict.signed_at <= verdict.verdict.time + _SKEW:
        return english, persian
    return (
        f"{english} That is later than {_iso(verdict.verdict.time)}, for which the answer is given.",
        f"{persian} زمانی که امضاکننده گفته پس از {date_fa(verdict.verdict.time)} است که پاسخ برای آن است.",
    )


def culprit_words_fa(culprit: str) -> str:
    """Name the object that caused an answer in Persian, or by the name that it has."""
    return _CULPRITS_FA.get(culprit) or _isolated(culprit)


def _proof_fa(proof: str) -> str:
    if not proof.startswith(_STAMP):
        return _isolated(proof)
    return f"مهر زمانی {_isolated(proof.removeprefix(_STAMP))}"


def _proved_or_claimed(verdict: SignatureVerdict) -> tuple[str, str]:
    if verdict.proof:
        english = (
            f"It existed by {_iso(verdict.best_time)} at the latest: {printable(verdict.proof)} proves it."
        )
        persian = (
            f"این امضا دست‌کم از {date_fa(verdict.best_time)} وجود داشته است؛ "
            f"گواه آن: {_proof_fa(verdict.proof)}."
        )
        return english, persian
    if verdict.signed_at is None:
        return (
            "It names no time of signing, and nothing proves one.",
            "زمان امضا نه گفته شده و نه ثابت است.",
        )
    return (
        f"The signer says {_iso(verdict.signed_at)}; that is a claim, and no time stamp proves it.",
        f"امضاکننده می‌گوید {date_fa(verdict.signed_at)}؛ این ادعاست و مهر زمانی آن را ثابت نمی‌کند.",
    )


def date_fa(time: datetime) -> str:
    """Write a time in the Solar Hijri calendar, with ISO 8601 in brackets: "۱ فروردین ۱۴۰۴، ۱۲:۳۰ (…)"."""
    time = time.astimezone(UTC)
    iso = _isolated(f"({_iso(time)})")
    try:
        day = to_jalali_long(time.date())
    except EncodingError:
        return iso
    return f"{day}، ساعت {to_persian_digits(time.strftime('%H:%M'))} به وقت گرینویچ {iso}"


def title(verdict: Verdict) -> str:
    """Give the answer and its reason under their standard names."""
    reason = verdict.sub_indication
    return verdict.indication.value + (f" / {reason.value}" if reason else "")


def level_title(verdict: SignatureVerdict) -> str:
    """Give the format and the level reached: "CAdES T"."""
    form = _FORMS[verdict.family]
    if verdict.family is SignatureFamily.JWS:
        return form  # it has no levels
    return f"{form} {verdict.level.value}" if verdict.level else f"{form}, no level reached"


def next_level(verdict: SignatureVerdict) -> str:
    """Give the next level and what it lacks: "T: no signature time stamp"; empty at the highest."""
    if verdict.level_missing is None:
        return ""
    name = verdict.level_missing.value
    return f"{name}: {verdict.missing_why.removeprefix(f'{name}: ')}"


def both_calendars(time: datetime | None) -> str:
    """Write a time in ISO 8601, and its day in the Solar Hijri calendar; empty for None."""
    if time is None:
        return ""
    try:
        return f"{_iso(time)} · {_isolated(to_jalali_long(time.astimezone(UTC).date()))}"
    except EncodingError:
        return _iso(time)


def printable(text: str) -> str:
    """Drop controls, of direction too, that a name in a certificate could turn its neighbours around with."""
    return "".join(char for char in text if char.isprintable() or char == _NON_JOINER)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _isolated(text: str) -> str:
    """Keep a name or a date from turning the Persian around it (UAX #9, isolates)."""
    return f"{_ISOLATE}{printable(text)}{_END}"
