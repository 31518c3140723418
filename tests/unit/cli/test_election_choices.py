"""What a voter types on a terminal becomes a ballot's choices, or a sentence that says what to type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.cli.election_choices import read
from smartid.cli.errors import WrongUsage
from smartid.services.voting.ballot import check_choices
from smartid.services.voting.election import Question

ONE = Question(text="?", answers=("a", "b"), minimum=1, maximum=1, blank=True)
SOME = Question(text="?", answers=("a", "b", "c"), minimum=0, maximum=2)


@pytest.mark.parametrize(
    ("question", "typed", "choices"),
    [
        (ONE, "1", [0, 1, 0]),
        (ONE, "0", [1, 0, 0]),
        (ONE, "۲", [0, 0, 1]),
        (SOME, "", [0, 0, 0]),
        (SOME, "3 1", [1, 0, 1]),
        (SOME, "۱، ۲", [1, 1, 0]),
        (SOME, "2,2", [0, 1, 0]),
    ],
)
def test_numbers_are_answers(question: Question, typed: str, choices: list[int]) -> None:
    assert read(question, typed) == choices


@pytest.mark.parametrize(
    ("question", "typed"),
    [
        (ONE, ""),
        (ONE, "1 2"),
        (ONE, "0 1"),
        (ONE, "3"),
        (SOME, "0"),
        (SOME, "1 2 3"),
        (SOME, "x"),
        (SOME, "-1"),
    ],
)
def test_what_the_question_does_not_allow_is_said(question: Question, typed: str) -> None:
    with pytest.raises(WrongUsage):
        read(question, typed)


@given(st.sampled_from([ONE, SOME]), st.text(max_size=20))
def test_whatever_is_typed_is_allowed_or_refused(question: Question, typed: str) -> None:
    try:
        found = read(question, typed)
    except WrongUsage:
        return
    check_choices([question], [found])
