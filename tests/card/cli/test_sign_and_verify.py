"""Signing with a mock card and verifying what came out, by the command line alone."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from smartid.cli.verify import walk
from smartid.mockcard.image import CardImage
from smartid.mockcard.pki import ThrowAwayPKI
from tests.unit.signing.pdfs import make_pdf

TEXT = "سارا احمدی با انتقال ۱۲۳٬۴۵۶ ریال موافق است.\n"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def sign(cli, sample):
    card = sample()

    def call(*arguments: object, status: int = 0):
        pins = (card.pin("signature"),)
        outcome = cli("--reader", card.reader, "sign", *map(str, arguments), pins=pins)
        assert outcome.status == status, outcome.err
        return outcome

    return call


@pytest.mark.parametrize(
    ("form", "name"),
    [("cades", "letter.txt.p7m"), ("asice", "letter.asice"), ("jws", None), ("jades", None)],
)
def test_what_the_card_signed_passes(cli, sign, letter, anchors, form, name) -> None:
    if form == "asice":
        pytest.importorskip("lxml")
    made = sign(letter, "--form", form, "--json").document
    assert made["form"] == form
    assert name is None or Path(made["output"]).name == name
    outcome = cli("verify", made["output"], "--trust", anchors, "--json")
    assert outcome.status == 0, outcome.out
    (signature,) = outcome.document["signatures"]
    assert signature["indication"] == "TOTAL-PASSED"
    assert signature["form"] == form
    assert signature["signer"] == made["signer"]
    assert signature["throw_away"]
    assert set(signature["explanation"]) == {"en", "fa"}


def test_a_detached_signature_finds_its_document_and_notices_a_change(cli, sign, letter, anchors) -> None:
    sign(letter, "--detached")
    signature = letter.with_name("letter.txt.p7s")
    passed = cli("verify", str(signature), "--trust", anchors)
    assert passed.status == 0
    assert "found beside the signature" in passed.out
    assert "THROW-AWAY PKI" in passed.out
    assert "امضا معتبر است." in passed.out
    letter.write_text(TEXT.replace("۳", "۹"), encoding="utf-8")
    failed = cli("verify", str(signature), "--trust", anchors)
    assert failed.status == 1
    assert "TOTAL-FAILED / HASH_FAILURE" in failed.out
    letter.unlink()
    lacking = cli("verify", str(signature), "--trust", anchors)
    assert lacking.status == 1
    assert "INDETERMINATE / SIGNED_DATA_NOT_FOUND" in lacking.out
    assert "--content" in lacking.out


def test_content_can_be_named(cli, sign, letter, anchors, tmp_path) -> None:
    sign(letter, "--detached", "-o", tmp_path / "apart.p7s")
    arguments = ("verify", str(tmp_path / "apart.p7s"), "--trust", anchors)
    assert cli(*arguments, "--content", str(letter)).status == 0
    assert cli(*arguments).status == 1


def test_without_anchors_nothing_is_believed(cli, sign, letter) -> None:
    sign(letter)
    outcome = cli("verify", str(letter) + ".p7m", "--json")
    assert outcome.status == 1
    assert outcome.document["signatures"][0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"


def test_a_file_that_is_there_is_not_replaced_and_no_pin_is_spent(cli, sign, letter, sample) -> None:
    sign(letter)
    before = Path(f"{letter}.p7m").read_bytes()
    refused = sign(letter, status=2)
    assert "exists" in refused.err
    assert Path(f"{letter}.p7m").read_bytes() == before
    sign(letter, "--force")
    assert Path(f"{letter}.p7m").read_bytes() != before


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("--level", "T"), 1, "--tsa URL"),
        (("--level", "LT", "--tsa", "http://127.0.0.1:9/"), 1, "--trust DIR"),
        (("--form", "xades", "--level", "T"), 1, "up to level B"),
        (("--visible",), 2, "--form pades"),
    ],
)
def test_what_cannot_be_is_refused_before_a_card_is_looked_for(cli, letter, arguments, status, told) -> None:
    outcome = cli("--reader", "mock:no-such.card", "sign", str(letter), *arguments)
    assert outcome.status == status
    assert told in outcome.err


def test_a_wrong_pin_writes_nothing(cli, sample, letter) -> None:
    card = sample()
    outcome = cli("--reader", card.reader, "sign", str(letter), pins=(card.wrong("signature"),))
    assert outcome.status == 1
    assert [path.name for path in letter.parent.iterdir() if "letter" in path.name] == ["letter.txt"]


def test_a_folder_is_verified_whole(cli, sign, letter, anchors) -> None:
    folder = letter.parent / "post"
    (folder / "deeper").mkdir(parents=True)
    sign(letter, "-o", folder / "a.p7m")
    sign(letter, "--detached", "-o", folder / "deeper" / "b.txt.p7s")
    (folder / "deeper" / "b.txt").write_text(TEXT, encoding="utf-8")
    outcome = cli("verify", str(folder), "--trust", anchors, "--json")
    assert outcome.status == 0, outcome.out
    assert {Path(one["document"]).name for one in outcome.document["files"]} == {"a.p7m", "b.txt.p7s"}
    (folder / "broken.p7m").write_bytes((folder / "a.p7m").read_bytes()[:100])
    (folder / "c.pdf").write_bytes(b"plain")
    outcome = cli("verify", str(folder), "--trust", anchors)
    assert outcome.status == 1
    assert "not verified" in outcome.out
    assert "TOTAL-PASSED" in outcome.out
    assert "THROW-AWAY PKI" in outcome.out


def test_an_empty_folder_is_no_yes(cli, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = cli("verify", str(tmp_path / "empty"), "--json")
    assert (outcome.status, outcome.document) == (1, {"files": []})


def test_reports_are_written(cli, sign, letter, anchors, tmp_path) -> None:
    sign(letter)
    signed = f"{letter}.p7m"
    for name in ("report.html", "report.json"):
        assert cli("verify", signed, "--trust", anchors, "--report", str(tmp_path / name)).status == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "معتبر است" in page
    assert "TOTAL-PASSED" in page
    assert "THROW-AWAY PKI" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert document["signatures"][0]["indication"] == "TOTAL-PASSED"
    refused = cli("verify", signed, "--report", str(tmp_path / "report.doc"))
    assert refused.status == 2


def test_the_time_can_be_named(cli, sign, letter, anchors) -> None:
    sign(letter)
    arguments = ("verify", f"{letter}.p7m", "--trust", anchors, "--json")
    early = cli(*arguments, "--at", "2001-01-01")
    assert early.status == 1
    assert "UTC is taken" in early.err
    assert early.document["signatures"][0]["time"] == "2001-01-01T00:00:00+00:00"
    zoned = cli(*arguments, "--at", "2001-01-01T03:30:00+03:30")
    assert zoned.document["signatures"][0]["time"] == "2001-01-01T00:00:00+00:00"
    assert zoned.err == ""
    assert cli(*arguments, "--at", "yesterday").status == 2


def test_rules_in_a_file_are_obeyed(cli, sign, letter, anchors, tmp_path) -> None:
    sign(letter)
    rules = tmp_path / "rules.toml"
    rules.write_text('certificate_policies = ["2.5.29.99"]\n')
    arguments = ("verify", f"{letter}.p7m", "--trust", anchors, "--policy", str(rules), "--json")
    assert cli(*arguments).document["signatures"][0]["indication"] == "INDETERMINATE"
    rules.write_text("wrong = 1\n")
    assert cli(*arguments).status == 2


@pytest.mark.parametrize("data", [b"", b"plain", b"\x30\x80"])
def test_a_file_of_no_known_format_cannot_be_used(cli, tmp_path, data) -> None:
    (tmp_path / "x.p7s").write_bytes(data)
    outcome = cli("verify", str(tmp_path / "x.p7s"), "--json")
    assert outcome.status == 2
    assert outcome.document["error"]["kind"] == "WrongUsage"


def test_evidence_of_a_reading_is_verified_later(cli, sample, anchors, tmp_path) -> None:
    evidence = tmp_path / "evidence.json"
    assert cli("--reader", sample().reader, "read", "--evidence", str(evidence)).status == 0
    outcome = cli("verify", str(evidence), "--trust", anchors, "--json")
    assert outcome.status == 0
    assert outcome.document["identity"]["indication"] == "TOTAL-PASSED"
    assert cli("verify", str(evidence)).status == 1


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        (b"no PDF", ("--form", "pades")),
        (b"a letter", ("--level", "LT", "--tsa", "http://127.0.0.1:1/")),
    ],
)
def test_a_wrong_pin_is_not_sent_when_something_else_is_in_the_way(
    cli, sample, tmp_path, content, arguments
) -> None:
    """Whoever types the PIN has not typed it for nothing."""
    card, letter = sample(), tmp_path / "letter"
    letter.write_bytes(content)
    if arguments[0] == "--level":
        arguments += ("--trust", str(tmp_path / "other"))
        ThrowAwayPKI.fresh().write_trust(tmp_path / "other")
    outcome = cli("--reader", card.reader, "sign", str(letter), *arguments, pins=(card.wrong("signature"),))
    assert outcome.status in {1, 2}
    assert "PIN" not in outcome.err
    assert CardImage.load(card.path).pins["signature"].tries_left == 3


@pytest.mark.parametrize("form", ["cades", "pades", "xades", "asice", "jws", "jades"])
def test_the_authorities_of_the_store_are_enclosed_for_who_has_only_the_root(
    cli, sign, tmp_path, anchors, form
) -> None:
    pytest.importorskip({"pades": "pyhanko"}.get(form, "lxml"))
    letter = tmp_path / "letter"
    letter.write_bytes(make_pdf() if form == "pades" else b"<letter/>")
    made = Path(sign(letter, "--form", form, "--trust", anchors, "--json").document["output"])
    root = tmp_path / "root"
    root.mkdir()
    for name in ("national-root.pem", "citizen-ca.crl", "national-root.crl"):
        (root / name).write_bytes((Path(anchors) / name).read_bytes())
    assert cli("verify", str(made), "--trust", str(root), "--json").status == 0


def test_a_folder_is_gone_through_in_order_however_deep_it_is(tmp_path) -> None:
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1100):
            Path("d").mkdir()
            os.chdir("d")
        Path("bottom").touch()
        for name in ("a", "e", "e.p7s"):
            (tmp_path / name).touch()
        (tmp_path / "loop").symlink_to(tmp_path)
        assert [path.name for path in walk((tmp_path,))] == ["a", "bottom", "e.p7s"]
    finally:
        os.chdir(here)
        # What pytest clears folders away with has its limits.
        subprocess.run(["rm", "-r", str(tmp_path / "d")], check=True)


def test_a_folder_that_cannot_be_read_stops_no_other_file(tmp_path, monkeypatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "open").touch()
    names = os.listdir

    def refuse(folder: Path) -> list[str]:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied")
        return names(folder)

    monkeypatch.setattr(os, "listdir", refuse)
    assert [path.name for path in walk((tmp_path,))] == ["closed", "open"]


@pytest.mark.parametrize("day", ["1404/01/01", "1404-1-1", "۱۴۰۴/۰۱/۰۱", "۱۴۰۴-۰۱-۰۱T00:00:00+00:00"])
def test_a_day_may_be_a_solar_hijri_one(cli, sign, letter, anchors, day) -> None:
    sign(letter)
    outcome = cli("verify", f"{letter}.p7m", "--trust", anchors, "--at", day, "--json")
    assert outcome.document["signatures"][0]["time"].startswith("2025-03-21T00:00:00")
    assert "Solar Hijri day, 2025-03-21" in outcome.err
    assert cli("verify", f"{letter}.p7m", "--at", "1404/13/01").status == 2
