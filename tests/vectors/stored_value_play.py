"""The conversations of stored_value.json, played again with the numbers that are drawn there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from smartid.iso7816.exchange import Exchange
from smartid.mockcard.applets import names
from smartid.mockcard.applets.memory import Memory
from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.stored_value import exchanges
from smartid.stored_value.keys import KeyPurpose, SoftwareVault, card_key, key_name
from smartid.stored_value.model import CardState, Kind, Line, OfflineLimits
from smartid.stored_value.modules import IssuerModule, SecurityModule
from tests.stored_value_world import drive

FILE = Path(__file__).with_name("stored_value.json")
CARD_IDS = {Kind.PURSE: bytes.fromhex("C0FFEE0000000001"), Kind.FUEL: bytes.fromhex("C0FFEE0000000002")}
ISSUER, MERCHANT = bytes.fromhex("1555000000000001"), bytes.fromhex("3E5C000000000001")
TIME = 1_790_000_000


def vectors() -> dict[str, Any]:
    """The file."""
    value: dict[str, Any] = json.loads(FILE.read_text())
    return value


def masters() -> dict[str, bytes]:
    """Sixteen times the same byte, another one for each key."""
    names_ = [key_name(kind, purpose, 1) for kind in Kind for purpose in KeyPurpose]
    return {name: bytes((0x10 + number,)) * 16 for number, name in enumerate(names_)}


def drawn(first: int) -> Callable[[int], bytes]:
    """Random numbers that count upward from ``first`` in every byte."""
    at = first

    def draw(size: int) -> bytes:
        nonlocal at
        at += 1
        return bytes((at + index) & 0xFF for index in range(size))

    return draw


def card() -> MockCard:
    """A card with both applications, as it leaves the issuer."""
    image, vault = CardImage(profile=NATIONAL_REFERENCE), SoftwareVault(masters())
    for application in NATIONAL_REFERENCE.applications:
        spec = application.stored_value
        if spec is None:
            continue
        state = CardState(
            card_id=CARD_IDS[spec.kind],
            application=spec.kind,
            key_version=1,
            counter=0,
            load_counter=0,
            slots=spec.slots,
            limits=spec.limits,
        )
        image.files[names.state(application)] = Memory(state=state).encode()
        image.files[names.records(application)] = []
        for purpose in KeyPurpose:
            key = card_key(vault, purpose, spec.kind, 1, state.card_id)
            image.keys[names.key(application, purpose)] = key
    return MockCard(image, random=drawn(0x80))


def conversations(kind: Kind) -> Iterator[tuple[str, Exchange[Any]]]:
    """Name and exchange, one after the other."""
    vault = SoftwareVault(masters())
    host = IssuerModule(ISSUER, vault, kind, random=drawn(0x20))
    module = SecurityModule(MERCHANT, vault, kind, random=drawn(0x40))
    aid = kind.aid
    yield "state", exchanges.read_state(aid)
    if kind is Kind.PURSE:
        yield "load", exchanges.load(aid, host, [Line(1, 1_000_000)], TIME)
        yield "debit", exchanges.debit(aid, module, [Line(1, 250_000)], TIME + 60)
        debit = module.last_record
        assert debit is not None
        yield "return", exchanges.give_back(aid, module, debit, [Line(1, 100_000)], TIME + 90)
        yield "last proof", exchanges.last_proof(aid)
        yield "history", exchanges.history(aid)
        yield "mark uploaded", exchanges.mark_uploaded(aid, host, 2)
        yield "update denylist", exchanges.update_denylist(aid, host, 1, [bytes(8), bytes.fromhex("FF" * 8)])
        yield "block", exchanges.block(aid, host)
        yield "unblock", exchanges.unblock(aid, host)
        yield "unload", exchanges.unload(aid, host, [Line(1, 850_000)], TIME + 120)
    else:
        slots = NATIONAL_REFERENCE.application("fuel").stored_value.slots  # type: ignore[union-attr]
        month = replace(slots[0], label="T1/1405-07", maximum=60_000, expires=TIME + 86_400)
        yield "set slot", exchanges.set_slot(aid, host, month)
        yield "set slot", exchanges.set_slot(aid, host, replace(slots[1], label="T2", maximum=100_000))
        yield (
            "set limits",
            exchanges.set_limits(aid, host, OfflineLimits(count=5, total=250_000, per_debit=120_000)),
        )
        lines = [Line(1, 60_000), Line(2, 100_000)]
        yield "load", exchanges.load(aid, host, lines, TIME)
        yield "debit", exchanges.debit(aid, module, [Line(1, 60_000), Line(2, 20_000)], TIME + 60)
        debit = module.last_record
        assert debit is not None
        yield "return", exchanges.give_back(aid, module, debit, [Line(2, 7_250)], TIME + 300)


def play() -> list[dict[str, Any]]:
    """Every conversation with its commands and answers in hexadecimal."""
    mock, told = card(), []
    for kind in Kind:
        for name, exchange in conversations(kind):
            turns: list[list[str]] = []

            def transmit(command: bytes, turns: list[list[str]] = turns) -> bytes:
                answer = mock.transmit(command)
                turns.append([command.hex().upper(), answer.hex().upper()])
                return answer

            drive(exchange, transmit)
            told.append({"application": kind.word, "name": name, "turns": turns})
    return told
