"""``smartid service purse``: balance and history of a card file."""

from __future__ import annotations

import json
from pathlib import Path

from smartid.card.run import run as converse
from smartid.cli.tree import run
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.stored_value.exchanges import load
from smartid.stored_value.model import PURSE_AID, Kind, Line
from smartid.stored_value.modules import IssuerModule
from smartid.transport.inprocess import InProcessTransport


def test_balance_and_history(tmp_path: Path, capsys) -> None:
    pki = ThrowAwayPKI.fresh()
    mock = MockCard.personalize(NATIONAL_REFERENCE, holder=CITIZENS["sara"], pki=pki)
    issuer = IssuerModule(b"ISSUER01", pki.stored_value_vault(Kind.PURSE), Kind.PURSE)
    converse(load(PURSE_AID, issuer, [Line(1, 1_250_000)], 1_795_000_000), InProcessTransport(mock))
    mock.image.save(tmp_path / "sara.card")
    reader = ["--reader", f"mock:{tmp_path}/sara.card"]

    assert run([*reader, "service", "purse", "balance"]) == 0
    assert "1,250,000 rials" in capsys.readouterr().out
    assert run([*reader, "--json", "service", "purse", "balance"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["balance"], document["load_counter"], document["blocked"]) == (1_250_000, 1, False)
    assert run([*reader, "--json", "service", "purse", "history"]) == 0
    [record] = json.loads(capsys.readouterr().out)["records"]
    assert (record["verb"], record["amount"], record["balance"]) == ("load", 1_250_000, 1_250_000)
    assert run([*reader, "service", "purse", "history"]) == 0
    assert "1,250,000" in capsys.readouterr().out
