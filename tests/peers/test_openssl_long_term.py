"""The openssl program on our signatures of levels LT and LTA: the signature, and every time stamp inside.

What a time stamp is about is put together here from what asn1crypto reads, by ETSI EN 319 122-1 V1.3.1
(2023-06), 5.3 and 5.5.3; openssl then says whether the token holds for it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms, tsp

from smartid.signing.cades.extend import extend
from smartid.signing.content import Content
from smartid.signing.form import Level, SignatureForm
from smartid.signing.sign import sign
from tests.unit.signing.people import policy_of, signer_of
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import Country

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONTENT = "قرارداد اجاره، صفحه ۱\r\n".encode()
SIGNATURE_STAMP, ARCHIVE_STAMP = "1.2.840.113549.1.9.16.2.14", "0.4.0.1733.2.4"
INDEX = "0.4.0.19122.1.5"
FIELDS = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
COUNTRY, STRANGERS = Country(), Country()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OpenSSLAuthority:
    return OpenSSLAuthority(tmp_path_factory.mktemp("tsa"), tsa_party(COUNTRY))


def make(authority: OpenSSLAuthority, level: str, kind: str, *, detached: bool) -> bytes:
    """A signature of a level; "renewed" is LTA with a second archive time stamp over the first."""
    policy = policy_of(COUNTRY)
    form = SignatureForm.CADES_LT if level == "LT" else SignatureForm.CADES_LTA
    signer = signer_of(COUNTRY, kind)
    made = sign(CONTENT, signer, form=form, detached=detached, time_stamper=authority, policy=policy)
    if level != "renewed":
        return made.data
    beside = Content(CONTENT) if detached else None
    return extend(made.data, Level.LTA, content=beside, time_stamper=authority, policy=policy)


def openssl(folder: Path, *command: str, root: Country = COUNTRY) -> str:
    """What openssl says against it, empty when it verifies."""
    (folder / "root.pem").write_bytes(root.root.pem)
    done = subprocess.run(
        ["openssl", *command, "-CAfile", "root.pem"], cwd=folder, capture_output=True, check=False
    )
    return done.stderr.decode(errors="replace") if done.returncode else ""


def verify_signature(folder: Path, data: bytes, content: bytes, *, root: Country = COUNTRY) -> str:
    (folder / "signed").write_bytes(data)
    (folder / "content").write_bytes(content)
    command = ["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signed", "-out", "out"]
    return openssl(folder, *command, "-purpose", "any", "-content", "content", root=root)


def verify_stamp(folder: Path, token: bytes, about: bytes, *, root: Country = COUNTRY) -> str:
    (folder / "token").write_bytes(token)
    (folder / "about").write_bytes(about)
    return openssl(folder, "ts", "-verify", "-token_in", "-in", "token", "-data", "about", root=root)


def unsigned(info: cms.SignerInfo) -> list[tuple[str, bytes]]:
    attributes = info["unsigned_attrs"]
    return [(item["type"].dotted, value.dump()) for item in attributes for value in item["values"]]


def archive_message(data: cms.SignedData, info: cms.SignerInfo, token: bytes) -> bytes:
    """What an archive-time-stamp-v3 is about."""
    stamped = cms.ContentInfo.load(token)["content"]
    imprint = tsp.TSTInfo.load(bytes(stamped["encap_content_info"]["content"]))["message_imprint"]
    (inner,) = stamped["signer_infos"]
    (index,) = (value for oid, value in unsigned(inner) if oid == INDEX)
    digest = hashlib.new(imprint["hash_algorithm"]["algorithm"].native, CONTENT).digest()
    fields = b"".join(info[field].dump() for field in FIELDS)
    return bytes(data["encap_content_info"]["content_type"].dump() + digest + fields + index)


@pytest.mark.parametrize("detached", [False, True], ids=["attached", "detached"])
@pytest.mark.parametrize("kind", ["P-256", "P-521", "RSA-2048"])
@pytest.mark.parametrize("level", ["LT", "LTA", "renewed"])
def test_openssl_verifies_signature_and_time_stamps(
    authority: OpenSSLAuthority, tmp_path: Path, level: str, kind: str, detached: bool
) -> None:
    made = make(authority, level, kind, detached=detached)
    assert verify_signature(tmp_path, made, CONTENT) == ""
    assert "certificate verify error" in verify_signature(tmp_path, made, CONTENT, root=STRANGERS)
    if detached:
        assert "content verify error" in verify_signature(tmp_path, made, CONTENT + b"!")
    data = cms.ContentInfo.load(made, strict=True)["content"]
    (info,) = data["signer_infos"]
    stamps = unsigned(info)
    counts = {"LT": 0, "LTA": 1, "renewed": 2}
    assert [oid for oid, _ in stamps].count(ARCHIVE_STAMP) == counts[level]
    assert [oid for oid, _ in stamps].count(SIGNATURE_STAMP) == 1
    for oid, token in stamps:
        signature_value = bytes(info["signature"].native)
        about = signature_value if oid == SIGNATURE_STAMP else archive_message(data, info, token)
        assert verify_stamp(tmp_path, token, about) == ""
        assert "imprint mismatch" in verify_stamp(tmp_path, token, about + b"!")
        assert "certificate verify error" in verify_stamp(tmp_path, token, about, root=STRANGERS)
