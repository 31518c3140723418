"""Processes, frames and faults. What waits, waits for an event; only a lost reply costs time."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.crypto import strict_json
from smartid.errors import EncodingError, GatewayUnavailable, Refused
from smartid.services.far_side import server
from smartid.services.far_side.faults import CHANCE, Order
from smartid.services.far_side.frame import FarSide, Fault, Link, Switchboard
from smartid.services.far_side.server import frame

ECHO = "tests.unit.services.far_side.echo"
SHORT = 0.05
"""Seconds after which a client gives up where no reply will come."""


def number(message: bytes) -> bytes:
    return message[:4]


class Client:
    """A link whose late replies can be waited for."""

    def __init__(self, port: int) -> None:
        self.late: list[bytes] = []
        self.came = threading.Semaphore(0)
        self.link = Link(port, key=number, late=self._note)

    def _note(self, message: bytes) -> None:
        self.late.append(message)
        self.came.release()

    def wait(self) -> bytes:
        assert self.came.acquire(timeout=10)
        return self.late[-1]

    def ask(self, message: bytes, timeout: float = 10.0) -> bytes:
        return self.link.request(message, timeout)


@pytest.fixture(scope="module")
def far_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarSide]:
    with FarSide(ECHO, database=str(tmp_path_factory.mktemp("echo") / "book")) as process:
        yield process


@pytest.fixture
def client(far_side: FarSide) -> Iterator[Client]:
    client = Client(far_side.port)
    with client.link:
        yield client


def count(answer: bytes) -> int:
    return int(answer.partition(b":")[2].partition(b"!")[0])


def test_requests_of_many_threads_find_their_own_replies(client: Client) -> None:
    messages = [f"{n:04d} hello".encode() for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.ask, messages))
    assert [number(answer) for answer in answers] == [number(message) for message in messages]
    assert len(set(map(count, answers))) == 40
    assert client.late == []


def test_one_number_is_asked_once_at_a_time(client: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.ask, b"silence", 1.0)
        while not client.link._waiting:
            pass
        with pytest.raises(Refused) as refused:
            client.ask(b"silent too")
        assert refused.value.reason == "in_progress"
        client.link.close()
        with pytest.raises(GatewayUnavailable):
            waiting.result()


def test_a_lost_request_was_not_acted_upon_and_a_lost_reply_was(far_side: FarSide, client: Client) -> None:
    before = count(client.ask(b"0001"))
    for fault, acted in ((Fault.LOSE_REQUEST, 0), (Fault.LOSE_REPLY, 1)):
        far_side.inject(fault)
        with pytest.raises(GatewayUnavailable) as unknown:
            client.ask(b"0002", SHORT)
        assert (unknown.value.reason, unknown.value.reversal_queued) == ("peer_timeout", False)
        after = count(client.ask(b"0003"))
        assert after == before + acted + 1
        before = after
    assert client.late == []


def test_a_late_reply_comes_ahead_of_the_next_one(far_side: FarSide, client: Client) -> None:
    far_side.inject(Fault.DELAY_REPLY)
    with pytest.raises(GatewayUnavailable):
        client.ask(b"0004", SHORT)
    assert number(client.ask(b"0005")) == b"0005"
    assert number(client.wait()) == b"0004"


def test_a_second_reply_is_handed_to_nobody_who_waits(far_side: FarSide, client: Client) -> None:
    far_side.inject(Fault.DUPLICATE_REPLY)
    first = client.ask(b"0006")
    assert client.wait() == first


def test_a_closed_connection_is_known_at_once_and_made_again(far_side: FarSide, client: Client) -> None:
    before = count(client.ask(b"0007"))
    far_side.inject(Fault.HANG_UP)
    far_side.inject(Fault.DOWN, count=2)
    for _ in range(3):
        with pytest.raises(GatewayUnavailable):
            client.ask(b"0008")
    assert count(client.ask(b"0009")) == before + 2


def test_who_does_not_read_is_given_up(client: Client) -> None:
    """More than the buffers of a connection hold, to somebody who never reads."""
    with socket.create_server(("127.0.0.1", 0)) as mute, Client(mute.getsockname()[1]).link as link:
        for number_ in range(100):
            with pytest.raises(GatewayUnavailable) as given_up:
                link.request(b"%04d" % number_ + bytes(65_000), 0.001)
            if "lost" in given_up.value.message:
                return
    pytest.fail("the connection was never given up")


def test_a_reply_that_is_none_ends_the_connection() -> None:
    def strict(message: bytes) -> bytes:
        if message == b"nonsense":
            raise EncodingError("message", offset=0, expected="a message")
        return message

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        with Link(server.getsockname()[1], key=strict) as link:
            asked = pool.submit(link.request, b"hello", 10.0)
            line, _ = server.accept()
            with line:
                line.recv(100)
                line.sendall(frame(b"nonsense"))
                with pytest.raises(GatewayUnavailable, match="lost"):
                    asked.result()


def test_a_declined_message_gets_the_code(far_side: FarSide, client: Client) -> None:
    far_side.inject(Fault.DECLINE, code="51")
    assert client.ask(b"0010").endswith(b"!51")
    assert b"!" not in client.ask(b"0011")


def test_two_clients_and_one_that_sends_garbage(far_side: FarSide, client: Client) -> None:
    other = Client(far_side.port)
    with socket.create_connection(("127.0.0.1", far_side.port)) as rude, other.link:
        rude.sendall(b"\xff\xff half a frame")
        assert number(other.ask(b"0012")) == number(client.ask(b"0012"))
        rude.shutdown(socket.SHUT_WR)
        assert rude.recv(10) == b""


def test_a_killed_far_side_comes_back_on_its_port_with_its_book(tmp_path: Path) -> None:
    with FarSide(ECHO, database=str(tmp_path / "book")) as process:
        client = Client(process.port)
        with client.link:
            assert count(client.ask(b"0001")) == 1
            process.kill()
            with pytest.raises(GatewayUnavailable):
                client.ask(b"0002", 1.0)
            with pytest.raises(GatewayUnavailable):
                process.inject(Fault.DOWN)
            process.restart()
            assert count(client.ask(b"0003")) == 2


def test_it_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", ECHO, "--database", str(tmp_path / "book")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert b"port" in process.stdout.readline()
        process.stdin.write(b'{"fault": "flood"}\nnothing\n')
        process.stdin.flush()
        assert b'"done": false' in process.stdout.readline()
        assert b'"done": false' in process.stdout.readline()
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_far_side_that_cannot_start_says_so(tmp_path: Path) -> None:
    with pytest.raises(GatewayUnavailable), FarSide("tests.nothing_of_this_name", database="x"):
        pass


def test_chance_is_repeatable_and_comes_after_what_was_ordered() -> None:
    one, two = Switchboard(seed=7), Switchboard(seed=7)
    assert [one.next() for _ in range(200)] == [two.next() for _ in range(200)]
    drawn = {Switchboard(seed=seed, rate=1).next() for seed in range(50)}
    assert drawn == set(CHANCE)
    one.inject(Fault.DOWN)
    assert one.next() is Fault.DOWN
    assert Switchboard().next() is None


@given(
    st.dictionaries(
        st.sampled_from(["fault", "count", "code"]), st.one_of(st.text(), st.integers(), st.none())
    )
)
def test_orders_from_a_stranger_are_read_or_refused(members: dict[str, object]) -> None:
    try:
        order = Order.of(members)
    except EncodingError:
        return
    assert Order.of(order.as_dict()) == order


@pytest.mark.parametrize("size", [0, 65536])
def test_a_message_has_one_to_65535_bytes(size: int) -> None:
    with pytest.raises(EncodingError):
        frame(bytes(size))
    assert strict_json.parse_object(b"{}", "x") == {}


def test_it_ends_quietly_when_whoever_started_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_answer: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(server, "_say", gone)
    server.serve(lambda message: message, faults=Switchboard())
