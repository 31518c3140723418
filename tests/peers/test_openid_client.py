"""``openid-client``, certified by the OpenID Foundation, logs people in through our provider.

Most of it is asked of the certified provider ``oidc-provider`` as well, so that a test
that passes says something about ours.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

pytest.importorskip("joserfc", reason="joserfc is not installed (pip install 'smartid[oidc]')")

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from smartid.mockcard.tls import write_tls
from smartid.oidc.claims import ACR_TEST
from smartid.oidc.clients import Client, ClientMethod, new_secret
from tests.peers.card_provider import House, card_provider
from tests.peers.node import node, node_modules
from tests.peers.openid_client_peer import FOLDER, OpenIDClient, Refused
from tests.peers.plain_browser import PlainBrowser, forms_of
from tests.peers.servers import free_port, running

pytestmark = pytest.mark.peers_heavy

KEY = ECKey.generate_key("P-256", {"kid": "bank-1", "use": "sig", "alg": "ES256"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "bank-1", "use": "sig", "alg": "ES256"})
SECRET, SECRET_SHA256 = new_secret()
SHOP = {"method": "client_secret_basic", "secret": SECRET}
BANK = {"method": "private_key_jwt", "jwk": KEY.as_dict(private=True)}
SCOPE = "openid profile birthdate"
ASKED = ("given_name", "family_name")

Walk = Callable[[PlainBrowser, str, str], "httpx.Response | str"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A provider under test.

    walk  follows a login in a browser, from an address to a callback that begins with another
    """

    issuer: str
    callback: str
    bye: str
    authority: Path
    walk: Walk
    house: House | None = None


def registered(site: str) -> list[Client]:
    callback, bye = f"{site}/callback", f"{site}/bye"
    shared: dict[str, Any] = {
        "redirect_uris": (callback,),
        "post_logout_redirect_uris": (bye,),
        "backchannel_logout_uri": f"{site}/told",
    }
    method = ClientMethod.CLIENT_SECRET_BASIC
    jwks = {"keys": [KEY.as_dict(private=False)]}
    return [
        Client(
            id="shop", name="Shop", name_fa="فروشگاه", method=method, secret_sha256=SECRET_SHA256, **shared
        ),
        Client(id="bank", name="Bank", name_fa="بانک", jwks=jwks, require_par=True, **shared),
    ]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("provider")
    with pytest.MonkeyPatch.context() as patch, card_provider(folder, registered) as house:
        patch.setenv("SSL_CERT_FILE", str(house.authority))
        yield Place(
            issuer=house.issuer,
            callback=f"{house.site}/callback",
            bye=f"{house.site}/bye",
            authority=house.authority,
            walk=lambda browser, address, until: house.pass_through(browser, address, until=until),
            house=house,
        )


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("certified")
    write_tls(folder)
    port = free_port()
    issuer, callback, bye = (
        f"https://localhost:{port}",
        "https://shop.example/callback",
        "https://shop.example/bye",
    )
    shared = {
        "redirect_uris": [callback],
        "post_logout_redirect_uris": [bye],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
    }
    clients = [
        {"client_id": "shop", "client_secret": SECRET, **shared},
        {
            "client_id": "bank",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks": {"keys": [KEY.as_dict(private=False)]},
            "require_pushed_authorization_requests": True,
            **shared,
        },
    ]
    key, cert = ((folder / name).read_text() for name in ("server.key", "server.pem"))
    settings = {"issuer": issuer, "port": port, "key": key, "cert": cert, "clients": clients}
    (folder / "settings.json").write_text(json.dumps(settings))
    script = node_modules(FOLDER) / "reference_provider.mjs"
    script.write_bytes((FOLDER / "reference_provider.mjs").read_bytes())
    command = [node(), script, folder / "settings.json"]
    with running(command, url=issuer, answers=lambda: _answers(issuer, folder / "ca.pem")):
        yield Place(
            issuer=issuer, callback=callback, bye=bye, authority=folder / "ca.pem", walk=_walk_certified
        )


def _answers(issuer: str, authority: Path) -> bool:
    try:
        with PlainBrowser(str(authority)) as browser:
            browser.open(f"{issuer}/.well-known/openid-configuration")
    except httpx.TransportError:
        return False
    return True


