"""Recording, playing and reading traces."""

from __future__ import annotations

import io
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from smartid.errors import CardRemoved, EncodingError, TraceMismatch, TransportError
from smartid.iso7816 import commands
from smartid.transport.trace import PlayingTransport, RecordingTransport, Trace, decode

ATR = bytes.fromhex("3B00")
SELECT = bytes.fromhex("00A4040C06A00000000101")
VERIFY = bytes.fromhex("002000010431323334")
READ = bytes.fromhex("00B0000004")


class Card:
    """Answers from a table; a command that is not in it pulls the card out."""

    atr = ATR

    def __init__(self, answers: dict[bytes, str]) -> None:
        self.answers = answers
        self.closed = 0

    def transmit(self, command: bytes) -> bytes:
        if command not in self.answers:
            raise CardRemoved("The card was taken out.")
        return bytes.fromhex(self.answers[command])

    def transaction(self) -> nullcontext[object]:
        return nullcontext()

    def close(self) -> None:
        self.closed += 1


def record(exchanges: list[tuple[str, str]], *, personal: bool = False) -> str:
    """What a recording of these exchanges holds."""
    answers = {bytes.fromhex(command): answer for command, answer in exchanges}
    out = io.StringIO()
    recorder = RecordingTransport(Card(answers), out, personal=personal)
    for command, answer in exchanges:
        assert recorder.transmit(bytes.fromhex(command)) == bytes.fromhex(answer)
    return out.getvalue()


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("002000010431323334", "0020000104xxxxxxxx"),
        ("0020000100000431323334", "00200001000004xxxxxxxx"),
        ("00210000058103313233", "0021000005xxxxxxxxxx"),
        ("00240001043132333400", "0024000104xxxxxxxx00"),
        ("00240001083132333435363738", "0024000108xxxxxxxxxxxxxxxx"),
        ("8C2C00010231320000", "8C2C0001xxxxxxxxxx"),
        ("10C200000431323334", "10C2000004xxxxxxxx"),
        ("FF82000106FFFFFFFFFFFF", "FF82000106xxxxxxxxxxxx"),
        ("00200001", "00200001"),
        ("0020000105313233", "00200001xxxxxxxx"),
    ],
)
@pytest.mark.parametrize("personal", [False, True])
def test_pins_and_keys_are_hidden_whatever_was_asked(command: str, shown: str, personal: bool) -> None:
    assert f"\n> {shown}\n< 9000\n" in record([(command, "9000")], personal=personal)


@pytest.mark.parametrize(
    "command",
    [
        "00B0000004",
        "00B1000004540200000A",
        "00B2010404",
        "00CA010104",
        "80B0000004",
        "80500000041122334404",
        "002A80860500AABBCCDD00",
        "00860000067C048502AABB00",
        "008711040A7C0882008504AABBCCDD00",
        "0086000005BBCCDDEEFF00",
        "00",
    ],
)
def test_answers_that_may_be_the_holders_are_hidden_unless_personal(command: str) -> None:
    assert "< xxxxxxxx6282\n" in record([(command, "4142434462 82")])
    assert "< 414243446282\n" in record([(command, "4142434462 82")], personal=True)


@pytest.mark.parametrize(
    "command",
    [
        "00A4040C02A000",
        "0084000008",
        "0088000002AABB00",
        "002A9E9A02AABB00",
        "00860000027C0000",
        "0082000000",
    ],
)
def test_what_is_nobodys_stays(command: str) -> None:
    assert f"> {command}\n< 414243449000\n" in record([(command, "414243449000")])


def test_get_response_is_hidden_like_the_answer_that_it_continues() -> None:
    text = record([("00CA010100", "6104"), ("00C0000004", "414243449000")])
    assert "< xxxxxxxx9000\n" in text
    text = record([("00A4040000", "6104"), ("00C0000004", "414243449000")])
    assert "< 414243449000\n" in text


def test_what_is_written_to_the_card_is_hidden_unless_personal() -> None:
    assert "> 00D6000004xxxxxxxx\n" in record([("00D600000441424344", "9000")])
    assert "> 00D600000441424344\n" in record([("00D600000441424344", "9000")], personal=True)


class Resettable(Card):
    resets = 0

    def reset(self) -> None:
        self.resets += 1


def test_a_reset_is_passed_on_and_becomes_a_comment() -> None:
    out, card = io.StringIO(), Resettable({})
    RecordingTransport(card, out).reset()
    assert card.resets == 1
    assert out.getvalue().endswith("# reset\n")
    RecordingTransport(Card({}), out).reset()


def test_a_command_without_an_answer_is_a_comment_and_the_trace_still_reads() -> None:
    out = io.StringIO()
    recorder = RecordingTransport(Card({SELECT: "9000"}), out)
    recorder.transmit(SELECT)
    with pytest.raises(CardRemoved):
        recorder.transmit(VERIFY)
    assert out.getvalue().endswith("# no answer to 0020000104xxxxxxxx: CardRemoved\n")
    assert len(Trace.parse(out.getvalue()).turns) == 1


def test_a_file_belongs_to_its_owner_and_is_whole_after_every_exchange(tmp_path: Path) -> None:
    path = tmp_path / "card.trace"
    path.write_text("older")
    path.chmod(0o644)
    card = Card({SELECT: "9000", READ: "414243449000"})
    recorder = RecordingTransport(card, path)
    for number, command in enumerate((SELECT, READ), 1):
        recorder.transmit(command)
        assert len(Trace.load(path).turns) == number
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    recorder.close()
    recorder.close()
    assert card.closed == 2
    with pytest.raises(TransportError, match="could not be written"):
        recorder.transmit(SELECT)


