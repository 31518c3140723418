from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from smartid.cli import checkup
from smartid.cli.checkup_trust import trust_store
from smartid.cli.finding import State
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bench(virtual_reader: None) -> Iterator[PrivatePCSC]:
    with PrivatePCSC() as service:
        yield service


def _start(bench: PrivatePCSC, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "smartid", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **bench.environment, "PYTHONPATH": str(ROOT)},
    )


def _run(bench: PrivatePCSC, *arguments: str) -> tuple[int, str, str]:
    with _start(bench, *arguments) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_mock_card_is_listed_with_the_reason(cli, sample):
    card = sample("sara", "iran_nid")
    [reader] = cli("--reader", card.reader, "readers", "--json").document["readers"]
    assert (reader["name"], reader["state"], reader["profile"]) == (card.reader, "card", "iran_nid")
    assert "iran_nid_pardis" in reader["candidates"]
    assert "ias, card manager" in reader["why"]
    assert "کارت" not in cli("--reader", card.reader, "readers").err


def test_readers_watch_tells_insertion_and_removal(bench, sample):
    card = sample()
    with _start(bench, "readers", "--watch", "--json") as watching:
        lines = iter(watching.stdout)
        first = [json.loads(next(lines)) for _ in range(2)]
        with MockCard.open(card.path) as mock, mock.serve(bench.ports[0]):
            inserted = json.loads(next(lines))
        removed = json.loads(next(lines))
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=30)
    assert {(event["event"], event["reader"]["state"]) for event in first} == {("present", "empty")}
    assert inserted["event"] == "inserted"
    assert inserted["reader"]["profile"] == "national_reference"
    assert (removed["event"], removed["reader"]["state"]) == ("removed", "empty")
    assert watching.returncode == 130


def test_no_card_and_no_such_reader_are_status_3(bench):
    status, out, _ = _run(bench, "read", "--json")
    assert (status, json.loads(out)["error"]["kind"]) == (3, "NoCard")
    for command in (["read"], ["readers"], ["apdu", "00840000"]):
        status, out, _ = _run(bench, "--reader", "shoe", *command, "--json")
        assert (status, json.loads(out)["error"]["kind"]) == (3, "NoReader")
        assert bench.reader_names[0] in json.loads(out)["error"]["message"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_insert_until_interrupted(bench, sample, number):
    card = sample()
    with _start(
        bench, "mock", "insert", str(card.path), "--port", str(bench.ports[0]), "--json"
    ) as inserting:
        for line in inserting.stdout:
            if line == "}\n":
                break
        status, out, err = _run(bench, "pin", "status", "--json", "--wait", "10")
        inserting.send_signal(number)
        inserting.wait(timeout=30)
    assert status == 0, err
    assert {pin["tries_left"] for pin in json.loads(out)["pins"]} == {3, 10}
    assert inserting.returncode == 0


def test_no_service_is_status_3_and_the_error_names_the_mock(clean_home):
    done = subprocess.run(
        [sys.executable, "-m", "smartid", "readers", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm", "PYTHONPATH": str(ROOT)},
    )
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["kind"]) == (3, "NoService")
    assert "mock:FILE.card" in error["remedy"]
    doctor = subprocess.run(
        [sys.executable, "-m", "smartid", "doctor", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm", "PYTHONPATH": str(ROOT)},
    )
    states = {check["name"]: check["state"] for check in json.loads(doctor.stdout)["checks"]}
    assert (doctor.returncode, states["service"]) == (3, "problem")


def test_doctor_is_well_with_a_mock_card(cli, sample):
    outcome = cli("--reader", sample().reader, "doctor", "--json")
    assert (outcome.status, outcome.document["well"]) == (0, True)
    assert all(set(check) == {"name", "state", "detail", "remedy"} for check in outcome.document["checks"])
    assert "national_reference" in cli("--reader", sample().reader, "doctor").out


def test_doctor_through_pcsc(bench, sample):
    status, out, _ = _run(bench, "doctor", "--json")
    states = {check["name"]: check["state"] for check in json.loads(out)["checks"]}
    assert (status, states["service"], states["reader"], states["card"]) == (3, "well", "well", "problem")
    with MockCard.open(sample().path) as mock, mock.serve(bench.ports[0]):
        _run(bench, "pin", "status", "--wait", "10")
        status, out, _ = _run(bench, "doctor", "--json")
    assert (status, json.loads(out)["well"]) == (0, True)


def test_a_clock_before_the_program_was_built_is_wrong():
    assert checkup.clock(date(1970, 1, 1)).state is State.PROBLEM
    assert checkup.clock(checkup.BUILT).state is State.WELL
    assert checkup.clock(date(2105, 1, 1)).state is State.PROBLEM


def test_a_terminal_that_cannot_show_persian_is_noted():
    assert checkup.terminal("utf-8").state is State.WELL
    assert checkup.terminal("iso8859-1").state is State.NOTE


def test_the_trust_store_is_looked_at(clean_home, anchors, monkeypatch, tmp_path):
    now = datetime.now(UTC)
    (nothing,) = trust_store(now)
    assert nothing.state is State.NOTE
    monkeypatch.setenv("SMARTID_TRUST", anchors)
    store, lists = trust_store(now)
    assert "throw-away" in store.detail
    assert (lists.state, lists.detail) == (State.WELL, "3 revocation lists, up to date.")
    (tmp_path / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("SMARTID_TRUST", str(tmp_path))
    assert [finding.state for finding in trust_store(now)] == [State.PROBLEM]


def test_what_is_out_of_date_in_the_trust_store_is_named(clean_home, anchors, monkeypatch):
    monkeypatch.setenv("SMARTID_TRUST", anchors)
    store, lists = trust_store(datetime.now(UTC) + timedelta(days=365 * 100))
    assert (store.state, lists.state) == (State.NOTE, State.NOTE)
    assert "Expired: C=IR" in store.detail
    assert "Out of date: CRL of C=IR" in lists.detail
    assert store.remedy
    assert lists.remedy


def test_the_package_that_takes_pyscards_place_is_recognised(monkeypatch):
    real = checkup.importlib.util.find_spec

    def without(*names: str):
        return lambda name: None if name in names else real(name)

    monkeypatch.setattr(checkup.importlib.util, "find_spec", without("smartcard.scard"))
    assert "pip uninstall -y smartcard" in checkup.pyscard().remedy
    monkeypatch.setattr(checkup.importlib.util, "find_spec", without("smartcard"))
    assert "pip install pyscard" in checkup.pyscard().remedy


def test_a_card_file_cannot_be_watched(cli, sample):
    outcome = cli("--reader", sample().reader, "readers", "--watch", "--json")
    assert (outcome.status, outcome.document["error"]["kind"]) == (2, "WrongUsage")
