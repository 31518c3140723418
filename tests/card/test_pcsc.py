"""PC/SC through a real service: pcscd, its driver, and a card of a few lines."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from smartid.errors import APDUTooLong, CardRemoved, NoCard, NoReader, TransportError
from smartid.iso7816 import commands
from smartid.iso7816.exchange import Link
from smartid.mockcard.bench import PrivatePCSC
from smartid.transport import pcsc
from smartid.transport.base import Happening, LimitedTransport, PINPad, Transport
from smartid.transport.pcsc import PCSCTransport
from tests.card.conftest import PATIENCE, Insert
from tests.card.standin import ATR_T0, ATR_T1

ROOT = Path(__file__).parents[2]
ECHO = bytes.fromhex("00EC0000")
DIE = bytes.fromhex("00DE0000")


def python(code: str, *, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in another process that uses the same PC/SC service."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        check=False,
    )


def test_empty_readers_are_listed_and_hold_no_card(private_pcsc: PrivatePCSC) -> None:
    assert [(r.name, r.atr, r.mute, r.busy) for r in pcsc.readers()] == [
        (name, None, False, False) for name in private_pcsc.reader_names
    ]
    with pytest.raises(NoCard, match="any reader"):
        PCSCTransport.connect()
    with pytest.raises(NoCard, match="bench B 00 01"):
        PCSCTransport.connect("bench b 00 01")
    with pytest.raises(NoReader, match="bench A 00 00") as error:
        PCSCTransport.connect("no such reader")
    assert "'no such reader'" in str(error.value)
    with pytest.raises(NoCard):
        pcsc.wait_for_card(None, timedelta(milliseconds=20))


def test_insertion_and_removal_are_told(private_pcsc: PrivatePCSC, insert: Insert) -> None:
    events = pcsc.watch(timeout=PATIENCE.total_seconds())
    card = insert(slot=1)
    event = next(events)
    assert (event.happening, event.reader.name) == (Happening.INSERTED, private_pcsc.reader_names[1])
    assert event.reader.atr == ATR_T1
    card.close()
    event = next(events)
    assert (event.happening, event.reader.atr) == (Happening.REMOVED, None)


def test_a_watch_ends_when_it_is_told_to(private_pcsc: PrivatePCSC) -> None:
    stop = threading.Event()
    ended = threading.Thread(target=lambda: list(pcsc.watch(stop=stop)))
    ended.start()
    stop.set()
    ended.join(5)
    assert not ended.is_alive()
    assert list(pcsc.watch(timeout=0.01)) == []


def test_connect_takes_the_reader_with_the_card(private_pcsc: PrivatePCSC, insert: Insert) -> None:
    insert(slot=2)
    transport = PCSCTransport.connect("BENCH")
    assert transport.name == private_pcsc.reader_names[2]
    assert transport.atr == ATR_T1
    assert transport.protocol == 1
    assert isinstance(transport, LimitedTransport)
    assert isinstance(transport, PINPad)
    assert not transport.has_pin_pad
    typed: Transport = transport
    assert typed.transmit(ECHO) == ECHO + b"\x90\x00"
    transport.close()
    transport.close()
    with pytest.raises(TransportError, match="closed"):
        transport.transmit(ECHO)


def test_short_and_extended_commands_pass(insert: Insert) -> None:
    card = insert()
    transport = PCSCTransport.connect()
    assert transport.transmit(commands.read_binary(0, 256).encode()) == b"\x90\x00"
    for size in (257, 4096, 65_533):
        assert len(transport.transmit(commands.read_binary(0, size).encode())) == size + 2
    longest = ECHO[:1] + b"\x11" + ECHO[2:] + (b"\x00" + (65_528).to_bytes(2, "big")) + bytes(65_528)
    assert transport.transmit(longest) == b"\x90\x00"
    assert card.log[-1] == longest
    with pytest.raises(APDUTooLong):
        transport.transmit(longest + b"\x00")
    assert card.log[-1] == longest
    assert Link.of(_extended(), reader_limit=transport.max_apdu).max_data == 65_526
    transport.close()


def _extended() -> object:
    from smartid.iso7816.atr import CardCapabilities

    return CardCapabilities(extended_length=True)


def test_t0_gets_tpdus(insert: Insert) -> None:
    card = insert(atr=ATR_T0)
    transport = PCSCTransport.connect()
    assert transport.protocol == 0
    for apdu in ("00200001", "0084000008", "00A4040002A0B0", "00A4040002A0B000"):
        transport.transmit(bytes.fromhex(apdu))
    assert [c.hex().upper() for c in card.log] == [
        "0020000100",
        "0084000008",
        "00A4040002A0B0",
        "00A4040002A0B0",
    ]
    transport.close()


def test_a_card_that_dies_in_mid_command_is_removed_and_the_reader_works_on(insert: Insert) -> None:
    insert()
    transport = PCSCTransport.connect()
    with pytest.raises(CardRemoved, match="taken out"), transport.transaction():
        transport.transmit(DIE)
    with pytest.raises(CardRemoved):
        transport.transmit(ECHO)
    with pytest.raises(CardRemoved), transport.transaction():
        pytest.fail("a transaction began without a card")
    transport.close()
    for event in pcsc.watch(timeout=1):
        if event.happening is Happening.REMOVED:
            break
    insert()
    again = PCSCTransport.connect()
    assert again.transmit(ECHO) == ECHO + b"\x90\x00"
    again.close()


def test_a_card_pulled_between_commands_is_removed(insert: Insert) -> None:
    card = insert()
    transport = PCSCTransport.connect()
    card.close()
    with pytest.raises(CardRemoved):
        transport.transmit(ECHO)
    transport.close()


def test_reset_by_another_program_is_told_and_nothing_is_sent_again(insert: Insert) -> None:
    card = insert()
    transport = PCSCTransport.connect()
    other = "from smartid.transport.pcsc import PCSCTransport as T; t = T.connect(); t.reset(); t.close()"
    assert python(other).returncode == 0
    verify = bytes.fromhex("002000010431323334")
    with pytest.raises(CardRemoved, match="Another program reset the card"):
        transport.transmit(verify)
    assert verify not in card.log
    assert transport.transmit(ECHO) == ECHO + b"\x90\x00"
    assert python(other).returncode == 0
    with pytest.raises(CardRemoved, match="Another program"), transport.transaction():
        pytest.fail("a transaction began on a card that lost its state")
    with transport.transaction(), transport.transaction():
        transport.transmit(ECHO)
    assert card.resets == 2
    transport.close()


COUNT = """
from smartid.transport.pcsc import PCSCTransport
transport = PCSCTransport.connect()
for _ in range(40):
    with transport.transaction():
        with transport.transaction():
            value = transport.transmit(bytes.fromhex("0010000001"))[0]
        transport.transmit(bytes.fromhex("0011000001") + bytes((value + 1,)))
transport.close()
"""


def test_transactions_keep_two_programs_apart(insert: Insert) -> None:
    card = insert()
    runs = [threading.Thread(target=python, args=(COUNT,)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert card.value == 80


def test_an_exclusive_program_is_reported_after_some_patience(insert: Insert) -> None:
    insert()
    mine = PCSCTransport.connect(exclusive=True)
    assert any(reader.busy for reader in pcsc.readers())
    asked = python(
        "from smartid.transport.pcsc import PCSCTransport as T\n"
        "from smartid.errors import ReaderBusy\n"
        "pauses = []\n"
        "try: T.connect(pause=pauses.append)\n"
        "except ReaderBusy as error: print(type(error).__name__, round(sum(pauses), 3))\n"
    )
    assert asked.stdout == "ReaderBusy 2.05\n"
    mine.close()


def test_reset_takes_the_state_and_keeps_the_card(insert: Insert) -> None:
    card = insert()
    transport = PCSCTransport.connect()
    transport.reset()
    assert card.resets == 1
    assert transport.transmit(ECHO) == ECHO + b"\x90\x00"
    transport.close()


HOTPLUG = """
import os, pathlib
from smartid.mockcard.bench import PrivatePCSC

with PrivatePCSC(readers=2) as bench:
    os.environ.update(bench.environment)
    from smartid.transport import pcsc
    file = pathlib.Path(bench.environment["PCSCLITE_CSOCK_NAME"]).parent / "conf" / "vpcd"
    both = file.read_text()
    events = pcsc.watch(timeout=20)
    file.write_text(both.split("\\n\\n")[0])
    bench.restart()
    print(next(events).happening, next(events).happening)
    file.write_text(both)
    bench.restart()
    print(next(events).happening, next(events).happening)
"""


def test_readers_come_and_go(private_pcsc: PrivatePCSC) -> None:
    ran = python(HOTPLUG)
    gone, came = "Happening.READER_REMOVED", "Happening.READER_ADDED"
    assert ran.stdout == f"{gone} {gone}\n{came} {came}\n", ran.stderr


def test_a_machine_without_a_service_says_so() -> None:
    pytest.importorskip("smartcard.scard", reason="pyscard is absent")
    asked = python(
        "from smartid.transport import pcsc\n"
        "from smartid.errors import NoService\n"
        "for call in (pcsc.readers, pcsc.PCSCTransport.connect, pcsc.watch):\n"
        "    try: call()\n"
        "    except NoService as error: print(error)\n",
        environment={"PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"},
    )
    assert asked.stdout.count("No PC/SC service answers") == 3, asked.stderr


SERVICE = """
import os, signal, threading
from datetime import timedelta
from smartid.errors import TransportError
from smartid.mockcard.bench import PrivatePCSC
from tests.card.standin import StandIn

with PrivatePCSC() as bench:
    os.environ.update(bench.environment)
    from smartid.transport import pcsc
    card = StandIn(bench.ports[0])
    pcsc.wait_for_card(None, timedelta(seconds=10))
    transport = pcsc.PCSCTransport.connect()
    events = pcsc.watch(timeout=20)
    os.kill(bench.pid, signal.SIGKILL)
    try:
        transport.transmit(bytes(4))
    except TransportError as error:
        print(type(error).__name__)
    transport.close()
    card.close()
    bench.restart()
    print(next(events).happening)
    card = StandIn(bench.ports[1])
    event = next(events)
    print(event.happening, event.reader.name == bench.reader_names[1])
    card.close()
"""


def test_a_killed_service_is_told_and_a_watch_outlives_it(private_pcsc: PrivatePCSC) -> None:
    ran = python(SERVICE)
    assert ran.stdout.split("\n") == [
        "NoService",
        "Happening.REMOVED",
        "Happening.INSERTED True",
        "",
    ], ran.stderr


def test_import_is_light() -> None:
    seen = python("import sys; import smartid.transport.pcsc; print('smartcard' in sys.modules)")
    assert seen.stdout == "False\n"
