from __future__ import annotations

import stat
from pathlib import Path

import pytest

from smartid.identity.evidence import Evidence
from smartid.mockcard.citizens import CITIZENS

PROMISED = {"profile", "reader", "atr", "identity", "certificates", "verdict"}


def test_the_document_has_the_promised_members_and_the_citizens_data(cli, sample):
    card = sample()
    outcome = cli("--reader", card.reader, "read", "--json")
    assert outcome.status == 0
    document = outcome.document
    assert set(document) >= PROMISED
    assert document["profile"] == "national_reference"
    assert document["reader"] == card.reader
    assert bytes.fromhex(document["atr"])[0] == 0x3B
    person = CITIZENS["sara"].identity
    found = document["identity"]
    assert found["national_number"] == person.national_number
    assert found["given_names"] == person.given_names
    assert found["family_name"] == person.family_name
    assert found["birth_date"] == person.birth_date.isoformat()
    assert found["expiry_date"] == person.expiry_date.isoformat()
    assert (found["sex"], found["nationality"]) == ("F", "IRN")
    assert None not in found.values()
    assert set(document["locked"]) >= {"address", "postal_code"}
    assert "address" not in found


def test_certificates_are_listed_with_the_promised_members(cli, sample):
    document = cli("read", "--reader", sample().reader, "--json").document
    assert [found["purpose"] for found in document["certificates"]] == [
        "authentication",
        "signature",
        "key management",
        "transaction",
    ]
    for found in document["certificates"]:
        assert set(found) == {"purpose", "subject", "issuer", "not_after", "sha256"}
        assert len(bytes.fromhex(found["sha256"])) == 32
        assert found["not_after"].startswith("2032-10-05")


def test_without_anchors_the_verdict_names_what_is_missing(cli, sample):
    verdict = cli("--json", "--reader", sample().reader, "read").document["verdict"]
    assert set(verdict) >= {"indication", "sub_indication", "anchor", "time", "checks"}
    assert verdict["indication"] == "INDETERMINATE"
    missing = [check for check in verdict["checks"] if check["name"] == "trust_anchors"]
    assert "--trust DIR" in missing[0]["detail"]


def test_with_anchors_a_genuine_card_passes_and_the_warning_is_loud(cli, sample, anchors):
    card = sample()
    outcome = cli("--reader", card.reader, "read", "--trust", anchors, "--json")
    assert outcome.status == 0
    assert outcome.document["verdict"]["indication"] == "TOTAL-PASSED"
    assert outcome.document["verdict"]["throw_away"] is True
    human = cli("--reader", card.reader, "read", "--trust", anchors)
    assert "THROW-AWAY PKI" in human.out
    assert "دورریختنی" in human.out


def test_anchors_can_be_configured(cli, sample, anchors, monkeypatch):
    monkeypatch.setenv("SMARTID_TRUST", anchors)
    assert cli("--reader", sample("kaveh").reader, "read", "--json").status == 1
    assert cli("--reader", sample().reader, "read", "--json").status == 0


@pytest.mark.parametrize(
    ("who", "reason"),
    [("kaveh", "SIG_CRYPTO_FAILURE"), ("bahram", "HASH_FAILURE"), ("hamid", "EXPIRED")],
)
def test_a_card_with_a_flaw_is_exit_status_1_and_still_one_document(cli, sample, anchors, who, reason):
    outcome = cli("--reader", sample(who).reader, "read", "--trust", anchors, "--json")
    assert outcome.status == 1
    assert outcome.document["verdict"]["indication"] == "TOTAL-FAILED"
    assert outcome.document["verdict"]["sub_indication"] == reason


def test_people_see_both_languages_both_calendars_and_isolates(cli, sample):
    out = cli("--reader", sample().reader, "read").out
    assert "\u2068نام خانوادگی\u2069" in out
    assert "Family name" in out
    assert "1991-07-14  \u2068۲۳ تیر ۱۳۷۰\u2069" in out
    assert out.count("\u2068") == out.count("\u2069")


def test_the_photo_is_written_whole_and_for_its_owner_only(cli, sample, tmp_path):
    photo = tmp_path / "sara.jpg"
    document = cli("--reader", sample().reader, "read", "--photo", str(photo), "--json").document
    data = photo.read_bytes()
    assert data[:3] == b"\xff\xd8\xff"
    assert document["portrait"] == {
        "media_type": "image/jpeg",
        "width": 413,
        "height": 531,
        "bytes": len(data),
    }
    assert stat.S_IMODE(photo.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if "sara.jpg" in path.name] == ["sara.jpg"]


