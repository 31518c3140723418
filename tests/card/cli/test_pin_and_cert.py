from __future__ import annotations

import shutil
import subprocess

import pytest


def _tries(cli, card, name="identity"):
    document = cli("--reader", card.reader, "pin", "status", name, "--json").document
    return document["pins"][0]["tries_left"]


def test_status_spends_nothing(cli, sample):
    card = sample()
    for _ in range(3):
        document = cli("--reader", card.reader, "pin", "status", "--json").document
        assert {pin["name"]: pin["tries_left"] for pin in document["pins"]} == {
            "identity": 3,
            "signature": 3,
            "puk": 10,
        }
    assert "رمز امضا" in cli("--reader", card.reader, "pin", "status").out


def test_verify_right_and_wrong(cli, sample):
    card = sample()
    assert cli("--reader", card.reader, "pin", "verify", "identity", pins=(card.pin(),)).status == 0
    wrong = cli("--reader", card.reader, "pin", "verify", "identity", "--json", pins=(card.wrong(),))
    assert (wrong.status, wrong.document["error"]["kind"]) == (1, "WrongPIN")
    assert _tries(cli, card) == 2


def test_without_a_name_the_identity_pin_is_meant(cli, sample):
    card = sample()
    assert (
        cli("--reader", card.reader, "pin", "verify", "--json", pins=(card.pin(),)).document["name"]
        == "identity"
    )
    assert cli("--reader", card.reader, "pin", "change", pins=(card.pin(), "864209")).status == 0
    assert cli("--reader", card.reader, "pin", "verify", pins=("864209",)).status == 0


def test_the_last_try_is_refused_until_it_is_offered(cli, sample):
    card = sample()
    arguments = ("--reader", card.reader, "pin", "verify", "identity", "--json")
    for _ in range(2):
        cli(*arguments, pins=(card.wrong(),))
    refused = cli(*arguments, pins=(card.wrong(),))
    assert (refused.status, refused.document["error"]["kind"]) == (1, "LastTryRefused")
    assert _tries(cli, card) == 1
    spent = cli(*arguments, "--last-try", pins=(card.wrong(),))
    assert (spent.status, spent.document["error"]["kind"]) == (1, "PINBlocked")
    assert _tries(cli, card) == 0


def test_change_takes_two_lines(cli, sample):
    card = sample()
    arguments = ("--reader", card.reader, "pin")
    assert cli(*arguments, "change", "identity", pins=(card.pin(), "987654")).status == 0
    assert cli(*arguments, "verify", "identity", pins=("987654",)).status == 0
    assert cli(*arguments, "verify", "identity", pins=(card.pin(),)).status == 1


def test_unblock_takes_the_puk_and_the_new_pin(cli, sample):
    card = sample("maryam")
    arguments = ("--reader", card.reader, "pin")
    assert _tries(cli, card) == 0
    assert cli(*arguments, "unblock", "identity", pins=(card.pin("puk"), "24680")).status == 0
    assert cli(*arguments, "verify", "identity", pins=("24680",)).status == 0


@pytest.mark.parametrize("digits", ["12", "abcd", "123456789", ""])
def test_a_pin_of_impossible_form_is_wrong_usage_and_spends_nothing(cli, sample, digits):
    card = sample()
    assert cli("--reader", card.reader, "pin", "verify", "identity", pins=(digits,)).status == 2
    assert _tries(cli, card) == 3


def test_persian_digits_are_digits(cli, sample):
    card = sample()
    persian = card.pin().translate({ord("0") + n: chr(0x06F0 + n) for n in range(10)})
    assert cli("--reader", card.reader, "pin", "verify", "identity", pins=(persian,)).status == 0


def test_a_pin_that_the_card_does_not_have(cli, sample):
    outcome = cli("--reader", sample().reader, "pin", "status", "admin", "--json")
    assert (outcome.status, outcome.document["error"]["kind"]) == (4, "UnsupportedFeature")


def test_a_descriptor_that_is_not_open(cli, sample):
    card = sample()
    outcome = cli("--reader", card.reader, "pin", "verify", "identity", "--pin-fd", "987", "--json")
    assert (outcome.status, outcome.document["error"]["kind"]) == (2, "PINFormatError")
    assert _tries(cli, card) == 3


@pytest.mark.parametrize("words", [("1234",), ("identity", "1234"), ("۱۲۳۴",), ("identity", "x", "1234")])
@pytest.mark.parametrize("action", ["verify", "change", "unblock"])
def test_a_pin_is_never_an_argument_and_never_repeated(cli, sample, action, words):
    outcome = cli("--reader", sample().reader, "pin", action, *words)
    assert outcome.status == 2
    assert "never an argument" in outcome.err
    assert words[-1] not in outcome.out + outcome.err


def test_more_words_than_a_name_are_refused(cli, sample):
    assert cli("--reader", sample().reader, "pin", "verify", "identity", "please").status == 2


def test_no_pin_of_the_card_shows_in_any_output(cli, sample):
    card = sample()
    outputs = [
        cli("--reader", card.reader, "pin", "verify", name, "--debug", pins=(digits,))
        for name in ("identity", "signature")
        for digits in (card.pin(name), card.wrong(name))
    ]
    shown = "".join(outcome.out + outcome.err for outcome in outputs)
    for name in ("identity", "signature"):
        assert card.pin(name) not in shown
        assert card.wrong(name) not in shown


def test_cert_list_and_export(cli, sample, tmp_path):
    card = sample()
    listed = cli("--reader", card.reader, "cert", "list", "--json").document["certificates"]
    assert [found["purpose"] for found in listed][2:] == ["key management", "transaction"]
    assert cli("--reader", card.reader, "cert", "export", "signature").out.startswith("-----BEGIN CERT")
    assert cli("--reader", card.reader, "cert", "export", "--all").out.count("BEGIN CERTIFICATE") == 4
    assert cli("--reader", card.reader, "cert", "export").status == 2
    assert cli("--reader", card.reader, "cert", "export", "shoe").status == 2
    assert cli("--reader", card.reader, "cert", "export", "--all", "--der").status == 2


def test_openssl_reads_what_is_exported_and_agrees_on_names(cli, sample, tmp_path):
    """Witness: OpenSSL's own RFC 2253 form of the subject and its SHA-256."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    card = sample()
    target = tmp_path / "auth.der"
    cli("--reader", card.reader, "cert", "export", "authentication", "--der", "-o", str(target))
    mine = cli("--reader", card.reader, "cert", "list", "--json").document["certificates"][0]
    options = [
        "-nameopt",
        "RFC2253,-esc_msb,utf8",
        "-noout",
        "-subject",
        "-issuer",
        "-fingerprint",
        "-sha256",
    ]
    told = subprocess.run(
        [openssl, "x509", "-inform", "DER", "-in", str(target), *options],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = dict(line.split("=", 1) for line in told.splitlines())
    assert lines["subject"] == mine["subject"]
    assert lines["issuer"] == mine["issuer"]
    fingerprint = next(value for key, value in lines.items() if key.lower().startswith("sha256"))
    assert fingerprint.replace(":", "").lower() == mine["sha256"]
