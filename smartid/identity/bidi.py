"""One line of right-to-left text in the order of the eye (Unicode Standard Annex #9, revision 48).

Narrower than the annex: the paragraph runs right to left, and marks that embed, override or isolate are taken
out before, so that no name can turn a line around.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

ZWNJ = "\u200c"

_NUMBERS = {"EN", "AN"}


def plain(text: str, *, limit: int = 80) -> str:
    """Make text from outside fit to be drawn: no control or format characters but ZWNJ, one line, a limit."""
    kept = (char if char == ZWNJ or unicodedata.category(char)[0] != "C" else " " for char in text)
    line = " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def visual_runs(text: str) -> list[tuple[str, bool]]:
    """Cut a line into runs of one direction, from left to right: (text in reading order, right to left?).

    A line without a letter that runs right to left is one run: a date, a name in Latin letters.
    """
    if not any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in text):
        return [(text, False)] if text else []
    levels = zip(text, _directions(_classes(text)), strict=True)
    runs = [("".join(char for char, _ in run), rtl) for rtl, run in groupby(levels, key=lambda pair: pair[1])]
    return runs[::-1]


def _classes(text: str) -> list[str]:
    """Resolve weak types: rules W1 to W7, with boundary neutrals as W1 treats marks."""
    classes: list[str] = []
    for char in text:
        kind = unicodedata.bidirectional(char) or "L"
        classes.append((classes[-1] if classes else "R") if kind in {"NSM", "BN"} else kind)
    _numbers_after_arabic(classes)
    classes = ["R" if kind == "AL" else kind for kind in classes]
    _separators_and_terminators(classes)
    _numbers_after_latin(classes)
    return classes


def _numbers_after_arabic(classes: list[str]) -> None:
    strong = "R"
    for place, kind in enumerate(classes):
        strong = kind if kind in {"L", "R", "AL"} else strong
        if kind == "EN" and strong == "AL":
            classes[place] = "AN"


def _separators_and_terminators(classes: list[str]) -> None:
    for place in range(1, len(classes) - 1):
        before, kind, after = classes[place - 1 : place + 2]
        if before == after and ((kind == "CS" and before in _NUMBERS) or (kind == "ES" and before == "EN")):
            classes[place] = before
    start = 0
    for kind, group in groupby(list(classes)):
        end = start + len(list(group))
        if kind == "ET" and "EN" in (classes[start - 1 : start] + classes[end : end + 1]):
            classes[start:end] = ["EN"] * (end - start)
        start = end


def _numbers_after_latin(classes: list[str]) -> None:
    strong = "R"
    for place, kind in enumerate(classes):
        strong = kind if kind in {"L", "R"} else strong
        if kind == "EN" and strong == "L":
            classes[place] = "L"


def _directions(classes: list[str]) -> list[bool]:
    """Resolve neutrals (N1, N2) and levels (I2): True for right to left."""
    directions: list[bool] = []
    start = 0
    for neutral, group in groupby(classes, key=lambda kind: kind not in {"L", "R", *_NUMBERS}):
        end = start + len(list(group))
        between = start > 0 and end < len(classes) and classes[start - 1] == classes[end] == "L"
        directions += (
            [not between] * (end - start) if neutral else [kind == "R" for kind in classes[start:end]]
        )
        start = end
    return directions
