"""The service of the tutorial serves, refuses and keeps its promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.ledger.opening import open_book

PIN = "27182818"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    pki = ThrowAwayPKI.fresh()
    pki.write_trust(folder / "anchors")
    card = issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, pki, pins={"identity": PIN})
    card.save(folder / "sara.card")
    return folder


def enter(gate: Path, *visit: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "examples/own_service/gate.py"), "sara.card", "anchors", "pool", *visit],
        cwd=gate,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        input=f"{PIN}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_family_swims_and_then_the_rules_say_no(gate: Path) -> None:
    first = enter(gate, "2", "1")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == [
        "ورود به استخر، ۲ بزرگسال و ۱ کودک: ۳٬۰۰۰٬۰۰۰ ریال",
        "رسید شمارهٔ ۱: ۳٬۰۰۰٬۰۰۰ ریال",
        "مانده: ۲٬۰۰۰٬۰۰۰ ریال",
    ]
    poor = enter(gate, "2", "1")
    assert poor.returncode == 1
    assert "insufficient" in poor.stderr
    assert "Traceback" not in poor.stderr
    assert enter(gate, "1").returncode == 0
    with open_book(f"sqlite:///{gate}/pool/pool.db") as book:
        assert book.balance("pool/income").posted == 4_200_000
        assert len(book.run(lambda entry: entry.find("outbox/turnstile"))) == 2
        book.verify()
    for name in ("receipts.pem", "pseudonyms.key"):
        assert (gate / "pool" / name).stat().st_mode & 0o077 == 0
