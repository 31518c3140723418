from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from smartid.services.reasons import Reason
from smartid.services.spine.words import remedy, sentence, table

DOCS = Path(__file__).parents[4] / "docs/reference/refusals.md"


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_words(reason: Reason) -> None:
    for persian, english in (sentence(reason), remedy(reason)):
        assert english.isascii()
        assert english.endswith(".")
        assert any("\u0600" <= letter <= "\u06ff" for letter in persian)
        assert persian.endswith(".")
        assert unicodedata.is_normalized("NFC", persian)
        assert not set(persian) & set("يك"), "Arabic letters in Persian text"


def test_no_two_reasons_read_the_same() -> None:
    assert len({sentence(reason) for reason in Reason}) == len(Reason)


def test_the_reference_is_drawn_from_them() -> None:
    assert table() in DOCS.read_text()
