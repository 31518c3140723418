"""The situations of the token tests that the authors of Web eID publish with their validator, on our own PKI.

web-eid-authtoken-validation-java, src/test (2026-06-30): 40 cases in nine groups, with what they expect. The
people, keys and authorities here are others; the situation of each case is the same, and so is the answer.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.crypto.signature import SignatureAlgorithm
from smartid.identity.auth_token import Challenge
from smartid.trust.policy import RevocationRule
from smartid.trust.store import TrustStore
from tests.fuzz.der_tree import parse
from tests.unit.auth.site import (
    CHALLENGE,
    CLIENT,
    DAY,
    NONCE,
    ORIGIN,
    SERVER,
    Site,
    edited,
    key_of,
    policy_with,
    sign,
    text_of,
)
from tests.unit.trust.country import CA_USAGE, NOW, issue, name
from tests.unit.trust.revocation_pki import crl, entry

LAX = LoginRules(require_client_authentication=False)
ECDSA_SHA256 = "300A06082A8648CE3D040302"
ECDSA_SHA256_NULL = "300C06082A8648CE3D0403020500"
MOBILE_ID = "1.3.6.1.4.1.10015.1.3"


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def test_01_an_elliptic_token_is_accepted(site: Site) -> None:
    person = site.judge(site.token("ES384"))
    assert person.identity.national_number == "0012345679"
    assert person.verdict.passed
    assert person.verdict.anchor == "C=IR, CN=Test Root"
    assert [check.name for check in person.verdict.checks][:3] == [
        "certificate_purpose",
        "token_signature",
        "certificate_chain",
    ]


def test_02_an_unrelated_expired_authority_in_the_store_does_no_harm(site: Site) -> None:
    old = issue(
        name(COUNTRY_NAME="IR", COMMON_NAME="Old Root"),
        ca=True,
        usage=CA_USAGE,
        end=NOW - DAY,
        begin=_YEARS_AGO,
    )
    policy = site.trusting(old.der, site.country.root.der, site.country.citizen_ca.der)
    assert site.judge(site.token(), CHALLENGE, policy).verdict.passed
    twin = issue(
        site.country.root.certificate.subject, ca=True, usage=CA_USAGE, end=NOW - DAY, begin=_YEARS_AGO
    )
    policy = site.trusting(twin.der, site.country.root.der, site.country.citizen_ca.der)
    assert site.judge(site.token(), CHALLENGE, policy).verdict.passed


_YEARS_AGO = datetime(2015, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"], ids=["03 elliptic", "04 RSA"])
def test_03_04_a_bare_number_belongs_to_the_country_of_the_subject(site: Site, algorithm: str) -> None:
    """Belgian cards: the serial number of the subject is the national number, with nothing in front."""
    subject = name(COUNTRY_NAME="BE", SURNAME="Peeters", GIVEN_NAME="Lotte", SERIAL_NUMBER="71715100070")
    person = site.judge(site.token(algorithm, site.holder(algorithm, subject=subject)))
    assert person.identity.as_dict() == {
        "national_number": "BE-71715100070",
        "given_names": "Lotte",
        "family_name": "Peeters",
    }


def test_05_null_parameters_of_an_ecdsa_identifier_are_read(site: Site) -> None:
    """Finnish cards; pyca refuses them, OpenSSL and Java do not."""
    plain = site.holder("ES384")

    def with_null(tbs: bytes) -> bytes:
        return _grown(tbs, bytes.fromhex(ECDSA_SHA256), bytes.fromhex(ECDSA_SHA256_NULL))

    holder = edited(plain, site.country.citizen_ca, with_null, ECDSA_SHA256_NULL)
    with pytest.raises(ValueError, match="ExtraData"):
        x509.load_der_x509_certificate(holder.der).signature_hash_algorithm  # noqa: B018
    assert site.judge(site.token("ES384", holder)).verdict.passed


def test_06_an_encoded_default_is_read_and_pss_is_accepted(site: Site) -> None:
    """Finnish cards again: cA=FALSE stands in the basic constraints, where DER leaves it out."""
    plain = site.holder("PS256")

    def with_default(tbs: bytes) -> bytes:
        constraints = bytes.fromhex("300C0603551D130101FF04023000")
        assert constraints in tbs
        longer = bytes.fromhex("300F0603551D130101FF04053003010100")
        return _grown(tbs, constraints, longer)

    holder = edited(plain, site.country.citizen_ca, with_default, ECDSA_SHA256)
    with pytest.raises(ValueError, match="EncodedDefault"):
        x509.load_der_x509_certificate(holder.der).extensions.get_extension_for_class(x509.BasicConstraints)
    assert site.judge(site.token("PS256", holder)).verdict.passed


def _grown(tbs: bytes, old: bytes, new: bytes) -> bytes:
    """Put longer bytes in the place of others, and mend the lengths around them."""
    tree = parse(tbs)
    nodes = [node for node in tree.walk() if node.encode() == old]
    assert len(nodes) == 1
    fresh = parse(new)
    nodes[0].children = fresh.children
    return tree.encode()


@pytest.mark.parametrize("algorithm", ["ES256", "ES512", "RS256", "RS384", "RS512", "PS384", "PS512"])
def test_07_08_every_algorithm_is_accepted_with_its_key(site: Site, algorithm: str) -> None:
    assert site.judge(site.token(algorithm)).verdict.passed


def test_09_another_nonce_is_refused(site: Site) -> None:
    site.refuses(LoginReason.SIGNATURE_INVALID, site.token(), Challenge(ORIGIN, NONCE[::-1]))


def test_10_another_origin_is_refused(site: Site) -> None:
    for other in ("https://ria.example:8443", "wss://ria.example", "https://ria.example.org"):
        site.refuses(LoginReason.SIGNATURE_INVALID, site.token(), Challenge(other, NONCE))


def test_11_another_certificate_is_refused(site: Site) -> None:
    other = site.country.citizen(key=None, subject=name(COUNTRY_NAME="IR", SERIAL_NUMBER="PNOIR-0499370899"))
    text = site.token("ES256", unverifiedCertificate=text_of(other.der))
    site.refuses(LoginReason.SIGNATURE_INVALID, text)


@pytest.mark.parametrize(
    "text",
    ["", "null", "x" * 99, "{" + " " * 97 + "}", "{" + " " * 9_999 + "}"],
    ids=["12 nothing", "13 null", "14 99 characters", "14 99 of JSON", "15 10,001 characters"],
)
def test_12_to_15_what_is_no_token_is_malformed(site: Site, text: str) -> None:
    site.refuses(LoginReason.TOKEN_MALFORMED, text)


def test_14_15_the_bounds_belong_to_tokens(site: Site) -> None:
    text = site.token()
    assert site.judge(text + " " * (10_000 - len(text))).verdict.passed
    site.refuses(LoginReason.TOKEN_MALFORMED, text + " " * (10_001 - len(text)))


@pytest.mark.parametrize("name_", ["invalid", "web-eid:2.0", "web-eid", "", "WEB-EID:1.0"])
def test_16_an_unknown_format_is_refused(site: Site, name_: str) -> None:
    reason = LoginReason.FORMAT_UNSUPPORTED if name_ else LoginReason.TOKEN_MALFORMED
    site.refuses(reason, site.token(format=name_))


@pytest.mark.parametrize(
    "algorithm", ["NONE", "none", "", "\x00\t\n", "\u200e", "es384", "ES256K", "HS256", "EdDSA"]
)
def test_17_to_19_an_algorithm_that_is_none_is_refused(site: Site, algorithm: str) -> None:
    members = site.members() | {"algorithm": algorithm}
    site.refuses(LoginReason.ALGORITHM_UNSUPPORTED, json.dumps(members))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, LoginReason.TOKEN_MALFORMED),
        ("", LoginReason.TOKEN_MALFORMED),
        (["x"], LoginReason.TOKEN_MALFORMED),
        (1234, LoginReason.TOKEN_MALFORMED),
        ("This is not base64!" * 9, LoginReason.CERTIFICATE_MALFORMED),
        (text_of(b"This is not a certificate" * 9), LoginReason.CERTIFICATE_MALFORMED),
    ],
    ids=["20 missing", "21 empty", "22 array", "23 number", "24 not base64", "25 no certificate"],
)
def test_20_to_25_what_is_no_certificate_is_refused(site: Site, value: Any, reason: LoginReason) -> None:
    site.refuses(reason, site.token(unverifiedCertificate=value))


def test_26_a_certificate_without_key_usage_is_refused(site: Site) -> None:
    holder = site.holder(usage=())
    site.refuses(LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder))
    site.refuses(LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder), CHALLENGE, site.policy, LAX)


def test_27_a_certificate_for_something_else_is_refused(site: Site) -> None:
    holder = site.holder(extended=(SERVER,))
    site.refuses(LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder))
    site.refuses(LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder), CHALLENGE, site.policy, LAX)


def test_28_a_policy_that_this_site_refuses(site: Site) -> None:
    """Wrong policy, and the fourth group's policy that is disallowed by configuration."""
    holder = site.holder(extra=(policy_with("1.3.6.1.4.1.51361.1.2.1"),))
    assert site.judge(site.token(holder=holder)).verdict.passed
    rules = LoginRules(disallowed_policies=frozenset({"1.3.6.1.4.1.51361.1.2.1"}))
    site.refuses(LoginReason.CERTIFICATE_POLICY, site.token(holder=holder), CHALLENGE, site.policy, rules)


