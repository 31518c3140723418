"""A ballot as a form: what is shown to the voter, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from look import number, say

from smartid.services.voting.election import Election, Question

BLANK, NOBODY = "blank", "none"


def shown(election: Election, lang: str) -> list[dict[str, Any]]:
    """Give what the page needs to show each question."""
    return [_question(question, lang) for question in election.questions]


def _question(question: Question, lang: str) -> dict[str, Any]:
    others = [(BLANK, say(lang, "رأی سفید", "Blank vote"))] if question.blank else []
    if question.minimum == 0 and question.maximum == 1:
        others.append((NOBODY, say(lang, "هیچ‌کدام", "None of them")))
    return {
        "text": question.text,
        "answers": question.answers,
        "minimum": question.minimum,
        "maximum": question.maximum,
        "kind": "radio" if question.maximum == 1 else "checkbox",
        "others": others,
        "rule": rule(question, lang),
    }


def rule(question: Question, lang: str) -> str:
    """Say how many answers may be chosen."""
    low, high = number(question.minimum, lang), number(question.maximum, lang)
    if question.minimum == question.maximum:
        words = say(lang, f"درست {low} پاسخ برگزینید", f"Choose exactly {low}")
    elif question.minimum == 0:
        words = say(lang, f"تا {high} پاسخ برگزینید، یا هیچ‌کدام", f"Choose up to {high}, or none")
    else:
        words = say(lang, f"از {low} تا {high} پاسخ برگزینید", f"Choose {low} to {high}")
    blank = say(lang, "؛ یا رأی سفید بدهید.", "; or vote blank.")
    return words + (blank if question.blank else ".")


def choices(election: Election, fields: Sequence[tuple[str, str]]) -> list[list[int]] | None:
    """Read what was chosen: the 0 and 1 of every slot; None for what the rules do not allow."""
    found = []
    for place, question in enumerate(election.questions):
        answer = _answer(question, {value for name, value in fields if name == f"q{place}"})
        if answer is None:
            return None
        found.append(answer)
    return found


def _answer(question: Question, ticked: set[str]) -> list[int] | None:
    names = [str(place) for place in range(len(question.answers))]
    chosen = [int(name in ticked) for name in names]
    alone = ticked & {BLANK, NOBODY}
    if ticked - {*names, BLANK, NOBODY} or (alone and len(ticked) > 1):
        return None
    if BLANK in ticked and not question.blank:
        return None
    if BLANK not in ticked and not question.minimum <= sum(chosen) <= question.maximum:
        return None
    return [int(BLANK in ticked), *chosen] if question.blank else chosen


def names(election: Election, chosen: Sequence[Sequence[int]], lang: str) -> list[dict[str, Any]]:
    """Write choices in words."""
    found = []
    for question, slots in zip(election.questions, chosen, strict=True):
        blank = [say(lang, "رأی سفید", "Blank vote")] if question.blank else []
        listed = [name for name, one in zip([*blank, *question.answers], slots, strict=True) if one]
        found.append({"text": question.text, "chosen": listed or [say(lang, "هیچ‌کدام", "None of them")]})
    return found
