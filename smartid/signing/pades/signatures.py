"""Signatures as they lie in a PDF: where, over which bytes, and what came after them.

pyHanko finds them and compares revisions; nothing in here believes a signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffResult,
    ModificationLevel,
    SuspiciousModification,
)
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from smartid.errors import EncodingError
from smartid.signing.content import Content
from smartid.signing.pades.edge import PDF_ERRORS, STANDARD, entry, open_pdf, pdf_edge
from smartid.trust.findings import Finding, failed, passed
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication

MAX_SIGNATURES = 64
MAX_COMPARISONS = 1024
"""Most pairs of a signature and a later revision that are compared."""
MAX_VALIDATION_OBJECTS = 1024

CMS_FILTERS = frozenset({"/ETSI.CAdES.detached", "/adbe.pkcs7.detached"})
TIME_STAMP_FILTER = "/ETSI.RFC3161"

_HEX_STRING = re.compile(rb"<[0-9A-Fa-f]*>")
_LATER = {
    ModificationLevel.NONE: "",
    ModificationLevel.LTA_UPDATES: "later revisions add time stamps or validation data",
    ModificationLevel.FORM_FILLING: "later revisions add signatures or fill in forms",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PDFSignature:
    """One filled signature field.

    filter    how it is encoded, "/ETSI.CAdES.detached"
    contents  CMS signed data or time-stamp token, without padding
    covered   the bytes that are signed; None when the byte range is not to be trusted
    revision  of the document, counted from 0, that it closes
    claimed   time of signing in the signature dictionary, None without one
    findings  "byte_range" and "later_changes"
    scope     what is signed, for people
    store     whether validation data is among what is signed
    """

    name: str
    filter: str
    contents: bytes
    covered: Content | None
    revision: int
    claimed: datetime | None
    findings: tuple[Finding, ...]
    scope: str
    store: bool = False

    @property
    def is_time_stamp(self) -> bool:
        """Whether it is a time stamp over the document."""
        return self.filter == TIME_STAMP_FILTER

    def __repr__(self) -> str:
        return f"PDFSignature({self.name!r})"

    def digest(self, hash_name: str) -> bytes:
        """Hash what is signed. Raises EncodingError when that cannot be told, ValueError: unknown hash."""
        if self.covered is None:
            raise EncodingError("PDF signature", offset=0, expected="a whole revision", standard=STANDARD)
        return self.covered.digest(hash_name)


def signatures_of(data: bytes) -> tuple[tuple[PDFSignature, ...], ValidationData]:
    """Find the signatures, oldest first, and the validation data of the document. Raises EncodingError."""
    reader = open_pdf(data)
    with pdf_edge("PDF document", "a form with signature fields", "ISO 32000-1:2008, 12.7.4.5"):
        fields = list(islice(enumerate_sig_fields(reader, filled_status=True), MAX_SIGNATURES + 1))
    if len(fields) * reader.xrefs.total_revisions > MAX_COMPARISONS or len(fields) > MAX_SIGNATURES:
        raise EncodingError("PDF document", offset=0, expected=f"at most {MAX_SIGNATURES} signatures")
    found = [_signature(reader, data, str(name or ""), value, field) for name, value, field in fields]
    return tuple(sorted(found, key=lambda item: item.revision)), _validation_data(reader)


def _signature(reader: PdfFileReader, data: bytes, name: str, value: Any, field: Any) -> PDFSignature:
    try:
        embedded = EmbeddedPdfSignature(reader, field, name)
        filter_name = str(entry(value.get_object(), "/SubFilter", ""))
        whole = _byte_range(embedded, data)
        return PDFSignature(
            name=name,
            filter=filter_name,
            contents=without_padding(embedded.pkcs7_content),
            covered=_covered(embedded, data) if whole.passed else None,
            revision=embedded.signed_revision,
            claimed=_claimed(embedded),
            findings=(whole, _trailing(reader, data) or _later_changes(embedded))
            if whole.passed
            else (whole,),
            scope=_scope(embedded, reader.xrefs.total_revisions),
            store="/DSS" in reader.get_historical_root(embedded.signed_revision),
        )
    except (EncodingError, *PDF_ERRORS) as error:
        detail = f"The signature field {_shown(name)} cannot be read: {_shown(str(error))}"
        return _unreadable(name, detail)


def _unreadable(name: str, detail: str) -> PDFSignature:
    return PDFSignature(
        name=name,
        filter="",
        contents=b"",
        covered=None,
        revision=0,
        claimed=None,
        findings=(failed("byte_range", SubIndication.FORMAT_FAILURE, detail),),
        scope="",
    )


def _byte_range(embedded: EmbeddedPdfSignature, data: bytes) -> Finding:
    """Check that everything up to the end of a revision is signed but the signature itself.

    ISO 32000-1:2008, 12.8.1: two ranges, from the first byte on, and the gap is the string in Contents.
    """
    numbers = [int(number) for number in embedded.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        return _broken_range("The byte range is not two ranges from the first byte on.")
    _, first, start, second = numbers
    if not first < start or start + second > len(data):
        return _broken_range("The byte range reaches beyond the file, or its parts overlap.")
    gap = data[first:start]
    if not _HEX_STRING.fullmatch(gap) or _unhexed(gap) != embedded.pkcs7_content:
        return _broken_range("The byte range leaves out more, or something else, than the signature.")
    coverage = embedded.evaluate_signature_coverage()
    embedded.coverage = coverage  # type: ignore[assignment]  # declared as the None it starts with
    if coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        return _broken_range("The byte range does not end where a revision of the document ends.")
    return passed("byte_range", "Everything in the revision is signed but the signature itself.")


def _broken_range(detail: str) -> Finding:
    return failed("byte_range", SubIndication.FORMAT_FAILURE, detail)


def _unhexed(gap: bytes) -> bytes:
    digits = gap[1:-1].decode("ascii")
    return bytes.fromhex(digits + "0" * (len(digits) % 2))


def _covered(embedded: EmbeddedPdfSignature, data: bytes) -> Content:
    _, first, start, second = (int(number) for number in embedded.byte_range)
    return Content(data[:first] + data[start : start + second])


def _trailing(reader: PdfFileReader, data: bytes) -> Finding | None:
    """See that the file ends where its last revision does (ISO 32000-1:2008, 7.5.5).

    What stands behind it belongs to no revision, so nobody compares it; a program that mends files shows it.
    """
    last = int(reader.last_startxref or 0)
    end = re.compile(rb"startxref\s+0*%d\s+%%%%EOF" % last).search(data, last)
    if end and not data[end.end() :].strip(b"\0\t\n\f\r "):
        return None
    return failed("later_changes", SubIndication.FORMAT_FAILURE, "Bytes follow the end of the document.")


def _later_changes(embedded: EmbeddedPdfSignature) -> Finding:
    """Judge what was added after signing (ISO 32000-1:2008, 12.8.2.2: what a signature permits)."""
    result: DiffResult | SuspiciousModification = embedded.evaluate_modifications(DEFAULT_DIFF_POLICY)
    embedded.diff_result = result  # type: ignore[assignment]  # declared as the None it starts with
    if not isinstance(result, DiffResult):
        why = f"The document was changed after it was signed: {_shown(str(result))}"
        return failed("later_changes", SubIndication.FORMAT_FAILURE, why)
    allowed = embedded.docmdp_level
    level = result.modification_level
    if level not in _LATER or (allowed is not None and level.value > allowed.value):
        why = "The document was changed after it was signed, in a way that the signature forbids."
        return failed("later_changes", SubIndication.FORMAT_FAILURE, why)
    told = _LATER[level]
    return passed("later_changes", f"Allowed: {told}." if told else "Nothing was added after signing.")


def _scope(embedded: EmbeddedPdfSignature, total: int) -> str:
    if embedded.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "the whole file"
    scope = f"revision {embedded.signed_revision + 1} of {total}"
    result = embedded.diff_result
    later = _LATER.get(result.modification_level) if isinstance(result, DiffResult) else ""
    return f"{scope}; {later}" if later else scope


def _claimed(embedded: EmbeddedPdfSignature) -> datetime | None:
    try:
        time = generic.parse_pdf_date(embedded.sig_object["/M"], strict=False)
        return time.astimezone(UTC) if time.tzinfo is not None else None
    except PDF_ERRORS:
        return None  # nothing rests on it


def without_padding(contents: bytes) -> bytes:
    """Cut the zeros that fill the room for a signature. Raises EncodingError."""
    from asn1crypto import parser  # noqa: PLC0415 - pyHanko has loaded it

    with pdf_edge("PDF signature", "a DER structure and zeros", "ISO 32000-1:2008, 12.8.3.3"):
        length = sum(len(part) for part in parser.parse(contents)[3:])
    if contents[length:].strip(b"\0"):
        raise EncodingError("PDF signature", offset=length, expected="zeros up to the end", standard=STANDARD)
    return contents[:length]


def _validation_data(reader: PdfFileReader) -> ValidationData:
    """Read the document security store (ETSI EN 319 142-1 V1.2.1, 5.4.2); broken parts are passed over."""
    try:
        store = entry(reader.root, "/DSS", {})
        return ValidationData(
            certificates=_streams(store, "/Certs", DecodePurpose.CERTIFICATE),
            crls=_streams(store, "/CRLs", DecodePurpose.CRL),
            ocsp=_streams(store, "/OCSPs", DecodePurpose.OCSP_RESPONSE),
        )
    except PDF_ERRORS:
        return ValidationData()


def _streams(store: Any, key: str, purpose: DecodePurpose) -> tuple[bytes, ...]:
    found = []
    for item in islice(entry(store, key, ()), MAX_VALIDATION_OBJECTS):
        try:
            found.append(bytes(item.get_object().read_data(purpose)))
        except PDF_ERRORS:
            continue  # another one may be sound
    return tuple(dict.fromkeys(found))


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text[:200])
