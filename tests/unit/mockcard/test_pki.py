from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.identity.evidence import THROW_AWAY_POLICY_OID, TRANSACTION_USAGE_OID
from smartid.identity.model import Purpose
from smartid.mockcard import pki_state
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.mockcard.pki_state import default_path

PKI = ThrowAwayPKI.fresh()
TEXT = pki_state.dump(PKI._state)
KEY = ec.generate_private_key(ec.SECP384R1()).public_key()
NAME = ((NameOID.COUNTRY_NAME, "IR"), (NameOID.COMMON_NAME, "آزمون"))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def issue(pki: ThrowAwayPKI, purpose: Purpose = Purpose.AUTHENTICATION) -> x509.Certificate:
    der = pki.issue(
        KEY, purpose=purpose, subject=NAME, not_before=date(2025, 1, 2), not_after=date(2032, 1, 2)
    )
    return x509.load_der_x509_certificate(der)


def usage(certificate: x509.Certificate) -> set[str]:
    value = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    names = ("digital_signature", "content_commitment", "key_encipherment", "key_agreement", "key_cert_sign")
    return {name for name in names if getattr(value, name)}


@pytest.mark.parametrize(
    "authority", [PKI.root, PKI.citizen_ca, PKI.csca, PKI.document_signer], ids=lambda item: item.slug
)
def test_authorities_bear_the_mark_and_no_real_name(authority) -> None:
    policies = authority.certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.policy_identifier.dotted_string for policy in policies] == [THROW_AWAY_POLICY_OID]
    assert "smartid throw-away" in authority.certificate.subject.rfc4514_string()
    assert authority.certificate.not_valid_before_utc.year == 2018
    assert authority.certificate.not_valid_after_utc.year == 2040


def test_the_document_signer_is_made_as_icao_9303_12_wants_it() -> None:
    extensions = PKI.document_signer.certificate.extensions
    present = {extension.oid.dotted_string for extension in extensions}
    assert "2.5.29.19" not in present
    assert {"2.5.29.16", "2.5.29.17", "2.5.29.18", "2.5.29.31", "2.5.29.35"} <= present
    types = extensions.get_extension_for_oid(x509.ObjectIdentifier("2.23.136.1.1.6.2")).value
    assert isinstance(types, x509.UnrecognizedExtension)
    assert types.value.hex() == "30080201003103130149"
    assert usage(PKI.document_signer.certificate) == {"digital_signature"}


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        (Purpose.AUTHENTICATION, {"digital_signature"}),
        (Purpose.SIGNATURE, {"content_commitment"}),
        (Purpose.KEY_MANAGEMENT, {"key_agreement"}),
        (Purpose.TRANSACTION, {"digital_signature"}),
    ],
)
def test_a_citizens_certificate_says_what_its_key_is_for(purpose: Purpose, expected: set[str]) -> None:
    certificate = issue(PKI, purpose)
    assert usage(certificate) == expected
    assert certificate.not_valid_before_utc == datetime(2025, 1, 2, tzinfo=UTC)
    assert certificate.not_valid_after_utc == datetime(2032, 1, 2, 23, 59, 59, tzinfo=UTC)
    named = [ext for ext in certificate.extensions if isinstance(ext.value, x509.ExtendedKeyUsage)]
    wanted = {
        Purpose.AUTHENTICATION: [(False, [ExtendedKeyUsageOID.CLIENT_AUTH])],
        Purpose.TRANSACTION: [(True, [x509.ObjectIdentifier(TRANSACTION_USAGE_OID)])],
    }
    assert [(ext.critical, list(ext.value)) for ext in named] == wanted.get(purpose, [])
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name[0].value == "http://crl.smartid.invalid/citizen-ca.crl"


def test_a_revoked_certificate_is_on_the_list_of_the_citizen_ca_only() -> None:
    pki = ThrowAwayPKI.fresh()
    serial = issue(pki).serial_number
    pki.revoke(serial, when=NOON)
    pki.revoke(serial, when=datetime(2027, 1, 1, tzinfo=UTC))
    lists = {slug: x509.load_der_x509_crl(der) for slug, der in pki.named_crls(now=NOON).items()}
    entry = lists["citizen-ca"].get_revoked_certificate_by_serial_number(serial)
    assert entry is not None
    assert entry.revocation_date_utc == NOON
    assert pki._state.revoked == {serial: NOON}
    assert [len(lists[slug]) for slug in ("national-root", "citizen-ca", "csca")] == [0, 1, 0]
    assert lists["citizen-ca"].is_signature_valid(pki.citizen_ca.key.public_key())
    issuers = [x509.load_der_x509_crl(der).issuer for der in pki.crls(now=NOON)]
    assert issuers == [item.certificate.subject for item in (pki.root, pki.citizen_ca, pki.csca)]


