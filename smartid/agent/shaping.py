"""Persian for a screen that draws letters one after the other from the left, as Tk 8.6 does on X11.

Each letter becomes the form that it takes beside its neighbours (Unicode 15, Arabic Presentation Forms A and
B), and the line is put in the order of the eye. Tk on other systems shapes by itself and needs none of this.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

from smartid.identity.bidi import visual_runs

_FORMS = range(0xFB50, 0xFEFD)
_LAM = "\u0644"
_MIRRORED = str.maketrans("()[]{}«»<>", ")(][}{»«><")
_JOINERS = "\u200c\u200d"


@cache
def _table() -> dict[tuple[str, str], str]:
    """Letters and shape ("isolated", "initial", "medial", "final") to the character of that shape."""
    found: dict[tuple[str, str], str] = {}
    for code in _FORMS:
        shape, *letters = unicodedata.decomposition(chr(code)).split()[:4] or [""]
        text = "".join(chr(int(letter, 16)) for letter in letters)
        if shape.startswith("<") and (len(text) == 1 or (len(text) == 2 and text[0] == _LAM)):
            found.setdefault((text, shape.strip("<>")), chr(code))
    return found


def shaped(text: str) -> str:
    """Write each Arabic letter in the form that joins it to its neighbours, in reading order.

    Marks above and below letters are left out: such a screen would put them beside their letters.
    """
    plain = [char for char in unicodedata.normalize("NFC", text) if unicodedata.category(char) != "Mn"]
    letters = _with_lam_alef(plain)
    shapes = []
    for place, letter in enumerate(letters):
        before = place > 0 and _joins_next(letters[place - 1]) and _joins_previous(letter)
        after = place + 1 < len(letters) and _joins_next(letter) and _joins_previous(letters[place + 1])
        shape = ("isolated", "final", "initial", "medial")[before + 2 * after]
        shapes.append(_table().get((letter, shape), letter))
    return "".join(shape for shape in shapes if shape not in _JOINERS)


def _with_lam_alef(letters: list[str]) -> list[str]:
    """Take lam and the alef behind it together: they have a form of their own."""
    joined: list[str] = []
    for letter in letters:
        if joined and joined[-1] == _LAM and (_LAM + letter, "isolated") in _table():
            joined[-1] += letter
        else:
            joined.append(letter)
    return joined


def _joins_next(letter: str) -> bool:
    return (letter, "initial") in _table() or letter in "\u0640\u200d"


def _joins_previous(letter: str) -> bool:
    return (letter, "final") in _table() or letter in "\u0640\u200d"


def visual(text: str) -> str:
    """One line as the eye meets it from the left, in shaped letters."""
    runs = visual_runs(shaped(text))
    return "".join(run[::-1].translate(_MIRRORED) if rtl else run for run, rtl in runs)


def wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Cut a text between words into lines that fit, still in reading order.

    fits  tells whether a line is short enough; a word alone always is
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and fits(longer):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
