"""Files that show one thing to a person and another to a program: polyglots, things beside the signed one."""

from __future__ import annotations

import base64
import os
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from smartid.errors import EncodingError
from smartid.signing.asice.archive import MIME_TYPE
from smartid.signing.asice.container import read_asice
from smartid.signing.cades.sign import sign_cades
from smartid.signing.content import Content
from smartid.signing.form import SignatureForm
from smartid.signing.pades.read import read_pades
from smartid.signing.pades.sign import sign_pades
from smartid.signing.verify import verify
from smartid.signing.xades.read import read_xades
from smartid.signing.xades.sign import sign_xades
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from smartid.trust.verdict import SubIndication
from tests.unit.signing.pdfs import make_pdf
from tests.unit.signing.signed_samples import POLICY, XML, country, reasons, request
from tests.unit.signing.test_asice import container
from tests.unit.trust.country import NOW

SHADOW = b"\n1 0 obj\n<< /Type /Catalog /Pages 9 0 R >>\nendobj\n"


def trusting() -> Policy:
    store = TrustStore.from_certificates(country().root.der, country().citizen_ca.der)
    return Policy(anchors=store, clock=lambda: NOW, revocation=RevocationRule.IF_KNOWN)


def attached(content: bytes) -> bytes:
    return sign_cades(request(content, "contract", SignatureForm.CADES_B)).data


def detached(content: bytes) -> bytes:
    return sign_cades(request(content, "contract", SignatureForm.CADES_B, detached=True)).data


def armoured(der: bytes) -> bytes:
    return b"-----BEGIN CMS-----\n" + base64.encodebytes(der) + b"-----END CMS-----\n"


# PDF


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return sign_pades(request(make_pdf(), "contract.pdf", SignatureForm.PADES_B)).data


def again(pdf: bytes) -> bytes:
    """The end of the file once more, so that whoever looks from behind finds the signed revision."""
    return b"\nstartxref\n%s\n%%%%EOF\n" % pdf.rsplit(b"startxref", 1)[1].split()[0]


@pytest.mark.parametrize(
    "behind",
    [
        lambda pdf: SHADOW,
        lambda pdf: b"x" * 900,
        lambda pdf: b"PK\x03\x04" + bytes(200),
        lambda pdf: SHADOW * 500 + again(pdf),
        lambda pdf: again(pdf) * 2,
    ],
)
def test_bytes_behind_the_end_of_a_pdf(pdf: bytes, behind: Callable[[bytes], bytes]) -> None:
    (facts,) = read_pades(pdf + behind(pdf), POLICY)
    assert reasons(facts) == {"later_changes": SubIndication.FORMAT_FAILURE}


@pytest.mark.parametrize("behind", [b"", b"\n", b"\r\n", b"\0" * 8])
def test_white_space_behind_the_end_of_a_pdf(pdf: bytes, behind: bytes) -> None:
    (facts,) = read_pades(pdf + behind, POLICY)
    assert reasons(facts) == {}


# ASiC


def changed(
    data: bytes, local: dict[int, bytes] | None = None, central: dict[int, bytes] | None = None
) -> bytes:
    """Overwrite bytes at offsets in the header before, and the directory entry of, the second entry."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        info = archive.infolist()[1]
        directory = archive.start_dir
    data = bytearray(data)
    at = data.index(b"PK\x01\x02", directory + 4)
    for start, pieces in ((info.header_offset, local or {}), (at, central or {})):
        for offset, piece in pieces.items():
            data[start + offset : start + offset + len(piece)] = piece
    return bytes(data)


def with_comment(data: bytes, comment: bytes) -> bytes:
    assert data[-2:] == b"\0\0"
    return data[:-2] + struct.pack("<H", len(comment)) + comment


CONTAINERS = {
    "a comment": lambda data: with_comment(data, b"%PDF-1.7\n" + SHADOW),
    "bytes behind the directory": lambda data: data + b"%PDF-1.7\n" + SHADOW,
    "another method in front of an entry": lambda data: changed(data, local={8: b"\0\0"}),
    "another flag in front of an entry": lambda data: changed(data, local={6: b"\x08\x08"}),
}


@pytest.mark.parametrize("attack", CONTAINERS)
def test_a_container_that_is_two(attack: str) -> None:
    data = container()
    assert reasons(*read_asice(data, POLICY)) == {}
    with pytest.raises(EncodingError, match="ASiC-E container"):
        read_asice(CONTAINERS[attack](data), POLICY)


@pytest.mark.parametrize("only_front", [True, False])
def test_a_second_name_of_an_entry(only_front: bool) -> None:
    """Info-ZIP, 7-Zip and WinRAR show the name in the extra field 7075 in the place of the first."""
    extra = struct.pack("<HHBI", 0x7075, 5 + 9, 1, 0) + b"other.txt"
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), MIME_TYPE)
        info = zipfile.ZipInfo("a.txt")
        info.extra = struct.pack("<HHI", 0x5455, 4, 0) + extra
        archive.writestr(info, b"text")
        if only_front:
            info.extra = b""
    with pytest.raises(EncodingError, match="one name"):
        read_asice(stream.getvalue(), POLICY)


# PEM, and DER with PEM inside of it


def test_text_and_second_blocks_beside_a_pem_block() -> None:
    block = armoured(attached(b"harmless"))
    assert verify(block, trusting()).passed
    for data in (block + block, block + b"I owe you a million.\n", b"-----\nI owe you a million.\n" + block):
        with pytest.raises(EncodingError, match="one block"):
            verify(data, trusting())


def test_a_signature_over_a_text_that_holds_a_signature() -> None:
    """The one around is judged, and never the one inside, which may be somebody's who did not sign this."""
    inner = armoured(attached(b"harmless"))
    outer = bytearray(attached(inner))
    assert verify(bytes(outer), trusting()).passed
    outer[-1] ^= 1
    assert not verify(bytes(outer), trusting()).passed


