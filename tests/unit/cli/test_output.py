from __future__ import annotations

import io
import json
import sys

import pytest

from smartid.cli.output import isolated, print_json, print_table, shown, width


def test_only_right_to_left_text_is_isolated():
    assert isolated("Sara") == "Sara"
    assert isolated("سارا") == "\u2068سارا\u2069"
    assert isolated("1991 ۲۳") == "1991 ۲۳"


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb", "a\\x0ab"),
        ("a\u202eb", "a\\u202eb"),
        ("\x9b1m", "\\x9b1m"),
        ("\u2069س", "\u2068\\u2069س\u2069"),
    ],
)
def test_escape_sequences_and_overrides_become_visible(raw, safe):
    assert shown(raw) == safe


def test_the_zero_width_non_joiner_stays():
    assert shown("علی‌اکبری") == "\u2068علی‌اکبری\u2069"


def test_width_counts_columns_not_characters():
    assert width("سارا") == 4
    assert width("\u2068می‌شود\u2069") == 5
    assert width("اسمِ") == 3
    assert width("表") == 2


def test_columns_stand_under_each_other(capsys):
    print_table([("نام", "Name"), ("شمارهٔ ملی", "Number")], ("الف", "B"))
    lines = capsys.readouterr().out.splitlines()
    starts = {
        width(line[: line.index(word)]) for line, word in zip(lines, ("B", "Name", "Number"), strict=True)
    }
    assert len(starts) == 1


def test_json_is_ascii_where_the_output_is(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="iso8859-1"))
    print_json({"name": "سارا"})
    assert raw.getvalue().isascii()
    assert json.loads(raw.getvalue()) == {"name": "سارا"}


def test_a_table_at_a_terminal_is_drawn_with_isolates(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    print_table([("نام", "Name", "سارا")], ("", "Field", "Value"))
    out = capsys.readouterr().out
    assert "\u2068سارا\u2069" in out
    assert "Field" in out
