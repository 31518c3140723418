"""The file in which organisers write what they ask: JSON or TOML with the same members.

::

    {"name": "…", "description": "…", "questions": [
        {"question": "…", "answers": ["…", "…"], "min": 0, "max": 1},
        {"question": "…", "answers": ["…", "…"], "min": 1, "max": 1, "blank": true}]}

The JSON is the template of belenios-tool 2.0; here the members may stand in any order.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError
from smartid.services.voting.election import MAX_QUESTIONS, Question
from smartid.services.voting.folder import read_record

_MEMBERS = {"name", "description", "questions"}
_NEEDED = {"question", "answers", "min", "max"}
_STANDARD = "smartid question file 1"


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What is asked, and how the election is called."""

    name: str
    description: str
    questions: tuple[Question, ...]


def load_questions(path: Path) -> Questionnaire:
    """Read a file, TOML when its name ends so. Raises EncodingError, OSError."""
    data = read_record(path)
    return questionnaire(_toml(data, path.name) if path.suffix == ".toml" else _json(data, path.name))


def questionnaire(found: dict[str, Any]) -> Questionnaire:
    """Read the members of a file. Raises EncodingError."""
    name, description = found.get("name", ""), found.get("description", "")
    listed = found.get("questions")
    if found.keys() - _MEMBERS or not isinstance(name, str) or not isinstance(description, str) or not name:
        raise _broken("a name, a description and questions")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_QUESTIONS:
        raise _broken(f"from 1 to {MAX_QUESTIONS} questions")
    return Questionnaire(name, description, tuple(map(_question, listed)))


def _question(found: object) -> Question:
    if not isinstance(found, dict) or not _NEEDED <= found.keys() <= _NEEDED | {"blank"}:
        raise _broken("question, answers, min, max, and perhaps blank")
    ordered: dict[str, Any] = {"answers": found["answers"]}
    if found.get("blank", False) is not False:
        ordered["blank"] = found["blank"]
    ordered |= {"min": found["min"], "max": found["max"], "question": found["question"]}
    return Question.from_dict(ordered)


def _json(data: bytes, name: str) -> dict[str, Any]:
    return strict_json.parse_object(data, name)


def _toml(data: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EncodingError(name, offset=0, expected="TOML in UTF-8", standard="TOML 1.0.0") from error


def _broken(expected: str) -> EncodingError:
    return EncodingError("questions", offset=0, expected=expected, standard=_STANDARD)
