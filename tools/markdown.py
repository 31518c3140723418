"""The fenced blocks of the Markdown pages, for the tests that run them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<kind>[a-z]*)\n(?P<text>.*?)^(?P=indent)(?P=ticks)$", re.M | re.S
)
NOT_OURS = (
    "./dev",
    ".venv/",
    "sudo ",
    "source ",
    "git ",
    "pip ",
    "python3 -m venv ",
    "apt-get ",
    "systemctl ",
)
"""Commands that change a machine or need a whole one: shown to the reader, not run by the tests."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the line of the page where the text begins."""

    kind: str
    text: str
    line: int


@dataclass(slots=True)
class Command:
    """One command of a console block with the output that the page promises."""

    text: str
    output: list[str] = field(default_factory=list)


def pages() -> list[Path]:
    """Every page that a person reads, the generated pages of the cards left out."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(page for page in found if not {"_build", "cards"} & set(page.relative_to(ROOT).parts))


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for match in _FENCE.finditer(text):
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["text"].splitlines(keepends=True))
        yield Block(match["kind"], body, text.count("\n", 0, match.start()) + 2)


def commands(block: Block) -> list[Command]:
    """The commands of a console block: lines after ``$ ``, continued after a backslash, and their output."""
    found: list[Command] = []
    continued = False
    for line in block.text.splitlines():
        if continued:
            found[-1].text += "\n" + line
        elif line.startswith("$ "):
            found.append(Command(line[2:]))
        elif found:
            found[-1].output.append(line)
        continued = line.endswith("\\") and (continued or line.startswith("$ "))
    return found


def is_run(block: Block) -> bool:
    """Whether the tests may run a console block: none of its commands changes the machine."""
    return not any(command.text.startswith(NOT_OURS) for command in commands(block))


def matches(promised: list[str], printed: str) -> bool:
    """Whether an output is what the page promises.

    ``…`` in a promised line stands for any text, and a line of nothing but ``…`` for any lines. Space at
    both ends of a line is not looked at; a command without promised lines may print anything.
    """
    if not promised:
        return True
    parts = [r"(?:.*\n)*?" if line.strip() == "…" else _line(line) for line in promised]
    body = "".join(f"{line.strip()}\n" for line in printed.strip("\n").splitlines())
    return re.fullmatch("".join(parts), body) is not None


def first_difference(promised: list[str], printed: str) -> str:
    """The first promised line that cannot be found in its place, for the message of a failing test."""
    for count in range(1, len(promised) + 1):
        if not matches([*promised[:count], "…"], printed):
            return promised[count - 1]
    return "the end of the output"


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.strip().split("…")) + r"\n"
