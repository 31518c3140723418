"""Questions of every kind, and votes for them."""

from __future__ import annotations

from typing import Any

from smartid.services.voting.election import Question

ODD = "\"'\\/ \u0001\u001f\u007f\t\n\r \u200c\u202e\u2028\ufeff é 🗳️ 𐎠 </script> \\u0041 %s {}"
"""Quotes, control characters, half-spaces, marks of direction, letters beyond the first plane."""
QUESTIONS = (
    Question(text="آیا موافقید؟", answers=("آری", "نه"), minimum=0, maximum=1),
    Question(text="یکی، یا سفید", answers=("الف", "ب", "پ"), minimum=1, maximum=1, blank=True),
    Question(text="Exactly two", answers=("x", "y", "z"), minimum=2, maximum=2),
    Question(text="Any of three", answers=("x", "y", "z"), minimum=0, maximum=3),
    Question(text="Blank, none, or some", answers=("x", "y"), minimum=0, maximum=2, blank=True),
    Question(text="One answer", answers=(ODD,), minimum=0, maximum=1),
    Question(text=ODD, answers=("", " ", "x" * 4096), minimum=1, maximum=2, blank=True),
)
VOTES = (
    ((1, 0), (0, 0, 1, 0), (1, 1, 0), (0, 0, 0), (0, 0, 0), (1,), (0, 1, 0, 1)),
    ((0, 1), (1, 0, 0, 0), (0, 1, 1), (1, 1, 1), (1, 0, 0), (0,), (1, 0, 0, 0)),
    ((0, 0), (0, 0, 0, 1), (1, 0, 1), (0, 1, 0), (0, 1, 1), (1,), (0, 0, 1, 0)),
)
"""Each question's slots: the blank vote first where it is offered."""


def template() -> list[dict[str, Any]]:
    """As the program wants the questions."""
    return [question.as_dict() for question in QUESTIONS]


def counted(*votes: tuple[tuple[int, ...], ...]) -> list[list[int]]:
    """The result of votes that all count."""
    return [[sum(column) for column in zip(*of_one, strict=True)] for of_one in zip(*votes, strict=True)]