def _walk_certified(browser: PlainBrowser, address: str, until: str) -> httpx.Response | str:
    """Its own pages: a name with any password, then a button."""
    page = browser.open(address, until=until)
    while not isinstance(page, str) and forms_of(page):
        known = {"login": "sara", "password": "any"}
        values = known if "login" in forms_of(page)[0].fields else {}
        page = browser.submit(page, values=values, until=until)
    return page


@pytest.fixture(params=["ours", "certified"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@contextlib.contextmanager
def client_of(place: Place) -> Iterator[OpenIDClient]:
    with OpenIDClient(node(), node_modules(FOLDER), place.authority) as client:
        yield client


@pytest.fixture
def client(place: Place) -> Iterator[OpenIDClient]:
    with client_of(place) as found:
        yield found


@pytest.fixture
def browser(place: Place) -> Iterator[PlainBrowser]:
    with PlainBrowser(str(place.authority)) as found:
        yield found


@dataclass
class Login:
    """One login, step by step, so that a test can spoil each of them."""

    place: Place
    client: OpenIDClient
    browser: PlainBrowser
    begun: dict[str, Any]
    callback: str = ""

    @classmethod
    def begin(
        cls,
        place: Place,
        client: OpenIDClient,
        browser: PlainBrowser,
        *,
        name: str = "shop",
        auth: dict[str, Any] = SHOP,
        **parameters: str,
    ) -> Login:
        client("discover", issuer=place.issuer, client_id=name, metadata={}, auth=auth)
        scope = SCOPE if place.house else "openid profile"
        values = {"redirect_uri": place.callback, "scope": scope, **parameters}
        return cls(place, client, browser, client("begin", parameters=values, par=name == "bank"))

    def walk(self, **changed: str) -> str:
        """The browser's part; ``changed`` are parameters of the address that somebody altered on the way."""
        parts = urlsplit(self.begun["url"])
        query = urlencode({**dict(parse_qsl(parts.query)), **changed})
        found = self.place.walk(self.browser, parts._replace(query=query).geturl(), self.place.callback)
        assert isinstance(found, str), found.text
        self.callback = found
        return found

    def finish(self, **changed: Any) -> dict[str, Any]:
        checks = {name: self.begun[name] for name in ("verifier", "state", "nonce")}
        return self.client("finish", **{"callback": self.callback, **checks, **changed})


@pytest.mark.parametrize(("name", "auth"), [("shop", SHOP), ("bank", BANK)], ids=["secret", "key and PAR"])
def test_a_person_logs_in(
    place: Place, client: OpenIDClient, browser: PlainBrowser, name: str, auth: dict[str, Any]
) -> None:
    login = Login.begin(place, client, browser, name=name, auth=auth)
    assert ("request_uri" in login.begun["url"]) == (name == "bank")
    login.walk()
    done = login.finish()
    claims = done["claims"]
    assert claims["aud"] == name
    told = client("userinfo", access_token=done["tokens"]["access_token"], sub=claims["sub"])
    assert (told["given_name"], told["family_name"]) == ("سارا", "احمدی")


def test_the_id_token_says_how_the_person_logged_in(ours: Place) -> None:
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser, max_age="600")
        login.walk()
        done = login.finish(max_age=600)
        told = client("userinfo", access_token=done["tokens"]["access_token"], sub=done["claims"]["sub"])
    claims = done["claims"]
    assert claims["acr"] == ACR_TEST
    assert {"sc", "pin"} <= set(claims["amr"])
    assert "national_number" not in {*claims, *told}
    assert claims["exp"] - claims["iat"] <= 600
    assert claims["sid"]
    assert "refresh_token" not in done["tokens"]


def test_two_sites_of_different_sectors_cannot_compare_people(ours: Place) -> None:
    house = ours.house
    assert house is not None
    shop = house.provider.context.clients["shop"]
    other = Client(id="x", name="X", method=ClientMethod.NONE, redirect_uris=("https://other.example/",))
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser)
        login.walk()
        sub = login.finish()["claims"]["sub"]
        session = browser.client.cookies["__Host-smartid"]
    person = house.provider.context.login.sessions.find(session)
    assert person is not None
    assert house.provider.context.subject(shop, person) == sub
    assert house.provider.context.subject(other, person) != sub
    assert (person.identity.national_number or "x") not in sub


