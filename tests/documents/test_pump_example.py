"""The pump of the examples: its pages in both languages, a whole fill, and what it refuses."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

PUMP = Path(__file__).resolve().parents[2] / "examples" / "pump"


class Client:
    """Asks the application without a network."""

    def __init__(self, transport) -> None:
        self.transport = transport

    def get(self, path, **more):
        return asyncio.run(self._ask("GET", path, **more))

    def post(self, path, **more):
        return asyncio.run(self._ask("POST", path, **more))

    async def _ask(self, method, path, **more):
        import httpx

        async with httpx.AsyncClient(transport=self.transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **more)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    for name in ("starlette", "granian", "httpx", "segno"):
        pytest.importorskip(name)
    import httpx

    sys.path.insert(0, str(PUMP))
    try:
        spec = importlib.util.spec_from_file_location("pump_app", PUMP / "app.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(PUMP))
    module.yard = module.Forecourt(tmp_path_factory.mktemp("pump"))
    yield Client(httpx.ASGITransport(app=module.app))
    module.yard.card.close()


@pytest.mark.parametrize(
    ("lang", "direction", "word"), [("fa", "rtl", "سهمیهٔ اول"), ("en", "ltr", "First tier")]
)
def test_the_first_page_shows_the_tiers(client, lang, direction, word) -> None:
    text = client.get(f"/?lang={lang}").text
    assert f'lang="{lang}" dir="{direction}"' in text
    assert word in text


def test_a_whole_fill_ends_in_a_receipt(client) -> None:
    assert 'data-all="5000"' in client.post("/take?lang=en", data={"litres": "5"}).text
    for _ in range(4):
        left = client.post("/squeeze").json()["left"]
    assert left == 5000 - 4 * 350
    text = client.post("/stop?lang=en").text
    assert "1.4 litres" in text
    assert "158.6 litres" in text
    assert "<svg" in text


def test_litres_may_be_typed_on_a_persian_keyboard(client) -> None:
    assert 'data-all="7000"' in client.post("/take", data={"litres": "۷"}).text
    assert 'data-all="7000"' in client.get("/").text, "who comes back finds the fill that is open"
    client.post("/stop")
    assert 'name="litres"' in client.get("/").text


def test_a_card_that_filled_often_is_brought_online_and_fills_again(client) -> None:
    for _ in range(6):
        text = client.post("/take?lang=en", data={"litres": "1"}).text
        if 'action="/online' in text:
            break
        client.post("/stop")
    else:
        pytest.fail("no limit without a line was reached")
    assert client.post("/online?lang=en").status_code == 303
    assert 'data-all="1000"' in client.post("/take?lang=en", data={"litres": "1"}).text
    client.post("/stop")


@pytest.mark.parametrize("litres", ["", "0", "101", "1e3", "-5", "پنج", "99999999999"])
def test_what_is_no_volume_is_refused(client, litres) -> None:
    answer = client.post("/take?lang=en", data={"litres": litres})
    assert answer.status_code == 400
    assert "Write 1 to 100 litres." in answer.text


def test_only_this_computer_is_served(client) -> None:
    assert client.get("/", headers={"host": "pump.example"}).status_code == 400
