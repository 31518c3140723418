"""ASiC-E: containers made, added to, read, and everything that must not pass."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from smartid.errors import EncodingError
from smartid.signing.asice import archive as asice_zip
from smartid.signing.asice.archive import MIME_TYPE, new_container
from smartid.signing.asice.container import read_asice, sign_asice
from smartid.signing.content import Content
from smartid.signing.form import SignatureFamily, SignatureForm
from smartid.trust.verdict import SubIndication
from tests.unit.signing.signed_samples import POLICY, citizen, reasons, request
from tests.unit.trust.country import NOW

FORM = SignatureForm.ASICE_B
MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"


def container(**options: object) -> bytes:
    others = {"عکس.png": Content(b"\x89PNG")}
    return sign_asice(request(b"%PDF", "قرارداد نهایی.pdf", FORM, **options), others=others).data


def entries(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    """A container with these entries after ``mimetype``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in {"mimetype": MIME_TYPE, **files}.items():
            info = zipfile.ZipInfo(name)
            change(info)
            archive.writestr(info, content)
    return stream.getvalue()


def test_a_container_reads_back() -> None:
    asked = request(b"%PDF", "قرارداد.pdf", FORM)
    document = sign_asice(asked)
    (facts,) = read_asice(document.data, POLICY)
    assert reasons(facts) == {}
    assert document.name == "قرارداد.asice"
    assert (facts.family, facts.scope) == (SignatureFamily.ASICE, "قرارداد.pdf")
    assert asked.signer.touches == 1  # type: ignore[attr-defined]


def test_the_container_is_built_as_annex_a_says() -> None:
    data = container()
    signature, _, flags, method, _, _, _, size, _, name, extra = struct.unpack("<IHHHHHIIIHH", data[:30])
    assert (signature, flags & 1, method, size, name, extra) == (0x04034B50, 0, 0, len(MIME_TYPE), 8, 0)
    assert data[30:69] == b"mimetypeapplication/vnd.etsi.asic-e+zip"
    assert list(entries(data)) == [
        "mimetype",
        "قرارداد نهایی.pdf",
        "عکس.png",
        "META-INF/manifest.xml",
        "META-INF/signatures0.xml",
    ]
    manifest = etree.fromstring(entries(data)["META-INF/manifest.xml"])
    listed = {item.get(f"{MANIFEST}full-path"): item.get(f"{MANIFEST}media-type") for item in manifest}
    assert listed == {
        "/": "application/vnd.etsi.asic-e+zip",
        "قرارداد نهایی.pdf": "application/pdf",
        "عکس.png": "image/png",
    }


def test_one_signature_covers_every_document() -> None:
    (facts,) = read_asice(container(), POLICY)
    assert reasons(facts) == {}
    assert facts.scope == "قرارداد نهایی.pdf, عکس.png"


def test_a_second_signature_leaves_every_byte_of_the_first() -> None:
    first = container()
    again = sign_asice(request(first, "قرارداد.asice", FORM, algorithm="RS256"))
    assert again.name == "قرارداد.asice"
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert again.data.startswith(first[: archive.start_dir])
    facts = read_asice(again.data, POLICY)
    assert len(facts) == 2
    assert reasons(*facts) == {}
    assert "META-INF/signatures1.xml" in entries(again.data)


def test_a_document_added_afterwards_is_not_signed() -> None:
    files = entries(container()) | {"extra.txt": b"and 1000000 more"}
    del files["mimetype"]
    assert reasons(*read_asice(new_container(files, NOW), POLICY)) == {
        "container": SubIndication.SIG_CONSTRAINTS_FAILURE
    }


def test_a_changed_and_a_missing_document_are_found() -> None:
    files = entries(container())
    del files["mimetype"]
    changed = new_container(files | {"عکس.png": b"other"}, NOW)
    assert reasons(*read_asice(changed, POLICY))["signed_content"] is SubIndication.HASH_FAILURE
    del files["عکس.png"]
    missing = new_container(files, NOW)
    assert reasons(*read_asice(missing, POLICY))["signed_content"] is SubIndication.SIGNED_DATA_NOT_FOUND


