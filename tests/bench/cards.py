"""How fast the reader and the mock card are: in this process, and through the PC/SC stack."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from functools import cache

from smartid.card.connect import connect
from smartid.card.run import run
from smartid.errors import NoService
from smartid.identity.model import Field
from smartid.iso7816 import commands
from smartid.iso7816.exchange import Link, send
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import list_citizens
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import personalize
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.transport.inprocess import InProcessTransport
from tests.bench.measure import PYTHON, Figure, calls

HOST_MICROSECONDS = 50.0
IN_PROCESS = 50_000
THROUGH_PCSCD = 6_000
READ_MARGIN = 1.1
SELECT_LDS = bytes.fromhex("00A4040C07A0000002471001")
PLAIN = {
    "GET CHALLENGE 8": bytes.fromhex("0084000008"),
    "SELECT by AID": SELECT_LDS,
    "READ BINARY 16": bytes.fromhex("00B0810010"),
    "READ BINARY 256": bytes.fromhex("00B0820000"),
}


@cache
def _image() -> CardImage:
    return personalize(NATIONAL_REFERENCE, holder=list_citizens()[0])


def _card() -> MockCard:
    return MockCard(_image().snapshot())


class _Echo:
    """A card that always says yes: the cost of the call and nothing else."""

    atr = NATIONAL_REFERENCE.mock_atr

    def transmit(self, command: bytes) -> bytes:
        return b"12345678\x90\x00"


def host_overhead() -> list[Figure]:
    """What the driver, the conversation and the link add to a raw call of the transport."""
    pipe, link = InProcessTransport(_Echo()), Link(max_data=65_535, max_response=65_536)
    command = commands.get_challenge(8)
    raw = command.encode()
    times = calls(
        {"raw": lambda: pipe.transmit(raw), "driven": lambda: run(send(command), pipe, link)},
        rounds=9,
        repeat=20_000,
    )
    extra = times["driven"] - times["raw"]
    return [
        Figure(
            name="host time per command, above the raw call",
            value=extra,
            unit="us",
            baseline="raw transport call",
            baseline_value=times["raw"],
            target=f"at most {HOST_MICROSECONDS:g} us",
            met=extra <= HOST_MICROSECONDS,
        )
    ]


class _Counting(InProcessTransport):
    count = 0

    def transmit(self, command: bytes) -> bytes:
        self.count += 1
        return super().transmit(command)


def commands_of_a_read() -> list[Figure]:
    """Commands of a full read, beside one command for each block of the largest Le and one for each file."""
    return [_commands(largest) for largest in (256, 65_536)]


def _commands(largest: int) -> Figure:
    pipe = _Counting(_card())
    with connect(transport=pipe) as live:
        live._link = Link(max_response=largest)
        pipe.count = 0
        evidence = live.read_identity(fields=frozenset(Field)).evidence
    files = [*evidence.files.values(), *evidence.certificates.values()]
    needed = sum(math.ceil(len(data) / largest) + 1 for data in files)
    return Figure(
        name=f"commands of a full read, Le {largest}",
        value=pipe.count,
        unit="commands",
        baseline=f"{sum(map(len, files))} bytes in {len(files)} files",
        baseline_value=needed,
        target=f"at most {READ_MARGIN:g} times the baseline",
        met=pipe.count <= READ_MARGIN * needed,
    )


def mock_in_process() -> list[Figure]:
    """Plain commands a second of the mock card, called from this process."""
    card, echo = _card(), _Echo()
    card.transmit(SELECT_LDS)
    baseline = calls({"echo": lambda: echo.transmit(b"")}, rounds=5, repeat=50_000)["echo"]
    figures = []
    for name, command in PLAIN.items():
        spent = calls({"mock": lambda command=command: card.transmit(command)}, rounds=7, repeat=5_000)[
            "mock"
        ]
        figures.append(
            _rate(
                f"mock card in process, {name}",
                1e6 / spent,
                IN_PROCESS,
                "a card that does nothing",
                1e6 / baseline,
            )
        )
    return figures


def _rate(name: str, value: float, promise: int, baseline: str, baseline_value: float) -> Figure:
    return Figure(
        name=name,
        value=value,
        unit="commands/s",
        baseline=baseline,
        baseline_value=baseline_value,
        target=f"at least {promise:,} commands/s",
        met=value >= promise,
    )


_CLIENT = """
import sys, time
from smartcard.scard import *
_, context = SCardEstablishContext(SCARD_SCOPE_USER)
name = sys.argv[1]
deadline = time.monotonic() + 10
while True:
    code, card, protocol = SCardConnect(context, name, 2, 3)
    if code == SCARD_S_SUCCESS:
        break
    if time.monotonic() > deadline:
        sys.exit(SCardGetErrorMessage(code))
    SCardGetStatusChange(context, 200, [(name, SCARD_STATE_UNAWARE)])
command = list(bytes.fromhex("0084000008"))
SCardBeginTransaction(card)
best = 0.0
for _ in range(5):
    start = time.perf_counter()
    for _ in range(3000):
        code, answer = SCardTransmit(card, protocol, command)
        assert code == 0 and len(answer) == 10, (code, answer)
    best = max(best, 3000 / (time.perf_counter() - start))
SCardEndTransaction(card, SCARD_LEAVE_CARD)
print(best)
"""


def mock_through_pcscd() -> list[Figure]:
    """GET CHALLENGE of 8 bytes by a foreign client (pyscard), through pcscd and the virtual reader."""
    try:
        with PrivatePCSC() as service:
            mock = _foreign_client(service, 0, _card())
            echo = _foreign_client(service, 1, MockCardLike())
    except NoService as error:
        print(f"not measured: {error}", file=sys.stderr)
        return []
    return [
        _rate(
            "mock card through pcscd, GET CHALLENGE 8", mock, THROUGH_PCSCD, "a card that does nothing", echo
        )
    ]


class MockCardLike(_Echo):
    """The echo card with what a plug needs."""

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to let go of."""


def _foreign_client(service: PrivatePCSC, slot: int, card: object) -> float:
    """Commands a second; the card serves in a process of its own, as ``smartid mock serve`` does."""
    from multiprocessing import get_context

    server = get_context("fork").Process(target=_serve, args=(card, service.ports[slot]))
    server.start()
    try:
        environment = {**os.environ, **service.environment}
        done = subprocess.run(
            [PYTHON, "-c", _CLIENT, service.reader_names[slot]],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return float(done.stdout)
    finally:
        server.terminate()
        server.join()


def _serve(card: object, port: int) -> None:
    from smartid.mockcard.vpcd import VpcdPlug

    plugged = card.insert() if isinstance(card, MockCard) else card
    VpcdPlug(plugged, port=port).run()  # type: ignore[arg-type]
