"""Time stamps by ``openssl ts`` and CAdES-B-T by pyHanko, read and judged here."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartid.signing.cades.read import read_cades
from smartid.signing.content import Content
from smartid.signing.form import Level
from smartid.signing.process.judge import judge
from smartid.trust.policy import Policy
from smartid.trust.time_stamp import parse_time_stamp, verify_time_stamp
from tests.unit.signing.documents import CONTENT, SIGNED, World
from tests.unit.trust.country import NOW

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = ./serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.55555.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ess_cert_id_alg = {ess}
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("world"))
    world.signer = world.country.citizen("signature")
    return world


def openssl_token(world: World, ess: str, md: str) -> bytes:
    folder = world.folder
    (folder / "tsa.pem").write_bytes(world.tsa.pem)
    (folder / "tsa.key").write_bytes(world.tsa.key_pem)
    (folder / "ts.cnf").write_text(CONFIG.format(ess=ess))
    (folder / "content").write_bytes(CONTENT)
    query = ["openssl", "ts", "-query", "-data", "content", f"-{md}", "-cert", "-out", "query"]
    reply = [
        "openssl",
        "ts",
        "-reply",
        "-config",
        "ts.cnf",
        "-queryfile",
        "query",
        "-token_out",
        "-out",
        "token",
    ]
    for command in (query, reply):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "token").read_bytes()


@pytest.mark.parametrize("ess", ["sha1", "sha256"])
@pytest.mark.parametrize("md", ["sha256", "sha512"])
def test_tokens_of_openssl(world: World, ess: str, md: str) -> None:
    token = openssl_token(world, ess, md)
    stamp = parse_time_stamp(token)
    assert stamp.hash_name == md
    assert stamp.imprint == hashlib.new(md, CONTENT).digest()
    assert stamp.accuracy.total_seconds() == pytest.approx(1.5001)
    assert stamp.nonce is not None
    now = datetime.now(UTC)
    policy = Policy(anchors=world.policy().anchors)
    assert verify_time_stamp(token, Content(CONTENT).digest, policy, now).passed
    assert not verify_time_stamp(token, Content(b"other").digest, policy, now).passed
    assert not verify_time_stamp(token, Content(CONTENT).digest, Policy(), now).passed


def test_cades_b_t_of_pyhanko(world: World, tmp_path: Path) -> None:
    cms_signers = pytest.importorskip("pyhanko.sign.signers.pdf_cms")
    from asn1crypto import keys
    from asn1crypto import x509 as asn1_x509
    from certomancer.services import TimeStamper as Authority
    from pyhanko.sign.ades.api import CAdESSignedAttrSpec
    from pyhanko.sign.timestamps import TimeStamper
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class InProcess(TimeStamper):
        async def async_request_tsa_response(self, req: object) -> object:
            key = _key(world.tsa)
            certificate = asn1_x509.Certificate.load(world.tsa.der)
            return Authority(certificate, key, fixed_dt=SIGNED).request_tsa_response(req)

    def _key(party: object) -> object:
        from cryptography.hazmat.primitives import serialization

        return keys.PrivateKeyInfo.load(
            party.key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    store = SimpleCertificateStore()
    store.register(asn1_x509.Certificate.load(world.country.citizen_ca.der))
    signer = cms_signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(world.signer.der),
        signing_key=_key(world.signer),
        cert_registry=store,
    )
    signing = signer.async_sign_general_data(
        CONTENT,
        "sha256",
        detached=True,
        timestamper=InProcess(),
        signed_attr_settings=cms_signers.PdfCMSSignedAttributes(
            cades_signed_attrs=CAdESSignedAttrSpec(), signing_time=SIGNED
        ),
        use_cades=True,
    )
    info = asyncio.run(signing)
    policy = world.policy()
    (facts,) = read_cades(info.dump(), Content(CONTENT), policy)
    verdict = judge(facts, policy, NOW)
    assert verdict.passed
    assert (verdict.level, verdict.best_time) == (Level.T, SIGNED)
