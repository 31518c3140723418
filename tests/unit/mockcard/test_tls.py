"""The throw-away TLS certificate, judged by OpenSSL through Python's ssl module."""

from __future__ import annotations

import json
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.cli.tree import root
from smartid.errors import EncodingError
from smartid.identity.evidence import THROW_AWAY_POLICY_OID
from smartid.mockcard.tls import NAMES, write_tls


def _handshake(server: Path, authority: Path, name: str) -> None:
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    listening.load_cert_chain(server / "server.pem", server / "server.key")
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.load_verify_locations(authority / "ca.pem")
    client = asking.wrap_bio(theirs, ours, server_hostname=name)
    end = listening.wrap_bio(ours, theirs, server_side=True)
    done = set()
    for _ in range(4):
        for side in (client, end):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
    assert done == {client, end}


@pytest.mark.parametrize("name", [*NAMES, "site.test", "192.0.2.7"])
def test_a_client_that_trusts_the_authority_believes_the_server(name: str, tmp_path: Path) -> None:
    assert write_tls(tmp_path, names=["site.test", "192.0.2.7"])[-1] == "192.0.2.7"
    _handshake(tmp_path, tmp_path, name)


def test_another_name_and_another_authority_are_refused(tmp_path: Path) -> None:
    write_tls(tmp_path / "a")
    write_tls(tmp_path / "b")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _handshake(tmp_path / "a", tmp_path / "a", "site.test")
    with pytest.raises(ssl.SSLCertVerificationError, match="self.signed|unable to get"):
        _handshake(tmp_path / "a", tmp_path / "b", "localhost")


def test_the_certificates_are_short_lived_and_marked(tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    write_tls(tmp_path, now=now)
    chain = x509.load_pem_x509_certificates((tmp_path / "server.pem").read_bytes())
    assert [one.not_valid_after_utc for one in chain] == [now + timedelta(days=30)] * 2
    assert all(isinstance(one.public_key(), ec.EllipticCurvePublicKey) for one in chain)
    for one in chain:
        policies = one.extensions.get_extension_for_class(x509.CertificatePolicies).value
        assert [policy.policy_identifier.dotted_string for policy in policies] == [THROW_AWAY_POLICY_OID]


def test_only_the_server_key_is_written_and_only_for_its_owner(tmp_path: Path) -> None:
    write_tls(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "server.key", "server.pem"]
    assert stat.S_IMODE((tmp_path / "server.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if b"PRIVATE KEY" in path.read_bytes()] == ["server.key"]


@pytest.mark.parametrize("name", ["", "Foo", "a_b", "-a", "a..b", "*.example", "سایت.test", "a" * 64, "a b"])
def test_what_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(EncodingError):
        write_tls(tmp_path, names=[name])
    assert not any(tmp_path.iterdir())


def test_the_command_names_its_files(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["--json", "mock", "tls", str(tmp_path), "--name", "site.test"])
    answer = json.loads(done.output)
    assert answer["names"] == [*NAMES, "site.test"]
    assert all(Path(answer[one]).is_file() for one in ("ca", "certificate", "key"))
