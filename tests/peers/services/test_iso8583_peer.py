"""npm's iso_8583 reads what we write to the acquirer, and we read what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartid.errors import GatewayUnavailable
from smartid.services.far_side.acquirer import KEY
from smartid.services.messages.iso8583 import decode, encode
from smartid.services.messages.mac import seal
from smartid.services.purchase.acquirer import SPEC, repeated
from smartid.services.purchase.values import Capture
from tests.peers.iso8583 import ask, read
from tests.services.purchase_world import SHOP, Holder, World

# Its own table counts binary fields in digits and has 4 bytes of code in fields 64 and 128.
FORMATS = dict.fromkeys((52, 64, 96, 128), ("b", "fixed", 16))
pytestmark = pytest.mark.peers_heavy


def every_message(folder: Path) -> list[dict[str, str]]:
    """One message of each type that a purchase sends, and its repeat."""
    world, sara = World(folder), Holder("sara")
    now = world.purchases.ask(SHOP.id, 1000, "A", key="1")
    world.purchases.authorise(now.id, world.signed(sara, now.id))
    later = world.purchases.ask(SHOP.id, 1000, "A", key="2", capture=Capture.LATER)
    case = world.purchases.authorise(later.id, world.signed(sara, later.id))
    world.purchases.capture(later.id, 600)
    world.purchases.refund(case.id, 100, key="r")
    lost = world.purchases.ask(SHOP.id, 1000, "A", key="3")
    agreed = world.signed(sara, lost.id)
    world.line.lose = ["request"]
    with pytest.raises(GatewayUnavailable):
        world.purchases.authorise(lost.id, agreed)
    world.purchases.deliver()
    world.clock.pass_by(minutes=1)
    world.purchases.deliver()
    sara.close()
    world.close()
    asked = [dict(fields) for fields in world.line.asked]
    return [*asked, *(repeated(fields) for fields in asked)]


def test_the_peer_reads_every_message_that_we_send(tmp_path: Path) -> None:
    messages = every_message(tmp_path)
    assert {fields["t"] for fields in messages} >= {"0100", "0200", "0220", "0420", "0221", "0421"}
    sealed = [seal(SPEC, fields, KEY) for fields in messages]
    found = read(sealed, FORMATS)
    for fields, data, theirs in zip(messages, sealed, found, strict=True):
        ours = decode(SPEC, data)
        assert theirs.pop("0") == fields["t"]
        told = {name: text.upper() if name in {"64", "128"} else text for name, text in theirs.items()}
        assert told == {name: text for name, text in ours.items() if name != "t"}


def test_the_peer_finds_a_damaged_message_wrong(tmp_path: Path) -> None:
    data = encode(SPEC, every_message(tmp_path)[0])
    [found] = read([data[:-5]], FORMATS)
    assert found.get("error") or found.get("102") != decode(SPEC, data)["102"]


def test_we_read_what_the_peer_writes(tmp_path: Path) -> None:
    messages = [fields for fields in every_message(tmp_path) if fields["t"] in {"0420", "0220"}]
    orders = [
        {"encode": {("0" if name == "t" else name): text for name, text in fields.items()}}
        for fields in messages
    ]
    for fields, answer in zip(messages, ask(orders, FORMATS), strict=True):
        assert answer["hex"], answer
        data = bytes.fromhex(answer["hex"])
        # It puts the length of the message in two bytes in front.
        assert int.from_bytes(data[:2], "big") == len(data) - 2
        found = decode(SPEC, data[2:])
        assert found == fields