def test_29_a_policy_that_the_anchor_is_not_trusted_for(site: Site) -> None:
    holder = site.holder(extra=(policy_with("1.2.3.4"),))
    policy = site.trusting(
        site.country.root.der, site.country.citizen_ca.der, certificate_policies=frozenset({"1.2.3.5"})
    )
    site.refuses(LoginReason.CERTIFICATE_UNTRUSTED, site.token(holder=holder), CHALLENGE, policy)


@pytest.mark.parametrize("version", ["", ".1", ".2", ".3"])
def test_30_31_old_and_new_keys_in_telephones_are_refused(site: Site, version: str) -> None:
    holder = site.holder(extra=(policy_with(MOBILE_ID + version),))
    site.refuses(LoginReason.CERTIFICATE_POLICY, site.token(holder=holder))
    lenient = LoginRules(disallowed_policies=frozenset())
    assert site.judge(site.token(holder=holder), CHALLENGE, site.policy, lenient).verdict.passed


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"], ids=["32 RSA", "33 ECDSA"])
def test_32_33_a_certificate_that_ended_is_expired(site: Site, algorithm: str) -> None:
    holder = site.holder(algorithm, end=NOW - DAY)
    site.refuses(LoginReason.CERTIFICATE_EXPIRED, site.token(algorithm, holder))
    assert site.judge(site.token(algorithm, holder), at=NOW - 2 * DAY).verdict.passed


