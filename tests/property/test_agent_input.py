"""Whatever a browser sends: at most one well-formed answer, and never another error than one of ours."""

from __future__ import annotations

import io
import json
import os
import struct
from contextlib import contextmanager
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.agent.attendant import Attendant
from smartid.agent.callers import caller_of, is_allowed
from smartid.agent.failures import RequestFailed
from smartid.agent.frames import read_frame
from smartid.agent.messages import Authenticate, GetSigningCertificate, Quit, Sign, parse_request
from smartid.agent.native_host import serve
from smartid.agent.origin_text import origin_text
from smartid.agent.pin_entry import PINEntry
from smartid.agent.question import PINRequest
from smartid.agent.shaping import visual
from smartid.cli.agent_early import greet_early
from smartid.errors import EncodingError, NoCard
from smartid.identity.auth_token import require_origin

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["command", "arguments", "origin", "challengeNonce", "hash", "hashFunction", "certificate", "lang", "x"]
)
VALUES = (
    st.sampled_from(["https://a.example", "SHA-256", "QUJD", "A" * 44, "fa", "quit", "sign", "authenticate"])
    | JSON
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=5)
COMMANDS = st.sampled_from(["quit", "sign", "authenticate", "get-signing-certificate"])
MESSAGES = (
    st.builds(lambda name, given: {"command": name, "arguments": given}, COMMANDS, ARGUMENTS)
    | st.dictionaries(NAMES, VALUES, max_size=3)
    | JSON
)
BODIES = st.binary(max_size=64) | MESSAGES.map(lambda value: json.dumps(value).encode())
STREAMS = st.binary(max_size=40) | BODIES.map(lambda body: struct.pack("=I", len(body)) + body)


@given(BODIES)
def test_a_request_is_one_of_four_or_refused(body: bytes) -> None:
    try:
        request = parse_request(body)
    except RequestFailed as error:
        assert error.as_dict()["error"]["code"] == "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
    else:
        assert isinstance(request, Quit | Authenticate | GetSigningCertificate | Sign)


@given(STREAMS)
def test_a_stream_gives_a_message_nothing_or_a_refusal(data: bytes) -> None:
    stream = io.BytesIO(data)
    try:
        body = read_frame(stream.read)
    except RequestFailed:
        return
    assert (body is None) == (data == b"")
    assert body is None or struct.pack("=I", len(body)) + body == data[: 4 + len(body)]


@contextmanager
def no_card() -> Any:
    raise NoCard("The reader is empty.")
    yield


@settings(max_examples=60, deadline=None)
@given(STREAMS)
def test_the_host_answers_any_bytes_with_one_frame_or_leaves(data: bytes) -> None:
    stdin, browser = os.pipe()
    listening, answers = os.pipe()
    os.write(browser, data)
    os.close(browser)
    try:
        serve(answers, no_card, lambda: Attendant(None), test=False, stdin=stdin, seconds=5)
    finally:
        os.close(answers)
        os.close(stdin)
    with os.fdopen(listening, "rb") as stream:
        said = stream.read()
    if not said:
        assert data == b""
        return
    (length,) = struct.unpack("=I", said[:4])
    assert length == len(said) - 4
    answer = json.loads(said[4:])
    assert answer == {} or set(answer["error"]) >= {"code", "reason", "message", "message_fa"}


@given(st.from_regex(r"https://[a-z0-9.:\[\]-]{1,40}", fullmatch=True))
def test_every_origin_can_be_shown(origin: str) -> None:
    try:
        require_origin(origin)
    except EncodingError:
        return
    shown = origin_text(origin)
    host = shown.ascii or ".".join(shown.labels)
    assert origin == f"https://{host}" + (f":{shown.port}" if shown.port else "")


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", max_size=30))
def test_no_punycode_is_shown_in_letters_that_pass_for_latin(encoded: str) -> None:
    (label,) = origin_text(f"https://xn--{encoded}").labels
    assert label == f"xn--{encoded}" or not any("a" <= char <= "z" for char in label)


@given(st.text(max_size=40))
def test_any_text_can_be_drawn(text: str) -> None:
    visual(text)


@given(st.lists(st.text(max_size=2), max_size=20))
def test_no_key_is_more_than_a_digit(keys: list[str]) -> None:
    entry = PINEntry(PINRequest(title="PIN", title_fa="رمز", min_digits=4, max_digits=8))
    for key in keys:
        entry.press(key)
    assert len(entry.dots) <= 8
    assert bytes(entry._digits).strip(b"\0").isdigit() or entry.dots == ""


@given(
    st.lists(
        st.sampled_from(["agent", "run", "--reader", "--allow", "--pin-fd", "3", "-1", "x", ""]), max_size=8
    )
)
def test_a_command_line_without_a_caller_of_the_list_is_never_greeted(words: list[str]) -> None:
    greet_early(words)
    assert not is_allowed(caller_of(words), words)
