"""The reader of the pages itself: a test of snippets that finds no snippet would always pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.markdown import ROOT, Block, blocks, commands, is_run, matches, pages

PAGE = """# Title

```console
$ smartid --version
smartid 0.1.0
$ smartid apdu \\
    00A4
…
```

- a list
  ```python
  x = 1
  ```
"""


def test_blocks_keep_kind_text_and_line() -> None:
    console, python = blocks(PAGE)
    assert (console.kind, console.line) == ("console", 4)
    assert (python.kind, python.text, python.line) == ("python", "x = 1\n", 13)


def test_commands_take_their_continuation_and_their_output() -> None:
    first, second = commands(next(blocks(PAGE)))
    assert (first.text, first.output) == ("smartid --version", ["smartid 0.1.0"])
    assert (second.text, second.output) == ("smartid apdu \\\n    00A4", ["…"])


def test_a_command_that_changes_the_machine_is_not_run() -> None:
    assert is_run(Block("console", "$ smartid readers\n", 1))
    assert not is_run(Block("console", "$ smartid readers\n$ sudo systemctl start pcscd\n", 1))


@pytest.mark.parametrize(
    ("promised", "printed", "fits"),
    [
        (["a…c"], "abbbc\n", True),
        (["a…c"], "abbbd\n", False),
        (["a", "…", "z"], "a\nb\nc\nz\n", True),
        (["a", "…", "z"], "a\nb\nc\n", False),
        (["a"], "a\nb\n", False),
        (["a", "…"], "a\nb\n", True),
        ([], "anything\n", True),
    ],
)
def test_wildcards(promised: list[str], printed: str, fits: bool) -> None:
    assert matches(promised, printed) is fits


def test_the_pages_are_found() -> None:
    names = {page.name for page in pages()}
    assert {"README.md", "README.fa.md", "first-card.md", "first-card.fa.md", "commands.md"} <= names


def _code(path: Path) -> list[str]:
    return [block.text for block in blocks(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/tutorial/first-card.md",
        "docs/tutorial/first-election.md",  # the Persian page is not run: these commands make many processes
        "docs/how-to/add-card-login-to-a-site.md",
    ],
)
def test_a_persian_page_shows_the_same_code(name: str) -> None:
    english = ROOT / name
    assert _code(english.with_suffix(".fa.md")) == _code(english)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Sphinx looks at the links between its own pages; this looks at all of them."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []
