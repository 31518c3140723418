"""The card is pulled at every single command, in the real PC/SC stack: pcscd, the virtual reader, pyscard."""

from __future__ import annotations

import pytest

import smartid
from smartid.mockcard.faults import Removal
from tests.card.conftest import PATIENCE, PINS, wait_until_empty

FULL = {"identity": 3, "signature": 3, "puk": 10}


def read_essentials(live):
    live.read_identity()


def verify_pin(live):
    live.verify_pin("identity", smartid.PIN(PINS["identity"]))


def sign(live):
    with live.unlock(smartid.PIN(PINS["signature"]), purpose=smartid.Purpose.SIGNATURE) as unlocked:
        unlocked.sign_digest(bytes(48), smartid.SignatureAlgorithm.ES384)


@pytest.mark.timeout(110)
@pytest.mark.parametrize("job", [read_essentials, verify_pin, sign])
def test_a_card_pulled_at_any_command_is_removed_and_the_reader_works_on(issue, private_pcsc, job):
    name, port = private_pcsc.reader_names[0], private_pcsc.ports[0]
    card, at, finished = issue(), 0, False
    while not finished:
        at += 1
        assert at < 60, "the job never finishes"
        with card.serve(port, faults=[Removal(at)]):
            try:
                with smartid.connect(name, wait=PATIENCE) as live:
                    job(live)
                finished = True
            except smartid.CardRemoved:
                pass
        assert {pin: state.tries_left for pin, state in card.image.pins.items()} == FULL
        wait_until_empty()
    with card.serve(port), smartid.connect(name, wait=PATIENCE) as again:
        job(again)
    wait_until_empty()
    assert at > 4
