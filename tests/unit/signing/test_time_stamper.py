"""The time-stamp client against ``openssl ts``, which reads its requests and makes its answers."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import cms, tsp

from smartid.errors import FetchFailed
from smartid.signing.time_stamper import (
    HTTPTimeStamper,
    TimeStampRequest,
    read_response,
    read_token,
    time_stamp_request,
)
from tests.unit.signing.tsa import POLICY, OpenSSLAuthority
from tests.unit.trust.country import Country

DIGEST = hashlib.sha256(b"a contract").digest()
URL = "http://tsa.example/"


def test_openssl_reads_the_request(tmp_path: Path) -> None:
    request = time_stamp_request(DIGEST, "sha256", policy_oid=POLICY)
    (tmp_path / "request").write_bytes(request.encode())
    command = ["openssl", "ts", "-query", "-in", "request", "-text"]
    text = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert "Version: 1" in text
    assert "Hash Algorithm: sha256" in text
    assert "Policy OID: tsa_policy1" in text  # what openssl calls 1.2.3.4.1
    assert f"0x{request.nonce:X}".lower().lstrip("0x") in text.lower()
    assert "Certificate required: yes" in text


def test_two_requests_have_two_nonces() -> None:
    nonces = {time_stamp_request(DIGEST, "sha256").nonce for _ in range(20)}
    assert len(nonces) == 20


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_a_token_is_taken_and_openssl_verifies_it(
    authority: OpenSSLAuthority, country: Country, tmp_path: Path, hash_name: str
) -> None:
    (tmp_path / "data").write_bytes(b"a contract")
    (tmp_path / "root.pem").write_bytes(country.root.pem)
    stamper = HTTPTimeStamper(URL, fetcher=authority)
    token = stamper.stamp(hashlib.new(hash_name, b"a contract").digest(), hash_name)
    (tmp_path / "token").write_bytes(token)
    command = [
        "openssl",
        "ts",
        "-verify",
        "-token_in",
        "-in",
        "token",
        "-data",
        "data",
        "-CAfile",
        "root.pem",
    ]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    ((url, _, content_type),) = authority.asked
    assert (url, content_type) == (URL, "application/timestamp-query")
    assert read_token(token)[1].der == authority.party.der


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda r: TimeStampRequest(digest=bytes(32), hash_name="sha256", nonce=r.nonce), "something else"),
        (lambda r: TimeStampRequest(digest=DIGEST, hash_name="sha256", nonce=r.nonce + 1), "nonce differs"),
        (
            lambda r: TimeStampRequest(
                digest=DIGEST, hash_name="sha256", nonce=r.nonce, policy_oid="1.2.3.4.2"
            ),
            "another policy",
        ),
    ],
)
def test_an_answer_to_another_request_is_refused(
    authority: OpenSSLAuthority, change: Callable[[TimeStampRequest], TimeStampRequest], why: str
) -> None:
    request = time_stamp_request(DIGEST, "sha256")
    response = authority.reply(request.encode())
    assert read_response(response, request)
    with pytest.raises(FetchFailed, match=why) as caught:
        read_response(response, change(request), url=URL)
    assert caught.value.url == URL


def test_a_refusal_is_told_in_the_authoritys_words(authority: OpenSSLAuthority) -> None:
    for wrong, why in (
        (time_stamp_request(hashlib.sha1(b"").digest(), "sha1"), "badAlg"),
        (time_stamp_request(DIGEST, "sha256", policy_oid="1.2.3.4.99"), "unacceptedPolicy"),
    ):
        with pytest.raises(FetchFailed, match=why) as caught:
            read_response(authority.reply(wrong.encode()), wrong, url=URL)
        assert "not supported" in str(caught.value)  # openssl's own text


def test_a_changed_token_is_refused(authority: OpenSSLAuthority) -> None:
    request = time_stamp_request(DIGEST, "sha256")
    response = bytearray(authority.reply(request.encode()))
    signature = cms.ContentInfo.load(tsp.TimeStampResp.load(bytes(response))["time_stamp_token"].dump())
    value = signature["content"]["signer_infos"][0]["signature"].native
    at = bytes(response).index(value)
    response[at + 20] ^= 1
    with pytest.raises(FetchFailed):
        read_response(bytes(response), request)


def test_broken_answers_are_the_authoritys_failure(authority: OpenSSLAuthority) -> None:
    request = time_stamp_request(DIGEST, "sha256")
    whole = authority.reply(request.encode())
    for broken in (b"", b"<html>502 Bad Gateway</html>", whole[:-1], whole[:200], whole + b"\0", b"\x30\x00"):
        with pytest.raises(FetchFailed):
            read_response(broken, request, url=URL)
