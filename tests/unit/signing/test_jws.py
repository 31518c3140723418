"""JWS and JAdES-B: made, read, and everything that must not pass."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from smartid.errors import AlgorithmRefused, EncodingError
from smartid.signing.content import Content
from smartid.signing.form import Level, SignatureFamily, SignatureForm
from smartid.signing.jws.read import read_jws
from smartid.signing.jws.sign import sign_jades, sign_jws
from smartid.signing.plain import sign_message
from smartid.signing.software import SoftwareSigner
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.policy import Policy
from smartid.trust.verdict import CheckStatus, SubIndication
from tests.unit.signing.signed_samples import POLICY, citizen, country, reasons, request
from tests.unit.trust.country import NOW

TEXT = "سلام، دنیا".encode()
ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "RS384", "PS256", "PS512")


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def unb64(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def compact(content: bytes = TEXT, **options: object) -> bytes:
    return sign_jws(request(content, "a.txt", SignatureForm.JWS, **options)).data


def signed(header: dict[str, Any] | str, payload: bytes = b64(TEXT), *, plain: bool = False) -> bytes:
    """A compact JWS with any header, signed as it stands."""
    text = header if isinstance(header, str) else json.dumps(header)
    protected = b64(text.encode())
    asked = request(b"", "x", SignatureForm.JWS)
    value = sign_message(asked, protected + b"." + payload)
    return b".".join((protected, b"" if plain else payload, b64(value)))


def header_of(data: bytes) -> dict[str, Any]:
    return json.loads(unb64(data.split(b".")[0]))


def changed(**members: object) -> dict[str, Any]:
    """The header that we write, with other members; None takes one out."""
    header = header_of(compact()) | members
    return {name: value for name, value in header.items() if value is not None}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_compact_signature_reads_back(algorithm: str) -> None:
    asked = request(TEXT, "نامه.txt", SignatureForm.JWS, algorithm=algorithm)
    document = sign_jws(asked)
    (facts,) = read_jws(document.data, None, POLICY)
    assert reasons(facts) == {}
    assert {finding.check.status for finding in facts.findings} == {CheckStatus.PASSED}
    assert document.name == "نامه.txt.jws"
    assert facts.family is SignatureFamily.JWS
    assert facts.certificate is not None
    assert facts.certificate.der == asked.signer.certificate
    assert facts.data.certificates == (asked.signer.certificate, country().citizen_ca.der)
    assert (facts.claimed_time, facts.highest, facts.scope) == (None, Level.B, "the payload")
    assert asked.signer.touches == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [TEXT, b"", b"a.b.c"])
@pytest.mark.parametrize("sign", [sign_jws, sign_jades])
def test_a_detached_signature_needs_its_file(sign: Any, content: bytes) -> None:
    document = sign(request(content, "a.txt", SignatureForm.JWS, detached=True))
    assert document.content is not None
    assert b64(content) not in document.data or not content
    assert reasons(*read_jws(document.data, document.content, POLICY)) == {}
    assert reasons(*read_jws(document.data, None, POLICY)) == {
        "signed_content": SubIndication.SIGNED_DATA_NOT_FOUND
    }
    other = read_jws(document.data, Content(content + b"x"), POLICY)
    assert reasons(*other) == {"signature": SubIndication.SIG_CRYPTO_FAILURE}


def test_the_file_given_has_to_be_the_payload() -> None:
    assert reasons(*read_jws(compact(), Content(TEXT), POLICY)) == {}
    assert reasons(*read_jws(compact(), Content(b"x"), POLICY)) == {
        "signed_content": SubIndication.HASH_FAILURE
    }


def test_jades_says_when_what_and_who() -> None:
    document = sign_jades(request(TEXT, "a.pdf", SignatureForm.JADES_B))
    members = json.loads(document.data)
    header = json.loads(unb64(members["protected"].encode()))
    assert set(members) == {"payload", "protected", "signature"}
    assert set(header) == {"alg", "cty", "iat", "x5c", "x5t#S256"}
    assert (header["cty"], header["iat"]) == ("application/pdf", int(NOW.timestamp()))
    (facts,) = read_jws(document.data, None, POLICY)
    assert reasons(facts) == {}
    assert (facts.family, facts.claimed_time) == (SignatureFamily.JADES, NOW)


def test_the_older_signing_time_is_read() -> None:
    (facts,) = read_jws(signed(changed(sigT="2027-03-01T12:00:00Z", crit=["sigT"])), None, POLICY)
    assert reasons(facts) == {}
    assert (facts.family, facts.claimed_time) == (SignatureFamily.JADES, NOW)


def test_several_signatures_are_answered_one_by_one() -> None:
    items = []
    for algorithm in ("ES256", "RS256"):
        protected, payload, value = compact(algorithm=algorithm).split(b".")
        items.append({"protected": protected.decode(), "signature": value.decode(), "header": {"kid": "1"}})
    items[1]["signature"] = items[1]["signature"][:-8] + "AAAAAAAA"
    data = json.dumps({"payload": payload.decode(), "signatures": items}).encode()
    good, bad = read_jws(data, None, POLICY)
    assert reasons(good) == {}
    assert reasons(bad) == {"signature": SubIndication.SIG_CRYPTO_FAILURE}
    assert not good.findings[-1].passed  # the header that nobody signed is named


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_change_is_found(part: int) -> None:
    parts = [unb64(item) for item in compact().split(b".")]
    for old, new in ((b"ES256", b"ES384"), ("دنیا".encode(), "دریا".encode()), (parts[2][-4:], b"abcd")):
        parts_changed = [item.replace(old, new) if i == part else item for i, item in enumerate(parts)]
        if parts_changed != parts:
            assert "signature" in reasons(*read_jws(b".".join(map(b64, parts_changed)), None, POLICY))
            return
    pytest.fail("nothing was changed")


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "", "HS256", "ES256K", "EdDSA", 1, None, ["ES256"], {}]
)
def test_an_algorithm_that_is_no_signature_is_refused(algorithm: object) -> None:
    assert reasons(*read_jws(signed(changed(alg=algorithm)), None, POLICY)) == {
        "signature": SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    }


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES384", "ES512"])
def test_an_algorithm_has_to_fit_the_key(algorithm: str) -> None:
    assert reasons(*read_jws(signed(changed(alg=algorithm)), None, POLICY)) == {
        "signature": SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    }


def test_es256_is_not_made_with_another_curve() -> None:
    party = citizen("ES384")
    asked = request(TEXT, "a", SignatureForm.JWS, signer=SoftwareSigner(party.key, party.der))
    with pytest.raises(AlgorithmRefused, match="RFC 7518"):
        sign_jws(asked)


def test_a_policy_without_the_hash_refuses() -> None:
    strict = Policy(algorithms=AlgorithmPolicy(hashes=frozenset({"sha512"})))
    assert reasons(*read_jws(compact(), None, strict)) == {
        "signature": SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    }


def test_a_key_beside_the_certificate_is_no_key() -> None:
    """Only x5c counts (as in the attacks with jwk, jku and kid on JWT libraries)."""
    header = changed(x5c=None, jwk={"kty": "EC"}, jku="https://example.org", kid="../../dev/null")
    assert reasons(*read_jws(signed(header), None, POLICY)) == {
        "signing_certificate": SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    }


def test_the_certificate_has_to_be_the_one_named() -> None:
    other = base64.b64encode(country().citizen("signature", key=citizen("ES256").key).der).decode()
    assert reasons(*read_jws(signed(changed(x5c=[other])), None, POLICY)) == {
        "signing_certificate": SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    }
    without_digest = changed(**{"x5t#S256": None})
    assert reasons(*read_jws(signed(without_digest), None, POLICY)) == {}  # x5c itself is signed


def test_an_unprotected_certificate_is_not_believed() -> None:
    header = changed(x5c=None)
    protected, payload, value = signed(header).decode().split(".")
    members = {"payload": payload, "protected": protected, "signature": value}
    data = json.dumps(members | {"header": {"x5c": header_of(compact())["x5c"]}}).encode()
    assert "signing_certificate" in reasons(*read_jws(data, None, POLICY))


def test_a_critical_parameter_that_is_unknown_is_refused() -> None:
    header = changed(crit=["sigD"], sigD={"mId": "x"})
    assert reasons(*read_jws(signed(header), None, POLICY)) == {
        "format": SubIndication.SIG_CONSTRAINTS_FAILURE
    }


def test_an_unencoded_payload_is_signed_as_it_is() -> None:
    header = changed(b64=False, crit=["b64"])
    assert reasons(*read_jws(signed(header, TEXT, plain=True), Content(TEXT), POLICY)) == {}
    attached = signed(header, b"a.b")
    assert reasons(*read_jws(attached, Content(b"a.b"), POLICY)) == {}
    assert "signature" in reasons(*read_jws(signed(header, b64(TEXT), plain=True), Content(TEXT), POLICY))


HEADERS = {
    "a member twice": '{"alg":"ES256","alg":"none"}',
    "no object": "[]",
    "crit without the member": {"alg": "ES256", "crit": ["exp"]},
    "empty crit": {"alg": "ES256", "crit": []},
    "crit is no list": {"alg": "ES256", "crit": "b64", "b64": True},
    "b64 that is not critical": {"alg": "ES256", "b64": False},
    "b64 is no truth value": {"alg": "ES256", "b64": 0, "crit": ["b64"]},
    "x5c is no list": {"alg": "ES256", "x5c": "MII"},
    "x5c of numbers": {"alg": "ES256", "x5c": [1]},
    "x5c that is not base64": {"alg": "ES256", "x5c": ["*"]},
    "too many certificates": {"alg": "ES256", "x5c": ["AA=="] * 33},
    "iat is a text": {"alg": "ES256", "iat": "now"},
    "iat is true": {"alg": "ES256", "iat": True},
    "iat beyond the calendar": {"alg": "ES256", "iat": 10**12},
    "iat is no whole number": '{"alg":"ES256","iat":1.5}',
    "a number of many digits": '{"alg":"ES256","iat":' + "9" * 5000 + "}",
    "sigT is an object": {"alg": "ES256", "sigT": {}},
    "sigT is no time": {"alg": "ES256", "sigT": "yesterday"},
    "not a number": '{"alg":NaN}',
    "deep": '{"a":' + "[" * 20 + "]" * 20 + "}",
    "deeper than the stack": '{"a":' + "[" * 100_000,
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_broken_header_is_an_encoding_error(case: str) -> None:
    with pytest.raises(EncodingError):
        read_jws(signed(HEADERS[case]), None, POLICY)


def test_brackets_in_a_text_are_only_text() -> None:
    assert reasons(*read_jws(signed(changed(kid='[[[["\\' * 40)), None, POLICY)) == {}


COMPACT = compact()
PROTECTED, PAYLOAD, VALUE = COMPACT.decode().split(".")
BROKEN = {
    "nothing": b"",
    "one part": PROTECTED.encode(),
    "two parts": f"{PROTECTED}.{VALUE}".encode(),
    "padding": COMPACT + b"=",
    "a blank inside": COMPACT.replace(b".", b". ", 1),
    "ordinary base64": f"{PROTECTED}.a+/a.{VALUE}".encode(),
    "last bits set": COMPACT[:-1] + bytes([COMPACT[-1] + 1]) if COMPACT[-1:] in b"AQgw" else b"",
    "no signature member": json.dumps({"payload": PAYLOAD, "protected": PROTECTED}).encode(),
    "both serializations": json.dumps({"payload": PAYLOAD, "signature": VALUE, "signatures": []}).encode(),
    "no signatures": json.dumps({"payload": PAYLOAD, "signatures": []}).encode(),
    "too many signatures": json.dumps({"payload": PAYLOAD, "signatures": [{}] * 65}).encode(),
    "signature is a number": json.dumps({"protected": PROTECTED, "signature": 1}).encode(),
    "a member twice": f'{{"protected":"e30","protected":"{PROTECTED}","signature":"{VALUE}"}}'.encode(),
    "alg in both headers": json.dumps(
        {"payload": PAYLOAD, "protected": PROTECTED, "signature": VALUE, "header": {"alg": "none"}}
    ).encode(),
    "half a character": json.dumps({"protected": "\ud800", "signature": VALUE}).encode(),
    "no UTF-8": b'{"payload":"\xff"}',
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_jws_is_an_encoding_error(case: str) -> None:
    with pytest.raises(EncodingError):
        read_jws(BROKEN[case], None, POLICY)


def test_signatures_that_see_two_payloads_are_refused() -> None:
    """With b64 true and false mixed, one text would be two contents (RFC 7797, 3)."""
    items = []
    for header in (changed(), changed(b64=False, crit=["b64"])):
        protected, payload, value = signed(header).decode().split(".")
        items.append({"protected": protected, "signature": value})
    with pytest.raises(EncodingError, match="same b64"):
        read_jws(json.dumps({"payload": payload, "signatures": items}).encode(), None, POLICY)


def test_quotes_without_end_take_no_quadratic_time() -> None:
    with pytest.raises(EncodingError):
        read_jws(b'{"' + b'\\"' * 2_000_000, None, POLICY)