def test_a_full_medium_is_a_transport_error() -> None:
    with pytest.raises(TransportError, match="could not be written"):
        RecordingTransport(Card({}), Path("/dev/full"))


def test_a_recording_plays() -> None:
    text = record(
        [(SELECT.hex(), "9000"), (VERIFY.hex(), "9000"), (READ.hex(), "414243449000")], personal=True
    )
    player = PlayingTransport(Trace.parse(text))
    assert player.atr == ATR
    with player.transaction():
        player.transmit(SELECT)
        assert player.transmit(bytes.fromhex("002000010439393939")) == b"\x90\x00"
        assert not player.finished
        assert player.transmit(READ) == b"ABCD\x90\x00"
    assert player.finished
    player.close()


def test_another_command_names_the_line_and_not_the_data() -> None:
    player = PlayingTransport(Trace.parse("# one\natr 3B00\n> 00A4000002AAAA\n< 9000\n"))
    with pytest.raises(TraceMismatch, match="line 3") as error:
        player.transmit(VERIFY)
    assert error.value.line == 3
    assert "31323334" not in str(error.value)
    with pytest.raises(TraceMismatch, match="with other data"):
        player.transmit(bytes.fromhex("00A4000002BBBB"))
    with pytest.raises(TraceMismatch, match="without a header"):
        player.transmit(b"\x00")
    assert player.transmit(bytes.fromhex("00A4000002AAAA")) == b"\x90\x00"


def test_the_end_of_a_trace_is_a_mismatch() -> None:
    player = PlayingTransport(Trace.parse("atr 3B00\n> 00A40000\n< 9000\n"))
    player.transmit(bytes.fromhex("00A40000"))
    with pytest.raises(TraceMismatch, match="ended") as error:
        player.transmit(READ)
    assert error.value.line == 4


def test_a_hidden_answer_cannot_be_played_and_says_why() -> None:
    player = PlayingTransport(Trace.parse(record([(READ.hex(), "414243449000")])))
    with pytest.raises(TraceMismatch, match="without personal"):
        player.transmit(READ)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("# only a comment\n", 2),
        ("> 00A40000\n", 1),
        ("atr 3B00\natr 3B00\n", 2),
        ("atr 3B\n", 1),
        ("atr " + "3B" * 34, 1),
        ("atr 3Bxx\n", 1),
        ("atr 3B00\n< 9000\n", 2),
        ("atr 3B00\n> 00A40000\n> 00A40000\n", 3),
        ("atr 3B00\n> 00A40000\n# and no answer\n", 2),
        ("atr 3B00\n> 00A400\n", 2),
        ("atr 3B00\n> 00A4000\n", 2),
        ("atr 3B00\n> 00A4000g\n", 2),
        ("atr 3B00\n> 00A400 00\n", 2),
        ("atr 3B00\n>00A40000\n", 2),
        ("atr 3B00\n> 00A40000\n< 90xx\n", 3),
        ("atr 3B00\n> 00A40000\n< 90\n", 3),
        ("atr 3B00\n> 00A40000\n< 9000 \n", 3),
        ("atr 3B00\n> " + "00" * 65545 + "\n", 2),
        ("ATR 3B00\n", 1),
        ("hello\n", 1),
    ],
)
def test_anything_else_is_an_encoding_error_with_its_line(text: str, line: int) -> None:
    with pytest.raises(EncodingError) as error:
        Trace.parse(text)
    assert error.value.offset == line


def test_a_trace_of_too_many_lines_is_refused_unread() -> None:
    turns = "> 00A40000\n< 9000\n"
    assert len(Trace.parse("atr 3B00\n" + turns * 90_000).turns) == 90_000
    with pytest.raises(EncodingError, match="at most 200000 lines"):
        Trace.parse("atr 3B00\n" + turns * 100_000)


def test_bytes_that_are_not_utf8_are_an_encoding_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.trace"
    path.write_bytes(b"atr 3B00\n# \xff\n")
    with pytest.raises(EncodingError) as error:
        Trace.load(path)
    assert error.value.offset == 2


def test_decoded_turns_explain_and_never_show_a_pin() -> None:
    text = (
        "atr 3B00\r\n\n> 00A4040C02A0B000\n< 6A82\n> 002000010431323334\n< 63C2\n"
        "> 00B00000000100\n< 41426282\n> 00000000FF01\n< 6700\n"
    )
    select, verify, read, broken = decode(Trace.parse(text))
    assert (select.line, select.name, select.data, select.ne) == (3, "SELECT 00 A4 04 0C", "A0B0", 256)
    assert (verify.data, verify.status.tries_left) == ("xxxxxxxx", 2)
    assert str(verify) == "> VERIFY 00 20 00 01  (4 bytes hidden)\n< 63C2 (2 tries left)"
    assert (read.ne, read.response) == (256, "4142")
    assert (broken.data, broken.ne) == ("FF01", 0)
    assert "31323334" not in repr(Trace.parse(text))


def test_names_agree_with_the_command_constructors() -> None:
    turn = Trace.parse(f"atr 3B00\n> {commands.get_challenge(8).encode().hex()}\n< 9000\n").turns[0]
    assert turn.name == "GET CHALLENGE 00 84 00 00"
