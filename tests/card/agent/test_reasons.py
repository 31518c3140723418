"""Every failure has the reason that people can act on, and leaves the card as it was."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from smartid import errors
from smartid.card.connect import connect
from smartid.mockcard.card import MockCard
from smartid.mockcard.faults import FlippedBit, Removal, WrongStatus
from smartid.profiles.iran_nid import IRAN_NID
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from smartid.transport.inprocess import InProcessTransport
from tests.card.agent.conftest import Serve, command, frame, login, pin, wrong

Issue = Callable[..., MockCard]


def reason(answer: Any) -> tuple[str, int | None]:
    return answer["error"]["reason"], answer["error"].get("retries_left")


def signing(card: MockCard, serve_here: Serve, hash_function: str, size: int, *pins: str) -> Any:
    certificate = serve_here(command("get-signing-certificate"), card)["certificate"]
    digest = base64.b64encode(bytes(size)).decode()
    request = command("sign", certificate=certificate, hash=digest, hashFunction=hash_function)
    return serve_here(request, card, *pins)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (struct.pack("=I", 8193) + bytes(8193), "8192"),
        (struct.pack("=I", 4) + b"null", "not 4"),
        (frame(b"garbage"), "JSON"),
        (frame({"command": "status", "arguments": {}}), "commands are"),
        (frame({"command": "quit", "arguments": {"x": 1}}), "not known"),
        (frame(login(origin="http://localhost")), "Origin"),
        (frame(login(challengeNonce="short")), "nonce"),
        (frame({"command": "authenticate", "arguments": {}}), "missing"),
    ],
)
def test_what_is_no_request_is_an_invalid_argument(
    serve_here: Serve, issue: Issue, data: bytes, expected: str
) -> None:
    answer = serve_here(data, issue())
    assert answer["error"]["code"] == "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
    assert expected in answer["error"]["message"]


@pytest.mark.parametrize("cut", [1, 3, 4, 30])
def test_a_truncated_request(serve_here: Serve, issue: Issue, cut: int) -> None:
    assert reason(serve_here(frame(login())[:cut], issue(), open_end=False)) == ("invalid_argument", None)


def test_silence_ends_with_the_time(serve_here: Serve, issue: Issue) -> None:
    assert reason(serve_here(b"", issue(), seconds=0.05)) == ("timed_out", None)
    assert reason(serve_here(frame(login())[:9], issue(), seconds=0.05)) == ("timed_out", None)


def test_a_pin_that_does_not_come_ends_with_the_time(serve_here: Serve, issue: Issue) -> None:
    card = issue()
    answer = serve_here(login(), card, seconds=0.5)
    assert reason(answer) == ("timed_out", None)
    assert answer["error"]["code"] == "ERR_WEBEID_USER_CANCELLED"
    assert card.image.pins["identity"].tries_left == 3


@pytest.mark.parametrize("text", ["12", "abcd", "", "1" * 200, "۱۲"])
def test_what_is_no_pin_costs_nothing(serve_here: Serve, issue: Issue, text: str) -> None:
    card = issue()
    assert reason(serve_here(login(), card, text)) == ("pin_malformed", None)
    assert card.image.pins["identity"].tries_left == 3


def test_a_wrong_pin_is_never_followed_by_another(serve_here: Serve, issue: Issue) -> None:
    card = issue()
    assert reason(serve_here(login(), card, wrong(), pin())) == ("pin_wrong", 2)
    assert card.image.pins["identity"].tries_left == 2


def test_the_last_try_is_refused_unless_it_was_allowed(serve_here: Serve, issue: Issue) -> None:
    card = issue()
    card.image.pins["identity"].tries_left = 1
    assert reason(serve_here(login(), card, wrong())) == ("last_try", 1)
    assert card.image.pins["identity"].tries_left == 1
    assert serve_here(login(), card, pin(), last_try=True)["format"] == "web-eid:1.0"
    card.image.pins["identity"].tries_left = 1
    assert reason(serve_here(login(), card, wrong(), last_try=True)) == ("pin_blocked", 0)


def test_the_pin_of_the_other_key_is_none(serve_here: Serve, issue: Issue) -> None:
    card = issue()
    card.image.pins["signature"].tries_left = 0
    assert serve_here(login(), card, pin())["format"] == "web-eid:1.0"
    assert reason(signing(card, serve_here, "SHA-384", 48, pin("signature"))) == ("pin_blocked", 0)


def test_a_hash_that_the_key_cannot_sign_is_told_with_those_that_it_can(
    serve_here: Serve, issue: Issue
) -> None:
    answer = signing(issue(), serve_here, "SHA3-384", 48, pin("signature"))
    assert reason(answer) == ("invalid_argument", None)
    assert "SHA-384" in answer["error"]["message"]
    rsa = signing(issue(profile=NATIONAL_REFERENCE_RSA), serve_here, "SHA-512", 64, pin("signature"))
    assert rsa["signatureAlgorithm"] == {
        "cryptoAlgorithm": "RSA",
        "hashFunction": "SHA-512",
        "paddingScheme": "PKCS1.5",
    }
    assert len(base64.b64decode(rsa["signature"])) == 256


def test_the_authentication_key_signs_no_digest(serve_here: Serve, issue: Issue) -> None:
    card = issue()
    token = serve_here(login(), card, pin())
    digest = base64.b64encode(bytes(48)).decode()
    stolen = command("sign", certificate=token["unverifiedCertificate"], hash=digest, hashFunction="SHA-384")
    for secret in (pin(), pin("signature")):
        assert reason(serve_here(stolen, card, secret)) == ("certificate_changed", None)
    other = issue("reza")
    foreign = serve_here(command("get-signing-certificate"), other)["certificate"]
    asked = command("sign", certificate=foreign, hash=digest, hashFunction="SHA-384")
    assert reason(serve_here(asked, card, pin("signature"))) == ("certificate_changed", None)


@pytest.mark.parametrize("request_of", [login, lambda: command("get-signing-certificate")])
def test_a_card_that_is_pulled_at_any_command(serve_here: Serve, issue: Issue, request_of: Any) -> None:
    """Whatever the moment: an answer with a reason, and the PIN costs nothing."""
    card, seen = issue(), set()
    for at in range(1, 60):
        lend = lambda at=at: closing(connect(transport=card.insert(faults=[Removal(at)])))  # noqa: E731
        answer = serve_here(request_of(), lend, pin())
        if "error" not in answer:
            break
        seen.add(answer["error"]["reason"])
        assert card.image.pins["identity"].tries_left == 3
    else:
        pytest.fail("it never came to an end")
    assert at > 5
    assert seen == {"card_removed"}


@pytest.mark.parametrize("at", [2, 5, 9])
@pytest.mark.parametrize("fault", [lambda at: WrongStatus(at, 0x6F00), lambda at: FlippedBit(at, 3)])
def test_a_card_that_answers_wrong(serve_here: Serve, issue: Issue, at: int, fault: Any) -> None:
    lend = lambda: closing(connect(transport=issue().insert(faults=[fault(at)])))  # noqa: E731
    answer = serve_here(login(), lend, pin())
    assert "error" not in answer or reason(answer)[0] in {"card_error", "card_unknown", "certificate_missing"}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.NoService("x"), "no_service"),
        (errors.NoReader("x"), "reader_absent"),
        (errors.NoCard("x"), "card_absent"),
        (errors.ReaderBusy("x"), "reader_busy"),
        (errors.UnsupportedCard("x", atr=b""), "card_unknown"),
        (errors.TransportError("x"), "card_error"),
    ],
)
def test_what_stands_between_the_program_and_a_card(
    serve_here: Serve, error: Exception, expected: str
) -> None:
    @contextmanager
    def lend() -> Any:
        raise error
        yield

    assert reason(serve_here(login(), lend, pin())) == (expected, None)


def test_a_card_of_which_too_little_is_known(serve_here: Serve, issue: Issue) -> None:
    answer = serve_here(login(), issue(profile=IRAN_NID), pin())
    assert reason(answer)[0] in {"unsupported", "certificate_missing"}


def test_a_card_without_its_certificate(serve_here: Serve, issue: Issue) -> None:
    card = issue()
    stripped = tuple(
        replace(app, files=tuple(file for file in app.files if file.key is None))
        for app in NATIONAL_REFERENCE.applications
    )
    profile = replace(NATIONAL_REFERENCE, applications=stripped)
    lend = lambda: closing(connect(transport=card.insert(), profiles=[profile]))  # noqa: E731
    assert reason(serve_here(login(), lend, pin())) == ("unsupported", None)


def test_a_stranger(serve_here: Serve) -> None:
    class Stranger:
        atr = bytes.fromhex("3B00")

        def transmit(self, _command: bytes) -> bytes:
            return b"\x6d\x00"

    lend = lambda: closing(connect(transport=InProcessTransport(Stranger())))  # noqa: E731
    assert reason(serve_here(login(), lend, pin())) == ("card_unknown", None)


def test_no_answer_holds_a_pin(serve_here: Serve, issue: Issue, capfd: pytest.CaptureFixture[str]) -> None:
    card = issue()
    said = [serve_here(login(), card, one) for one in (wrong(), pin(), pin() + "1" * 70)]
    text = json.dumps(said) + "".join(capfd.readouterr())
    assert pin() not in text
    assert wrong() not in text
