"""The published vectors of purse and fuel quota, which a program in another language checks too."""

from __future__ import annotations

import re
from pathlib import Path

from smartid.stored_value.keys import KeyPurpose, SoftwareVault, card_key, key_name
from smartid.stored_value.model import Kind
from tests.vectors.stored_value_play import CARD_IDS, masters, play, vectors

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "purse.md"


def test_the_conversations_come_out_as_published() -> None:
    published = vectors()["conversations"]
    assert len(published) > 15
    assert play() == published


def test_the_card_keys_are_the_published_ones() -> None:
    vault, published = SoftwareVault(masters()), vectors()["card_keys"]
    made = {
        key_name(kind, purpose, 1): card_key(vault, purpose, kind, 1, CARD_IDS[kind]).hex().upper()
        for kind in Kind
        for purpose in KeyPurpose
    }
    assert made == published


def test_the_page_shows_what_the_file_has() -> None:
    page = PAGE.read_text()
    shown = re.findall(r"^\| (\w+(?: \w+)?) \| `([0-9A-F]{16,})` \|$", page, re.M)
    values = dict(shown)
    turns = next(
        talk["turns"]
        for talk in vectors()["conversations"]
        if (talk["application"], talk["name"]) == ("purse", "debit")
    )
    assert values["INITIALIZE"] == turns[1][0]
    assert values["opening"] + values["MAC0"] + "9000" == turns[1][1]
    order = values["order"] + values["MAC1"]
    assert turns[2][0] == f"80540000{len(order) // 2:02X}{order}00"
    assert values["record"] + values["TAC"] + values["MAC2"] + "9000" == turns[2][1]
    for name in ("purse/debit/1", "purse/tac/1"):
        assert vectors()["card_keys"][name] in page
