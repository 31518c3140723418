"""Records as rows: their content is JSON in one spelling, without fractions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from smartid.errors import EncodingError
from smartid.services.ledger.book import Record
from smartid.services.ledger.tables import RecordRow

_spell = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_read = json.JSONDecoder().raw_decode
_LISTS = (list, tuple)
_PLAIN = (str, int, type(None))


def row(record: Record) -> RecordRow:
    """Give the row of a record. Raises ValueError for content that is not JSON, or has fractions."""
    return record.kind, record.key, record.state, record.due, _spelled(record.content)


def _spelled(content: Mapping[str, Any]) -> str:
    if len(content) == 1:  # one number, as in most records: the encoder takes ten times as long
        ((name, value),) = content.items()
        if type(value) is int and type(name) is str and name.isascii() and name.isalnum():
            return f'{{"{name}":{value}}}'
    _check(content)
    return _spell(content)


def record(row: RecordRow) -> Record:
    """Give the record of a row. Raises EncodingError for content that somebody broke."""
    kind, key, state, due, content = row
    try:
        said, end = _read(content)
    except (ValueError, RecursionError) as error:
        raise _broken(kind, key, 0) from error
    if end != len(content):
        raise _broken(kind, key, end)
    return Record(kind=kind, key=key, state=state, due=due, content=said)


def _broken(kind: str, key: str, offset: int) -> EncodingError:
    return EncodingError(f"record {kind} {key}", offset=offset, expected="JSON", standard="RFC 8259")


def _check(value: Any) -> None:
    if isinstance(value, _PLAIN):
        return
    if isinstance(value, dict):
        for name, each in value.items():
            if type(name) is not str:
                raise ValueError("names in a record are texts")
            _check(each)
    elif isinstance(value, _LISTS):
        for each in value:
            _check(each)
    else:
        raise ValueError(f"a record holds texts, whole numbers, flags, lists and objects, no {type(value)}")
