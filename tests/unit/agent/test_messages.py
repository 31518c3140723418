"""Requests are taken exactly as the protocol names them; whatever else is said is told apart."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from smartid.agent.failures import RequestFailed
from smartid.agent.messages import HASH_SIZES, Authenticate, GetSigningCertificate, Quit, Sign, parse_request

ORIGIN = "https://site.example"
NONCE = base64.b64encode(bytes(range(32))).decode()
SIGN = {
    "certificate": base64.b64encode(b"a certificate").decode(),
    "hash": base64.b64encode(bytes(48)).decode(),
    "hashFunction": "SHA-384",
    "origin": ORIGIN,
}


def message(command: Any, arguments: Any, **more: Any) -> bytes:
    return json.dumps({"command": command, "arguments": arguments, **more}).encode()


def refused(data: bytes) -> str:
    with pytest.raises(RequestFailed) as caught:
        parse_request(data)
    answer = caught.value.as_dict()["error"]
    assert answer["code"] == "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
    assert answer["reason"] == "invalid_argument"
    return str(answer["message"])


def test_the_four_commands() -> None:
    assert parse_request(message("quit", {})) == Quit()
    login = parse_request(message("authenticate", {"challengeNonce": NONCE, "origin": ORIGIN, "lang": "en"}))
    assert isinstance(login, Authenticate)
    assert (login.challenge.nonce, login.challenge.origin, login.lang) == (NONCE, ORIGIN, "en")
    asked = parse_request(message("get-signing-certificate", {"origin": ORIGIN}))
    assert asked == GetSigningCertificate(origin=ORIGIN, lang="fa")
    signing = parse_request(message("sign", SIGN))
    assert isinstance(signing, Sign)
    assert (signing.certificate, signing.digest, signing.hash_function) == (
        b"a certificate",
        bytes(48),
        "SHA-384",
    )


@pytest.mark.parametrize("tag", ["fa", "en-US", "fa_IR", "zh-Hant-TW"])
def test_language_tags(tag: str) -> None:
    request = parse_request(message("get-signing-certificate", {"origin": ORIGIN, "lang": tag}))
    assert isinstance(request, GetSigningCertificate)
    assert request.lang == tag[:2]


@pytest.mark.parametrize("tag", ["auto", "", "e", "../..", "en" * 40, "فا"])
def test_a_wish_that_is_no_language_tag_stops_nobody(tag: str) -> None:
    """Example pages of Web eID pass on ``lang=auto`` from their own address."""
    request = parse_request(message("authenticate", {"challengeNonce": NONCE, "origin": ORIGIN, "lang": tag}))
    assert isinstance(request, Authenticate)
    assert request.lang == "fa"


@pytest.mark.parametrize("tag", [5, None, ["fa"]])
def test_what_is_no_text_is_no_language(tag: object) -> None:
    assert "'lang'" in refused(message("get-signing-certificate", {"origin": ORIGIN, "lang": tag}))


@pytest.mark.parametrize("name", HASH_SIZES)
def test_every_hash_function_has_its_length(name: str) -> None:
    size = HASH_SIZES[name]
    assert size == int(name.rpartition("-")[2]) // 8
    for wrong in (size - 1, size + 1, 0):
        text = base64.b64encode(bytes(wrong)).decode()
        refused(message("sign", {**SIGN, "hashFunction": name, "hash": text}))
    right = base64.b64encode(bytes(size)).decode()
    assert isinstance(parse_request(message("sign", {**SIGN, "hashFunction": name, "hash": right})), Sign)


@pytest.mark.parametrize(
    "origin",
    [
        "http://site.example",
        "http://localhost",
        "http://localhost:8080",
        "https://site.example/",
        "https://site.example/login",
        "https://site.example?x",
        "https://site.example#x",
        "https://user@site.example",
        "https://Site.example",
        "https://سایت.example",
        "null",
        "",
        "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic",
        "https://" + "a" * 250 + ".example",
    ],
)
def test_origins_that_are_none(origin: str) -> None:
    refused(message("authenticate", {"challengeNonce": NONCE, "origin": origin}))
    refused(message("get-signing-certificate", {"origin": origin}))
    refused(message("sign", {**SIGN, "origin": origin}))


@pytest.mark.parametrize(
    "nonce", ["", "12345", "x" * 43, "x" * 129, "x" * 43 + " ", "x" * 43 + "ی", 12, None, ["x"]]
)
def test_nonces_that_are_none(nonce: object) -> None:
    refused(message("authenticate", {"challengeNonce": nonce, "origin": ORIGIN}))


@pytest.mark.parametrize("missing", SIGN)
def test_every_argument_is_needed(missing: str) -> None:
    some = {name: value for name, value in SIGN.items() if name != missing}
    assert f"'{missing}' is missing" in refused(message("sign", some))


def test_no_other_argument_is_taken() -> None:
    assert "'pin' is not known" in refused(message("sign", {**SIGN, "pin": "1234"}))
    assert "'origin' is not known" in refused(message("quit", {"origin": ORIGIN}))
    assert "'more' is not known" in refused(message("quit", {}, more=1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'"quit"',
        b"{}",
        b'{"command": "quit"}',
        b'{"command": "quit", "arguments": []}',
        b'{"command": 1, "arguments": {}}',
        b'{"command": "quit", "command": "quit", "arguments": {}}',
        b'{"command": "quit", "arguments": {}} x',
        b'{"command": "quit", "arguments": {"lang": NaN}}',
        b'{"command": "read-identity", "arguments": {}}',
        b'{"command": "status", "arguments": {}}',
        b'{"command": "\xff", "arguments": {}}',
        b"[" * 4000,
        b'\xef\xbb\xbf{"command": "quit", "arguments": {}}',
    ],
)
def test_what_is_no_request(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize("member", ["certificate", "hash"])
@pytest.mark.parametrize("text", ["!", "AAA", "AA==\n", "QQ==QQ==x", "سلام", "_-__"])
def test_base64_is_strict(member: str, text: str) -> None:
    refused(message("sign", {**SIGN, member: text}))


def test_a_message_for_the_page_is_bounded() -> None:
    assert len(refused(message("quit", {"x" * 5000: 1}))) < 400
