from __future__ import annotations

import dataclasses
import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from smartid.errors import EncodingError
from smartid.identity.dates import PartialDate
from smartid.identity.evidence import MAX_JSON_LENGTH, ActiveAuthentication, Evidence
from smartid.identity.model import (
    ESSENTIAL,
    CertificateClaim,
    Field,
    Identity,
    Portrait,
    Purpose,
    Reading,
    Sex,
)

PERSON = Identity(
    national_number="0013542419",
    family_name="نمونه\u200cپور",
    given_names_latin="Ame\u0301lie",
    birth_date=PartialDate(1990, 3),
    sex=Sex.FEMALE,
    expiry_date=date(2031, 1, 2),
)
EVIDENCE = Evidence(
    profile="icao-emrtd",
    atr=bytes.fromhex("3B8880018091E165D0004600D5"),
    read_at=datetime(2026, 1, 31, 13, 0, tzinfo=timezone(timedelta(hours=3, minutes=30))),
    files={"DG1": b"\x61\x00", "SOD": bytes(range(256))},
    certificates={"authentication": b"0\x00"},
    active_authentication=ActiveAuthentication(challenge=bytes(8), response=b"\x01" * 128),
)
READING = Reading(
    profile="icao-emrtd",
    reader="Reader 00",
    atr=EVIDENCE.atr,
    identity=PERSON,
    evidence=EVIDENCE,
    portrait=Portrait(media_type="image/jpeg", data=b"\xff\xd8\xff", width=2, height=3),
    certificates=(CertificateClaim(purpose=Purpose.AUTHENTICATION, der=b"0\x00"),),
    locked=frozenset({Field.ADDRESS}),
)


def test_identity_is_ready_for_json() -> None:
    assert json.loads(json.dumps(PERSON.as_dict())) == {
        "national_number": "0013542419",
        "family_name": "نمونه\u200cپور",
        "given_names_latin": "Am\u00e9lie",
        "birth_date": "1990-03",
        "sex": "F",
        "expiry_date": "2031-01-02",
    }
    assert type(PERSON.as_dict()["sex"]) is str


@pytest.mark.parametrize("value", [PERSON, EVIDENCE, READING, READING.portrait, READING.certificates[0]])
def test_repr_spills_nothing(value: object) -> None:
    shown = f"{value!r} {value}"
    for secret in ("0013542419", "نمونه", "1990", "2031", "\\x", "b'"):
        assert secret not in shown


def test_repr_names_what_is_there() -> None:
    assert repr(Identity(sex=Sex.MALE, address="…")) == "Identity(sex, address)"
    assert repr(Identity()) == "Identity(empty)"


def test_fields_are_the_attributes_of_identity() -> None:
    names = [field.name for field in dataclasses.fields(Identity)]
    assert [field.value for field in Field] == [*names, "portrait", "certificates"]
    assert set(Field) - ESSENTIAL == {Field.PORTRAIT}


def test_certificate_by_purpose() -> None:
    assert READING.certificate("authentication") is READING.certificates[0]
    assert READING.certificate(Purpose.SIGNATURE) is None


def test_evidence_crosses_to_another_machine() -> None:
    text = EVIDENCE.to_json()
    assert Evidence.from_json(text) == EVIDENCE
    assert json.loads(text)["read_at"] == "2026-01-31T09:30:00Z"
    without = dataclasses.replace(EVIDENCE, active_authentication=None)
    assert Evidence.from_json(without.to_json()) == without


def test_evidence_keeps_its_own_copy() -> None:
    files = {"DG1": b"a"}
    evidence = Evidence(profile="p", atr=b"", read_at=datetime(2026, 1, 1, tzinfo=UTC), files=files)
    files["DG1"] = b"b"
    assert evidence.files["DG1"] == b"a"


def test_evidence_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Evidence(profile="p", atr=b"", read_at=datetime(2026, 1, 1))


@pytest.mark.parametrize("changes", [{"atr": bytes(34)}, {"files": {"": b""}}, {"profile": "a\nb"}])
def test_evidence_that_could_not_be_read_again_is_not_made(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="printable"):
        dataclasses.replace(EVIDENCE, **changes)


def test_readings_go_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(READING)) == READING


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "smartid-evidence-2"},
        {"more": 1},
        {"profile": ""},
        {"profile": "x" * 65},
        {"profile": "line\nbreak"},
        {"profile": 3},
        {"atr": "3b"},
        {"atr": "3B" * 34},
        {"atr": "3B8"},
        {"read_at": "2026-01-31T09:30:00"},
        {"read_at": "2026-02-30T09:30:00Z"},
        {"read_at": 5},
        {"files": []},
        {"files": {"DG1": "AA="}},
        {"files": {"DG1": "AB=="}},
        {"files": {"DG1": "é"}},
        {"files": {"DG1": None}},
        {"files": {"\u202eDG1": ""}},
        {"files": {f"F{n}": "" for n in range(65)}},
        {"active_authentication": {"challenge": ""}},
        {"active_authentication": "x"},
    ],
)
def test_broken_evidence_is_refused(changes: dict[str, object]) -> None:
    document = json.loads(EVIDENCE.to_json()) | changes
    with pytest.raises(EncodingError):
        Evidence.from_json(json.dumps(document))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"a": 1, "a": 2}',
        "[" * 100_000,
        "9" * 10_000,
        "x" * (MAX_JSON_LENGTH + 1),
    ],
)
def test_hostile_json_is_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        Evidence.from_json(text)


def test_repeated_member_is_refused() -> None:
    text = EVIDENCE.to_json().replace('"profile"', '"profile": "other", "profile"')
    with pytest.raises(EncodingError, match="each member once"):
        Evidence.from_json(text)
