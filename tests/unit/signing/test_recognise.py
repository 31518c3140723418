"""A format is told from the bytes."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.signing.recognise import DocumentFormat, holds_xml_signature, recognise, without_armour

SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
DER = b"\x30\x82\x01\x00" + SIGNED_DATA + b"\xa0\x00"
BER = b"\x30\x80" + SIGNED_DATA + b"\xa0\x80"
PEM = b"-----BEGIN CMS-----\n" + base64.encodebytes(DER) + b"-----END CMS-----\n"
EVIDENCE = b'{"format": "smartid-evidence-1"}'


def _zip(*entries: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return made.getvalue()


ASIC = _zip(("mimetype", b"application/vnd.etsi.asic-e+zip"), ("a.txt", b"a"))
ASIC_WITHOUT_TYPE = _zip(("a.txt", b"a"), ("META-INF/signatures0.xml", b"<a/>"))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", DocumentFormat.PDF),
        (b"junk" * 200 + b"%PDF-1.7\n", DocumentFormat.PDF),
        (DER, DocumentFormat.CMS),
        (BER, DocumentFormat.CMS),
        (PEM, DocumentFormat.CMS),
        (b"\n" + PEM.replace(b"\n", b"\r\n"), DocumentFormat.CMS),
        (PEM.replace(b"CMS", b"PKCS7"), DocumentFormat.CMS),
        (DER + b"%PDF-1.7", DocumentFormat.CMS),
        (b'<?xml version="1.0"?><a/>', DocumentFormat.XML),
        (b"\xef\xbb\xbf <a/>", DocumentFormat.XML),
        (ASIC, DocumentFormat.ASIC),
        (ASIC_WITHOUT_TYPE, DocumentFormat.ASIC),
        (b"eyJhbGciOiJFUzI1NiJ9.cGF5bG9hZA.c2lnbmF0dXJl\n", DocumentFormat.JWS),
        (b"eyJhbGciOiJFUzI1NiJ9..c2lnbmF0dXJl", DocumentFormat.JWS),
        (b' {"payload": "", "signatures": []}', DocumentFormat.JWS),
        (b'{"payload": "", "protected": "", "signature": ""}', DocumentFormat.JWS),
        (EVIDENCE, DocumentFormat.EVIDENCE),
    ],
    ids=lambda value: str(value)[:24],
)
def test_each_format_is_known(data: bytes, kind: DocumentFormat) -> None:
    assert recognise(data) is kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain text",
        b"junk" * 256 + b"%PDF-1.7",  # beyond the first 1024 bytes
        b"\x30\x03\x02\x01\x01",  # DER, but no signed data
        _zip(("a.txt", b"a")),
        b'{"payload": 1}',
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ],
)
def test_anything_else_is_refused_and_what_is_supported_is_named(data: bytes) -> None:
    with pytest.raises(EncodingError, match="document.*PDF.*CMS.*XML.*ASiC.*JWS.*evidence"):
        recognise(data)


def test_armour_is_taken_off() -> None:
    assert without_armour(PEM) == without_armour(DER) == DER


def test_broken_armour_is_named_with_its_offset() -> None:
    with pytest.raises(EncodingError) as caught:
        without_armour(b"-----BEGIN CMS-----\nAAAAA\n-----END CMS-----\n")
    assert caught.value.offset == 20


def test_xml_that_never_speaks_of_signatures() -> None:
    assert not holds_xml_signature(b"<a/>")
    assert holds_xml_signature(b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>')


@given(st.binary(max_size=400))
def test_any_bytes_are_a_format_or_refused(data: bytes) -> None:
    try:
        assert recognise(data) in DocumentFormat
        without_armour(data)
    except EncodingError as error:
        assert error.expected
