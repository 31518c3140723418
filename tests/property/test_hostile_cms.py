"""Damaged signatures and time-stamp answers: a named error, or a result; nothing else, and never long."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, FetchFailed, SmartIDError
from smartid.signing.cades.envelope import is_signed_data, parse_envelope
from smartid.signing.cades.extend import extend
from smartid.signing.form import Level, SignatureForm
from smartid.signing.sign import sign
from smartid.signing.time_stamper import read_response, time_stamp_request
from smartid.trust.policy import Policy
from tests.unit.signing.people import policy_of, signer_of
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import Country

MUTANTS = 400
CONTENT = b"a contract"
REQUEST = time_stamp_request(hashlib.sha256(CONTENT).digest(), "sha256")


class Recorded:
    """An authority that always gives the same answer."""

    def __init__(self, token: bytes) -> None:
        self.token = token

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        return self.token


@pytest.fixture(scope="module")
def country() -> Country:
    return Country()


@pytest.fixture(scope="module")
def policy(country: Country) -> Policy:
    return policy_of(country)


@pytest.fixture(scope="module")
def authority(country: Country, tmp_path_factory: pytest.TempPathFactory) -> OpenSSLAuthority:
    folder: Path = tmp_path_factory.mktemp("tsa")
    return OpenSSLAuthority(folder, tsa_party(country))


@pytest.fixture(scope="module")
def archived(country: Country, policy: Policy, authority: OpenSSLAuthority) -> bytes:
    form = SignatureForm.CADES_LTA
    return sign(CONTENT, signer_of(country), form=form, time_stamper=authority, policy=policy).data


@pytest.fixture(scope="module")
def response(authority: OpenSSLAuthority) -> bytes:
    return authority.reply(REQUEST.encode())


def mutants(data: bytes, count: int = MUTANTS, seed: int = 3161) -> list[bytes]:
    """Bit flips, lost and repeated parts, wild lengths and indefinite ones."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        at, end = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
        changed = bytearray(data)
        match number % 5:
            case 0:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                del changed[at:end]
            case 2:
                changed[at:at] = data[at : min(end, at + 300)]
            case 3:
                changed[at : at + 2] = b"\x84\xff"
            case _:
                changed[at] = chance.choice((0x80, 0x30, 0x31, 0xA0, 0x00))
        made.append(bytes(changed))
    return made


def only_named_errors(act: Callable[[bytes], object], data: list[bytes]) -> int:
    """How many were refused; anything but a named error is not caught."""
    refused = 0
    for one in data:
        try:
            act(one)
        except SmartIDError:
            refused += 1
    return refused


def test_damaged_signatures_are_refused_or_extended(
    archived: bytes, policy: Policy, authority: OpenSSLAuthority
) -> None:
    stamper = Recorded(authority.stamp(bytes(32), "sha256"))
    assert extend(archived, Level.LTA, time_stamper=stamper, policy=policy)

    def renew(data: bytes) -> bytes:
        return extend(data, Level.LTA, time_stamper=stamper, policy=policy)

    assert only_named_errors(renew, mutants(archived)) > MUTANTS // 10


def test_damaged_signatures_get_no_second_signer_by_another_error(archived: bytes, country: Country) -> None:
    signer = signer_of(country)
    assert only_named_errors(lambda data: sign(data, signer), mutants(archived, seed=5652)) > MUTANTS // 10


def test_what_was_extended_can_be_read_again(
    archived: bytes, policy: Policy, authority: OpenSSLAuthority
) -> None:
    stamper = Recorded(authority.stamp(bytes(32), "sha256"))
    for data in mutants(archived, 100, seed=319122):
        try:
            renewed = extend(data, Level.T, time_stamper=stamper)
        except SmartIDError:
            continue
        assert parse_envelope(renewed).encode() == renewed


def test_damaged_answers_of_an_authority_are_its_failure(response: bytes) -> None:
    assert read_response(response, REQUEST)
    for data in mutants(response):
        try:
            read_response(data, REQUEST)
        except FetchFailed:
            continue


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    is_signed_data(data)
    with pytest.raises(FetchFailed):
        read_response(data, REQUEST)
    with pytest.raises(EncodingError):
        parse_envelope(data)


@pytest.mark.parametrize(
    "head", [b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x83\xff\xff\xff", b"\xa0\x80"]
)
def test_nested_without_end(head: bytes) -> None:
    with pytest.raises(EncodingError):
        parse_envelope(head * 20_000)
