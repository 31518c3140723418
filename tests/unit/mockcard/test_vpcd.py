"""The protocol of the virtual reader, spoken by a reader of a few lines."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from smartid.errors import NoReader
from smartid.mockcard.card import MockCard
from smartid.mockcard.faults import Removal
from smartid.mockcard.image import CardImage
from smartid.mockcard.vpcd import VpcdPlug


class Slot:
    """A slot of the reader: the side that listens."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.wire = socket.socket()

    def accept(self) -> None:
        self.wire.close()
        self.wire, _ = self.server.accept()
        self.wire.settimeout(10)

    def send(self, *messages: bytes) -> None:
        self.wire.sendall(b"".join(len(message).to_bytes(2, "big") + message for message in messages))

    def receive(self) -> bytes:
        size = int.from_bytes(self._exactly(2), "big")
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.wire.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data


@pytest.fixture
def slot() -> Iterator[Slot]:
    slot = Slot()
    yield slot
    slot.wire.close()
    slot.server.close()


def test_atr_and_commands(image: CardImage, slot: Slot) -> None:
    mock = MockCard(image)
    with mock.serve(slot.port) as plugged:
        slot.accept()
        slot.send(b"\x04")
        assert slot.receive() == mock.atr
        slot.send(b"\x01", b"", bytes.fromhex("00840000 000000"))
        assert len(slot.receive()) == 65_535
        slot.send(bytes.fromhex("002000010831323334FFFFFFFF"), bytes.fromhex("00200001"))
        assert [slot.receive(), slot.receive()] == [b"\x90\x00", b"\x90\x00"]
        slot.send(b"\x02", bytes.fromhex("00200001"))
        assert slot.receive() == b"\x63\xc3"  # the reset forgot the PIN
        assert plugged.connected
    assert not plugged.connected
    with pytest.raises(EOFError):
        slot.receive()


def test_messages_may_come_in_pieces(image: CardImage, slot: Slot) -> None:
    with MockCard(image).serve(slot.port):
        slot.accept()
        slot.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (b"\x00", b"\x05\x00\x84", b"\x00\x00", b"\x04\x00\x01\x04"):
            slot.wire.sendall(piece)
        assert slot.receive().endswith(b"\x90\x00")
        assert slot.receive() == image.profile.mock_atr


def test_the_reader_hangs_up(image: CardImage, slot: Slot) -> None:
    inserted = MockCard(image).insert()
    plugged = VpcdPlug(inserted, port=slot.port)
    slot.accept()
    slot.wire.close()
    plugged.run()  # returns
    assert not plugged.connected
    plugged.stop()


def test_a_card_that_is_pulled_out_hangs_up(image: CardImage, slot: Slot) -> None:
    with MockCard(image).serve(slot.port, faults=[Removal(2)]):
        slot.accept()
        slot.send(bytes.fromhex("0084000004"))
        assert len(slot.receive()) == 6
        slot.send(bytes.fromhex("0084000004"))
        with pytest.raises(EOFError):
            slot.receive()


def test_nothing_listens(image: CardImage, slot: Slot) -> None:
    slot.server.close()
    with pytest.raises(NoReader, match="vsmartcard-vpcd"), MockCard(image).serve(slot.port):
        pass
