"""Every error of the library becomes an answer that people can act on."""

from __future__ import annotations

import re

import pytest

from smartid import errors
from smartid.agent.failures import RequestFailed, failure_of
from smartid.agent.reasons import CODES, SENTENCES, AgentReason

PROTOCOL = {"ERR_WEBEID_USER_CANCELLED", "ERR_WEBEID_NATIVE_INVALID_ARGUMENT", "ERR_WEBEID_NATIVE_FATAL"}
ERRORS = [
    (errors.NoService("x"), "no_service", None),
    (errors.NoReader("x"), "reader_absent", None),
    (errors.NoCard("x"), "card_absent", None),
    (errors.CardRemoved("x"), "card_removed", None),
    (errors.ReaderBusy("x"), "reader_busy", None),
    (errors.WrongPIN("x", tries_left=2), "pin_wrong", 2),
    (errors.WrongPIN("x", tries_left=None), "pin_wrong", None),
    (errors.PINBlocked("x", unblocked_by="puk"), "pin_blocked", 0),
    (errors.LastTryRefused("x"), "last_try", 1),
    (errors.PINFormatError("x"), "pin_malformed", None),
    (errors.PINEntryCancelled("x"), "cancelled", None),
    (errors.FileNotFound("x"), "certificate_missing", None),
    (errors.UnsupportedCard("x", atr=b"\x3b\x00"), "card_unknown", None),
    (errors.UnsupportedFeature(profile="p", feature="f", why="w"), "unsupported", None),
    (errors.CardError("x", sw=0x6F00), "card_error", None),
    (errors.TransportError("x"), "card_error", None),
    (errors.EncodingError("x", offset=0, expected="y"), "card_error", None),
]


@pytest.mark.parametrize("reason", AgentReason)
def test_every_reason_has_both_sentences_and_a_code_of_the_protocol(reason: AgentReason) -> None:
    english, persian = SENTENCES[reason]
    assert re.fullmatch(r"[ -~]+\.|.*: [ -~]+", english)
    assert re.search("[\u0600-\u06ff]", persian)
    answer = RequestFailed(reason).as_dict()["error"]
    assert answer["code"] in PROTOCOL
    assert (answer["reason"], answer["message"], answer["message_fa"]) == (reason.value, english, persian)
    assert "retries_left" not in answer


@pytest.mark.parametrize(("error", "reason", "left"), ERRORS)
def test_errors_and_their_reasons(error: errors.SmartIDError, reason: str, left: int | None) -> None:
    answer = failure_of(error).as_dict()["error"]
    assert (answer["reason"], answer.get("retries_left")) == (reason, left)


def test_what_an_error_says_of_this_computer_stays_here() -> None:
    secret = errors.NoReader("There is no file '/home/sara/sara.card'.")
    assert "sara" not in str(failure_of(secret).as_dict())


def test_tries_are_told_in_both_languages() -> None:
    answer = failure_of(errors.WrongPIN("x", tries_left=2)).as_dict()["error"]
    assert "2 tries are left" in answer["message"]
    assert "۲" in answer["message_fa"]
    assert "1 try is left" in failure_of(errors.WrongPIN("x", tries_left=1)).as_dict()["error"]["message"]


def test_only_reasons_have_codes() -> None:
    assert set(CODES) < set(AgentReason)
    assert set(SENTENCES) == set(AgentReason)
