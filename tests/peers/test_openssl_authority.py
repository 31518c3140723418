"""The program openssl against the authorities of the throw-away PKI: ts, ocsp and cms."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartid.mockcard.authority_server import AuthorityServer
from smartid.mockcard.pki import ThrowAwayPKI

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="the program openssl is not here")

SERIAL = 0x1234_5678_9ABC
DOCUMENT = b"to be stamped\n"


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    return f"{done.stdout}{done.stderr}\nstatus {done.returncode}"


@pytest.fixture(scope="module")
def pki() -> ThrowAwayPKI:
    made = ThrowAwayPKI.fresh()
    made.revoke(SERIAL, when=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    return made


@pytest.fixture(scope="module")
def server(pki: ThrowAwayPKI) -> Iterator[AuthorityServer]:
    with AuthorityServer(lambda: pki) as running:
        yield running


@pytest.fixture(scope="module")
def folder(pki: ThrowAwayPKI, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("authority")
    pki.write_trust(made)
    both = (made / "national-root.pem").read_bytes() + (made / "citizen-ca.pem").read_bytes()
    (made / "both.pem").write_bytes(both)
    (made / "document").write_bytes(DOCUMENT)
    return made


def post(address: str, body: bytes, kind: str) -> bytes:
    request = urllib.request.Request(address, data=body, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("options", [("-cert",), ("-cert", "-no_nonce"), ("-cert", "-sha512"), ()])
def test_openssl_verifies_our_time_stamps(
    server: AuthorityServer, pki: ThrowAwayPKI, folder: Path, options: tuple[str, ...]
) -> None:
    query, reply = folder / "query.tsq", folder / "reply.tsr"
    made = openssl("ts", "-query", "-data", folder / "document", *options, "-out", query)
    assert made.endswith("status 0")
    reply.write_bytes(post(server.addresses["tsa"], query.read_bytes(), "application/timestamp-query"))
    signer = folder / "tsa.der"
    signer.write_bytes(pki.time_stamp_authority.der)
    openssl("x509", "-inform", "DER", "-in", signer, "-out", folder / "tsa.pem")
    roots = ("-CAfile", folder / "national-root.pem", "-untrusted", folder / "tsa.pem")
    verified = openssl("ts", "-verify", "-queryfile", query, "-in", reply, *roots)
    assert "Verification: OK" in verified
    shown = openssl("ts", "-reply", "-in", reply, "-text")
    assert "Status: Granted." in shown
    assert "Accuracy: 0x01 seconds" in shown
    (folder / "other").write_bytes(DOCUMENT + b"changed")
    other = openssl("ts", "-verify", "-data", folder / "other", "-in", reply, *roots)
    assert "Verification: FAILED" in other
    assert "message imprint mismatch" in other


def test_openssl_reads_our_refusal(server: AuthorityServer, folder: Path) -> None:
    query, reply = folder / "bad.tsq", folder / "bad.tsr"
    openssl("ts", "-query", "-data", folder / "document", "-tspolicy", "1.2.3.4", "-out", query)
    reply.write_bytes(post(server.addresses["tsa"], query.read_bytes(), "application/timestamp-query"))
    shown = openssl("ts", "-reply", "-in", reply, "-text")
    assert "Status: Rejected." in shown
    assert "policy is not supported" in shown


@pytest.mark.parametrize(
    ("issuer", "serial", "expected"),
    [
        ("citizen-ca", SERIAL, ": revoked"),
        ("citizen-ca", SERIAL + 1, ": good"),
        ("national-root", SERIAL, ": good"),
        ("csca", SERIAL, ": good"),
    ],
)
def test_openssl_asks_our_responder(
    server: AuthorityServer, folder: Path, issuer: str, serial: int, expected: str
) -> None:
    anchors = folder / ("csca.pem" if issuer == "csca" else "both.pem")
    answer = openssl(
        "ocsp",
        *("-issuer", folder / f"{issuer}.pem", "-serial", hex(serial), "-url", server.addresses["ocsp"]),
        *("-CAfile", anchors),
    )
    assert "Response verify OK" in answer
    assert expected in answer
    assert ("Jan  2 03:04:05 2026 GMT" in answer) is (expected == ": revoked")
    assert "WARNING" not in answer  # the nonce came back


def test_openssl_is_told_that_another_issuer_is_not_ours(server: AuthorityServer, folder: Path) -> None:
    stranger = folder / "stranger.pem"
    made = openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", "/CN=Stranger", "-keyout", folder / "stranger.key", "-out", stranger,
    )  # fmt: skip
    assert made.endswith("status 0")
    answer = openssl("ocsp", "-issuer", stranger, "-serial", "1", "-url", server.addresses["ocsp"])
    assert "unauthorized (6)" in answer


def test_openssl_reads_our_lists_from_the_server(server: AuthorityServer, folder: Path) -> None:
    with urllib.request.urlopen(server.addresses["crl citizen-ca"], timeout=10) as answer:
        assert answer.headers["Content-Type"] == "application/pkix-crl"
        (folder / "served.crl").write_bytes(answer.read())
    shown = openssl(
        "crl",
        "-inform",
        "DER",
        "-in",
        folder / "served.crl",
        "-noout",
        "-text",
        "-CAfile",
        folder / "both.pem",
    )
    assert "verify OK" in shown
    assert f"{SERIAL:X}" in shown


def test_openssl_verifies_our_master_list(pki: ThrowAwayPKI, server: AuthorityServer, folder: Path) -> None:
    with urllib.request.urlopen(server.addresses["master list"], timeout=10) as answer:
        (folder / "list.ml").write_bytes(answer.read())
    content = folder / "list.content"
    verified = openssl(
        "cms", "-verify", "-inform", "DER", "-in", folder / "list.ml", "-purpose", "any",
        "-CAfile", folder / "csca.pem", "-out", content,
    )  # fmt: skip
    assert "successful" in verified
    assert verified.endswith("status 0")
    csca = pki.csca.der
    assert content.read_bytes().endswith(csca)
    assert hashlib.sha256(content.read_bytes()[-len(csca) :]).digest() == hashlib.sha256(csca).digest()
    printed = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", folder / "list.ml")
    assert "2.23.136.1.1.2" in printed
