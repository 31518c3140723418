"""The commands of the tutorial: a provider in a folder, and the example shop, whose client is Authlib's."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

pytest.importorskip("starlette", reason="starlette is not installed (pip install starlette)")
pytest.importorskip("itsdangerous", reason="itsdangerous is not installed (pip install itsdangerous)")

from smartid.mockcard.card import MockCard
from tests.peers.card_provider import pass_through
from tests.peers.plain_browser import PlainBrowser
from tests.peers.servers import ROOT, free_port, running

pytestmark = pytest.mark.peers_heavy

EXAMPLE = ROOT / "examples" / "oidc_relying_party" / "shop.py"


@dataclass(frozen=True, slots=True)
class Town:
    """A provider and a shop, as the tutorial starts them."""

    issuer: str
    shop: str
    authority: Path
    card: MockCard


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    provider_port, shop_port = free_port(), free_port()
    issuer, shop = (f"https://localhost:{port}" for port in (provider_port, shop_port))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), "SMARTID_HOME": str(folder)}

    def smartid(*words: str) -> str:
        command = [sys.executable, "-m", "smartid", *words]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    smartid("mock", "new", "sara")
    listen = f"127.0.0.1:{provider_port}"
    smartid("oidc", "init", "id", "--issuer", issuer, "--site", "سرویس ورود", "--listen", listen)
    smartid("mock", "trust", "id/trust")
    smartid("mock", "tls", "id/tls")
    addresses = ("--redirect", f"{shop}/callback", "--logout-redirect", f"{shop}/")
    told = smartid("--json", "oidc", "client", "add", "id", "shop", "--name", "Shop", *addresses)
    authority = folder / "id" / "tls" / "ca.pem"
    secrets = {"SHOP_SECRET": json.loads(told)["client_secret"], "SSL_CERT_FILE": str(authority)}
    serve = [sys.executable, "-m", "smartid", "oidc", "serve", "id"]
    sell = [sys.executable, EXAMPLE, issuer, folder / "id" / "tls", str(shop_port)]
    with (
        running(serve, url=issuer, answers=_answers(issuer, authority), cwd=folder, env=environment),
        running(
            sell, url=shop, answers=_answers(shop, authority), cwd=folder, env={**environment, **secrets}
        ),
        MockCard.open(folder / "sara.card") as card,
    ):
        yield Town(issuer, shop, authority, card)


def _answers(origin: str, authority: Path) -> Callable[[], bool]:
    def asked() -> bool:
        with contextlib.suppress(httpx.TransportError), PlainBrowser(str(authority)) as browser:
            browser.open(f"{origin}/.well-known/openid-configuration")
            return True
        return False

    return asked


@pytest.mark.parametrize("lang", ["fa", "en"])
def test_the_shop_shows_what_was_given_and_what_was_not(town: Town, lang: str) -> None:
    with PlainBrowser(str(town.authority)) as browser:
        page = browser.open(f"{town.shop}/?lang={lang}")
        assert isinstance(page, httpx.Response)
        assert {"fa": "ورود با کارت ملی", "en": "Log in"}[lang] in page.text
        login = f"/login?lang={lang}"
        assert f'href="{login}"' in page.text
        asked = browser.open(f"{town.shop}{login}")
        assert isinstance(asked, httpx.Response)
        assert f'<html lang="{lang}"' in asked.text
        pass_through(browser, town.card, f"{town.shop}{login}", until="\0")
        page = browser.client.get(f"{town.shop}/?lang={lang}")
        assert "سارا احمدی" in page.text
        assert str(town.card.image.holder["national_number"]) in page.text
        assert {"fa": "داده نشد", "en": "not given"}[lang] in page.text


def test_who_logs_out_of_the_shop_is_logged_out_everywhere(town: Town) -> None:
    with PlainBrowser(str(town.authority)) as browser:
        pass_through(browser, town.card, f"{town.shop}/login", until="\0")
        page = browser.open(f"{town.shop}/logout")
        assert isinstance(page, httpx.Response)
        assert str(page.url).startswith(f"{town.shop}/?state=")
        assert "سارا" not in page.text
        again = browser.open(f"{town.shop}/login")
        assert isinstance(again, httpx.Response)
        assert "<smartid-login" in again.text


def test_a_callback_that_nobody_asked_for_lets_nobody_in(town: Town) -> None:
    with PlainBrowser(str(town.authority)) as browser:
        answer = browser.client.get(f"{town.shop}/callback?code=x&state=y")
    assert answer.status_code == 403
