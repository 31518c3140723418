"""How sites prove themselves, and every way in which a proof fails."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from smartid.errors import EncodingError
from smartid.oidc.clients import Client, ClientMethod, Clients
from smartid.web.http import Response
from tests.unit.oidc.house import (
    ASSERTION_TYPE,
    ISSUER,
    SECRET,
    SHOP_KEY,
    House,
    answer_of,
    client,
    keyed_client,
    location,
)

BANK = "https://bank.example/back"


@pytest.fixture
def house() -> House:
    made = House()
    made.sign_in()
    return made


def bank_code(house: House) -> str:
    first = house.authorize(client_id="bank", redirect_uri=BANK)
    response = house.consented(first) if "/consent" in location(first) else first
    return answer_of(response, BANK)["code"]


def refused(response: Response) -> bool:
    found = json.loads(response.body)
    return response.status == 401 and found["error"] == "invalid_client"


def test_a_key_proves_the_client(house: House) -> None:
    assert house.exchange_with(house.assertion(), bank_code(house)).status == 200


@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/token", [ISSUER]])
def test_assertions_are_for_the_issuer_or_the_endpoint(house: House, audience: Any) -> None:
    assert house.exchange_with(house.assertion(aud=audience), bank_code(house)).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": None},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": f"{ISSUER}/par"},
        {"aud": {"a": 1}},
        {"iss": "shop"},
        {"iss": None},
        {"sub": "shop"},
        {"sub": "nobody"},
        {"sub": ["bank"]},
        {"sub": None},
        {"exp": None},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**12},
        {"nbf": 10**12},
        {"iat": 10**12},
        {"jti": None},
        {"jti": 7},
        {"jti": ""},
        {"jti": "j" * 257},
    ],
)
def test_assertions_that_say_something_else_are_refused(house: House, changes: dict[str, Any]) -> None:
    assert refused(house.exchange_with(house.assertion(**changes), bank_code(house)))


def test_an_assertion_lives_five_minutes_at_most(house: House) -> None:
    now = int(house.clock().timestamp())
    assert refused(house.exchange_with(house.assertion(exp=now + 331), bank_code(house)))
    assert house.exchange_with(house.assertion(exp=now + 330), bank_code(house)).status == 200


def test_an_assertion_works_once(house: House) -> None:
    assertion = house.assertion()
    assert house.exchange_with(assertion, bank_code(house)).status == 200
    assert refused(house.exchange_with(assertion, bank_code(house)))


def test_a_name_of_half_a_character_is_refused(house: House) -> None:
    ends = int(house.clock().timestamp()) + 60
    claims = b'{"iss":"bank","sub":"bank","aud":"%s","exp":%d,"jti":"\\ud800"}' % (ISSUER.encode(), ends)
    made = jws.serialize_compact({"alg": "ES256", "kid": "shop-1"}, claims, SHOP_KEY)
    answered = house.exchange_with(made, house.code())
    assert (answered.status, json.loads(answered.body)["error"]) == (401, "invalid_client")


def test_an_expired_assertion_is_refused(house: House) -> None:
    assertion, code = house.assertion(), bank_code(house)
    house.clock.pass_by(seconds=59)
    assert house.exchange_with(assertion, code).status == 200
    late = house.assertion()
    house.clock.pass_by(seconds=60)
    assert refused(house.exchange_with(late, bank_code(house)))


def test_another_key_is_refused(house: House) -> None:
    stranger = ECKey.generate_key("P-256")
    assert refused(house.exchange_with(house.assertion(stranger), bank_code(house)))
    header = {"alg": "ES256", "kid": "shop-2"}
    assert refused(house.exchange_with(house.assertion(header=header), bank_code(house)))


def test_algorithm_none_is_refused(house: House) -> None:
    body = house.assertion().split(".")[1]
    for algorithm in ("none", "None", "NONE"):
        header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": "shop-1"}).encode())
        unsigned = f"{header.rstrip(b'=').decode()}.{body}."
        assert refused(house.exchange_with(unsigned, bank_code(house)))


@pytest.mark.parametrize("secret", ["pem", "jwk", "x"])
def test_a_public_key_is_no_shared_secret(house: House, secret: str) -> None:
    """The classic confusion: HS256 with the public key, which everybody knows, as its secret."""
    known = {
        "pem": SHOP_KEY.as_pem(private=False),
        "jwk": json.dumps(SHOP_KEY.as_dict(private=False)).encode(),
        "x": base64.urlsafe_b64decode(SHOP_KEY.as_dict(private=False)["x"] + "="),
    }[secret]
    now = int(house.clock().timestamp())
    claims = {"iss": "bank", "sub": "bank", "aud": ISSUER, "exp": now + 60, "jti": "1"}
    key = OctKey.import_key(base64.urlsafe_b64encode(known).decode())
    forged = jwt.encode({"alg": "HS256", "kid": "shop-1"}, claims, key, algorithms=["HS256"])
    assert refused(house.exchange_with(forged, bank_code(house)))


def test_an_algorithm_of_another_curve_is_refused() -> None:
    key = ECKey.generate_key("P-384", parameters={"kid": "shop-1"})
    house = House(clients=(keyed_client(key=key),))
    house.sign_in()
    good = house.assertion(key, {"alg": "ES384", "kid": "shop-1"})
    assert house.exchange_with(good, bank_code(house)).status == 200
    forged = good.split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"shop-1"}').rstrip(b"=").decode()
    assert refused(house.exchange_with(".".join([header, *forged[1:]]), bank_code(house)))


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_rsa_keys_prove_as_well(algorithm: str) -> None:
    key = RSAKey.generate_key(2048, parameters={"kid": "shop-1"})
    house = House(clients=(keyed_client(key=key),))  # type: ignore[arg-type]
    house.sign_in()
    now = int(house.clock().timestamp())
    claims = {"iss": "bank", "sub": "bank", "aud": ISSUER, "exp": now + 60, "jti": "1"}
    header = {"alg": algorithm, "kid": "shop-1"}
    assertion = jwt.encode(header, claims, key, algorithms=[algorithm])
    assert house.exchange_with(assertion, bank_code(house)).status == 200


def test_a_member_twice_is_refused(house: House) -> None:
    from joserfc import jws

    now = int(house.clock().timestamp())
    text = f'{{"iss":"bank","sub":"bank","sub":"bank","aud":"{ISSUER}","exp":{now + 60},"jti":"1"}}'
    twice = jws.serialize_compact({"alg": "ES256", "kid": "shop-1"}, text.encode(), SHOP_KEY)
    assert refused(house.exchange_with(twice, bank_code(house)))


@pytest.mark.parametrize(
    "more",
    [
        {"client_assertion_type": "urn:other"},
        {"client_assertion_type": None},
        {"client_assertion": "a.b.c"},
        {"client_assertion": "a" * 9000},
        {"client_id": "shop"},
        {"client_secret": SECRET},
    ],
)
def test_a_proof_has_to_be_whole(house: House, more: dict[str, str | None]) -> None:
    code = bank_code(house)
    assertion = house.assertion()
    form = {"client_assertion": assertion, **more}
    given = form.pop("client_assertion")
    assert refused(house.exchange_with(given or "", code, **form))


def test_no_proof_is_refused(house: House) -> None:
    code = house.code()
    assert refused(house.token(code, client_id="shop"))
    assert refused(house.token(code, client_id="bank"))
    assert refused(house.token(code, client_id="nobody"))
    assert house.token(code).status == 200, "the attempts of strangers have not spent the code"


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic " + base64.b64encode(b"shop:wrong").decode(),
        "Basic " + base64.b64encode(b"shop:").decode(),
        "Basic " + base64.b64encode(b"shop").decode(),
        "Basic " + base64.b64encode(b"bank:" + SECRET.encode()).decode(),
        "Basic " + base64.b64encode("shöp:x".encode()).decode(),
        "Basic ***",
        "Bearer " + base64.b64encode(b"shop:" + SECRET.encode()).decode(),
        "Basic",
    ],
    ids=["another", "empty", "none", "of another site", "not ASCII", "not base64", "as Bearer", "nothing"],
)
def test_wrong_secrets_are_refused(house: House, authorization: str) -> None:
    from urllib.parse import urlencode

    from tests.unit.oidc.house import exchange

    response = house.send("POST", "/token", urlencode(exchange(house.code())), authorization=authorization)
    assert refused(response)
    assert dict(response.headers)["www-authenticate"].startswith("Basic ")


def test_a_secret_may_not_stand_in_the_form(house: House) -> None:
    assert refused(house.token(house.code(), client_id="shop", client_secret=SECRET))


def test_a_client_has_one_method(house: House) -> None:
    """The bank has a key: a secret that it never had does not help, and neither does none at all."""
    code = bank_code(house)
    proof = {"client_assertion": house.assertion(), "client_assertion_type": ASSERTION_TYPE}
    from urllib.parse import urlencode

    from tests.unit.oidc.house import exchange

    basic = "Basic " + base64.b64encode(f"shop:{SECRET}".encode()).decode()
    form = urlencode(exchange(code, redirect_uri=BANK, **proof))
    assert refused(house.send("POST", "/token", form, authorization=basic))


def test_public_clients_have_pkce_alone() -> None:
    house = House(clients=(client("app", method=ClientMethod.NONE),))
    house.sign_in()
    back = "https://app.example/back"
    first = house.authorize(client_id="app", redirect_uri=back)
    code = answer_of(house.consented(first), back)["code"]
    assert house.token(code, client_id="app", redirect_uri=back).status == 200
    assert answer_of(house.authorize(client_id="app", redirect_uri=back, code_challenge=None), back)["error"]


# registrations


@pytest.mark.parametrize(
    ("member", "more"),
    [
        ("id", {"name": "no spaces"}),
        ("id", {"name": "x" * 65}),
        ("redirect URI", {"redirect_uris": ("http://shop.example/back",)}),
        ("redirect URI", {"redirect_uris": ("https://shop.example/back#x",)}),
        ("redirect URI", {"redirect_uris": ("https://shop.example",)}),
        ("redirect URI", {"redirect_uris": ("https://a@shop.example/back",)}),
        ("redirect URI", {"redirect_uris": ("https://shop.example:99999/back",)}),
        ("redirect URI", {"redirect_uris": ("https://*.shop.example/back\n",)}),
        ("redirect URI", {"redirect_uris": ("com.shop:/back",)}),
        ("redirect URI", {"redirect_uris": ("http://127.0.0.1/back",)}),
        ("redirect URI", {"redirect_uris": ("https://shop.example/%zz",)}),
        ("redirect URI", {"post_logout_redirect_uris": ("javascript:alert(1)/",)}),
        ("redirect_uris", {"redirect_uris": ()}),
        ("scopes", {"scopes": frozenset({"openid", "everything"})}),
        ("scopes", {"scopes": frozenset({"profile"})}),
        ("jwks", {"method": ClientMethod.PRIVATE_KEY_JWT}),
        ("sector", {"redirect_uris": ("https://a.example/", "https://b.example/")}),
        ("sector", {"sector": "https://shop.example"}),
        ("sector", {"sector": "native other"}),
        ("redirect URI", {"redirect_uris": ("https://shop.example;x/back",)}),
        ("redirect URI", {"redirect_uris": ("https://shop.example%2f.evil.example/back",)}),
        ("redirect URI", {"redirect_uris": ("https://shop.example\\.evil.example/back",)}),
        ("backchannel_logout_uri", {"backchannel_logout_uri": "file:///etc/passwd"}),
        ("backchannel_logout_uri", {"backchannel_logout_uri": "https://shop.example/told#x"}),
        ("backchannel_logout_uri", {"backchannel_logout_uri": "https://[shop/"}),
        (
            "backchannel_logout_uri",
            {"backchannel_logout_uri": "http://shop.example/told", "method": ClientMethod.NONE},
        ),
        ("origin", {"origins": frozenset({"*"})}),
        ("origin", {"origins": frozenset({"null"})}),
        ("origin", {"origins": frozenset({"https://shop.example/"})}),
        ("origin", {"origins": frozenset({"wss://shop.example"})}),
    ],
)
def test_registrations_are_strict(member: str, more: dict[str, Any]) -> None:
    with pytest.raises(EncodingError, match=member):
        client(more.pop("name", "shop"), **more)


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": 7},
        SHOP_KEY.as_dict(private=True),
        "key",
    ],
)
def test_registered_keys_are_public_and_can_be_used(key: Any) -> None:
    with pytest.raises(EncodingError, match="jwks"):
        client(method=ClientMethod.PRIVATE_KEY_JWT, jwks={"keys": [key]})


@pytest.mark.parametrize("kids", [("one", "one"), (None, None)])
def test_registered_keys_have_names_of_their_own(kids: tuple[str | None, ...]) -> None:
    keys = [{**ECKey.generate_key("P-256").as_dict(private=False), "kid": kid} for kid in kids]
    with pytest.raises(EncodingError, match="jwks"):
        client(method=ClientMethod.PRIVATE_KEY_JWT, jwks={"keys": keys})


@pytest.mark.parametrize(
    "header", [{"alg": ["ES256"]}, {"alg": {}}, {"alg": 1}, {"alg": "ES256", "kid": [1]}]
)
def test_strange_headers_are_refused(house: House, header: dict[str, Any]) -> None:
    encoded = base64.urlsafe_b64encode(json.dumps({"kid": "shop-1", **header}).encode()).rstrip(b"=").decode()
    forged = ".".join([encoded, *house.assertion().split(".")[1:]])
    assert refused(house.exchange_with(forged, bank_code(house)))


def test_a_secret_needs_its_hash() -> None:
    with pytest.raises(EncodingError, match="secret_sha256"):
        Client(
            id="shop",
            name="Shop",
            redirect_uris=("https://shop.example/",),
            method=ClientMethod.CLIENT_SECRET_BASIC,
        )


def test_two_clients_have_two_ids() -> None:
    with pytest.raises(EncodingError):
        Clients([client(), client()])
    assert SECRET not in repr(client())
