"""Mock cards in readers of their own, for programs that reach them through OpenSC's PKCS#11 module."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from asn1crypto.pem import armor
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from smartid.errors import NoService
from smartid.iso7816 import tlv
from smartid.mockcard.bench import PrivatePCSC
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from tests.peers.servers import ROOT

PIN = "1234"
PINS = {"identity": PIN, "signature": "123456", "puk": "12345678"}
KEY_URI = "pkcs11:id=%01;type=private"
"""The key for logins in RFC 7512's form; the module with one PIN shows one token, which need not be named."""
KEY_URIS = {
    "authentication": KEY_URI,
    "decipherment": "pkcs11:id=%03;type=private",
    "signature": "pkcs11:token=National%20refe...%20%28Signature%20PIN%29;id=%02;type=private",
}
CERTIFICATE_URI = "pkcs11:id=%01;type=cert"

_LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
_HOLDERS = {"sara": "sara", "sara with RSA": "sara", "leila": "leila", "hamid": "hamid", "rogue": "sara"}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def library(name: str) -> str:
    """The path of a module below the library folders of this machine; skips when it is absent."""
    found = next((path for base in _LIBRARIES if (path := Path(base, name)).exists()), None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return str(found)


def opensc(use: str = "authentication") -> str:
    """OpenSC's module, that with the identity PIN alone unless the signature key is wanted."""
    return library("opensc-pkcs11.so" if use == "signature" else "onepin-opensc-pkcs11.so")


def program(name: str) -> str:
    """The path of a program; skips when it is absent."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def launcher(folder: Path) -> Path:
    """Write a program that starts smartid, under a path without blanks: servers split commands at them."""
    path = folder / "start-smartid"
    start = shlex.join(["exec", "env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "smartid.cli.main"])
    path.write_text(f'#!/bin/sh\n{start} "$@"\n')
    path.chmod(0o755)
    return path


@dataclass(frozen=True, kw_only=True)
class Plugged:
    """A card that sits in a reader.

    environment  the variables with which a program finds the reader
    """

    card: MockCard
    environment: dict[str, str]
    folder: Path

    def certificate(self, purpose: str = "authentication") -> Path:
        """A certificate of the card, in PEM."""
        path = self.folder / f"{purpose}.pem"
        path.write_bytes(armor("CERTIFICATE", certificate_of(self.card, purpose)))
        return path

    @property
    def tries_left(self) -> int:
        return self.card.image.pins["identity"].tries_left


def certificate_of(card: MockCard, purpose: str) -> bytes:
    """A certificate file without its filling."""
    value = card.image.files[f"{purpose} certificate"]
    assert isinstance(value, bytes)
    _, header, length = tlv.read_header(value)
    return value[: header + length]


class Wallet:
    """One nation, its citizens' cards, and a forger's. A card is plugged in when it is first asked for.

    folder  trust/: what ``smartid mock trust`` writes; authorities.pem: the same in one file, with the
            revocation lists, as OpenSSL reads them; server.pem, server.key: of a server called localhost
    """

    def __init__(self, folder: Path) -> None:
        pytest.importorskip("PIL", reason="Pillow draws the portraits")
        self.folder = folder
        self.pki, self.forger = ThrowAwayPKI.fresh(), ThrowAwayPKI.fresh()
        self._stack = ExitStack()
        self._plugged: dict[str, Plugged] = {}
        self._cards: dict[str, MockCard] = {}
        self._issue("leila")  # her certificates get on the revocation list
        self.trust = folder / "trust"
        self.pki.write_trust(self.trust)
        self.authorities = folder / "authorities.pem"
        self.authorities.write_text("".join(_pem_texts(self.trust)))
        _write_server(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __getitem__(self, name: str) -> Plugged:
        """The card of sara, "sara with RSA", leila (revoked), hamid (expired) or rogue, in its reader."""
        if name not in self._plugged:
            self._plugged[name] = self._plug(name)
        return self._plugged[name]

    def _issue(self, name: str) -> MockCard:
        if name not in self._cards:
            profile = NATIONAL_REFERENCE_RSA if name.endswith("RSA") else NATIONAL_REFERENCE
            pki = self.forger if name == "rogue" else self.pki
            self._cards[name] = MockCard(issue_citizen(CITIZENS[_HOLDERS[name]], profile, pki, pins=PINS))
        return self._cards[name]

    def _plug(self, name: str) -> Plugged:
        card, folder = self._issue(name), self.folder / name
        folder.mkdir()
        try:
            bench = self._stack.enter_context(PrivatePCSC())
        except NoService as error:
            pytest.skip(str(error))
        self._stack.enter_context(card.serve(bench.ports[0]))
        bench.wait_for_card()
        return Plugged(card=card, environment={**os.environ, **bench.environment}, folder=folder)


def _pem_texts(trust: Path) -> list[str]:
    certificates = [(trust / f"{name}.pem").read_text() for name in ("national-root", "citizen-ca")]
    crls = [(trust / f"{name}.crl").read_bytes() for name in ("national-root", "citizen-ca")]
    return certificates + [armor("X509 CRL", crl).decode() for crl in crls]


def _write_server(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(key.private_bytes(*form))
    (folder / "server.key").chmod(0o600)