def test_32_an_old_certificate_with_a_key_that_nobody_loads_is_expired(site: Site) -> None:
    """The dates are told first: the holder can do something about them."""
    holder = site.holder("RS256", key=key_of("RSA-1024"), end=NOW - DAY)
    text = site.token("RS256", holder)
    site.refuses(LoginReason.CERTIFICATE_EXPIRED, text)
    site.refuses(LoginReason.ALGORITHM_UNSUPPORTED, text, at=NOW - 2 * DAY)


def test_34_a_certificate_before_its_beginning_is_not_yet_valid(site: Site) -> None:
    holder = site.holder(begin=NOW + DAY)
    site.refuses(LoginReason.CERTIFICATE_NOT_YET_VALID, site.token(holder=holder))
    assert site.judge(site.token(holder=holder), at=NOW + 2 * DAY).verdict.passed


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ({"begin": NOW + DAY}, LoginReason.CERTIFICATE_NOT_YET_VALID),
        ({"end": NOW - DAY}, LoginReason.CERTIFICATE_EXPIRED),
    ],
    ids=["35 authority not yet valid", "36 37 authority no longer valid"],
)
@pytest.mark.parametrize("place", ["root", "between"])
def test_35_to_37_the_dates_of_authorities_count(
    site: Site, dates: dict[str, Any], reason: LoginReason, place: str
) -> None:
    root = issue(
        name(COMMON_NAME="R"),
        ca=True,
        usage=CA_USAGE,
        key=key_of("P-256"),
        **dates if place == "root" else {},
    )
    between = issue(
        name(COMMON_NAME="B"), root, ca=True, usage=CA_USAGE, **dates if place == "between" else {}
    )
    holder = site.holder(issuer=between)
    policy = site.trusting(root.der, between.der)
    site.refuses(reason, site.token(holder=holder), CHALLENGE, policy)


def test_38_an_authority_that_is_not_in_the_store_is_not_trusted(site: Site) -> None:
    error = site.refuses(LoginReason.CERTIFICATE_UNTRUSTED, site.token(), CHALLENGE, Site().policy)
    assert "--trust" in error.message
    site.refuses(LoginReason.CERTIFICATE_UNTRUSTED, site.token(), CHALLENGE, site.trusting())


@pytest.mark.parametrize("who", ["39 holder", "40 authority"])
def test_39_40_what_was_revoked_is_refused(site: Site, who: str) -> None:
    """Switched off where they are published, because responders change; here lists are at hand."""
    holder, country = site.holder(), site.country
    revoked = [entry(holder, NOW - DAY)] if who == "39 holder" else []
    authority = [entry(country.citizen_ca, NOW - DAY)] if who == "40 authority" else []
    lists = (crl(country.citizen_ca, revoked), crl(country.root, authority))
    known = TrustStore.from_certificates(country.root.der, country.citizen_ca.der, crls=lists)
    policy = site.trusting(anchors=known, revocation=RevocationRule.ALWAYS)
    site.refuses(LoginReason.CERTIFICATE_REVOKED, site.token(holder=holder), CHALLENGE, policy)
    clean = TrustStore.from_certificates(
        country.root.der,
        country.citizen_ca.der,
        crls=(crl(country.citizen_ca), crl(country.root)),
    )
    policy = site.trusting(anchors=clean, revocation=RevocationRule.ALWAYS)
    assert site.judge(site.token(holder=holder), CHALLENGE, policy).verdict.passed


def test_the_published_extras_of_a_purpose(site: Site) -> None:
    """No extended key usage is taken where a country issues such certificates, and only there."""
    holder = site.holder(extended=())
    site.refuses(LoginReason.CERTIFICATE_PURPOSE, site.token(holder=holder))
    assert site.judge(site.token(holder=holder), CHALLENGE, site.policy, LAX).verdict.passed
    both = site.holder(extended=(SERVER, CLIENT))
    assert site.judge(site.token(holder=both)).verdict.passed


def test_what_is_signed_is_what_the_architecture_says() -> None:
    """H(origin) || H(nonce), hashed again: the witness for the tests' own tokens is their verification."""
    key = key_of("P-384")
    raw = sign(key, "ES384")
    signature = encode_dss_signature(int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big"))
    message = CHALLENGE.message(SignatureAlgorithm.ES384)
    assert len(message) == 96
    key.public_key().verify(signature, message, ec.ECDSA(hashes.SHA384()))
