from __future__ import annotations

import io
import sys
from contextlib import contextmanager

import pytest

from smartid.errors import CardRemoved

SELECT_LDS = "00A4040C07A0000002471001"
NAMES = ("سارا", "AHMADI", "9942400801")


def test_each_command_is_sent_and_its_answer_explained(cli, sample):
    document = cli("--reader", sample().reader, "apdu", SELECT_LDS, "00 B0 81 00 00", "--json").document
    select, read = document["exchanges"]
    assert (select["sw"], select["name"]) == ("9000", "SELECT 00 A4 04 0C")
    assert read["objects"][0]["tag"] == "61"
    assert read["objects"][0]["objects"][0]["tag"] == "5F1F"
    assert bytes.fromhex(read["data"])[0] == 0x61


def test_single_bytes_make_one_command(cli, sample):
    outcome = cli("--reader", sample().reader, "apdu", *["00", "A4", "00", "0C", "02", "3F", "00"], "--json")
    assert [turn["sw"] for turn in outcome.document["exchanges"]] == ["9000"]


def test_a_refusal_is_status_4_and_all_commands_are_sent(cli, sample):
    outcome = cli("--reader", sample().reader, "apdu", "00A4020C021234", "0084000008", "--json")
    assert outcome.status == 4
    assert [turn["sw"] for turn in outcome.document["exchanges"]] == ["6A82", "9000"]


def test_a_pin_command_is_refused_and_never_echoed(cli, sample):
    card = sample()
    block = card.pin().encode().hex() + "FF" * (8 - len(card.pin()))
    verify = f"0020000108{block}"
    refused = cli("--reader", card.reader, "apdu", verify)
    assert refused.status == 2
    allowed = cli("--reader", card.reader, "apdu", "--allow-pin", verify)
    as_json = cli("--reader", card.reader, "apdu", "--allow-pin", verify, "--json")
    assert (allowed.status, as_json.document["exchanges"][0]["sw"]) == (0, "9000")
    for outcome in (refused, allowed, as_json):
        assert block.upper() not in (outcome.out + outcome.err).upper().replace(" ", "")
    assert cli("--reader", card.reader, "apdu", "00200001").status == 0


def test_commands_come_from_standard_input_too(cli, sample, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"00 84 00 00 08\n\n0084000010\n")))
    turns = cli("--reader", sample().reader, "apdu", "-", "--json").document["exchanges"]
    assert [len(turn["data"]) for turn in turns] == [16, 32]


@pytest.mark.parametrize("text", ["0", "00A4", "zz", "00A4040C07A000", "", "۰۰A4040C"])
def test_bad_hexadecimal_is_wrong_usage(cli, sample, text):
    outcome = cli("--reader", sample().reader, "apdu", "--json", "--", text)
    assert outcome.status == 2


def test_a_masked_recording_shows_no_holder_and_cannot_be_played(cli, sample, tmp_path):
    trace = tmp_path / "card.trace"
    recorded = cli("--reader", sample().reader, "trace", "record", str(trace), "--json")
    assert recorded.document["exchanges"] > 10
    shown = cli("trace", "show", str(trace))
    assert "READ BINARY" in shown.out
    text = trace.read_text()
    for name in NAMES:
        assert name.encode().hex().upper() not in text.upper()
    played = cli("trace", "play", str(trace), "--json")
    assert (played.status, played.document["error"]["kind"]) == (4, "TraceMismatch")
    assert "--personal" in played.document["error"]["message"]


def test_a_personal_recording_plays_to_the_same_identity_and_verdict(cli, sample, tmp_path, anchors):
    card, trace = sample(), tmp_path / "card.trace"
    cli("--reader", card.reader, "trace", "record", str(trace), "--personal")
    live = cli("--reader", card.reader, "read", "--json").document
    played = cli("trace", "play", str(trace), "--trust", anchors, "--json")
    assert played.status == 0
    assert played.document["identity"] == live["identity"]
    assert played.document["verdict"]["indication"] == "TOTAL-PASSED"
    assert played.document["verdict"]["checks"][-1]["name"] == "recording"
    assert "recording" not in {check["name"] for check in live["verdict"]["checks"]}
    same = cli("--reader", f"trace:{trace}", "read", "--json").document
    assert same["identity"] == live["identity"]


def test_the_portrait_plays_too(cli, sample, tmp_path):
    trace, photo = tmp_path / "card.trace", tmp_path / "photo.jpg"
    cli("--reader", sample().reader, "trace", "record", str(trace), "--personal", "--portrait")
    assert cli("trace", "play", str(trace), "--photo", str(photo)).status == 0
    assert photo.read_bytes()[:2] == b"\xff\xd8"


def test_show_as_a_document(cli, sample, tmp_path):
    trace = tmp_path / "card.trace"
    cli("--reader", sample().reader, "trace", "record", str(trace))
    document = cli("trace", "show", str(trace), "--json").document
    assert bytes.fromhex(document["atr"])[0] == 0x3B
    assert {"line", "name", "data", "response", "sw", "meaning"} == set(document["exchanges"][0])


def test_a_trace_that_is_none(cli, tmp_path):
    broken = tmp_path / "broken.trace"
    broken.write_text("> 00A4\n")
    assert cli("trace", "show", str(broken)).status == 4
    assert cli("trace", "play", str(tmp_path / "absent.trace")).status == 2
    assert cli("--reader", f"trace:{broken}", "trace", "record", str(tmp_path / "x")).status == 2


def test_a_presented_pin_is_forgotten_when_the_command_ends(cli, sample, monkeypatch):
    from smartid.mockcard.card import InsertedCard

    resets = []
    reset = InsertedCard.reset
    monkeypatch.setattr(InsertedCard, "reset", lambda self: (resets.append(self), reset(self)))
    card = sample()
    block = card.pin().encode().hex() + "FF" * (8 - len(card.pin()))
    cli("--reader", card.reader, "apdu", "0084000008")
    assert resets == []
    cli("--reader", card.reader, "apdu", "--allow-pin", f"0020000108{block}")
    assert len(resets) == 1


def test_a_presented_pin_is_forgotten_before_others_are_let_in(monkeypatch):
    """Between the end of the transaction and a later reset another program could use the PIN."""
    from smartid.cli import apdu

    happened = []

    class Pipe:
        def transmit(self, command):
            happened.append("verify")
            return b"\x90\x00"

        @contextmanager
        def transaction(self):
            yield self
            happened.append("others")

        def reset(self):
            happened.append("reset")

    apdu._send(Pipe(), [apdu.parse("0020000108 3132333435363738")])
    assert happened == ["verify", "reset", "others"]


def test_a_card_that_left_with_the_pin_is_a_removed_card(cli, sample, monkeypatch):
    from smartid.mockcard.card import MockCard

    def pulled(self, command):
        raise CardRemoved("The card was pulled out.")

    monkeypatch.setattr(MockCard, "transmit", pulled)
    card = sample()
    outcome = cli("--reader", card.reader, "apdu", "--allow-pin", "00200001083132333435363738", "--json")
    assert outcome.status == 4
    assert outcome.document["error"]["kind"] == "CardRemoved"
