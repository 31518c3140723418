"""How a voter fills in a ballot on a terminal, or from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smartid.cli.election_show import BLANK
from smartid.cli.errors import WrongUsage
from smartid.cli.output import print_table, say, tell
from smartid.identity.persian import to_latin_digits, to_persian_digits

if TYPE_CHECKING:
    from smartid.services.voting.election import Question

Choices = Sequence[Sequence[int]]
MAX_FILE = 1 << 20


def ask(questions: Sequence[Question]) -> Choices:
    """Ask every question on the terminal until its answer is one that it allows."""
    return [_ask(number, question) for number, question in enumerate(questions, 1)]


def load(path: Path) -> Choices:
    """Read choices from a file: a list of 0 and 1 for each question, the blank vote first.

    Raises WrongUsage, OSError.
    """
    import json  # noqa: PLC0415 - for one option

    with path.open("rb") as file:
        data = file.read(MAX_FILE)
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(_is_row(row) for row in found):
        raise WrongUsage(
            f"{path} holds no choices.",
            remedy="For each question a list of 0 and 1, the blank vote first: [[0, 1, 0], [1, 0]]",
        )
    return found


def _is_row(row: object) -> bool:
    return isinstance(row, list) and all(type(one) is int and one in (0, 1) for one in row)


def show(questions: Sequence[Question], choices: Choices) -> None:
    """Show what a ballot says."""
    for question, row in zip(questions, choices, strict=True):
        answers = (BLANK, *question.answers) if question.blank else question.answers
        chosen = [answer for answer, taken in zip(answers, row, strict=True) if taken]
        tell(question.text, bold=True)
        for answer in chosen or ["—"]:
            tell(f"  {answer}")


def _ask(number: int, question: Question) -> Sequence[int]:
    say()
    tell(f"{to_persian_digits(str(number))}. {question.text}", bold=True)
    tell(_rule(question))
    rows = [(str(at), answer) for at, answer in enumerate(question.answers, 1)]
    print_table([*rows, ("0", BLANK)] if question.blank else rows)
    while True:
        answer: str = click.prompt("", prompt_suffix="> ", default="", show_default=False, err=True)
        try:
            return read(question, answer)
        except WrongUsage as error:
            tell(str(error))


def read(question: Question, answer: str) -> Sequence[int]:
    """Read numbers of answers, separated by spaces; 0 is the blank vote. Raises WrongUsage."""
    words = to_latin_digits(answer).replace(",", " ").replace("،", " ").split()
    if not all(word.isascii() and word.isdigit() and len(word) < 4 for word in words):
        raise WrongUsage("Type the numbers of the answers, with spaces between them.")
    numbers = {int(word) for word in words}
    if question.blank and numbers == {0}:
        return [1, *(0,) * len(question.answers)]
    if not numbers <= set(range(1, len(question.answers) + 1)):
        raise WrongUsage("There is no answer of this number.")
    if not question.minimum <= len(numbers) <= question.maximum:
        raise WrongUsage(_rule(question))
    row = [int(at in numbers) for at in range(1, len(question.answers) + 1)]
    return [0, *row] if question.blank else row


def _rule(question: Question) -> str:
    if question.minimum == question.maximum:
        return f"Choose {question.minimum}. / {to_persian_digits(str(question.minimum))} گزینه."
    english = f"Choose from {question.minimum} to {question.maximum}."
    persian = to_persian_digits(f"از {question.minimum} تا {question.maximum} گزینه.")
    return f"{english} / {persian}"