# Pipes and devices


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_content_without_an_end(tmp_path: Path, kind: str) -> None:
    source = {"pipe": tmp_path / "pipe", "device": Path("/dev/zero"), "folder": tmp_path}[kind]
    if kind == "pipe":
        os.mkfifo(source)
    with pytest.raises(OSError, match="a folder, a pipe or a device"):
        Content(source).digest("sha256")
    with pytest.raises(OSError, match="a folder, a pipe or a device"):
        verify(source, trusting())
    with pytest.raises(OSError, match="a folder, a pipe or a device"):
        verify(detached(b"harmless"), trusting(), content=source)


# The file beside a signature


@pytest.mark.parametrize(
    ("beside", "reason"), [(b"harmless", None), (b"I owe you a million.", "SIG_CONSTRAINTS_FAILURE")]
)
def test_a_signature_that_seems_to_be_of_the_file_beside_it(
    tmp_path: Path, beside: bytes, reason: str | None
) -> None:
    (tmp_path / "contract.txt").write_bytes(beside)
    signature = tmp_path / "contract.txt.p7s"
    signature.write_bytes(attached(b"harmless"))
    report = verify(signature, trusting())
    (answer,) = report.signatures
    found = answer.verdict.sub_indication
    assert (found and found.value) == reason
    assert report.passed == (reason is None)
    assert (answer.culprit == "the file beside the signature") == (reason is not None)
    assert verify(attached(b"harmless"), trusting()).passed


# Inside of an XML signature, which leaves itself out of what it signs

INSIDE = {
    "an element": (b"<ds:SignatureValue", b"<b>I owe</b><ds:SignatureValue"),
    "an element without a namespace": (b"<ds:SignatureValue", b'<b xmlns="">I owe</b><ds:SignatureValue'),
    "a text": (b"<ds:SignedInfo", b"I owe<ds:SignedInfo"),
    "beside the key": (b"</ds:KeyInfo>", b"<b>I owe</b></ds:KeyInfo>"),
    "among the unsigned properties": (
        b"</xades:QualifyingProperties>",
        b"<xades:UnsignedProperties><b>I owe</b></xades:UnsignedProperties></xades:QualifyingProperties>",
    ),
    "beside the properties": (b"</xades:QualifyingProperties>", b"<b>I owe</b></xades:QualifyingProperties>"),
    "in an object": (b"</ds:Signature>", b"<ds:Object><b>I owe</b></ds:Object></ds:Signature>"),
}


@pytest.mark.parametrize("place", INSIDE)
def test_something_inside_of_an_xml_signature(place: str) -> None:
    signed = sign_xades(request(XML, "a.xml", SignatureForm.XADES_B)).data
    assert reasons(*read_xades(signed, None, POLICY)) == {}
    before, after = INSIDE[place]
    assert signed.count(before) == 1
    found = reasons(*read_xades(signed.replace(before, after), None, POLICY))
    assert found == {"coverage": SubIndication.SIG_CONSTRAINTS_FAILURE}
