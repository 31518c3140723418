"""``smartid auth certificate`` and ``smartid auth ssh-keys``, with the certificates of mock cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto.pem import armor

from smartid.iso7816 import tlv
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.card.cli.conftest import Outcome

CLI = Callable[..., Outcome]


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """trust/, and people/ with the login certificates of citizens, a forger's, and one for signatures."""
    folder = tmp_path_factory.mktemp("nation")
    pki = ThrowAwayPKI.fresh()
    people = folder / "people"
    people.mkdir(mode=0o755)
    for who in ("sara", "leila", "hamid"):
        (people / f"{who}.pem").write_bytes(_certificate(who, pki))
    (people / "forger.der").write_bytes(_certificate("sara", ThrowAwayPKI.fresh(), armored=False))
    (people / "signer.crt").write_bytes(_certificate("sara", pki, "signature"))
    (people / "broken.pem").write_bytes(b"nothing")
    pki.write_trust(folder / "trust")
    return folder


def _certificate(who: str, pki: ThrowAwayPKI, use: str = "authentication", *, armored: bool = True) -> bytes:
    value = issue_citizen(CITIZENS[who], NATIONAL_REFERENCE, pki).files[f"{use} certificate"]
    assert isinstance(value, bytes)
    _, header, length = tlv.read_header(value)
    der = value[: header + length]
    return armor("CERTIFICATE", der) if armored else der


def _judge(cli: CLI, nation: Path, name: str, *more: str) -> Outcome:
    return cli("auth", "certificate", "--trust", str(nation / "trust"), str(nation / "people" / name), *more)


def test_a_certificate_that_logs_in(cli: CLI, nation: Path) -> None:
    done = _judge(cli, nation, "sara.pem", "--json")
    assert done.status == 0
    assert (done.document["accepted"], done.document["reason"]) == (True, None)
    assert done.document["identity"]["national_number"] == "9942400801"
    assert "THROW-AWAY" in _judge(cli, nation, "sara.pem").out


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("leila.pem", "certificate_revoked"),
        ("hamid.pem", "certificate_expired"),
        ("forger.der", "certificate_untrusted"),
        ("signer.crt", "certificate_purpose"),
    ],
)
def test_certificates_that_do_not(cli: CLI, nation: Path, name: str, reason: str) -> None:
    done = _judge(cli, nation, name, "--json")
    assert done.status == 1
    assert done.document == {"accepted": False, "reason": reason, "identity": None}
    assert reason in _judge(cli, nation, name).out


def test_another_time_and_what_is_no_certificate(cli: CLI, nation: Path) -> None:
    then = _judge(cli, nation, "hamid.pem", "--at", "2024-06-01", "--json")
    assert then.document["reason"] == "revocation_unknown"  # the lists are of today
    assert _judge(cli, nation, "broken.pem").status == 2
    assert cli("auth", "certificate", str(nation / "missing.pem")).status == 2


def _keys(cli: CLI, nation: Path, *more: str) -> Outcome:
    return cli("auth", "ssh-keys", "--trust", str(nation / "trust"), *more)


def test_a_line_for_each_that_may_log_in_and_the_reason_for_each_that_may_not(cli: CLI, nation: Path) -> None:
    done = _keys(cli, nation, str(nation / "people"))
    assert done.status == 0
    (line,) = done.out.splitlines()
    assert line.startswith("ecdsa-sha2-nistp384 AAAA")
    assert "smartid:" in line
    told = {line.split(":")[0].rpartition("/")[2] for line in done.err.splitlines()[:-1]}
    assert told == {"leila.pem", "hamid.pem", "forger.der", "signer.crt", "broken.pem"}
    assert "THROW-AWAY" in done.err.splitlines()[-1]


def test_one_account(cli: CLI, nation: Path) -> None:
    people = str(nation / "people")
    assert len(_keys(cli, nation, "--user", "sara", people).out.splitlines()) == 1
    for nobody in ("leila", "signer", "root", "../people/sara", "sar", "*", ""):
        done = _keys(cli, nation, "--user", nobody, people)
        assert (done.status, done.out) == (0, ""), nobody


def test_json_says_the_same(cli: CLI, nation: Path) -> None:
    done = _keys(cli, nation, "--json", str(nation / "people"))
    keys = {Path(key["file"]).name: key for key in done.document["keys"]}
    assert keys["sara.pem"]["fingerprint"].startswith("SHA256:")
    assert keys["sara.pem"]["throw_away"] is True
    assert keys["leila.pem"] == {
        "file": str(nation / "people" / "leila.pem"),
        "accepted": False,
        "reason": "certificate_revoked",
        "message": keys["leila.pem"]["message"],
    }


def test_a_key_stands_once(cli: CLI, nation: Path) -> None:
    sara = str(nation / "people" / "sara.pem")
    assert len(_keys(cli, nation, sara, sara).out.splitlines()) == 1


def test_nobody_is_believed_without_anchors(cli: CLI, nation: Path) -> None:
    done = cli("auth", "ssh-keys", str(nation / "people" / "sara.pem"))
    assert (done.status, done.out) == (0, "")
    assert "sara.pem" in done.err
