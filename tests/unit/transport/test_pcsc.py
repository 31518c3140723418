"""PC/SC without a service: every refusal that a reader can give."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from smartid.errors import (
    APDUTooLong,
    CardRemoved,
    EncodingError,
    NoCard,
    NoReader,
    NoService,
    PINEntryCancelled,
    PINFormatError,
    ReaderBusy,
    TransportError,
)
from smartid.iso7816 import commands
from smartid.transport import pcsc, pcsc_errors, pcsc_pinpad
from smartid.transport.base import Happening, PINPadRequest, Reader
from smartid.transport.pcsc import FRAME, PCSCTransport
from smartid.transport.pcsc_readers import Slot, differences
from smartid.transport.tpdu import to_tpdu
from tests.unit.transport.fake_scard import FakeSCard

SHORT = bytes.fromhex("00B0000000")
EXTENDED = bytes.fromhex("00B00000001000")


@pytest.fixture
def scard() -> FakeSCard:
    return FakeSCard()


def connect(scard: FakeSCard, pauses: list[float] | None = None) -> PCSCTransport:
    return PCSCTransport.connect(scard=scard, pause=(pauses if pauses is not None else []).append)


def test_a_protocol_is_found_one_by_one(scard: FakeSCard) -> None:
    mismatch = (pcsc_errors.PROTO_MISMATCH, 0, 0)
    scard.will("connect", mismatch, mismatch, (0, 9, 1))
    assert connect(scard).protocol == 0
    assert [arguments for name, arguments in scard.calls if name == "connect"] == [(2, 3), (2, 2), (2, 1)]


def test_no_protocol_at_all_is_an_error_and_leaves_nothing_open(scard: FakeSCard) -> None:
    scard.will("connect", *[(pcsc_errors.PROTO_MISMATCH, 0, 0)] * 3)
    with pytest.raises(TransportError, match="agree on no protocol"):
        connect(scard)
    assert scard.open_contexts == 0


def test_a_busy_reader_is_asked_again_for_two_seconds(scard: FakeSCard) -> None:
    busy = (pcsc_errors.SHARING_VIOLATION, 0, 0)
    pauses: list[float] = []
    scard.will("connect", busy, busy)
    connect(scard, pauses).close()
    assert len(pauses) == 2
    scard.will("connect", *[busy] * 7)
    with pytest.raises(ReaderBusy, match="Close the program"):
        connect(scard, pauses := [])
    assert 1.9 < sum(pauses) < 2.2
    assert scard.open_contexts == 0


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0x8010001D, NoService, "systemctl"),
        (0x8010001E, NoService, "stopped"),
        (0x8010006A, NoService, "org.debian.pcsc-lite.access_pcsc"),
        (0x80100027, NoService, "polkit"),
        (0x80100009, NoReader, "not there any more"),
        (0x8010000C, NoCard, "empty"),
        (0x80100069, CardRemoved, "taken out"),
        (0x80100067, CardRemoved, "power"),
        (0x80100066, NoCard, "does not answer"),
        (0x80100001, TransportError, "0x80100001"),
    ],
)
def test_refusals_of_connect_are_typed(scard: FakeSCard, code: int, kind: type, words: str) -> None:
    scard.will("connect", (code, 0, 0))
    with pytest.raises(kind, match=words) as error:
        connect(scard)
    assert error.value.remedy
    assert scard.open_contexts == 0


def test_a_denied_service_says_how_to_be_let_in(scard: FakeSCard) -> None:
    scard.will("establish", (pcsc_errors.SECURITY_VIOLATION, 0))
    with pytest.raises(NoService, match="polkit rule"):
        pcsc.readers(scard=scard)


def test_a_reset_reconnects_and_sends_nothing_again(scard: FakeSCard) -> None:
    transport = connect(scard)
    scard.will("transmit", (pcsc_errors.RESET_CARD, [1, 2]))
    with pytest.raises(CardRemoved, match="Another program"):
        transport.transmit(SHORT)
    assert scard.count("transmit") == 1
    assert ("reconnect", (0,)) in scard.calls
    assert transport.transmit(SHORT) == b"\x90\x00"


@pytest.mark.parametrize("code", sorted(pcsc_errors.TOO_LONG))
def test_a_refused_extended_apdu_is_too_long_while_the_card_stays(scard: FakeSCard, code: int) -> None:
    transport = connect(scard)
    scard.will("transmit", (code, [1, 2, 3]))
    with pytest.raises(APDUTooLong):
        transport.transmit(EXTENDED)
    scard.will("transmit", (code, []))
    with pytest.raises(TransportError, match="0x") as error:
        transport.transmit(SHORT)
    assert type(error.value) is TransportError


@pytest.mark.parametrize("after", [0x10012, 0x30022])
def test_the_same_refusal_is_a_removal_when_the_card_left(scard: FakeSCard, after: int) -> None:
    transport = connect(scard)
    scard.will("transmit", (pcsc_errors.NOT_TRANSACTED, []))
    here = (0, [(scard.name, scard.state, scard.atr)])
    scard.will("status", here, here, (0, [(scard.name, after, scard.atr)]))
    with pytest.raises(CardRemoved):
        transport.transmit(EXTENDED)


def test_success_without_a_status_word_is_a_removal(scard: FakeSCard) -> None:
    transport = connect(scard)
    scard.will("transmit", (0, []), (0, [0x90]))
    for _ in range(2):
        with pytest.raises(CardRemoved):
            transport.transmit(SHORT)


def test_transactions_nest_and_end_once_whatever_happens(scard: FakeSCard) -> None:
    transport = connect(scard)
    with pytest.raises(ZeroDivisionError), transport.transaction(), transport.transaction():
        raise ZeroDivisionError
    assert (scard.count("begin"), scard.count("end")) == (1, 1)
    assert ("end", (0,)) in scard.calls
    with transport.transaction():
        transport.close()
    assert scard.count("end") == 1
    assert ("disconnect", (0,)) in scard.calls


def test_nothing_longer_than_a_frame_is_sent(scard: FakeSCard) -> None:
    transport = connect(scard)
    with pytest.raises(APDUTooLong):
        transport.transmit(bytes(FRAME + 1))
    assert scard.count("transmit") == 0


def test_mute_and_busy_readers_are_shown(scard: FakeSCard) -> None:
    scard.state = 0x10022 | 0x200 | 0x80
    assert pcsc.readers(scard=scard) == (Reader(name=scard.name, mute=True, busy=True),)
    scard.will("list", (pcsc_errors.NO_READERS_AVAILABLE, []))
    assert pcsc.readers(scard=scard) == ()


FEATURES = bytes.fromhex("060442000DB1 070442000DB2 120442000DB3")
REQUEST = PINPadRequest(
    command=commands.verify(0x00, b"0000\0\0\0\0"), min_digits=4, max_digits=8, block_size=8, timeout=30
)


def test_verify_structure_as_ccid_drivers_document_it() -> None:
    """The example of the CCID driver's scardcontrol program, with our time-outs: ASCII, 4 to 8 digits."""
    assert pcsc_pinpad.verify_structure(REQUEST) == bytes.fromhex(
        "1E1E 82 08 00 0804 02 01 0904 00 000000 0D000000 00200000083030303000000000"
    )


