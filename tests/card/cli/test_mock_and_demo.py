from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartid.identity.evidence import Evidence
from smartid.mockcard.citizens import CITIZENS
from smartid.profiles.registry import PROFILES
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.trust.verifier import Verifier


def test_list_has_the_promised_members(cli):
    document = cli("mock", "list", "--json").document
    assert [citizen["id"] for citizen in document["citizens"]] == list(CITIZENS)
    assert document["profiles"] == [profile.name for profile in PROFILES]
    assert "سارا احمدی" in cli("mock", "list").out


def test_new_says_that_a_revoked_card_needs_a_fresh_list(cli, tmp_path):
    assert "mock trust" in cli("mock", "new", "leila", "-o", str(tmp_path / "leila.card")).out
    assert "mock trust" not in cli("mock", "new", "sara", "-o", str(tmp_path / "sara.card")).out


def test_new_prints_exactly_what_is_promised_and_the_card_works(cli, tmp_path):
    card = tmp_path / "new.card"
    document = cli("mock", "new", "sara", "--output", str(card), "--json").document
    assert set(document) == {"card", "citizen", "profile", "pins"}
    assert (document["card"], document["citizen"], document["profile"]) == (
        str(card),
        "sara",
        "national_reference",
    )
    assert set(document["pins"]) == {"identity", "signature", "puk"}
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    reader = f"mock:{card}"
    for name, digits in document["pins"].items():
        if name != "puk":
            assert cli("--reader", reader, "pin", "verify", name, pins=(digits,)).status == 0
    folder = tmp_path / "anchors"
    trust = cli("mock", "trust", str(folder), "--json").document
    assert "README.txt" in trust["files"]
    assert cli("--reader", reader, "read", "--trust", str(folder), "--json").status == 0


def test_profiles_without_a_pin_have_null(cli, tmp_path):
    card = tmp_path / "nid.card"
    document = cli("mock", "new", "reza", "--profile", "iran_nid", "--output", str(card), "--json").document
    assert document["pins"]["identity"]
    assert document["pins"]["signature"] is None
    assert document["pins"]["puk"] is None


def test_new_takes_no_unknown_names_and_replaces_nothing_by_itself(cli, sample, tmp_path):
    assert cli("mock", "new", "nobody").status == 2
    assert cli("mock", "new", "sara", "--profile", "none").status == 2
    card = sample()
    before = card.path.read_bytes()
    assert cli("mock", "new", "sara", "--output", str(card.path)).status == 2
    assert card.path.read_bytes() == before
    assert cli("mock", "insert", str(tmp_path / "absent.card")).status == 2


def test_insert_without_a_virtual_reader_is_status_3(cli, sample):
    outcome = cli("mock", "insert", str(sample().path), "--port", "1", "--json")
    assert (outcome.status, outcome.document["error"]["kind"]) == (3, "NoReader")


def test_a_card_in_use_is_busy(cli, sample):
    from smartid.mockcard.card import MockCard

    card = sample()
    with MockCard.open(card.path):
        outcome = cli("--reader", card.reader, "read", "--json")
    assert (outcome.status, outcome.document["error"]["kind"]) == (4, "ReaderBusy")
    assert cli("--reader", card.reader, "read").status == 0


