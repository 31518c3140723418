"""Tokens from anywhere: any text is an ``AuthToken`` or ``BadToken``, and only what is ignored may change."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smartid.auth.reasons import LoginReason
from smartid.auth.web_eid import parse_token
from smartid.errors import BadToken
from smartid.identity.auth_token import AuthToken
from tests.unit.auth.site import Site

READ = ("unverifiedCertificate", "algorithm", "signature", "format")
MEMBERS = (*READ, "appVersion", "unverifiedSigningCertificates", "unverifiedIntermediateCertificates")
FORMATS = st.sampled_from(["web-eid:1", "web-eid:1.0", "web-eid:1.1", "web-eid:1.7", "web-eid:10.0", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
WRONG = st.sampled_from([None, True, 0, "", "x", [], {}, ["x"], {"a": "b"}, "AB==", "A" * 9])


def sometimes(*right: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(right) | WRONG


ALGORITHMS = st.fixed_dictionaries(
    {
        "cryptoAlgorithm": sometimes("ECC", "RSA"),
        "hashFunction": sometimes("SHA-384", "SHA3-224"),
        "paddingScheme": sometimes("NONE", "PSS"),
    }
)
CERTIFICATES = sometimes("AAAA", "AA==")
ENTRIES = st.fixed_dictionaries(
    {
        "certificate": CERTIFICATES,
        "supportedSignatureAlgorithms": WRONG | st.lists(ALGORITHMS, max_size=2),
    },
    optional={"intermediateCertificates": WRONG | st.lists(CERTIFICATES, max_size=2)},
)
LIKE_TOKENS = st.fixed_dictionaries(
    {
        "unverifiedCertificate": sometimes("AAAA"),
        "algorithm": sometimes("ES384"),
        "signature": sometimes("AAAA"),
        "format": FORMATS,
        "padding": st.just("x" * 100),
    },
    optional={
        "appVersion": sometimes("1"),
        "unverifiedSigningCertificates": WRONG | st.lists(ENTRIES, max_size=2),
        "unverifiedIntermediateCertificates": WRONG | st.lists(CERTIFICATES, max_size=2),
    },
)


@cache
def site() -> Site:
    return Site()


@cache
def good() -> str:
    return site().token()


def read(text: str | bytes) -> AuthToken | None:
    try:
        return parse_token(text)
    except BadToken as error:
        assert error.reason in set(LoginReason)
        return None


@given(data=st.binary(max_size=400), begin=st.sampled_from([b"", b'{"format": "']))
def test_any_bytes_are_a_token_or_a_named_error(data: bytes, begin: bytes) -> None:
    assert read(begin + data) is None


@given(st.text(alphabet=st.characters(), min_size=90, max_size=400))
def test_any_text_is_a_token_or_a_named_error(text: str) -> None:
    assert read(text) is None


@settings(max_examples=300)
@given(LIKE_TOKENS)
def test_what_looks_like_a_token_is_one_or_a_named_error(members: dict[str, Any]) -> None:
    token = read(json.dumps(members))
    if token is not None:
        assert parse_token(token.to_json() + " " * 100) == token


@settings(max_examples=150, deadline=None)
@given(member=st.sampled_from(READ), value=JSON | FORMATS | st.text(max_size=200))
def test_no_other_member_passes(member: str, value: Any) -> None:
    members = json.loads(good())
    same = member == "format" and value in ("web-eid:1", "web-eid:1.0", "web-eid:1.7")
    assume(value != members[member])
    assert accepted(json.dumps(members | {member: value})) is same


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=20), JSON, max_size=3))
def test_members_that_nobody_reads_change_nothing(more: dict[str, Any]) -> None:
    extra = {name: value for name, value in more.items() if name not in MEMBERS}
    text = json.dumps(extra | json.loads(good()))
    assert accepted(text) is (len(text) <= 10_000 and _whole_numbers(extra))


def _whole_numbers(value: Any) -> bool:
    """Numbers of more than twenty digits are refused wherever they stand."""
    if isinstance(value, dict):
        return all(map(_whole_numbers, value.values()))
    if isinstance(value, list):
        return all(map(_whole_numbers, value))
    return isinstance(value, bool) or not isinstance(value, int) or len(str(value)) <= 20


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 4_000), replacement=st.sampled_from(list('A{}"\\ =1\x00é')))
def test_a_token_with_one_other_character_is_refused_or_the_same(at: int, replacement: str) -> None:
    text = good()
    at %= len(text)
    changed = text[:at] + replacement + text[at + 1 :]
    if accepted(changed):
        mine, other = parse_token(text), parse_token(changed)
        assert (mine.certificate, mine.signature, mine.algorithm) == (
            other.certificate,
            other.signature,
            other.algorithm,
        )


def accepted(text: str) -> bool:
    try:
        return site().judge(text).verdict.passed
    except BadToken:
        return False
