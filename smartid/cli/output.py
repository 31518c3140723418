"""Output for people and for programs: tables, one JSON document, and text from strangers made harmless."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

FIRST_STRONG_ISOLATE, POP_DIRECTIONAL_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_HARMFUL = frozenset({"Cc", "Zl", "Zp", "Cs"})
_DIRECTION_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_HALF = re.compile("[\ud800-\udfff]")
_INDENT = " "
"""A terminal may drop an isolate in its first column, where no cell stands before it."""

Row = Sequence[str]


class Composed(str):
    """A cell that was put together from parts that are safe already."""

    __slots__ = ()


def isolated(text: str) -> str:
    """Wrap right-to-left text so that it does not turn its neighbours around (UAX #9, isolates)."""
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return f"{FIRST_STRONG_ISOLATE}{text}{POP_DIRECTIONAL_ISOLATE}"
    return text


def shown(text: str) -> str:
    """Make text from a card, a file or a reader safe to show: controls become visible, Persian is isolated.

    Escape sequences and direction overrides on a card could otherwise rewrite what the terminal shows.
    """
    if isinstance(text, Composed):
        return text
    return isolated("".join(_visible(char) for char in text))


def _visible(char: str) -> str:
    if unicodedata.category(char) in _HARMFUL or char in _DIRECTION_CONTROLS:
        return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"
    return char


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def print_json(document: object, *, compact: bool = False) -> None:
    """Print one JSON document (RFC 8259), in ASCII where the output cannot carry more."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    ascii_only = encoding.lower().replace("-", "") != "utf8"
    sys.stdout.write(json_text(document, ascii_only=ascii_only, indent=None if compact else 2) + "\n")
    sys.stdout.flush()


def json_text(document: object, *, ascii_only: bool = False, indent: int | None = 2) -> str:
    """Write JSON that can be encoded: a file name that is no UTF-8 holds halves of characters."""
    import json  # noqa: PLC0415 - tables do without

    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    return text if text.isascii() or not _HALF.search(text) else json.dumps(document, indent=indent)


def say(text: str = "") -> None:
    """Print a line of our own words."""
    click.echo(text)


def tell(text: str, **style: Any) -> None:
    """Print a sentence, broken between words at the edge of a terminal."""
    import shutil  # noqa: PLC0415
    import textwrap  # noqa: PLC0415

    columns = shutil.get_terminal_size().columns - len(_INDENT) if sys.stdout.isatty() else sys.maxsize
    for line in textwrap.wrap(text, columns):
        safe = isolated(line) if isinstance(text, Composed) else shown(line)
        click.echo(_INDENT + click.style(safe, **style))


def note(text: str) -> None:
    """Print a line on standard error, where it disturbs no output."""
    click.echo(text, err=True)


def print_table(rows: Iterable[Row], header: Row = ()) -> None:
    """Print rows of cells, drawn by rich on a terminal and as plain columns elsewhere."""
    safe = [[shown(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(safe, header)
    else:
        _columns_of_text([list(header), *safe] if header else safe)


def _draw(rows: list[list[str]], header: Row) -> None:
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.padding import Padding  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD if header else None, show_header=bool(header), padding=(0, 2, 0, 0))
    for number in range(max(map(len, rows), default=0)):
        table.add_column(
            header[number] if header else "", overflow="fold", style="bold" if not number else ""
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(Padding(table, (0, 0, 0, 0 if header else len(_INDENT))))


def _columns_of_text(rows: list[list[str]]) -> None:
    count = max(map(len, rows), default=0)
    widths = [max((width(row[at]) for row in rows if at < len(row)), default=0) for at in range(count)]
    for row in rows:
        cells = (cell + " " * (widths[at] - width(cell)) for at, cell in enumerate(row))
        click.echo(_INDENT + "  ".join(cells).rstrip())
