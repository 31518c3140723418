from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.identity.persian import normalise, same, to_latin_digits, to_persian_digits


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("\u0639\u0644\u064a", "\u0639\u0644\u06cc"),  # Arabic yeh
        ("\u0645\u0648\u0633\u0649", "\u0645\u0648\u0633\u06cc"),  # alef maksura
        ("\u0643\u0627\u0645\u0631\u0627\u0646", "\u06a9\u0627\u0645\u0631\u0627\u0646"),  # Arabic kaf
        ("\u06f1\u06f3\u0669\u0660", "1390"),
        ("\u0639\u0640\u0640\u0644\u06cc", "\u0639\u0644\u06cc"),  # tatweel
        ("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", "\u0645\u062d\u0645\u062f"),  # vowels and shadda
        ("  \u0639\u0644\u06cc \u00a0 \u0631\u0636\u0627 ", "\u0639\u0644\u06cc \u0631\u0636\u0627"),
    ],
)
def test_normal_form(raw: str, normal: str) -> None:
    assert normalise(raw) == normal


def test_options_are_off_and_on() -> None:
    joined = "\u0645\u06cc\u200c\u0631\u0648\u062f"
    assert normalise(joined) == joined
    assert normalise(joined, drop_zwnj=True) == joined.replace("\u200c", "")
    assert normalise("\u0639\u0640\u064e", drop_tatweel=False, drop_diacritics=False) == "\u0639\u0640\u064e"
    assert normalise("\u06d0") == "\u06d0"
    assert normalise("\u06d0", wide=True) == "\u06cc"


@pytest.mark.parametrize("yeh", list("\u064a\u0649\u0620\u063d\u063e\u063f\u0678\u06cd\u06ce\u06d0\u06d1"))
def test_every_yeh_reads_alike(yeh: str) -> None:
    assert same(f"\u0639\u0644{yeh}", "\u0639\u0644\u06cc")


def test_letters_that_differ_stay_different() -> None:
    assert same("\u0645\u06cc\u200c\u0631\u0648\u062f", "\u0645\u064a\u0631\u0648\u062f")
    assert not same("\u062d\u0633\u0646", "\u062d\u0633\u06cc\u0646")
    assert not same("\u0622\u0631\u0634", "\u0627\u0631\u0634")  # alef with madda is a letter, not a vowel


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert normalise("\u0627\u0653") == "\u0622"


def test_digits_of_three_scripts() -> None:
    assert to_latin_digits("\u06f0\u06f9\u0660\u0669 7a") == "0909 7a"
    assert to_persian_digits("09\u0660\u0669 a") == "\u06f0\u06f9\u06f0\u06f9 a"


@given(st.text())
def test_normal_form_is_stable(text: str) -> None:
    once = normalise(text, wide=True, drop_zwnj=True)
    assert normalise(once, wide=True, drop_zwnj=True) == once
