"""The shop of ``examples/shop``: what is shown is what is signed, and the receipt is good."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.far_side.process import FarSide
from smartid.services.journal.receipt import verify_receipt

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "shop"


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.delitem(sys.modules, "pages", raising=False)
    monkeypatch.delitem(sys.modules, "shop", raising=False)
    import shop

    pki = ThrowAwayPKI.fresh()
    pki.write_trust(tmp_path / "anchors")
    image = issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, pki, pins={"identity": "4071"})
    image.save(tmp_path / "c.card")
    with FarSide("smartid.services.far_side.acquirer", database=f"sqlite:///{tmp_path}/acquirer.db") as bank:
        made = shop.Shop(tmp_path / "c.card", tmp_path / "anchors", tmp_path, bank)

        def run(work: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
            async def inside() -> None:
                transport = httpx.ASGITransport(app=shop.application(made))
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://shop.test", follow_redirects=True
                ) as client:
                    await work(client)

            asyncio.run(inside())

        yield run, made
        made.card.close()
        made.provider.purchases.deliver()
        made.close()


def test_somebody_buys_tea_and_brings_it_back(visit) -> None:
    run, shop = visit

    async def work(client: httpx.AsyncClient) -> None:
        assert 'dir="rtl"' in (await client.get("/")).text
        asked = await client.post("/buy/tea")
        assert "۲٬۴۵۰٬۰۰۰ ریال به «فروشگاه گلستان»" in asked.text
        wrong = await client.post(asked.url.path, content="pin=9999")
        assert (wrong.status_code, shop.provider.desk.cases("completed")) == (409, [])
        paid = await client.post(f"{asked.url.path}?lang=en", content="pin=4071")
        assert "2,450,000" in paid.text
        case = paid.url.path.rpartition("/")[2]
        [receipt] = shop.journal.receipts_of(case)
        assert verify_receipt(receipt.qr, shop.journal.public_key).amount == 2_450_000
        assert (await client.get("/merchant?key=guess")).status_code == 403
        page = await client.get(f"/merchant?key={shop.key}")
        place = re.search(r'action="(/refund/[0-9a-f]+)', page.text)
        assert place
        assert (await client.post(place[1], content="key=guess")).status_code == 403
        await client.post(place[1], content=f"key={shop.key}")
        assert shop.provider.desk.case(case).refunded == 2_450_000

    run(work)
