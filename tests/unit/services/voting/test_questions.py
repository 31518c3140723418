"""The file of questions: JSON and TOML say the same, and whatever else is in it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.services.voting.questions import load_questions, questionnaire

TOML = """
name = "انجمن محله"
description = ""

[[questions]]
question = "بوستان؟"
answers = ["بله", "نه"]
min = 1
max = 1
blank = true
"""
QUESTION = {"question": "بوستان؟", "answers": ["بله", "نه"], "min": 1, "max": 1, "blank": True}
WHOLE = {"name": "انجمن محله", "description": "", "questions": [QUESTION]}


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    toml, plain = tmp_path / "a.toml", tmp_path / "a.json"
    toml.write_text(TOML, encoding="utf-8")
    plain.write_text(json.dumps(WHOLE), encoding="utf-8")
    assert load_questions(toml) == load_questions(plain)
    assert load_questions(toml).questions[0].blank


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": 3},
        {"questions": []},
        {"questions": [QUESTION] * 21},
        {"questions": [{**QUESTION, "weight": 2}]},
        {"questions": [{**QUESTION, "max": 3}]},
        {"questions": [{**QUESTION, "blank": "yes"}]},
        {"questions": [{**QUESTION, "answers": "بله"}]},
        {"questions": ["بوستان؟"]},
        {"more": 1},
    ],
)
def test_what_is_no_question_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(EncodingError):
        questionnaire({**WHOLE, **change})


def test_false_is_no_blank_vote() -> None:
    assert not questionnaire({**WHOLE, "questions": [{**QUESTION, "blank": False}]}).questions[0].blank


@given(st.binary(max_size=200), st.sampled_from(["q.toml", "q.json"]))
def test_any_bytes_end_in_an_encoding_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("questions") / name
    path.write_bytes(data)
    with pytest.raises(EncodingError):
        load_questions(path)