def test_verify_structure_of_iso_9564_format_2() -> None:
    """BCD after a first byte 2L: position 1, block of 7 bytes, length of 4 bits at bit 4."""
    request = PINPadRequest(
        command=commands.verify(1, bytes.fromhex("20FFFFFFFFFFFFFF")),
        min_digits=4,
        max_digits=12,
        block_size=8,
        encoding="iso9564-2",
    )
    assert pcsc_pinpad.verify_structure(request)[2:7] == bytes.fromhex("89 47 04 0C04")


def test_modify_structure_with_and_without_the_old_pin() -> None:
    command = commands.change_reference_data(1, b"\xff" * 8, b"\xff" * 8)
    request = PINPadRequest(
        command=command, min_digits=4, max_digits=8, block_size=8, new_pin=True, old_pin=True
    )
    assert (
        pcsc_pinpad.modify_structure(request)
        == bytes.fromhex("1E1E 82 08 00 00 08 0804 03 02 03 0904 000102 000000 15000000") + command.encode()
    )
    request = PINPadRequest(command=command, min_digits=4, max_digits=8, block_size=8, new_pin=True)
    assert pcsc_pinpad.modify_structure(request)[5:17] == bytes.fromhex("00 00 0804 01 02 02 0904 010200")


@pytest.mark.parametrize(
    "change",
    [{"encoding": "ebcdic"}, {"block_size": 16}, {"timeout": 256}, {"min_digits": 9}, {"max_digits": 256}],
)
def test_what_a_structure_cannot_hold_is_refused(change: dict[str, object]) -> None:
    fields = {"command": REQUEST.command, "min_digits": 4, "max_digits": 8, "block_size": 8, **change}
    with pytest.raises(PINFormatError):
        pcsc_pinpad.verify_structure(PINPadRequest(**fields))


@pytest.mark.parametrize(
    ("sw", "kind"),
    [
        ("6400", PINEntryCancelled),
        ("6401", PINEntryCancelled),
        ("6402", PINFormatError),
        ("6403", PINFormatError),
        ("6404", TransportError),
        ("", CardRemoved),
    ],
)
def test_what_the_reader_says_about_an_entry(scard: FakeSCard, sw: str, kind: type) -> None:
    scard.features = FEATURES
    transport = connect(scard)
    assert transport.has_pin_pad
    scard.will("control", (0, list(bytes.fromhex(sw))))
    with pytest.raises(kind):
        transport.enter_pin(REQUEST)


