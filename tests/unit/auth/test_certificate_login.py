"""Who a TLS client certificate logs in, and the forms in which proxies pass it on."""

from __future__ import annotations

import base64
from datetime import datetime
from urllib.parse import quote

import pytest
from asn1crypto.pem import armor
from hypothesis import given
from hypothesis import strategies as st

from smartid.auth.certificate_login import MAX_HEADER, certificate_in_header, certificate_login
from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.errors import BadToken, EncodingError
from smartid.trust.policy import RevocationRule
from smartid.trust.verdict import CheckStatus
from tests.unit.auth.site import DAY, SERVER, Site, policy_with
from tests.unit.trust.country import NOW


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def refusal(site: Site, der: bytes, *rules: LoginRules) -> str:
    with pytest.raises(BadToken) as caught:
        certificate_login(der, site.policy, *rules)
    return caught.value.reason


def test_the_holder_of_a_login_certificate(site: Site) -> None:
    der = site.holder().der
    person = certificate_login(der, site.policy)
    assert person.certificate == der
    assert person.identity.family_name
    assert person.verdict.passed


def test_the_verdict_says_that_nothing_was_signed_before_our_eyes(site: Site) -> None:
    checks = {
        check.name: check.status for check in certificate_login(site.holder().der, site.policy).verdict.checks
    }
    assert checks["key_possession"] is CheckStatus.NOT_CHECKED
    assert checks["certificate_purpose"] is CheckStatus.PASSED
    assert "token_signature" not in checks


def test_the_same_rules_as_for_tokens(site: Site) -> None:
    assert refusal(site, site.holder(purpose="signature").der) == LoginReason.CERTIFICATE_PURPOSE
    assert refusal(site, site.holder(extended=(SERVER,)).der) == LoginReason.CERTIFICATE_PURPOSE
    assert refusal(site, site.holder(end=NOW - DAY).der) == LoginReason.CERTIFICATE_EXPIRED
    assert refusal(site, Site().holder().der) == LoginReason.CERTIFICATE_UNTRUSTED
    assert refusal(site, site.country.root.der) == LoginReason.CERTIFICATE_PURPOSE
    assert refusal(site, b"") == LoginReason.CERTIFICATE_MALFORMED


def test_policies_that_a_site_does_not_take(site: Site) -> None:
    der = site.holder(extra=(policy_with("1.2.3.4"),)).der
    assert certificate_login(der, site.policy)
    rules = LoginRules(disallowed_policies=frozenset({"1.2.3.4"}))
    assert refusal(site, der, rules) == LoginReason.CERTIFICATE_POLICY


def test_an_unknown_revocation_is_a_refusal_where_the_policy_wants_to_know() -> None:
    strict = Site(revocation=RevocationRule.ALWAYS)
    assert refusal(strict, strict.holder().der) == LoginReason.REVOCATION_UNKNOWN


def test_another_time(site: Site) -> None:
    der = site.holder(end=NOW - DAY).der
    assert certificate_login(der, site.policy, at=NOW - 2 * DAY)
    with pytest.raises(ValueError, match="time zone"):
        certificate_login(der, site.policy, at=datetime(2026, 1, 1))


def pem(der: bytes) -> str:
    return armor("CERTIFICATE", der).decode()


@pytest.mark.parametrize(
    "form",
    [
        pem,
        lambda der: pem(der).strip().replace("\n", " "),
        lambda der: pem(der).strip().replace("\n", "\t"),
        lambda der: quote(pem(der)),
        lambda der: quote(pem(der), safe=""),
        lambda der: f":{base64.b64encode(der).decode()}:",
    ],
    ids=["PEM", "spaces", "tabs", "nginx", "all escaped", "RFC 9440"],
)
def test_what_proxies_pass_on(site: Site, form: object) -> None:
    assert callable(form)
    der = site.holder().der
    assert certificate_in_header(form(der)) == der


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(null)",
        ":AAA:",
        "::",
        "%",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE----- !!!! -----END CERTIFICATE-----",
        "x" * (MAX_HEADER + 1),
    ],
)
def test_what_is_no_certificate(text: str) -> None:
    with pytest.raises(EncodingError):
        certificate_in_header(text)


def test_two_certificates_are_none(site: Site) -> None:
    with pytest.raises(EncodingError, match="one certificate"):
        certificate_in_header(pem(site.holder().der) * 2)


@given(st.text())
def test_any_header_is_a_certificate_or_an_encoding_error(text: str) -> None:
    for header in (text, f":{text}:", f"-----BEGIN CERTIFICATE-----{text}-----END CERTIFICATE-----"):
        try:
            certificate_in_header(header)
        except EncodingError:
            continue
