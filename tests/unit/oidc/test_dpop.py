"""Access tokens that are bound to a key of the client (RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from smartid.web.http import Response
from tests.unit.oidc.house import ISSUER, SECRET, House, answer_of, asking, exchange

KEY = ECKey.generate_key("P-256")
BASIC = "Basic " + base64.b64encode(f"shop:{SECRET}".encode()).decode()


@pytest.fixture
def house() -> House:
    made = House()
    made.sign_in()
    return made


def proof(
    house: House,
    method: str = "POST",
    address: str = f"{ISSUER}/token",
    *,
    key: ECKey = KEY,
    access: str | None = None,
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    claims: dict[str, Any] = {"htm": method, "htu": address, "jti": secrets.token_hex(8)}
    claims["iat"] = int(house.clock().timestamp())
    if access is not None:
        digest = hashlib.sha256(access.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}
    everything = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode({**head, **(header or {})}, everything, key, algorithms=["ES256"])


def exchanged(house: House, made: str) -> Response:
    form = urlencode(exchange(house.code()))
    return house.send("POST", "/token", form, authorization=BASIC, dpop=made)


def bound(house: House) -> str:
    found = json.loads(exchanged(house, proof(house)).body)
    assert found["token_type"] == "DPoP"
    return str(found["access_token"])


def asked(house: House, access: str, /, scheme: str = "DPoP", **changes: Any) -> Response:
    address = changes.pop("address", f"{ISSUER}/userinfo")
    made = proof(house, changes.pop("method", "GET"), address, **{"access": access, **changes})
    return house.userinfo(access, scheme, dpop=made)


def test_a_bound_token_works_with_its_key(house: House) -> None:
    access = bound(house)
    assert asked(house, access).status == 200


def test_a_bound_token_is_worth_nothing_without_its_key(house: House) -> None:
    access = bound(house)
    assert house.userinfo(access).status == 401
    assert house.userinfo(access, "DPoP").status == 401
    assert asked(house, access, key=ECKey.generate_key("P-256")).status == 401
    assert asked(house, access, "Bearer").status == 401


def test_a_bearer_token_is_no_bound_one(house: House) -> None:
    access = str(json.loads(house.token(house.code()).body)["access_token"])
    assert asked(house, access).status == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"address": f"{ISSUER}/token"},
        {"address": f"{ISSUER}/userinfo?x=1"},
        {"access": "another"},
        {"access": None},
        {"iat": 1},
        {"iat": "now"},
        {"iat": None},
        {"jti": None},
        {"jti": "j" * 257},
    ],
)
def test_a_proof_is_for_one_request(house: House, changes: dict[str, Any]) -> None:
    assert asked(house, bound(house), **changes).status == 401


def test_a_proof_works_once(house: House) -> None:
    access = bound(house)
    made = proof(house, "GET", f"{ISSUER}/userinfo", access=access)
    assert house.userinfo(access, "DPoP", dpop=made).status == 200
    assert house.userinfo(access, "DPoP", dpop=made).status == 401


def test_a_proof_is_fresh_for_a_minute(house: House) -> None:
    access = bound(house)
    made = proof(house, "GET", f"{ISSUER}/userinfo", access=access)
    house.clock.pass_by(seconds=61)
    assert house.userinfo(access, "DPoP", dpop=made).status == 401


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"jwk": None},
        {"jwk": KEY.as_dict(private=True)},
        {"jwk": ECKey.generate_key("P-256").as_dict(private=False)},
        {"jwk": ECKey.generate_key("P-384").as_dict(private=False)},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": {"kty": ["EC"]}},
        {"jwk": "x"},
    ],
)
def test_a_proof_carries_the_public_key_that_signed_it(house: House, header: dict[str, Any]) -> None:
    head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": KEY.as_dict(private=False), **header}
    encoded = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
    body = proof(house).split(".")[1]
    raw = KEY.private_key.sign(f"{encoded}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(raw)
    signed = base64.urlsafe_b64encode(r.to_bytes(32) + s.to_bytes(32)).rstrip(b"=").decode()
    response = exchanged(house, f"{encoded}.{body}.{signed}")
    assert response.status == 400
    assert json.loads(response.body)["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize("broken", ["", "a", "a.b.c", "é", "a" * 9000])
def test_a_broken_proof_is_refused(house: House, broken: str) -> None:
    assert exchanged(house, broken).status == 400


def test_half_a_character_is_no_name(house: House) -> None:
    now = int(house.clock().timestamp())
    payload = b'{"htm":"POST","htu":"%s/token","iat":%d,"jti":"\\ud800"}' % (ISSUER.encode(), now)
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": KEY.as_dict(private=False)}
    registry = JWSRegistry(algorithms=["ES256"])
    answered = exchanged(house, jws.serialize_compact(header, payload, KEY, registry=registry))
    assert json.loads(answered.body)["error"] == "invalid_dpop_proof"


def test_a_stranger_spends_no_proof(house: House) -> None:
    made = proof(house)
    form = urlencode(exchange(house.code()))
    assert house.send("POST", "/token", form, authorization="Basic eDp5", dpop=made).status == 401
    assert house.send("POST", "/token", form, authorization=BASIC, dpop=made).status == 200


def thumbprint(key: ECKey = KEY) -> str:
    return key.thumbprint()


def test_a_code_belongs_to_the_key_that_the_request_named(house: House) -> None:
    def redeemed(**headers: str) -> Response:
        form = urlencode(exchange(house.code(dpop_jkt=thumbprint())))
        return house.send("POST", "/token", form, authorization=BASIC, **headers)

    other = ECKey.generate_key("P-256")
    assert redeemed(dpop=proof(house)).status == 200
    for headers in ({}, {"dpop": proof(house, key=other)}):
        refused = redeemed(**headers)
        assert (refused.status, json.loads(refused.body)["error"]) == (400, "invalid_dpop_proof")


def test_a_thumbprint_is_one(house: House) -> None:
    refused = answer_of(house.authorize(dpop_jkt="short"))
    assert refused["error"] == "invalid_request"


def pushed(house: House, made: str, **changes: str) -> Response:
    return house.send("POST", "/par", urlencode(asking(**changes)), authorization=BASIC, dpop=made)


def test_a_proof_with_a_pushed_request_binds_its_code(house: House) -> None:
    name = json.loads(pushed(house, proof(house, address=f"{ISSUER}/par")).body)["request_uri"]
    first = house.send("GET", "/authorize?" + urlencode({"client_id": "shop", "request_uri": name}))
    form = urlencode(exchange(answer_of(house.consented(first))["code"]))
    stolen = house.send("POST", "/token", form, authorization=BASIC)
    assert json.loads(stolen.body)["error"] == "invalid_dpop_proof"


def test_a_proof_with_a_pushed_request_is_for_that_request(house: House) -> None:
    address, other = f"{ISSUER}/par", ECKey.generate_key("P-256")
    for refused in (
        pushed(house, proof(house)),
        pushed(house, "a.b.c"),
        pushed(house, proof(house, address=address), dpop_jkt=thumbprint(other)),
    ):
        assert (refused.status, json.loads(refused.body)["error"]) == (400, "invalid_dpop_proof")
    agreed = pushed(house, proof(house, address=address), dpop_jkt=thumbprint())
    assert agreed.status == 201


def signed_by_rsa(bits: int, algorithm: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign by pyca, for joserfc makes no header this long."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    public = RSAKey.import_key(key.public_key())
    head = {"alg": algorithm, **header, "jwk": public.as_dict(private=False)}
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims))
    message = b".".join(parts)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signature = key.sign(message, pss if algorithm == "PS256" else padding.PKCS1v15(), hashes.SHA256())
    return b".".join((message, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()


@pytest.mark.parametrize(("bits", "algorithm"), [(2048, "RS256"), (2048, "PS256"), (4096, "PS256")])
def test_rsa_keys_bind_as_well(house: House, bits: int, algorithm: str) -> None:
    claims = {"htm": "POST", "htu": f"{ISSUER}/token", "iat": int(house.clock().timestamp()), "jti": "one"}
    made = signed_by_rsa(bits, algorithm, {"typ": "dpop+jwt"}, claims)
    assert json.loads(exchanged(house, made).body)["token_type"] == "DPoP"
    forged = made[:-8] + ("AAAAAAAA" if made[-8:] != "AAAAAAAA" else "BBBBBBBB")
    assert json.loads(exchanged(house, forged).body)["error"] == "invalid_dpop_proof"
