"""The small country of ``country.py`` as fixtures; its document security objects come from openssl."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.trust.verifier import Verifier
from tests.unit.trust.country import NOW, Card, Country, Party, data_groups, security_object, tlv


@pytest.fixture(scope="session")
def openssl_sod(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Sign an LDS security object with the openssl program."""

    def sign(
        content: bytes, signer: Party, *options: str, content_type: str = "2.23.136.1.1.1", md: str = "sha256"
    ) -> bytes:
        folder = tmp_path_factory.mktemp("sod")
        (folder / "content").write_bytes(content)
        (folder / "signer.pem").write_bytes(signer.pem)
        (folder / "signer.key").write_bytes(signer.key_pem)
        command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-md", md]
        command += ["-econtent_type", content_type, "-signer", "signer.pem", "-inkey", "signer.key"]
        command += ["-in", "content", "-outform", "DER", "-out", "sod", *options]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return tlv("77", (folder / "sod").read_bytes())

    return sign


@pytest.fixture(scope="session")
def country() -> Country:
    return Country()


@pytest.fixture(scope="session")
def make_card(openssl_sod: Callable[..., bytes]) -> Callable[..., Card]:
    def make(country: Country, *, chip: object = None, expiry: str = "310509", **changes: object) -> Card:
        chip_key = chip or ec.generate_private_key(ec.SECP256R1())
        party = Party(chip_key, country.root.certificate)
        groups = data_groups(party.spki, expiry) | changes.pop("groups", {})
        sod = openssl_sod(
            security_object(groups, changes.pop("hash_name", "sha256")),
            changes.pop("signer", country.document_signer),
            *changes.pop("options", ()),
            **changes,
        )
        certificates = {
            "authentication": country.citizen("authentication").der,
            "signature": country.citizen("signature").der,
            "key management": country.citizen("key management").der,
            "issuer": country.citizen_ca.der,
        }
        return Card(country, chip_key, groups, sod, certificates)

    return make


@pytest.fixture(scope="session")
def card(country: Country, make_card: Callable[..., Card]) -> Card:
    return make_card(country)


@pytest.fixture
def trust_folder(country: Country, tmp_path: Path) -> Path:
    (tmp_path / "root.pem").write_bytes(country.root.pem)
    (tmp_path / "csca.der").write_bytes(country.csca.der)
    (tmp_path / "citizen-ca.crt").write_bytes(country.citizen_ca.pem)
    (tmp_path / "README.txt").write_text("not a certificate")
    return tmp_path


@pytest.fixture(scope="session")
def store(country: Country) -> TrustStore:
    return TrustStore.from_certificates(country.root.der, country.csca.der, country.citizen_ca.der)


@pytest.fixture(scope="session")
def policy(store: TrustStore) -> Policy:
    return Policy(anchors=store, clock=lambda: NOW)


@pytest.fixture(scope="session")
def verifier(policy: Policy) -> Verifier:
    return Verifier(policy)
