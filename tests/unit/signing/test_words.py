"""The words of a verdict: complete, in both languages, and safe to show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from smartid.signing.form import Level, SignatureFamily
from smartid.signing.process.judge import _CULPRITS
from smartid.signing.process.reasons import ANSWERS, REASONS
from smartid.signing.process.words import (
    both_calendars,
    culprit_words_fa,
    date_fa,
    explain,
    explained,
    level_title,
    title,
)
from smartid.signing.verdicts import SignatureVerdict
from smartid.trust.verdict import Indication, SubIndication, Verdict

NOWRUZ = datetime(2025, 3, 21, 8, 30, tzinfo=UTC)


def _verdict(reason: SubIndication | None = None, **more: object) -> SignatureVerdict:
    indication = reason.indication if reason else Indication.TOTAL_PASSED
    return SignatureVerdict(
        family=SignatureFamily.CADES,
        verdict=Verdict(indication=indication, sub_indication=reason, time=NOWRUZ),
        best_time=NOWRUZ,
        **more,
    )


def _is_persian(text: str) -> bool:
    return any("\u0600" <= char <= "\u06ff" for char in text)


@pytest.mark.parametrize("reason", SubIndication)
def test_every_reason_says_why_and_what_to_do_in_both_languages(reason: SubIndication) -> None:
    words = REASONS[reason]
    for text in (words.why, words.todo):
        assert text.endswith(".")
        assert not _is_persian(text)
    for text in (words.why_fa, words.todo_fa):
        assert text.endswith(".")
        assert _is_persian(text)
    english, persian = explain(_verdict(reason))
    assert words.why in english
    assert words.todo in english
    assert words.why_fa in persian
    assert words.todo_fa in persian


def test_no_two_reasons_say_the_same() -> None:
    assert len({words.why for words in REASONS.values()}) == len(SubIndication)
    assert len({words.why_fa for words in REASONS.values()}) == len(SubIndication)


@pytest.mark.parametrize("indication", Indication)
def test_every_answer_has_its_words(indication: Indication) -> None:
    assert all(ANSWERS[indication])


def test_the_culprit_is_named() -> None:
    english, persian = explain(_verdict(SubIndication.HASH_FAILURE, culprit="the file a.txt"))
    assert "Cause: the file a.txt." in english
    assert "the file a.txt" in persian


@pytest.mark.parametrize("culprit", _CULPRITS.values())
def test_a_known_culprit_has_a_persian_name(culprit: str) -> None:
    _, persian = explain(_verdict(SubIndication.HASH_FAILURE, culprit=culprit))
    assert culprit not in persian
    assert f"علت: {culprit_words_fa(culprit)}." in persian


def test_a_time_stamp_has_a_persian_name() -> None:
    _, persian = explain(_verdict(level=Level.T, proof="time stamp by CN=TSA"))
    assert "گواه آن: مهر زمانی \u2068CN=TSA\u2069." in persian


def test_a_claim_of_a_time_to_come_is_told() -> None:
    later = _verdict(level=Level.B, signed_at=NOWRUZ + timedelta(days=1))
    english, persian = explain(later)
    assert "That is later than 2025-03-21T08:30:00Z, for which the answer is given." in english
    assert "پاسخ برای آن است" in persian
    assert "later" not in explain(_verdict(level=Level.B, signed_at=NOWRUZ + timedelta(minutes=1)))[0]


def test_a_proved_time_and_a_claimed_one_are_told_apart() -> None:
    proved, proved_fa = explain(_verdict(level=Level.T, proof="time stamp by CN=TSA", signed_at=NOWRUZ))
    assert "existed by 2025-03-21T08:30:00Z at the latest: time stamp by CN=TSA proves it" in proved
    assert "وجود داشته است" in proved_fa
    claimed, claimed_fa = explain(_verdict(level=Level.B, signed_at=NOWRUZ))
    assert "that is a claim, and no time stamp proves it" in claimed
    assert "این ادعاست" in claimed_fa
    assert "names no time" in explain(_verdict(level=Level.B))[0]


def test_dates_in_persian_are_solar_hijri_with_iso_beside() -> None:
    assert date_fa(NOWRUZ) == "۱ فروردین ۱۴۰۴، ساعت ۰۸:۳۰ به وقت گرینویچ \u2068(2025-03-21T08:30:00Z)\u2069"
    assert both_calendars(NOWRUZ) == "2025-03-21T08:30:00Z · \u2068۱ فروردین ۱۴۰۴\u2069"
    assert both_calendars(None) == ""


def test_a_time_before_the_calendar_is_still_shown() -> None:
    ancient = datetime(1, 1, 1, tzinfo=UTC)
    assert "0001-01-01T00:00:00Z" in date_fa(ancient)
    assert both_calendars(ancient) == "0001-01-01T00:00:00Z"


def test_controls_in_a_stranger_s_name_do_not_survive() -> None:
    english, persian = explain(_verdict(SubIndication.HASH_FAILURE, culprit="a\u202eb\x1b[2Jc"))
    for text in (english, persian):
        assert "\u202e" not in text
        assert "\x1b" not in text


def test_counter_signatures_are_explained_too() -> None:
    inner = _verdict(SubIndication.REVOKED)
    outer = explained(_verdict(counter_signatures=(inner,)))
    assert outer.why.startswith("The signature is valid.")
    assert "revoked" in outer.counter_signatures[0].why


def test_titles() -> None:
    assert title(_verdict(SubIndication.REVOKED_NO_POE).verdict) == "INDETERMINATE / REVOKED_NO_POE"
    assert title(_verdict().verdict) == "TOTAL-PASSED"
    assert level_title(_verdict(level=Level.LTA)) == "CAdES LTA"
    assert level_title(_verdict()) == "CAdES, no level reached"