# What is refused


def test_a_code_is_taken_once_and_its_second_use_ends_what_it_gave(
    place: Place, client: OpenIDClient, browser: PlainBrowser
) -> None:
    login = Login.begin(place, client, browser)
    login.walk()
    done = login.finish()
    with pytest.raises(Refused) as error:
        login.finish()
    assert error.value.oauth == "invalid_grant"
    with pytest.raises(Refused) as gone:
        client("userinfo", access_token=done["tokens"]["access_token"], sub=done["claims"]["sub"])
    assert gone.value.status == 401


def test_a_code_is_refused_with_another_verifier(
    place: Place, client: OpenIDClient, browser: PlainBrowser
) -> None:
    login = Login.begin(place, client, browser)
    login.walk()
    with pytest.raises(Refused) as error:
        login.finish(verifier="x" * 43)
    assert error.value.oauth == "invalid_grant"


def test_a_code_that_waited_too_long_is_refused(ours: Place) -> None:
    assert ours.house is not None
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser)
        login.walk()
        ours.house.clock.ahead = timedelta(seconds=61)
        try:
            with pytest.raises(Refused) as error:
                login.finish()
        finally:
            ours.house.clock.ahead = timedelta(0)
    assert error.value.oauth == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "callback + /"},
        {"redirect_uri": "callback + ?x=1"},
        {"client_id": "nobody"},
    ],
    ids=["another host", "a slash more", "a query more", "another client"],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    place: Place, client: OpenIDClient, browser: PlainBrowser, changed: dict[str, str]
) -> None:
    login = Login.begin(place, client, browser)
    parts = urlsplit(login.begun["url"])
    spoiled = {name: value.replace("callback + ", place.callback) for name, value in changed.items()}
    query = urlencode({**dict(parse_qsl(parts.query)), **spoiled})
    answer = browser.client.get(parts._replace(query=query).geturl())
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "changed",
    [{"code_challenge": ""}, {"code_challenge_method": "plain"}, {"response_type": "token"}, {"scope": ""}],
    ids=["no PKCE", "PKCE plain", "implicit", "no scope"],
)
def test_a_request_that_breaks_the_profile_goes_back_with_an_error(
    ours: Place, changed: dict[str, str]
) -> None:
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser)
        answer = parse_qs(urlsplit(login.walk(**changed)).query)
        assert answer["error"][0] in {"invalid_request", "unsupported_response_type", "invalid_scope"}
        assert answer["iss"] == [ours.issuer]
        with pytest.raises(Refused):
            login.finish()


def test_an_assertion_that_nobody_signed_is_refused(place: Place, client: OpenIDClient) -> None:
    client("discover", issuer=place.issuer, client_id="bank", metadata={}, auth={"method": "unsigned"})
    with pytest.raises(Refused) as error:
        client("begin", parameters={"redirect_uri": place.callback, "scope": "openid"}, par=True)
    assert (error.value.oauth, error.value.status) == ("invalid_client", 401)


def test_an_assertion_signed_with_another_key_is_refused(place: Place, client: OpenIDClient) -> None:
    auth = {"method": "private_key_jwt", "jwk": OTHER_KEY.as_dict(private=True)}
    client("discover", issuer=place.issuer, client_id="bank", metadata={}, auth=auth)
    with pytest.raises(Refused) as error:
        client("begin", parameters={"redirect_uri": place.callback, "scope": "openid"}, par=True)
    assert (error.value.oauth, error.value.status) == ("invalid_client", 401)


def test_a_wrong_secret_is_refused(place: Place, client: OpenIDClient, browser: PlainBrowser) -> None:
    wrong = {"method": "client_secret_basic", "secret": "x" * 43}
    login = Login.begin(place, client, browser, auth=wrong)
    login.walk()
    with pytest.raises(Refused) as error:
        login.finish()
    assert error.value.status == 401


