"""Digits go into one buffer, come out once, and leave nothing behind."""

from __future__ import annotations

import pytest

from smartid.agent.pin_entry import DOT, PINEntry
from smartid.agent.question import PINRequest
from smartid.profiles.national_reference import MASTER_FILE

SPEC = MASTER_FILE.pins[0]


def entry(**changes) -> PINEntry:
    facts = {
        "title": "Identity PIN",
        "title_fa": "رمز هویت",
        "min_digits": 4,
        "max_digits": 8,
        "tries_left": 3,
    }
    return PINEntry(PINRequest(**{**facts, **changes}))


def type_in(what: PINEntry, text: str) -> list[bool]:
    return [what.press(char) for char in text]


@pytest.mark.parametrize("digits", ["4826", "۴۸۲۶", "٤٨٢٦"])
def test_digits_of_three_scripts_are_the_same_pin(digits: str) -> None:
    typed = entry()
    assert all(type_in(typed, digits))
    assert typed.dots == DOT * 4
    assert typed.take().block(SPEC) == bytearray(b"4826\xff\xff\xff\xff")


@pytest.mark.parametrize("char", ["a", " ", "-", "²", "໑", "", "12", "\r", "\x00"])
def test_other_keys_are_no_digits(char: str) -> None:
    typed = entry()
    assert not typed.press(char)
    assert typed.dots == ""


def test_it_is_ready_between_the_lengths_of_the_card_and_takes_no_more() -> None:
    typed, ready = entry(), []
    for _ in range(9):
        ready.append(typed.is_ready)
        typed.press("1")
    assert ready == [False] * 4 + [True] * 5
    assert len(typed.dots) == 8


def test_digits_can_be_taken_back() -> None:
    typed = entry()
    typed.back()
    type_in(typed, "48269")
    typed.back()
    assert typed.take().block(SPEC) == bytearray(b"4826\xff\xff\xff\xff")


def test_what_was_taken_or_wiped_is_gone() -> None:
    for leave in (lambda typed: typed.take(), lambda typed: typed.wipe()):
        typed = entry()
        type_in(typed, "4826")
        leave(typed)
        assert typed._digits == bytes(8)
        assert typed.dots == ""
        assert "4826" not in repr(typed)


def test_the_last_try_wants_a_tick() -> None:
    typed = entry(tries_left=1)
    type_in(typed, "4826")
    assert not typed.is_ready
    typed.agreed = True
    assert typed.is_ready
    assert typed.take().last_try


def test_a_tick_means_nothing_while_there_are_more_tries() -> None:
    typed = entry(tries_left=2)
    type_in(typed, "4826")
    typed.agreed = True
    assert not typed.take().last_try


def test_a_reader_with_keys_needs_no_digits_here() -> None:
    assert entry(on_pad=True).is_ready
    assert entry(on_pad=True).take().on_pad
    assert not entry(on_pad=True, tries_left=1).is_ready
