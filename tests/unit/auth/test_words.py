"""Every reason has words in both languages, and its row in the reference."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from smartid.auth.reasons import LoginReason
from smartid.auth.words import WORDS, refusal, remedy, sentence
from smartid.errors import BadToken

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "login-reasons.md"


def _is_persian(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return all("ARABIC" in unicodedata.name(char) for char in letters)


@pytest.mark.parametrize("reason", LoginReason)
def test_it_says_what_happened_and_what_to_do_in_both_languages(reason: LoginReason) -> None:
    (fa, en), (remedy_fa, remedy_en) = sentence(reason), remedy(reason.value)
    for text in (fa, remedy_fa):
        assert _is_persian(text), text
        assert text.endswith(".")
        assert "ي" not in text
        assert "ك" not in text
    for text in (en, remedy_en):
        assert text.isascii()
        assert text.endswith(".")


def test_no_two_reasons_read_alike() -> None:
    assert (
        len({words.fa for words in WORDS.values()})
        == len({words.en for words in WORDS.values()})
        == len(WORDS)
    )
    assert set(WORDS) == set(LoginReason)


def test_the_page_lists_every_reason_with_its_sentences() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.M)
    assert sorted(code for code, _ in rows) == sorted(2 * [reason.value for reason in LoginReason])
    for reason in LoginReason:
        fa, en = sentence(reason)
        assert f"| `{reason.value}` | {en} | {fa} |" in text


def test_an_error_has_the_code_the_sentence_and_the_remedy() -> None:
    error = refusal(BadToken, LoginReason.CERTIFICATE_REVOKED, "A detail.")
    assert error.reason == "certificate_revoked"
    assert error.message == f"{sentence('certificate_revoked')[1]} A detail."
    assert error.remedy == remedy("certificate_revoked")[1]


def test_an_unknown_reason_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no_such"):
        sentence("no_such")