def test_the_card_answers_a_pin_typed_on_the_reader(scard: FakeSCard) -> None:
    scard.features = FEATURES
    transport = connect(scard)
    scard.will("control", (0, [0x63, 0xC2]))
    assert transport.enter_pin(REQUEST).status.tries_left == 2
    assert scard.calls[-1] == ("control", (0x42000DB1, pcsc_pinpad.verify_structure(REQUEST)))
    change = PINPadRequest(
        command=REQUEST.command, min_digits=4, max_digits=8, block_size=8, new_pin=True, old_pin=True
    )
    assert transport.enter_pin(change).ok
    assert scard.calls[-1] == ("control", (0x42000DB2, pcsc_pinpad.modify_structure(change)))


@pytest.mark.parametrize("features", [b"", b"\x06", bytes.fromhex("060342000DB1")])
def test_a_reader_without_keys_says_so(scard: FakeSCard, features: bytes) -> None:
    scard.features = features
    transport = connect(scard)
    assert not transport.has_pin_pad
    assert transport.max_apdu == FRAME
    with pytest.raises(TransportError, match="no keys"):
        transport.enter_pin(REQUEST)


@pytest.mark.parametrize(
    ("properties", "limit"),
    [
        ("0A0405010000", 261),
        ("0702080C 0A0400000100", FRAME),
        ("0A0400000000", FRAME),
        ("0A04050100", FRAME),
        ("0A", FRAME),
        ("060104", FRAME),
        ("", FRAME),
    ],
)
def test_the_reader_tells_how_much_it_carries(scard: FakeSCard, properties: str, limit: int) -> None:
    scard.features = FEATURES
    transport = connect(scard)
    scard.will("control", (0, list(bytes.fromhex(properties))))
    assert transport.max_apdu == limit


def test_broken_feature_lists_name_their_offset() -> None:
    with pytest.raises(EncodingError) as error:
        pcsc_pinpad.parse_features(bytes.fromhex("060342000DB1"))
    assert error.value.offset == 1


@pytest.mark.parametrize(
    ("apdu", "tpdu"),
    [
        ("00A40000", "00A4000000"),
        ("0084000008", "0084000008"),
        ("00B0000000", "00B0000000"),
        ("00B00000000008", "00B0000008"),
        ("00B00000001000", "00B0000000"),
        ("00A4000002A0B0", "00A4000002A0B0"),
        ("00A4000002A0B000", "00A4000002A0B0"),
        ("00A40000000002A0B00100", "00A4000002A0B0"),
        ("00A400", "00A400"),
    ],
)
def test_apdu_to_tpdu(apdu: str, tpdu: str) -> None:
    assert to_tpdu(bytes.fromhex(apdu)) == bytes.fromhex(tpdu)


def test_long_data_does_not_go_over_t0(scard: FakeSCard) -> None:
    scard.will("connect", (0, 9, 1))
    with pytest.raises(APDUTooLong, match="T=0"):
        connect(scard).transmit(bytes.fromhex("00D60000000100") + bytes(256))


ONE, TWO = Reader(name="one", atr=b"\x3b\x00"), Reader(name="one", atr=b"\x3b\x01")
EMPTY = Reader(name="one")


@pytest.mark.parametrize(
    ("old", "new", "happened"),
    [
        ([], [Slot(EMPTY, 0x10)], ["READER_ADDED"]),
        ([], [Slot(ONE, 0x20)], ["READER_ADDED", "INSERTED"]),
        ([Slot(ONE, 0x20)], [], ["REMOVED", "READER_REMOVED"]),
        ([Slot(EMPTY, 0x10)], [Slot(ONE, 0x20)], ["INSERTED"]),
        ([Slot(ONE, 0x20)], [Slot(EMPTY, 0x10)], ["REMOVED"]),
        ([Slot(ONE, 0x20)], [Slot(TWO, 0x20)], ["REMOVED", "INSERTED"]),
        ([Slot(ONE, 0x10020)], [Slot(ONE, 0x30020)], ["REMOVED", "INSERTED"]),
        ([Slot(ONE, 0x10020)], [Slot(ONE, 0x10120)], []),
    ],
)
def test_differences(old: list[Slot], new: list[Slot], happened: list[str]) -> None:
    assert [event.happening for event in differences(old, new)] == [Happening[name] for name in happened]


@pytest.mark.parametrize("call", [pcsc.readers, pcsc.watch, PCSCTransport.connect])
def test_a_missing_pyscard_is_named(monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]) -> None:
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NoService, match="pip install pyscard"):
        call()


def test_the_other_project_named_smartcard_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(NoService, match="pip uninstall smartcard pyscard"):
        pcsc.load_scard()


def test_a_long_wait_for_a_card_is_made_of_short_calls() -> None:
    """Ctrl-C is heard between two calls of PC/SC, never within one."""
    fake = FakeSCard()
    fake.will("status", (0, [(fake.name, 0x10012, [])]))
    assert pcsc.wait_for_card(None, timedelta(hours=1), scard=fake).name == fake.name
    waits = [arguments[0] for call, arguments in fake.calls if call == "status"]
    assert max(waits) == 250
