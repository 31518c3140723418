"""What kind of signed document some bytes are, told from the bytes and never from the name of a file."""

from __future__ import annotations

import base64
import binascii
import re
from enum import Enum

from smartid.errors import EncodingError

SUPPORTED = (
    "a PDF file, a CMS signature (DER, BER or PEM), XML, an ASiC container, a JWS, or evidence of smartid"
)

_PDF_MARK, _PDF_REACH = b"%PDF-", 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # 1.2.840.113549.1.7.2, RFC 5652 (2009), 5.1
_SEQUENCE, _CMS_REACH = 0x30, 24
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_ASIC_TYPE = b"mimetypeapplication/vnd.etsi.asic-"
_ASIC_SIGNATURES = re.compile(
    rb"META-INF/[^/\x00]{0,200}signature[^/\x00]{0,200}\.(?:xml|p7s)", re.IGNORECASE
)
_ZIP_HEADER_REACH = 300
_XML_SIGNATURE = b"http://www.w3.org/2000/09/xmldsig#"
_COMPACT = re.compile(rb"[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_PEM = re.compile(
    rb"-----BEGIN (CMS|PKCS7|PKCS #7 SIGNED DATA)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]+?)-----END \1-----"
)


class DocumentFormat(Enum):
    """Formats that are told apart here. Whether the bytes keep their format is for its reader to say.

    PDF        ISO 32000, signed or not
    CMS        SignedData of RFC 5652 (2009)
    XML        with a signature of XML-Signature 1.1, or without one
    ASIC       container of ETSI EN 319 162-1 V1.1.1 (2016-04)
    JWS        compact or JSON serialization of RFC 7515 (2015)
    EVIDENCE   what ``smartid read --evidence`` writes
    """

    PDF = "PDF"
    CMS = "CMS"
    XML = "XML"
    ASIC = "ASiC"
    JWS = "JWS"
    EVIDENCE = "evidence"


def recognise(data: bytes) -> DocumentFormat:
    """Tell the format. Raises EncodingError, which names what is supported, when it is none of them."""
    for kind, fits in _TESTS:
        if fits(data):
            return kind
    raise EncodingError("The document", offset=0, expected=SUPPORTED)


def holds_xml_signature(data: bytes) -> bool:
    """Tell whether an XML document speaks of signatures at all, so that one without needs no XML library."""
    return _XML_SIGNATURE in data


def without_armour(data: bytes) -> bytes:
    """Give the DER or BER inside PEM (RFC 7468 (2015), 9); other bytes as they are.

    Raises EncodingError, also when there is anything beside the one block: a second signature, or a text that
    somebody might take for the signed one.
    """
    if data[:1] == bytes([_SEQUENCE]):
        return data
    found = _PEM.search(data)
    if not found:
        return data
    if data[: found.start()].strip() or data[found.end() :].strip():
        raise EncodingError(
            "PEM", offset=0, expected="one block and nothing else", standard="RFC 7468 (2015)"
        )
    try:
        return base64.b64decode(b"".join(found[2].split()), validate=True)
    except binascii.Error as error:
        raise EncodingError(
            "PEM", offset=found.start(2), expected="Base64", standard="RFC 7468 (2015), 9"
        ) from error


def _is_pdf(data: bytes) -> bool:
    return _PDF_MARK in data[:_PDF_REACH]


def _is_cms(data: bytes) -> bool:
    if data[:1] == bytes([_SEQUENCE]):
        return _SIGNED_DATA in data[:_CMS_REACH]
    return data.lstrip()[:5] == b"-----" and _PEM.search(data) is not None


def _is_asic(data: bytes) -> bool:
    if not data.startswith(_ZIP_MARKS):
        return False
    return _ASIC_TYPE in data[:_ZIP_HEADER_REACH] or _ASIC_SIGNATURES.search(data) is not None


def _is_evidence(data: bytes) -> bool:
    return _is_object(data) and b'"smartid-evidence-1"' in data


def _is_jws(data: bytes) -> bool:
    if _is_object(data):
        return b'"signature' in data
    return _COMPACT.fullmatch(data.strip()) is not None


def _is_xml(data: bytes) -> bool:
    return data.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"<"


def _is_object(data: bytes) -> bool:
    return data.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"{"


_TESTS = (
    (DocumentFormat.CMS, _is_cms),
    (DocumentFormat.ASIC, _is_asic),
    (DocumentFormat.PDF, _is_pdf),
    (DocumentFormat.EVIDENCE, _is_evidence),
    (DocumentFormat.JWS, _is_jws),
    (DocumentFormat.XML, _is_xml),
)
"""In this order: a signature over a PDF that begins inside it stays a CMS signature."""
