"""Bars of a result as a picture in SVG, drawn from right to left or from left to right."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from types import SimpleNamespace

from look import number, say
from markupsafe import Markup

from smartid.services.voting.election import Question

WIDTH, LINE, BAR, GAP, SPACE = 264, 19, 16, 13, 40
LETTERS = 32


def plotted(question: Question, numbers: Sequence[int], lang: str) -> SimpleNamespace:
    """Give what the page shows of one question: its text, rows of answer and number, and the bars."""
    blank = [say(lang, "رأی سفید", "Blank vote")] if question.blank else []
    rows = list(zip([*blank, *question.answers], numbers, strict=True))
    return SimpleNamespace(text=question.text, rows=rows, plot=bars(rows, lang))


def bars(rows: Sequence[tuple[str, int]], lang: str) -> Markup:
    """Draw one bar an answer, its number at the end; the longest reaches the edge."""
    most = max((votes for _, votes in rows), default=0) or 1
    shapes, top = [], 0
    for answer, votes in rows:
        shape, height = _row(answer, votes, most, top, lang)
        shapes.append(shape)
        top += height
    told = "; ".join(f"{answer}: {number(votes, lang)}" for answer, votes in rows)
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {top}" role="img" aria-label="{escape(told)}">{"".join(shapes)}</svg>'
    )


def _row(answer: str, votes: int, most: int, top: int, lang: str) -> tuple[str, int]:
    fa = lang == "fa"
    lines = textwrap.wrap(answer, LETTERS, max_lines=2, placeholder="…") or [""]
    start = WIDTH if fa else 0
    words = "".join(
        f'<text x="{start}" y="{top + LINE * place + 14}" font-size="14" '
        f'direction="{"rtl" if fa else "ltr"}" text-anchor="start">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    below = top + LINE * len(lines) + 2
    room = WIDTH - SPACE
    length = room * votes // most
    at = WIDTH - length if fa else 0
    label = WIDTH - length - 7 if fa else length + 7
    drawn = (
        f'<rect class="groove" x="{SPACE if fa else 0}" y="{below}" width="{room}" height="{BAR}" rx="3"/>'
        f'<rect class="bar" x="{at}" y="{below}" width="{length}" height="{BAR}" rx="3"/>'
        f'<text x="{label}" y="{below + 13}" font-size="14" font-weight="700" direction="ltr" '
        f'text-anchor="{"end" if fa else "start"}">{number(votes, lang)}</text>'
    )
    return words + drawn, below + BAR + GAP - top
