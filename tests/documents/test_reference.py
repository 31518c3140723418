"""The reference is complete and names nothing that is not there."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import smartid
from smartid import errors
from smartid.cli import errors as cli_errors
from smartid.trust.verdict import CheckStatus, Indication, SubIndication, Verdict

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
ERRORS = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.SmartIDError)
}


def _text(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def _sections(page: str) -> dict[str, str]:
    """The text under each heading of level 2 or 3."""
    parts = re.split(r"^#{2,3} (.+)$", _text(page), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_error_has_its_section_and_every_section_of_that_form_its_error() -> None:
    described = {title for title in _sections("errors.md") if " " not in title}
    assert described == set(ERRORS)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_described_with_its_attributes(name: str) -> None:
    kind = ERRORS[name]
    own = kind.__dict__.get("__init__")
    inherited = {"self", "message", "remedy", "command", "sw"} if kind is not errors.CardError else {"self"}
    names = set(inspect.signature(own).parameters) - inherited if own else set()
    section = _sections("errors.md")[name]
    assert [name for name in names - {"self", "message", "remedy"} if f"`{name}`" not in section] == []


def test_the_drawn_tree_is_the_tree() -> None:
    drawn = re.search(r"```text\n(SmartIDError\n.*?)```", _text("errors.md"), re.S)
    assert drawn
    assert drawn[1].splitlines() == list(_tree(errors.SmartIDError))


def _tree(kind: type[Exception], indent: str = "", mark: str = "") -> list[str]:
    """The classes below ``kind`` that this package defines, drawn in the order of their definition."""
    children = [child for child in kind.__subclasses__() if child.__module__ == "smartid.errors"]
    lines = [f"{mark}{kind.__name__}"]
    for child in children:
        last = child is children[-1]
        lines += _tree(child, indent + ("    " if last else "│   "), indent + ("└── " if last else "├── "))
    return lines


def test_all_is_exact() -> None:
    """``__all__`` names what can be had, each from a module that really has it, and nothing is missing."""
    assert sorted(smartid.__all__) == list(smartid.__all__) == sorted(set(smartid.__all__))
    for name in smartid.__all__:
        assert getattr(smartid, name) is not None
    assert set(ERRORS) <= set(smartid.__all__)
    with pytest.raises(AttributeError):
        _ = smartid.Nothing


def test_type_checkers_find_each_public_name_where_it_is_loaded_from() -> None:
    """They read the imports that never run, Python reads the table; without the former all is an object."""
    tree = ast.parse(Path(smartid.__file__).read_text(encoding="utf-8"))
    found = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("smartid.")
        for alias in node.names
    }
    assert found == smartid._HOME


def test_every_public_name_is_described_and_no_other() -> None:
    text = _text("python-api.md")
    assert [name for name in smartid.__all__ if f"`{name}`" not in text] == []
    first_cells = set(re.findall(r"^\| `(\w+)` \|", text, re.M))
    assert first_cells <= set(smartid.__all__)


def test_the_methods_that_are_named_exist() -> None:
    rows = dict(re.findall(r"^\| `(Card|UnlockedCard)` \| .*?: (.*) \|$", _text("python-api.md"), re.M))
    assert set(rows) == {"Card", "UnlockedCard"}
    for name, methods in rows.items():
        missing = [m for m in re.findall(r"`(\w+)`", methods) if not hasattr(getattr(smartid, name), m)]
        assert missing == []


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, smartid; "
        "print([m for m in ('smartcard','cryptography','asn1crypto','click','rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [Indication, SubIndication, CheckStatus])
def test_every_word_of_a_verdict_is_explained(words) -> None:
    text = _text("verdicts.md")
    assert [word.value for word in words if f"`{word.value}`" not in text] == []


def test_every_attribute_of_a_verdict_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", _text("verdicts.md"), re.M)
    assert set(Verdict.__dataclass_fields__) <= set(rows)


def test_the_exit_status_of_every_error_is_told() -> None:
    rows = dict(re.findall(r"^\| (\d+) \|[^|]*\|(.*)\|$", _text("exit-codes.md"), re.M))
    for name, kind in ERRORS.items():
        status = next(status for base, status in cli_errors._STATUS if issubclass(kind, base))
        if status != cli_errors.CARD:
            assert f"`{name}`" in rows[str(status)], name
    others = (cli_errors.MISTAKE, cli_errors.INTERRUPTED, cli_errors.BROKEN_PIPE)
    assert {str(status) for status in others} <= set(rows)


def test_every_check_of_a_real_verdict_is_explained(test_policy, mock_card) -> None:
    text = _text("verdicts.md")
    for citizen in ("sara", "kaveh", "bahram", "hamid"):
        with smartid.connect(transport=mock_card(citizen).insert()) as card:
            reading = card.read_identity()
        for policy in (test_policy, smartid.Policy()):
            names = {check.name for check in smartid.Verifier(policy).assess(reading).checks}
            told = {re.sub(r"DG\d+", "DG1", name) for name in names}
            assert [name for name in told if f"`{name}`" not in text] == []
