"""Each example site runs as its first lines say, over TLS, and somebody logs in with a mock card."""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.mockcard.tls import write_tls
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.web.http import Request, Response
from tests.browser import Browser, Card, Send, header
from tests.peers.servers import free_port, running

SITES = Path(__file__).resolve().parents[2] / "examples" / "login_web"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with anchors and a TLS certificate, as the first lines of each site make it."""
    folder = tmp_path_factory.mktemp("site")
    write_tls(folder / "tls")
    return folder


@pytest.fixture(scope="module")
def zahra(desk: Path) -> Iterator[Card]:
    pki = ThrowAwayPKI.fresh()
    pki.write_trust(desk / "anchors")
    card = MockCard(issue_citizen(CITIZENS["zahra"], NATIONAL_REFERENCE, pki))
    yield Card(card)
    card.close()


@contextlib.contextmanager
def _https(origin: str, ca: Path) -> Iterator[Send]:
    httpx = pytest.importorskip("httpx")

    def send(request: Request) -> Response:
        target = request.path + (f"?{request.query}" if request.query else "")
        client.cookies.clear()
        answer = client.request(
            request.method,
            target,
            headers=dict(request.headers),
            content=request.body,
            follow_redirects=False,
        )
        headers = tuple(answer.headers.multi_items())
        return Response(status=answer.status_code, body=answer.content, headers=headers)

    with httpx.Client(base_url=origin, verify=ssl.create_default_context(cafile=str(ca))) as client:
        yield send


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("framework", ["starlette", "fastapi", "flask", "django"])
def test_somebody_logs_in_at_an_example_site(framework: str, desk: Path, zahra: Card) -> None:
    for program in (framework, "granian"):
        pytest.importorskip(program)
    port = free_port()
    origin = f"https://localhost:{port}"
    command = [sys.executable, SITES / f"{framework}_app.py", "--trust", "anchors", "--tls", "tls"]
    environment = {**os.environ, "PYTHONPATH": str(SITES.parents[1])}
    listens = functools.partial(_listens, port)
    with (
        running([*command, "--port", str(port)], url=origin, answers=listens, cwd=desk, env=environment),
        _https(origin, desk / "tls" / "ca.pem") as send,
    ):
        browser = Browser(send, origin=origin)
        led = browser.get("/members?lang=en")
        assert (led.status, header(led, "location")) == (303, "/auth/?next=%2Fmembers%3Flang%3Den")
        assert browser.log_in(zahra).status == 200
        assert header(browser.get("/members?lang=en"), "location") == "/?lang=en"
        text = browser.get("/").body.decode()
        assert CITIZENS["zahra"].name_fa in text
        assert "کارت آزمایشی است." in text
        assert 'lang="fa" dir="rtl"' in text
        token = text.partition('name="csrf" value="')[2].partition('"')[0]
        form = {"content_type": "application/x-www-form-urlencoded", "x_csrf_token": None}
        assert browser.post("/auth/logout", f"csrf={token}".encode(), **form).status == 303
        assert CITIZENS["zahra"].name_fa not in browser.get("/?lang=en").body.decode()


@pytest.mark.parametrize("site", sorted(SITES.glob("*.py")), ids=lambda path: path.name)
def test_a_site_is_short(site: Path) -> None:
    assert len(site.read_text(encoding="utf-8").splitlines()) < 80
