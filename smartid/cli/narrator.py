"""The voice of the tour: what is about to happen, what came out, and how long it took."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from smartid.cli.output import isolated, say, shown
from smartid.cli.story import FAREWELL, KEPT, LABELS_FA, STORY
from smartid.identity.persian import to_persian_digits

_WIDTH = 74
_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("!", "yellow")}


class Narrator:
    """Tells each step, on the terminal or into a document.

    persian  tell it in Persian
    silent   only keep the document
    """

    def __init__(self, *, persian: bool, silent: bool) -> None:
        self.persian = persian
        self._silent = silent
        self._steps: list[dict[str, object]] = []
        self._outcome: dict[str, object] = {}
        self._begin = time.monotonic()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step of the story, run the block, and tell how long it took."""
        part = STORY[name]
        number = len(self._steps) + 1
        self._outcome = {}
        self._say("")
        self._say(
            click.style(
                self._words(f"{number}. {part.title}", to_persian_digits(f"{number}. {part.title_fa}")),
                bold=True,
            )
        )
        self._paragraph(self._words(part.text, part.text_fa))
        start = time.monotonic()
        yield
        seconds = time.monotonic() - start
        document = {"step": name, "title": part.title, "seconds": round(seconds, 3), "outcome": self._outcome}
        self._steps.append(document)
        self._say(click.style(f"   {seconds:.2f} s", dim=True))

    def result(self, key: str, label: str, value: str, *, good: bool | None = True, fa: str = "") -> None:
        """Tell one outcome of the present step: good, bad, or (None) a warning.

        fa  what is said in Persian instead of ``value``; the document keeps the latter
        """
        self._outcome[key] = value
        mark, colour = _MARKS[good]
        label = LABELS_FA.get(key, label) if self.persian else label
        told = to_persian_digits(fa) if self.persian and fa else value
        first, *rest = textwrap.wrap(f"{label}: {told}", _WIDTH - 3) or [""]
        self._say(f"   {click.style(mark, fg=colour)} {shown(first)}")
        for line in rest:
            self._say(f"     {shown(line)}")

    def end(self, keep: Path | None) -> None:
        """Say good-bye."""
        self._say("")
        self._paragraph(self._words(*FAREWELL))
        if keep:
            self._say(self._words(*KEPT) + f" {shown(str(keep))}")

    def document(self) -> dict[str, object]:
        """The tour as a document."""
        return {"steps": self._steps, "seconds": round(time.monotonic() - self._begin, 3)}

    def _words(self, english: str, persian: str) -> str:
        return isolated(persian) if self.persian else english

    def _paragraph(self, text: str) -> None:
        for line in textwrap.wrap(text.strip("\u2068\u2069"), _WIDTH):
            self._say(f"   {isolated(line)}")

    def _say(self, text: str) -> None:
        if not self._silent:
            say(text)
