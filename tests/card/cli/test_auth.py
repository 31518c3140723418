"""``smartid auth``: a token made with a mock card, and judged, by the command line alone."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ORIGIN, NONCE = "https://example.ir", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SITE = ("--origin", ORIGIN, "--nonce", NONCE)


@pytest.fixture
def make(cli, sample):
    def call(*arguments: str, who: str = "sara", site: tuple[str, ...] = SITE, status: int = 0):
        card = sample(who)
        outcome = cli("--reader", card.reader, "auth", "token", *site, *arguments, pins=(card.pin(),))
        assert outcome.status == status, outcome.err
        return outcome

    return call


@pytest.fixture
def judge(cli, anchors, tmp_path):
    def call(token: str | bytes, *arguments: str, site: tuple[str, ...] = SITE, trust: bool = True):
        file = tmp_path / "token.json"
        file.write_bytes(token if isinstance(token, bytes) else token.encode())
        beside = ("--trust", anchors) if trust else ()
        return cli("auth", "verify", *site, *beside, *arguments, str(file))

    return call


def test_a_token_is_made_and_accepted(make, judge) -> None:
    made = make("--json")
    assert set(made.document) == {
        "unverifiedCertificate",
        "algorithm",
        "signature",
        "format",
        "appVersion",
    }
    assert make().document.keys() == made.document.keys()
    outcome = judge(made.out, "--json")
    assert outcome.status == 0
    assert outcome.document == {
        "accepted": True,
        "reason": None,
        "identity": {"national_number": "9942400801", "given_names": "سارا", "family_name": "احمدی"},
    }


def test_people_read_who_it_is_and_that_the_card_is_a_mock(make, judge) -> None:
    outcome = judge(make().out)
    assert outcome.status == 0
    for words in ("Accepted", "پذیرفته است", "9942400801", "احمدی", "TOTAL-PASSED", "THROW-AWAY PKI"):
        assert words in outcome.out


def test_a_token_goes_to_a_file(make, cli, anchors, tmp_path) -> None:
    file = tmp_path / "t.json"
    told = make("-o", str(file))
    assert told.out == f"Written: {file}\n"
    assert make("-o", str(file), "--json").document == json.loads(file.read_text())
    assert cli("auth", "verify", *SITE, "--trust", anchors, str(file)).status == 0


def test_format_1_1_takes_the_certificate_for_signatures_along(make, judge) -> None:
    made = make("--format", "1.1")
    assert made.document["format"] == "web-eid:1.1"
    (signing,) = made.document["unverifiedSigningCertificates"]
    assert {"cryptoAlgorithm": "ECC", "hashFunction": "SHA-384", "paddingScheme": "NONE"} in signing[
        "supportedSignatureAlgorithms"
    ]
    assert judge(made.out).status == 0
    swapped = made.document
    swapped["unverifiedSigningCertificates"][0]["certificate"] = swapped["unverifiedCertificate"]
    outcome = judge(json.dumps(swapped), "--json")
    assert (outcome.status, outcome.document["reason"]) == (1, "signing_certificate")


@pytest.mark.parametrize(
    ("site", "reason"),
    [
        (("--origin", "https://example.org", "--nonce", NONCE), "signature_invalid"),
        (("--origin", ORIGIN, "--nonce", NONCE[::-1]), "signature_invalid"),
    ],
)
def test_another_challenge_is_refused(make, judge, site, reason) -> None:
    outcome = judge(make().out, "--json", site=site)
    assert outcome.status == 1
    assert outcome.document == {"accepted": False, "reason": reason, "identity": None}
    told = judge(make().out, site=site)
    assert told.status == 1
    for words in (reason, "did not sign this login", "Check the address", "امضا نکرده است"):
        assert words in told.out


@pytest.mark.parametrize("text", ["", "{}", "x" * 500, '{"a": 1, "a": 1}' + " " * 200, b"\xff" * 300])
def test_what_is_no_token_is_refused_and_no_wrong_usage(judge, text) -> None:
    outcome = judge(text, "--json")
    assert (outcome.status, outcome.document["reason"]) == (1, "token_malformed")


def test_a_file_without_end_is_read_in_part(cli, anchors) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("there is no /dev/zero")
    outcome = cli("auth", "verify", *SITE, "--trust", anchors, "--json", "/dev/zero")
    assert (outcome.status, outcome.document["reason"]) == (1, "token_malformed")


def test_the_token_comes_through_standard_input(make, cli, anchors, monkeypatch) -> None:
    text = make().out

    class Input:
        buffer = io.BytesIO(text.encode())

    monkeypatch.setattr(sys, "stdin", Input)
    assert cli("auth", "verify", *SITE, "--trust", anchors, "-").status == 0


@pytest.mark.parametrize(
    ("who", "reason"), [("hamid", "certificate_expired"), ("kaveh", "signature_invalid")]
)
def test_a_bad_card_is_refused(make, judge, who, reason) -> None:
    outcome = judge(make(who=who).out, "--json")
    assert (outcome.status, outcome.document["reason"]) == (1, reason)


def test_the_time_is_given_in_either_calendar(make, judge) -> None:
    text = make().out
    early = judge(text, "--json", "--at", "1390/01/01")
    assert early.document["reason"] == "certificate_not_yet_valid"
    late = judge(text, "--json", "--at", "2035-01-01T00:00:00+03:30")
    assert late.document["reason"] == "certificate_expired"


def test_without_anchors_nobody_is_trusted(make, judge) -> None:
    outcome = judge(make().out, trust=False)
    assert outcome.status == 1
    assert "certificate_untrusted" in outcome.out
    assert "--trust DIR" in outcome.out


@pytest.mark.parametrize(
    "site",
    [
        ("--origin", "http://example.ir", "--nonce", NONCE),
        ("--origin", "https://example.ir/", "--nonce", NONCE),
        ("--origin", "https://EXAMPLE.ir", "--nonce", NONCE),
        ("--origin", "https://example.ir", "--nonce", "short"),
        ("--origin", "https://example.ir", "--nonce", "n" * 129),
        ("--origin", "https://example.ir"),
        ("--nonce", NONCE),
    ],
)
def test_a_challenge_that_is_none_is_wrong_usage(cli, sample, anchors, tmp_path, site: Any) -> None:
    file = tmp_path / "token.json"
    file.write_text("{}")
    assert cli("auth", "verify", *site, "--trust", anchors, str(file)).status == 2
    card = sample()
    assert cli("--reader", card.reader, "auth", "token", *site, pins=(card.pin(),)).status == 2


def test_other_wrong_usage(cli, anchors, tmp_path, make) -> None:
    assert cli("auth", "verify", *SITE, "--trust", anchors, str(tmp_path / "none")).status == 2
    assert cli("auth", "verify", *SITE, "--trust", anchors, str(tmp_path)).status == 2
    file = tmp_path / "t"
    file.write_text("{}")
    assert cli("auth", "verify", *SITE, "--at", "yesterday", str(file)).status == 2
    make("--format", "2.0", status=2)
    assert cli("auth", "nothing").status == 2
    assert cli("auth").status == 2


def test_a_wrong_pin_makes_no_token(cli, sample) -> None:
    card = sample()
    outcome = cli("--reader", card.reader, "auth", "token", *SITE, pins=(card.wrong(),))
    assert outcome.status == 1
    assert "unverifiedCertificate" not in outcome.out
    assert card.pin() not in outcome.err


def test_the_iranian_card_says_that_it_cannot(cli, sample) -> None:
    card = sample("sara", "iran_nid")
    outcome = cli("--reader", card.reader, "auth", "token", *SITE, "--json", pins=("1234",))
    assert (outcome.status, outcome.document["error"]["kind"]) == (4, "UnsupportedFeature")
