"""Debian's Apache with ``mod_auth_openidc`` protects a folder, and our provider says who may read it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from smartid.oidc.claims import ACR_CARD, ACR_TEST
from smartid.oidc.clients import Client, ClientMethod, new_secret
from tests.peers.apache_openidc import Site, apache, missing
from tests.peers.card_provider import House, card_provider
from tests.peers.plain_browser import PlainBrowser
from tests.peers.servers import free_port

pytestmark = [pytest.mark.peers_heavy, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

SECRET, SECRET_SHA256 = new_secret()


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[House]:
    origin = f"https://localhost:{port}"
    client = Client(
        id="apache",
        name="Library",
        name_fa="کتابخانه",
        method=ClientMethod.CLIENT_SECRET_BASIC,
        secret_sha256=SECRET_SHA256,
        redirect_uris=(f"{origin}/private/callback",),
        post_logout_redirect_uris=(f"{origin}/bye",),
        backchannel_logout_uri=f"{origin}/private/callback?logout=backchannel",
    )
    with pytest.MonkeyPatch.context() as patch:
        with card_provider(tmp_path_factory.mktemp("provider"), lambda _: [client]) as found:
            patch.setenv("SSL_CERT_FILE", str(found.authority))
            yield found


@pytest.fixture(scope="module")
def site(house: House, port: int) -> Iterator[Site]:
    found = Site(
        port=port,
        issuer=house.issuer,
        client_id="apache",
        client_secret=SECRET,
        certificate=house.tls / "server.pem",
        key=house.tls / "server.key",
        authority=house.authority,
        require=f"acr:{ACR_TEST}",
        closed=f"acr:{ACR_CARD}",
        scope="openid profile national_number",
    )
    with apache(found):
        yield found


def visit(house: House, site: Site, browser: PlainBrowser) -> httpx.Response:
    page = house.pass_through(browser, f"{site.origin}/private/who", until="\0")
    assert isinstance(page, httpx.Response)
    return page


def test_a_person_reaches_a_folder_that_is_protected(house: House, site: Site) -> None:
    with house.browser() as browser:
        page = visit(house, site, browser)
    assert str(page.url) == f"{site.origin}/private/who"
    told = dict(line.split("=", 1) for line in page.text.splitlines())
    assert told["OIDC_CLAIM_given_name"] == "سارا"
    assert told["OIDC_CLAIM_family_name"] == "احمدی"
    assert told["OIDC_CLAIM_national_number"] == house.card.image.holder["national_number"]
    assert told["OIDC_CLAIM_iss"] == house.issuer
    assert told["REMOTE_USER"].startswith(told["OIDC_CLAIM_sub"])
    assert told["OIDC_CLAIM_national_number"] not in told["OIDC_CLAIM_sub"]


def test_a_claim_that_does_not_fit_keeps_the_person_out(house: House, site: Site) -> None:
    with house.browser() as browser:
        assert visit(house, site, browser).status_code == 200
        answer = browser.client.get(f"{site.origin}/private/closed")
    assert answer.status_code == 401
    assert "a secret" not in answer.text


def test_another_port_is_another_site(house: House, site: Site) -> None:
    with apache(replace(site, port=free_port())) as server, house.browser() as browser:
        answer = browser.open(f"{server.url}/private/who")
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 400
    assert answer.url.path == "/authorize"


def test_logout_at_the_site_ends_the_session_at_the_provider(house: House, site: Site) -> None:
    with house.browser() as browser:
        visit(house, site, browser)
        bye = f"{site.origin}/bye"
        page = browser.open(f"{site.origin}/private/callback?logout={bye}")
        assert isinstance(page, httpx.Response)
        assert (str(page.url), page.text) == (bye, "goodbye")
        again = browser.open(f"{site.origin}/private/who")
        assert isinstance(again, httpx.Response)
        assert "<smartid-login" in again.text


def test_logout_at_the_provider_is_heard_by_the_site(house: House, site: Site) -> None:
    with house.browser() as browser:
        assert "OIDC_CLAIM_sub" in visit(house, site, browser).text
        page = browser.open(f"{house.issuer}/logout")
        assert isinstance(page, httpx.Response)
        browser.submit(page, button="yes")
        deadline = time.monotonic() + 10
        while True:  # the site hears of it from another thread, over the network
            again = browser.open(f"{site.origin}/private/who")
            assert isinstance(again, httpx.Response)
            if "<smartid-login" in again.text:
                break
            assert time.monotonic() < deadline, again.text
            time.sleep(0.1)
