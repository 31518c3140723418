"""Letters that join, and lines in the order of the eye. The forms are those of the Unicode standard."""

from __future__ import annotations

import unicodedata

import pytest

from smartid.agent.shaping import shaped, visual, wrapped

WORDS = ["سلام", "کارت", "این سایت می‌خواهد شما را بشناسد:", "پژوهش", "لامپ", "بالا", "گواهی", "تعهدی نمی‌آورد"]


@pytest.mark.parametrize("text", WORDS)
def test_the_forms_are_forms_of_the_same_letters(text: str) -> None:
    """Outside witness: Unicode's compatibility decomposition takes every form back to its letter."""
    plain = "".join(char for char in text if char != "\u200c")
    assert unicodedata.normalize("NFKC", shaped(text)) == plain


def test_the_forms_of_one_word() -> None:
    """سلام: initial seen, ligature lam-alef in final form, isolated meem (Unicode chart FE70)."""
    assert shaped("سلام") == "\ufeb3\ufefc\ufee1"
    assert shaped("ببب") == "\ufe91\ufe92\ufe90"
    assert shaped("پچژگ") == "\ufb58\ufb7d\ufb8b\ufb92"
    assert shaped("ی") == "\ufbfc"


def test_a_non_joiner_keeps_letters_apart_and_is_not_drawn() -> None:
    assert shaped("می\u200cخ") == "\ufee3\ufbfd\ufea5"


def test_latin_text_is_left_alone() -> None:
    assert visual("Log in (2)") == "Log in (2)"


def test_a_line_is_turned_around_and_numbers_are_not() -> None:
    line = visual("رمز 12 (ب)")
    assert line.endswith(shaped("رمز")[::-1])
    assert " 12 " in line
    assert line.startswith("(" + shaped("ب") + ")")


def test_lines_break_between_words_only() -> None:
    text = "یک دو سه چهار پنج"
    lines = wrapped(text, lambda line: len(line) <= 8)
    assert " ".join(lines) == text
    assert all(len(line) <= 8 for line in lines)
    assert wrapped("x" * 50, lambda line: len(line) <= 8) == ["x" * 50]
    assert wrapped("", lambda _line: True) == []
