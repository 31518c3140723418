"""How an election's result is shown: a row an answer, with a bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from smartid.cli.output import Row, print_table, say, tell
from smartid.identity.persian import to_persian_digits

if TYPE_CHECKING:
    from smartid.services.voting.election import Question

BLANK = "رأی سفید (blank)"
_WIDTH = 24
_PARTS = "▏▎▍▌▋▊▉█"


def show_result(questions: Sequence[Question], result: Sequence[Sequence[int]]) -> None:
    """Print a table for each question."""
    for question, counts in zip(questions, result, strict=True):
        say()
        tell(question.text, bold=True)
        print_table(result_rows(question, counts))


def result_rows(question: Question, counts: Sequence[int]) -> Iterator[Row]:
    """A row for each answer, the blank vote first: bar, number, answer."""
    answers = (BLANK, *question.answers) if question.blank else question.answers
    most = max(counts, default=0)
    for answer, count in zip(answers, counts, strict=True):
        yield f"{count:,}", to_persian_digits(str(count)), _bar(count, most), answer


def _bar(count: int, most: int) -> str:
    eighths = round(count * _WIDTH * 8 / most) if most else 0
    whole, rest = divmod(eighths, 8)
    return _PARTS[-1] * whole + (_PARTS[rest - 1] if rest else "")