def test_a_pushed_request_is_used_once(ours: Place) -> None:
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser, name="bank", auth=BANK)
        login.walk()
        again = browser.client.get(login.begun["url"])
    assert again.status_code == 400


def test_a_site_that_has_to_push_its_requests_cannot_do_without(ours: Place) -> None:
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser)
        answer = parse_qs(urlsplit(login.walk(client_id="bank")).query)
    assert answer["error"] == ["invalid_request"]


def test_who_says_no_is_sent_back_with_that(ours: Place) -> None:
    assert ours.house is not None
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser, prompt="consent")
        back = ours.house.pass_through(browser, login.begun["url"], until=ours.callback, answer="deny")
        login.callback = str(back)
        with pytest.raises(Refused) as error:
            login.finish()
    assert error.value.oauth == "access_denied"


# What the client refuses, for its own good


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"state": "another"}, "state"), ({"nonce": "another"}, "nonce")],
)
def test_the_client_notices_an_answer_that_is_not_to_its_question(
    place: Place, client: OpenIDClient, browser: PlainBrowser, changed: dict[str, str], reason: str
) -> None:
    login = Login.begin(place, client, browser)
    login.walk()
    with pytest.raises(Refused, match=reason):
        login.finish(**changed)


def test_the_client_notices_the_answer_of_another_provider(
    place: Place, client: OpenIDClient, browser: PlainBrowser
) -> None:
    """Mix-up (RFC 9207): the answer names its issuer, and the client compares."""
    login = Login.begin(place, client, browser)
    parts = urlsplit(login.walk())
    assert parse_qs(parts.query)["iss"] == [place.issuer]
    for iss in ("https://evil.example", ""):
        query = {**dict(parse_qsl(parts.query)), "iss": iss}
        login.callback = parts._replace(query=urlencode({k: v for k, v in query.items() if v})).geturl()
        with pytest.raises(Refused, match="iss"):
            login.finish()


# Logout


def test_a_site_logs_out_and_hears_of_it(ours: Place) -> None:
    house = ours.house
    assert house is not None
    house.told.clear()
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser)
        login.walk()
        done = login.finish()
        hint = {"id_token_hint": done["tokens"]["id_token"], "post_logout_redirect_uri": ours.bye}
        address = client("logout", parameters={**hint, "state": "s7"})["url"]
        back = browser.open(address, until=ours.bye)
        assert back == f"{ours.bye}?state=s7"
        keys = browser.client.get(f"{ours.issuer}/jwks").json()
        asked = browser.client.get(Login.begin(ours, client, browser, prompt="none").begun["url"])
    assert parse_qs(urlsplit(asked.headers["location"]).query)["error"] == ["login_required"]
    told = _wait_for(house.told)
    token = jwt.decode(parse_qs(told)["logout_token"][0], KeySet.import_key_set(keys), algorithms=["ES256"])
    assert token.header["typ"] == "logout+jwt"
    assert (token.claims["aud"], token.claims["iss"]) == ("shop", ours.issuer)
    assert (token.claims["sub"], token.claims["sid"]) == (done["claims"]["sub"], done["claims"]["sid"])
    assert "nonce" not in token.claims
    assert token.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}


def _wait_for(told: list[str]) -> str:
    deadline = time.monotonic() + 10
    while not told:
        assert time.monotonic() < deadline
        time.sleep(0.02)  # it comes from another thread, over the network
    return told[0]


def test_who_logs_out_without_a_hint_is_asked(ours: Place) -> None:
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        login = Login.begin(ours, client, browser)
        login.walk()
        address = client("logout", parameters={"post_logout_redirect_uri": ours.bye})["url"]
        page = browser.open(address, until=ours.bye)
        assert isinstance(page, httpx.Response)
        assert browser.submit(page, button="yes", until=ours.bye) == ours.bye


def test_logout_leads_nowhere_that_is_not_registered(ours: Place) -> None:
    with client_of(ours) as client, PlainBrowser(str(ours.authority)) as browser:
        Login.begin(ours, client, browser)
        address = client("logout", parameters={"post_logout_redirect_uri": "https://evil.example/"})["url"]
        answer = browser.client.get(address)
    assert answer.status_code == 400