def test_a_photo_that_cannot_be_written_is_wrong_usage(cli, sample, tmp_path):
    outcome = cli("--reader", sample().reader, "read", "--photo", str(tmp_path / "no" / "a.jpg"), "--json")
    assert outcome.status == 2
    assert set(outcome.document["error"]) == {"kind", "message", "remedy"}


def test_the_evidence_can_be_judged_elsewhere(cli, sample, tmp_path):
    target = tmp_path / "evidence.json"
    assert cli("--reader", sample().reader, "read", "--evidence", str(target)).status == 0
    assert "DG1" in Evidence.from_json(target.read_text()).files


def test_fields_can_be_chosen(cli, sample):
    found = cli("--reader", sample().reader, "read", "--field", "issue_date", "--json").document["identity"]
    assert set(found) == {"issue_date", "issuing_authority"}


def test_the_pin_opens_the_address(cli, sample):
    card = sample()
    outcome = cli("--reader", card.reader, "read", "--json", pins=(card.pin(),))
    assert outcome.document["identity"]["address"] == CITIZENS["sara"].identity.address
    assert "locked" not in outcome.document


def test_a_wrong_pin_is_a_no_and_is_shown_nowhere(cli, sample):
    card = sample()
    outcome = cli("--reader", card.reader, "read", "--json", pins=(card.wrong(),))
    assert outcome.status == 1
    assert outcome.document["error"]["kind"] == "WrongPIN"
    assert card.wrong() not in outcome.out + outcome.err


def test_the_blocked_pin_names_the_way_out(cli, sample):
    card = sample("maryam")
    outcome = cli("--reader", card.reader, "read", "--json", pins=(card.pin(),))
    assert (outcome.status, outcome.document["error"]["kind"]) == (1, "PINBlocked")
    assert "PUK" in outcome.document["error"]["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--field", "shoe_size"),
        ("--can", "12345"),
        ("--mrz", "not a zone"),
        ("--can", "123456", "--mrz", "x"),
        ("--trust", "/nonexistent"),
        ("--pin-fd", "-1"),
        ("--pin-fd", "3", "--pin-pad"),
        ("surplus",),
        ("--unknown",),
    ],
)
def test_wrong_usage_is_status_2_and_one_document(cli, sample, wrong):
    outcome = cli("--reader", sample().reader, "read", "--json", *wrong)
    assert outcome.status == 2
    assert outcome.document["error"]["message"]
    assert "Traceback" not in outcome.err


def test_what_is_not_public_of_irans_card_is_not_guessed(cli, sample):
    card = sample("sara", "iran_nid")
    document = cli("--reader", card.reader, "read", "--json").document
    assert document["profile"] == "iran_nid"
    assert "registration_number" in document["identity"]
    photo = card.path.with_name("photo.jpg")
    without = cli("--reader", card.reader, "read", "--photo", str(photo), "--json")
    assert (without.status, without.document["identity"], photo.exists()) == (4, document["identity"], False)
    assert "no portrait" in without.err
    refused = cli("--reader", card.reader, "read", "--field", "portrait", "--json")
    assert (refused.status, refused.document["error"]["kind"]) == (4, "UnsupportedFeature")


def test_a_card_file_that_is_none_is_status_4(cli, tmp_path):
    broken = tmp_path / "broken.card"
    broken.write_bytes(b"\xff\x00{")
    outcome = cli("--reader", f"mock:{broken}", "read", "--json")
    assert (outcome.status, outcome.document["error"]["kind"]) == (4, "EncodingError")


def test_an_empty_trust_folder_trusts_nobody(cli, sample, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    outcome = cli("--reader", sample().reader, "read", "--trust", str(folder), "--json")
    assert (outcome.status, outcome.document["verdict"]["indication"]) == (0, "INDETERMINATE")
    assert Path(folder).is_dir()


@pytest.mark.parametrize(
    ("reader", "message", "remedy"),
    [
        ("mock:", "A file belongs after 'mock:'", "mock new"),
        ("trace:", "A file belongs after 'trace:'", "trace record"),
        ("mock:/", "'/' is no file", "mock new"),
        ("trace:/", "'/' is no file", "trace record"),
        ("trace:/nowhere/a.trace", "There is no file '/nowhere/a.trace'", "trace record"),
        ("mock:" + "a" * 5000, "There is no file", "mock new"),
        ("mock:a\0b", "There is no file", "mock new"),
    ],
)
def test_a_reader_that_is_no_file_says_what_would_make_one(cli, reader, message, remedy):
    outcome = cli("--reader", reader, "read", "--json")
    assert outcome.status == 2
    assert message in outcome.document["error"]["message"]
    assert remedy in outcome.document["error"]["remedy"]