def test_the_file_is_private_and_gives_the_same_pki_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mock-pki.json"
    made = ThrowAwayPKI.load_or_create(path)
    made.revoke(0x1234, when=NOON)
    again = ThrowAwayPKI.load_or_create(path)
    assert again.root.der == made.root.der
    assert again._state.revoked == {0x1234: NOON}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(item.name for item in path.parent.iterdir()) == ["mock-pki.json", "mock-pki.lock"]


_RACER = """
import sys
from pathlib import Path
from smartid.mockcard.pki import ThrowAwayPKI
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
pki = ThrowAwayPKI.load_or_create(Path(sys.argv[1]))
for number in range(5):
    pki.revoke(int(sys.argv[2]) * 10 + number + 1)
print(pki.root.der.hex())
"""


def test_programs_that_start_together_share_one_pki_and_lose_no_revocation(tmp_path: Path) -> None:
    path = tmp_path / "home" / "mock-pki.json"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACER, str(path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    roots = {racer.communicate(timeout=60)[0] for racer in racers}
    assert len(roots) == 1
    assert len(ThrowAwayPKI.load_or_create(path)._state.revoked) == 20


def test_the_file_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SMARTID_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_path() == tmp_path / ".local/share/smartid/mock-pki.json"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_path() == tmp_path / "data/smartid/mock-pki.json"
    monkeypatch.setenv("SMARTID_HOME", str(tmp_path / "own"))
    assert default_path() == tmp_path / "own/mock-pki.json"


def _with(**changes: object) -> bytes:
    return json.dumps({**json.loads(TEXT), **changes}).encode()


_CERTIFICATES = json.loads(TEXT)["certificates"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        _with(format="smartid mock pki 2"),
        _with(keys={}),
        _with(more=1),
        _with(revoked=[]),
        _with(revoked={"0X1": "2026-01-01T00:00:00Z"}),
        _with(revoked={"0": "2026-01-01T00:00:00Z"}),
        _with(revoked={"1": "yesterday"}),
        _with(revoked={"1": None}),
        _with(certificates={**_CERTIFICATES, "csca": _CERTIFICATES["citizen-ca"]}),
        _with(certificates={**_CERTIFICATES, "csca": "AAAA"}),
    ],
)
def test_a_broken_file_is_named_and_never_replaced(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mock-pki.json"
    path.write_bytes(data)
    with pytest.raises(EncodingError, match="throw-away PKI file"):
        ThrowAwayPKI.load_or_create(path)
    assert path.read_bytes() == data


@given(st.integers(0, len(TEXT) - 1), st.binary(max_size=8))
def test_no_damage_ends_in_another_error(at: int, patch: bytes) -> None:
    data = TEXT.encode()
    with contextlib.suppress(EncodingError):
        pki_state.parse(data[:at] + patch + data[at + len(patch) :])


def test_the_trust_folder_is_complete_and_written_again_without_leftovers(tmp_path: Path) -> None:
    pki = ThrowAwayPKI.fresh()
    folder = tmp_path / "trust"
    for _ in range(2):
        pki.write_trust(folder, now=NOON)
    expected = {"README.txt", "national-root.pem", "citizen-ca.pem", "csca.pem"}
    expected |= {"national-root.crl", "citizen-ca.crl", "csca.crl"}
    assert {path.name for path in folder.iterdir()} == expected
    assert x509.load_pem_x509_certificate((folder / "csca.pem").read_bytes()) == pki.csca.certificate
    text = (folder / "README.txt").read_text(encoding="utf-8")
    assert THROW_AWAY_POLICY_OID in text
    assert "لنگرهای اعتماد" in text
    assert not any(b"PRIVATE" in path.read_bytes() for path in folder.iterdir())
    assert (folder / "csca.pem").stat().st_mode & 0o777 == 0o644
