"""What a person at a screen is told: a sentence in his language, and nothing for programmers."""

from __future__ import annotations

import re

import pytest

from smartid import errors
from smartid.services.reasons import Reason
from smartid.services.words import why

ERRORS = [
    *(errors.ServiceError("Table 7 is gone.", reason=reason) for reason in Reason),
    errors.WrongPIN("SW 63C2", tries_left=2),
    errors.WrongPIN("SW 6300", tries_left=None),
    errors.PINBlocked("SW 6983", unblocked_by="puk"),
    errors.LastTryRefused("If you are sure, allow it: PIN(…, last_try=True)."),
    errors.PINFormatError("not digits"),
    errors.CardRemoved("gone"),
    errors.CardError("SW 6F00", sw=0x6F00),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__}-{error}")
def test_every_error_is_a_sentence_in_both_languages(error: errors.SmartIDError) -> None:
    persian, english = why(error, "fa"), why(error, "en")
    assert not re.search("[A-Za-z0-9_]", persian)
    assert persian.endswith(".")
    assert english.isascii()
    assert english.endswith(".")
    assert error.message not in english


def test_the_tries_that_are_left_are_told() -> None:
    assert "۲ بار" in why(errors.WrongPIN("no", tries_left=2))
    assert why(errors.WrongPIN("no", tries_left=1), "en").endswith("1 try is left.")