def test_a_cades_signature_that_no_manifest_names_never_passes() -> None:
    files = {"a.txt": b"a", "META-INF/signature001.p7s": b"0\x80"}
    assert reasons(*read_asice(written(files), POLICY)) == {"format": SubIndication.SIGNED_DATA_NOT_FOUND}


SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def with_cades(tmp_path: Path, *, method: str = SHA256) -> dict[str, bytes]:
    """A container as 4.4.3 says, its signature made by the openssl program."""
    digest = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    reference = f"<d:DigestMethod Algorithm='{method}'/><d:DigestValue>{digest}</d:DigestValue>"
    manifest = (
        "<a:ASiCManifest xmlns:a='http://uri.etsi.org/02918/v1.2.1#' "
        "xmlns:d='http://www.w3.org/2000/09/xmldsig#'>"
        "<a:SigReference URI='META-INF/signature001.p7s' MimeType='application/x-pkcs7-signature'/>"
        f"<a:DataObjectReference URI='my%20file.txt'>{reference}</a:DataObjectReference>"
        "</a:ASiCManifest>"
    )
    party = citizen("ES256")
    (tmp_path / "signer.pem").write_bytes(party.pem + party.key_pem)
    (tmp_path / "manifest").write_text(manifest)
    command = ["openssl", "cms", "-sign", "-cades", "-binary", "-nosmimecap", "-signer", "signer.pem"]
    command += ["-in", "manifest", "-outform", "DER", "-out", "p7s"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    return {
        "my file.txt": b"content",
        "META-INF/ASiCManifest001.xml": manifest.encode(),
        "META-INF/signature001.p7s": (tmp_path / "p7s").read_bytes(),
    }


def test_a_cades_signature_is_read_through_its_manifest(tmp_path: Path) -> None:
    files = with_cades(tmp_path)
    (facts,) = read_asice(written(files), POLICY)
    assert reasons(facts) == {}
    assert (facts.family, facts.scope) == (SignatureFamily.ASICE, "my file.txt")
    assert facts.certificate is not None
    assert facts.certificate.der == citizen("ES256").der
    changes = {
        "my file.txt": (b"other", "manifest", SubIndication.HASH_FAILURE),
        "beside.txt": (b"other", "manifest", SubIndication.SIG_CONSTRAINTS_FAILURE),
        "META-INF/ASiCManifest001.xml": (
            files["META-INF/ASiCManifest001.xml"] + b"<!-- -->",
            "signed_content",
            SubIndication.HASH_FAILURE,
        ),
    }
    for name, (content, check, reason) in changes.items():
        assert reasons(*read_asice(written(files | {name: content}), POLICY)) == {check: reason}
    del files["my file.txt"]
    assert reasons(*read_asice(written(files), POLICY)) == {"manifest": SubIndication.SIGNED_DATA_NOT_FOUND}


def test_a_manifest_with_a_hash_that_is_refused_does_not_pass(tmp_path: Path) -> None:
    files = with_cades(tmp_path, method="http://www.w3.org/2000/09/xmldsig#sha1")
    assert reasons(*read_asice(written(files), POLICY)) == {
        "manifest": SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    }


def test_entries_written_as_a_stream_are_read() -> None:
    """Programs that cannot seek put the lengths behind each entry (Java does)."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: object) -> int:
            self.data += bytes(piece)  # type: ignore[call-overload]
            return len(piece)  # type: ignore[arg-type]

    files = entries(container())
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert reasons(*read_asice(pipe.data, POLICY)) == {}


def test_names_that_a_container_cannot_hold_are_refused() -> None:
    for name in ("mimetype", "META-INF/signatures0.xml", "meta-inf/x", "../a", "a\x1b[2J", "a\\b"):
        with pytest.raises(EncodingError):
            sign_asice(request(b"x", name, FORM))


def encrypted() -> bytes:
    """The flag of encryption, set in the directory."""
    data = bytearray(written({"a.txt": b"x"}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 0x1
    return bytes(data)


def hidden() -> bytes:
    """The directory does not list the entry at the beginning."""
    return _without_first(container())


def _without_first(data: bytes) -> bytes:
    start = data.index(b"PK\x01\x02")
    following = data.index(b"PK\x01\x02", start + 1)
    end = data.rindex(b"PK\x05\x06")
    record = bytearray(data[end:])
    count = struct.unpack_from("<H", record, 8)[0] - 1
    struct.pack_into("<HHII", record, 8, count, count, end - following, start)
    return data[:start] + data[following:end] + bytes(record)


def bzip2(info: zipfile.ZipInfo) -> None:
    if info.filename != "mimetype":
        info.compress_type = zipfile.ZIP_BZIP2


def deflated(info: zipfile.ZipInfo) -> None:
    if info.filename != "mimetype":
        info.compress_type = zipfile.ZIP_DEFLATED


def extra_field(info: zipfile.ZipInfo) -> None:
    info.extra = b"\xfe\xca\x00\x00"


def twice() -> bytes:
    stream = io.BytesIO(written({"a.txt": b"1"}))
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.txt", b"2")
    return stream.getvalue()


def overlapping() -> bytes:
    """One entry lies inside of another (the trick of Fifield's zip bomb)."""
    inner = written({"b.txt": b"1" * 50})
    start, end = inner.index(b"b.txt") - 30, inner.index(b"PK\x01\x02")
    data = bytearray(written({"a.txt": inner[start:end], "b.txt": b"1" * 50}))
    pointer = data.rindex(b"b.txt") - 4
    struct.pack_into("<I", data, pointer, data.index(b"b.txt") - 30)
    return bytes(data)


def with_room() -> bytes:
    """An entry that the directory does not list, before the directory: a stream reader would see it."""
    data = written({"a.txt": b"x"})
    inner = written({"b.txt": b"1"})
    hidden_entry = inner[inner.index(b"b.txt") - 30 : inner.index(b"PK\x01\x02")]
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    record = bytearray(data[end:])
    struct.pack_into("<I", record, 16, start + len(hidden_entry))
    return data[:start] + hidden_entry + data[start:end] + bytes(record)


def two_lengths() -> bytes:
    """The entry says another length than the directory."""
    data = bytearray(written({"a.txt": b"xy"}))
    place = data.index(b"a.txt") - 30
    struct.pack_into("<I", data, place + 22, 1)
    return bytes(data)


def _bomb() -> bytes:
    return written({"a.txt": bytes(4 << 20)}, deflated)


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "begins with"),
    "no ZIP": (lambda: b"%PDF-1.7", "begins with"),
    "no signature": (lambda: written({"a.txt": b"x"}), "signatures in META-INF"),
    "mimetype of ASiC-S": (lambda: container().replace(b"asic-e+zip", b"asic-s+zip"), "begins with"),
    "mimetype with an extra field": (lambda: written({"a.txt": b"x"}, extra_field), "begins with"),
    "something before the container": (lambda: b"#!/bin/sh\n" + container(), "begins with"),
    "encrypted": (encrypted, "not encrypted"),
    "bzip2": (lambda: written({"a.txt": b"x"}, bzip2), "stored or deflated"),
    "a path out of the container": (lambda: written({"../a.txt": b"x"}), "inside of the container"),
    "an absolute path": (lambda: written({"/a.txt": b"x"}), "inside of the container"),
    "a name that steers the terminal": (lambda: written({"a\x1b.txt": b"x"}), "inside of the container"),
    "names that differ in case": (lambda: written({"a.txt": b"1", "A.txt": b"2"}), "different names"),
    "a name twice": (twice, "different names"),
    "overlapping entries": (overlapping, "do not overlap"),
    "room between entries": (with_room, "leave no room"),
    "two lengths": (two_lengths, "same lengths"),
    "a bomb": (_bomb, "times longer"),
    "truncated": (lambda: container()[:-30], "can be read"),
    "no mimetype in the directory": (hidden, "at the beginning"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_container_is_an_encoding_error(case: str) -> None:
    make, expected = BROKEN[case]
    with pytest.raises(EncodingError, match=expected):
        read_asice(make(), POLICY)


@pytest.mark.parametrize(("limit", "value"), [("MAX_LENGTH", 900), ("MAX_ENTRIES", 3)])
def test_limits_hold(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = container()
    monkeypatch.setattr(asice_zip, limit, value)
    with pytest.raises(EncodingError):
        read_asice(data, POLICY)