def test_the_tour_without_pcsc(cli, tmp_path):
    keep = tmp_path / "kept"
    outcome = cli("demo", "--in-process", "--keep", str(keep), "--json")
    assert outcome.status == 0
    outcomes = {step["step"]: step["outcome"] for step in outcome.document["steps"]}
    assert list(outcomes) == [
        "cards",
        "reader",
        "read",
        "login",
        "sign",
        "verify",
        "wrong_pin",
        "pay",
        "clone",
    ]
    assert outcomes["read"]["verdict"] == "TOTAL-PASSED"
    assert outcomes["login"]["holder"] == "سارا احمدی, 9942400801"
    assert outcomes["login"]["replayed"].startswith("No login is open here")
    assert outcomes["verify"]["document"] == "TOTAL-PASSED"
    assert outcomes["verify"]["changed_document"] == "TOTAL-FAILED / HASH_FAILURE"
    assert "50,000 rials" in outcomes["pay"]["asked"]
    assert outcomes["pay"]["ten_times"]
    assert outcomes["pay"]["paid_once"] == "the same receipt, paid once"
    assert outcomes["clone"]["verdict"].startswith("TOTAL-FAILED")
    assert "2 tries" in outcomes["wrong_pin"]["wrong"]
    assert {path.name for path in keep.iterdir()} >= {"sara.card", "kaveh.card", "trust"}
    assert cli("demo", "--in-process", "--keep", str(keep)).status == 2
    persian = cli("demo", "--in-process", "--lang", "fa")
    assert "رونوشت شناخته می‌شود" in persian.out
    assert "۲ فرصت مانده است" in persian.out
    assert not re.search(r"\b(bytes|tries|worth|chip|verified)\b", persian.out)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder for temporary files that a service of another user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="tour-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def _smartid(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """The command in a process of its own, as a user starts it."""
    root = Path(__file__).resolve().parents[3]
    return subprocess.Popen(
        [sys.executable, "-m", "smartid", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root), **(environment or {})},
    )


def _first_document(process: subprocess.Popen[str]) -> dict:
    text = ""
    for line in process.stdout:
        text += line
        if line == "}\n":
            return json.loads(text)
    raise AssertionError(f"no document, but {text!r} and {process.stderr.read()!r}")


def _processes_of(folder: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if folder in command:
                found.append(command)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("virtual_reader", "clean_home")
def test_serve_shows_the_card_to_pcsc_programs_and_leaves_nothing(sample, anchors, number):
    card = sample()
    with _smartid("mock", "serve", str(card.path), "--json") as serving:
        try:
            document = _first_document(serving)
            environment = document["environment"]
            socket = environment["PCSCLITE_CSOCK_NAME"]
            with _smartid(
                "read", "--trust", anchors, "--json", "--wait", "10", environment=environment
            ) as reading:
                out, err = reading.communicate(timeout=60)
            assert reading.returncode == 0, err
            read = json.loads(out)
            with _smartid("readers", "--json", environment=environment) as listing:
                listed = json.loads(listing.communicate(timeout=60)[0])["readers"]
        finally:
            serving.send_signal(number)
            serving.wait(timeout=30)
    assert serving.returncode == 0
    assert read["verdict"]["indication"] == "TOTAL-PASSED"
    assert read["reader"] in document["readers"]
    found = [reader for reader in listed if reader["state"] == "card"]
    assert [reader["profile"] for reader in found] == ["national_reference"]
    assert "lds, pkcs15" in found[0]["why"]
    assert not Path(socket).exists()
    assert _processes_of(str(Path(socket).parent)) == []


@pytest.mark.usefixtures("virtual_reader", "clean_home")
def test_the_tour_through_pcsc_leaves_nothing(open_folder):
    with _smartid("demo", "--json", environment={"TMPDIR": str(open_folder)}) as touring:
        out, err = touring.communicate(timeout=120)
    assert touring.returncode == 0, err
    outcomes = {step["step"]: step["outcome"] for step in json.loads(out)["steps"]}
    assert outcomes["reader"]["reader"]
    assert "in this process" not in outcomes["reader"]["reader"]
    assert outcomes["read"]["verdict"] == "TOTAL-PASSED"
    assert outcomes["clone"]["verdict"].startswith("TOTAL-FAILED")
    assert list(open_folder.iterdir()) == []
    assert _processes_of(str(open_folder)) == []


@pytest.mark.usefixtures("virtual_reader", "clean_home")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_tour_leaves_nothing_either(open_folder, number):
    with _smartid("demo", environment={"TMPDIR": str(open_folder), "PYTHONUNBUFFERED": "1"}) as touring:
        for line in touring.stdout:
            if line.startswith("3."):
                touring.send_signal(number)
                break
        touring.communicate(timeout=60)
    assert touring.returncode == 130
    assert list(open_folder.iterdir()) == []
    assert _processes_of(str(open_folder)) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("clean_home")
def test_the_authority_answers_until_it_is_told_to_stop(number):
    with _smartid("mock", "authority", "--json") as serving:
        try:
            addresses = _first_document(serving)["addresses"]
            assert set(addresses) == {
                *("tsa", "ocsp", "master list"),
                *("crl national-root", "crl citizen-ca", "crl csca"),
            }
            with urllib.request.urlopen(addresses["crl csca"], timeout=10) as answer:
                assert answer.headers["Content-Type"] == "application/pkix-crl"
            port = addresses["tsa"].split(":")[2].split("/")[0]
            with _smartid("mock", "authority", "--port", port) as second:
                _, err = second.communicate(timeout=60)
            assert second.returncode == 2
            assert f"Port {port} cannot be used" in err
        finally:
            serving.send_signal(number)
            serving.wait(timeout=30)
    assert serving.returncode == 0


def test_evidence_is_private_and_is_judged_elsewhere(cli, sample, anchors, tmp_path):
    file = tmp_path / "sara.evidence"
    done = cli("--reader", sample().reader, "read", "--evidence", str(file))
    assert done.status == 0
    assert "personal data" in done.err
    assert file.stat().st_mode & 0o777 == 0o600
    evidence = Evidence.from_json(file.read_text(encoding="utf-8"))
    verifier = Verifier(Policy(anchors=TrustStore.from_folder(anchors)))
    assert verifier.assess(evidence).passed
