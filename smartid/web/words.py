"""What pages and the login element say, in Persian and English. The table is ``static/words.js``.

The file is one line of JavaScript around JSON, so that browsers import it and this module reads it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("fa", "en")
"""Codes of ISO 639-1; the first is the one for people who did not choose."""

_BEFORE, _AFTER = "export default ", ";\n"


@cache
def words() -> Mapping[str, Mapping[str, Any]]:
    """Give the whole table: language, then name."""
    text = files("smartid.web").joinpath("static/words.js").read_text(encoding="utf-8")
    table: Mapping[str, Mapping[str, Any]] = json.loads(text.removeprefix(_BEFORE).removesuffix(_AFTER))
    return table


def language(*wishes: str | None) -> str:
    """Give the first wish that is a language of the table, Persian when none is.

    A wish is a code ("en"), a code with a region ("en-GB"), or None.
    """
    codes = ((wish or "")[:35].partition("-")[0].lower() for wish in wishes)
    return next((code for code in codes if code in LANGUAGES), LANGUAGES[0])
