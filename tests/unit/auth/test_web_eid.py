"""Reading tokens: lenient about what is added, strict about everything else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from smartid.auth.make import make_token
from smartid.auth.reasons import LoginReason
from smartid.auth.web_eid import MAX_LENGTH, minor_version, parse_token
from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import BadToken
from smartid.identity.auth_token import AuthToken, SigningCertificate, SupportedAlgorithm
from smartid.signing.software import SoftwareSigner
from tests.unit.auth.site import CHALLENGE, Site, sign, text_of

MALFORMED, FORMAT = LoginReason.TOKEN_MALFORMED, LoginReason.FORMAT_UNSUPPORTED
SIGNING = LoginReason.SIGNING_CERTIFICATE
LIST = "unverifiedSigningCertificates"
AUTHORITIES = "unverifiedIntermediateCertificates"
ES384 = {"cryptoAlgorithm": "ECC", "hashFunction": "SHA-384", "paddingScheme": "NONE"}


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def entry(site: Site) -> dict[str, Any]:
    return {
        "certificate": text_of(site.holder(purpose="signature").der),
        "supportedSignatureAlgorithms": [ES384],
    }


def refused(reason: LoginReason, text: str | bytes) -> BadToken:
    with pytest.raises(BadToken) as caught:
        parse_token(text)
    assert caught.value.reason == reason, caught.value
    assert caught.value.remedy
    return caught.value


def test_every_member_is_read(site: Site) -> None:
    members = site.members()
    token = parse_token(json.dumps(members))
    assert token == AuthToken(
        certificate=base64.b64decode(members["unverifiedCertificate"]),
        algorithm="ES384",
        signature=base64.b64decode(members["signature"]),
        format="web-eid:1.0",
        app_version="https://web-eid.example/app/2.9.0",
    )


def test_what_is_written_is_read_again(site: Site, entry: dict[str, Any]) -> None:
    for text in (site.token(), site.token(format="web-eid:1.1", **{LIST: [entry, entry]})):
        token = parse_token(text)
        assert parse_token(token.to_json()) == token
        assert parse_token(token.to_json().encode()) == token


def test_other_members_and_a_missing_version_are_passed_over(site: Site) -> None:
    more = site.token(issuerApp="x", nested={"a": [1, {"b": None}]}, appVersion=None)
    token = parse_token(more)
    assert token.app_version == ""
    members = site.members() | {"appVersion": None, LIST: None}
    assert parse_token(json.dumps(members)).app_version == ""


@pytest.mark.parametrize("name", ["web-eid:1", "web-eid:1.0", "web-eid:1.2", "web-eid:1.10", "web-eid:1.999"])
def test_formats_of_the_first_version_are_read(site: Site, name: str) -> None:
    assert parse_token(site.token(format=name)).format == name
    assert minor_version(name) == int(name.partition(".")[2] or 0)


@pytest.mark.parametrize(
    "name",
    [
        "web-eid:10.0",
        "web-eid:10",
        "web-eid:1.",
        "web-eid:1.00",
        "web-eid:1.01",
        "web-eid:1.1000",
        "web-eid:1.0.0",
        "web-eid:1.0 ",
        " web-eid:1.0",
        "web-eid:1.0\n",
        "web-eid:1.-1",
        "web-eid:1,0",
        "web-eid:1.۱",
        "web-eid:1.1a",
        "web-eid:0.9",
        "web-eid:2",
        "Web-eid:1.0",
        "web-eid1.0",
    ],
)
def test_other_formats_are_refused(site: Site, name: str) -> None:
    refused(FORMAT, site.token(format=name))


@pytest.mark.parametrize("member", ["unverifiedCertificate", "algorithm", "signature", "format"])
def test_every_needed_member_is_text_and_there(site: Site, member: str) -> None:
    members = site.members()
    for value in (None, 1, True, [], {}, ["x"], {"a": "b"}):
        refused(MALFORMED, json.dumps(members | {member: value}))
    del members[member]
    refused(MALFORMED, json.dumps(members))


@pytest.mark.parametrize("value", [1, [], {}, True])
def test_a_version_is_text(site: Site, value: Any) -> None:
    refused(MALFORMED, site.token(appVersion=value))


def test_a_member_twice_is_refused_at_any_depth(site: Site) -> None:
    text = site.token()
    for twice in (
        text[:-1] + ', "format": "web-eid:1.0"}',
        text[:-1] + ', "algorithm": "ES256"}',
        text[:-1] + ', "\\u0061lgorithm": "ES384"}',
        text[:-1] + ', "more": {"a": 1, "a": 1}}',
        text[:-1] + ', "more": [[{"b": {"a": 1, "a": 2}}]]}',
    ):
        refused(MALFORMED, twice)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200,
        '{"a":' * 40 + "1" + "}" * 40 + " " * 100,
        '["not an object", "' + "x" * 100 + '"]',
        '"' + "x" * 200 + '"',
        "NaN" + " " * 100,
        '{"a": 1.5, "b": "' + "x" * 100 + '"}',
        b"\xff\xfe" + b"x" * 200,
        b"\xef\xbb\xbf{}" + b" " * 200,
        "{}" + " " * 98,
        "\ud800" * 200,
        "\x00" * 200,
        b" " * (4 * MAX_LENGTH + 1),
    ],
)
def test_what_is_no_object_is_malformed(text: str | bytes) -> None:
    refused(MALFORMED, text)


def test_a_token_is_counted_in_characters(site: Site) -> None:
    members = site.members() | {"appVersion": ""}
    room = MAX_LENGTH - len(json.dumps(members))
    long = json.dumps(members | {"appVersion": "ک" * room}, ensure_ascii=False)
    assert len(long) == MAX_LENGTH
    assert len(parse_token(long.encode()).app_version) == room
    refused(MALFORMED, long + " ")
    refused(MALFORMED, (long + " ").encode())


@pytest.mark.parametrize("member", ["unverifiedCertificate", "signature"])
def test_base64_has_one_spelling(site: Site, member: str) -> None:
    good = site.members()[member]
    reason = LoginReason.CERTIFICATE_MALFORMED if member == "unverifiedCertificate" else MALFORMED
    data = base64.b64decode(good)
    stray = text_of(data[: len(data) - (len(data) % 3)] + b"\x00")  # ends in two signs of padding
    for bad in (
        good[:-1] + "!",
        good + "=",
        good + "\n",
        good[:40] + "\n" + good[40:],
        good[:40] + " " + good[40:],
        "=" + good,
        base64.urlsafe_b64encode(b"\xfb\xff" * 60).decode(),
        stray[:-3] + "B==",
        stray.rstrip("="),
        "é" * 200,
        "====",
    ):
        refused(reason, site.token(**{member: bad}))


class TestSigningCertificates:
    def test_they_are_read(self, site: Site, entry: dict[str, Any]) -> None:
        token = parse_token(site.token(format="web-eid:1.1", **{LIST: [entry]}))
        (read,) = token.signing_certificates
        assert read.as_dict() == entry

    def test_format_1_0_has_none(self, site: Site, entry: dict[str, Any]) -> None:
        for name in ("web-eid:1.0", "web-eid:1"):
            for value in ([entry], []):
                refused(SIGNING, site.token(format=name, **{LIST: value}))

    def test_format_1_1_has_some(self, site: Site) -> None:
        refused(SIGNING, site.token(format="web-eid:1.1"))
        refused(SIGNING, site.token(format="web-eid:1.1", **{LIST: []}))

    def test_a_later_format_may_have_some(self, site: Site, entry: dict[str, Any]) -> None:
        assert len(parse_token(site.token(format="web-eid:1.2", **{LIST: [entry]})).signing_certificates) == 1
        assert parse_token(site.token(format="web-eid:1.2")).signing_certificates == ()

    @pytest.mark.parametrize("value", ["x", 1, {}, True, {"certificate": "x"}])
    def test_the_list_is_a_list(self, site: Site, value: Any) -> None:
        refused(MALFORMED, site.token(format="web-eid:1.1", **{LIST: value}))

    @pytest.mark.parametrize(
        "change",
        [
            {"certificate": None},
            {"certificate": ""},
            {"certificate": 1},
            {"certificate": "not base64"},
            {"supportedSignatureAlgorithms": None},
            {"supportedSignatureAlgorithms": []},
            {"supportedSignatureAlgorithms": ES384},
            {"supportedSignatureAlgorithms": ["ES384"]},
            {"supportedSignatureAlgorithms": [ES384, {}]},
            {"supportedSignatureAlgorithms": [ES384 | {"cryptoAlgorithm": "DSA"}]},
            {"supportedSignatureAlgorithms": [ES384 | {"hashFunction": "SHA-1"}]},
            {"supportedSignatureAlgorithms": [ES384 | {"paddingScheme": "none"}]},
            {"supportedSignatureAlgorithms": [ES384 | {"paddingScheme": None}]},
            {"supportedSignatureAlgorithms": [ES384 | {"hashFunction": ["SHA-384"]}]},
        ],
    )
    def test_an_entry_is_complete(self, site: Site, entry: dict[str, Any], change: dict[str, Any]) -> None:
        refused(SIGNING, site.token(format="web-eid:1.1", **{LIST: [entry, entry | change]}))

    @pytest.mark.parametrize("item", [None, 1, "x", []])
    def test_an_entry_is_an_object(self, site: Site, item: Any) -> None:
        refused(SIGNING, site.token(format="web-eid:1.1", **{LIST: [item]}))


class TestIntermediateCertificates:
    """``unverifiedIntermediateCertificates``, which came to format 1.1 in 2026."""

    def test_they_are_read(self, site: Site, entry: dict[str, Any]) -> None:
        authority = text_of(site.country.citizen_ca.der)
        beside = entry | {"intermediateCertificates": [authority]}
        token = parse_token(
            site.token(format="web-eid:1.1", **{LIST: [beside], AUTHORITIES: [authority] * 2})
        )
        assert token.intermediates == (site.country.citizen_ca.der,) * 2
        assert token.signing_certificates[0].as_dict() == beside
        assert parse_token(token.to_json()) == token

    def test_with_them_format_1_1_needs_no_signing_certificates(self, site: Site) -> None:
        authority = text_of(site.country.citizen_ca.der)
        assert parse_token(site.token(format="web-eid:1.1", **{AUTHORITIES: [authority]})).intermediates
        refused(SIGNING, site.token(format="web-eid:1.1", **{AUTHORITIES: [authority], LIST: []}))

    def test_format_1_0_has_none(self, site: Site) -> None:
        for name in ("web-eid:1.0", "web-eid:1"):
            for value in ([text_of(site.country.citizen_ca.der)], []):
                refused(LoginReason.CERTIFICATE_MALFORMED, site.token(format=name, **{AUTHORITIES: value}))

    @pytest.mark.parametrize("value", [[], "MIIC", {}, 1, [1], [None], [""], ["not base64"], [["MIIC"]]])
    def test_they_are_a_list_of_base64(self, site: Site, entry: dict[str, Any], value: Any) -> None:
        format_1_1 = {"format": "web-eid:1.1", LIST: [entry]}
        refused(LoginReason.CERTIFICATE_MALFORMED, site.token(**format_1_1, **{AUTHORITIES: value}))
        beside = entry | {"intermediateCertificates": value}
        refused(SIGNING, site.token(format="web-eid:1.1", **{LIST: [beside]}))


class TestMaking:
    @pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "RS256", "PS512"])
    def test_what_is_made_is_accepted(self, site: Site, algorithm: str) -> None:
        holder = site.holder(algorithm)
        signer = SoftwareSigner(holder.key, holder.der)
        token = make_token(signer, CHALLENGE, algorithm=SignatureAlgorithm(algorithm))
        assert (token.format, token.algorithm) == ("web-eid:1.0", algorithm)
        assert site.judge(token.to_json()).verdict.passed
        assert make_token(signer, CHALLENGE).algorithm == signer.algorithms[0]

    def test_with_signing_certificates_it_is_of_format_1_1(self, site: Site) -> None:
        holder, signing = site.holder(), site.holder(purpose="signature")
        signer = SoftwareSigner(holder.key, holder.der)
        beside = SigningCertificate(
            certificate=signing.der, algorithms=(SupportedAlgorithm.of(signer.algorithms[0]),)
        )
        token = make_token(signer, CHALLENGE, signing=[beside], app_version="https://example.ir/app")
        assert token.format == "web-eid:1.1"
        assert token.as_dict()[LIST][0]["supportedSignatureAlgorithms"] == [ES384]
        assert site.judge(token.to_json()).verdict.passed


def test_no_error_echoes_the_token(site: Site) -> None:
    secret = "s3cr3t-member-content"
    for text in (
        site.token(format=secret),
        site.token(signature=secret),
        site.token(unverifiedCertificate=secret),
        json.dumps({secret: "x" * 200}),
    ):
        with pytest.raises(BadToken) as caught:
            parse_token(text)
        assert secret not in str(caught.value)
    assert sign(site.holder().key, "ES384").hex() not in repr(parse_token(site.token()))
