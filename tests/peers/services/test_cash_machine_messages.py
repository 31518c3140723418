"""npm's iso_8583 reads what a cash machine and its switch say to each other."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from smartid.errors import GatewayUnavailable
from smartid.services.atm.inquiries import balance, network, statement
from smartid.services.atm.simulated import Behaviour
from smartid.services.messages import cash_machine
from smartid.services.messages.cash_machine import Network
from tests.peers.iso8583 import read
from tests.services.atm.world import ACCOUNT, PIN, opened

# Its own table has PIN blocks of TDES; binary fields are counted in hexadecimal digits.
FORMATS = {52: ("b", "fixed", 32), 53: ("b", "fixed", 24)}
pytestmark = pytest.mark.peers_heavy


def spoken(folder: Path) -> list[bytes]:
    """What is said on a busy day, by both sides."""
    faults = ("none", "none", "none", "none", "none", "lose reply", "lose reply", "none")
    with opened(folder, behave=Behaviour.PARTIAL, faults=faults) as world:
        network(world.machine, Network.SIGN_ON)
        world.withdraw(2_000_000)
        world.deposit({500_000: 3})
        balance(world.machine, ACCOUNT, world.pad.encrypt(PIN, ACCOUNT))
        statement(world.machine, ACCOUNT, world.pad.encrypt(PIN, ACCOUNT))
        with contextlib.suppress(GatewayUnavailable):
            world.transfer()
        world.deliver_all()
        answers = [world.line.switch.handle(message) for message in world.line.seen]
        return [*world.line.seen, *(answer for answer in answers if answer)]


def test_every_message_is_read_alike(tmp_path):
    messages = spoken(tmp_path)
    types = {cash_machine.decode(message)["t"] for message in messages}
    assert types == {"0200", "0210", "0420", "0421", "0430", "0800", "0810"}
    for message, theirs in zip(messages, read(messages, FORMATS), strict=True):
        ours = cash_machine.decode(message)
        told = {name: text.upper() if name in {"52", "53"} else text for name, text in theirs.items()}
        assert told.pop("0") == ours.pop("t")
        assert told == ours
