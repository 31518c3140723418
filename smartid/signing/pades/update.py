"""Revisions that prolong a signed PDF: validation data and document time stamps."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from smartid.crypto.der import decoding
from smartid.signing.pades.adapters import RequestStamper, run_private
from smartid.signing.pades.edge import LIMITS, pdf_edge
from smartid.trust.validation_data import ValidationData

_EXPECTED = "a document that can be updated"


def add_store(signed: BytesIO, data: ValidationData) -> BytesIO:
    """Add or extend the document security store (ETSI EN 319 142-1 V1.2.1, 5.4.2). Raises EncodingError."""
    with pdf_edge("PDF document", _EXPECTED):
        writer = IncrementalPdfFileWriter(signed, decode_limits=LIMITS)
        certificates, crls, answers = _as_objects(data)
        DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=certificates, crls=crls, ocsps=answers)
        output = BytesIO()
        writer.write(output)
    return output


def add_document_time_stamp(signed: BytesIO, stamper: RequestStamper, hash_name: str) -> BytesIO:
    """Add a document time stamp over everything that is there (5.4.3). Raises EncodingError, FetchFailed."""
    stamper.sample(hash_name)
    with pdf_edge("PDF document", _EXPECTED):
        writer = IncrementalPdfFileWriter(signed, decode_limits=LIMITS)
        pdf_stamper = PdfTimeStamper(stamper, field_name=free_name(writer, "Timestamp"))
        return whole(run_private(pdf_stamper.async_timestamp_pdf(writer, hash_name)))


def free_name(writer: IncrementalPdfFileWriter, stem: str) -> str:
    """Give a name that no signature field has."""
    taken = {name for name, _, _ in enumerate_sig_fields(writer)}
    number = next(number for number in range(1, len(taken) + 2) if f"{stem}{number}" not in taken)
    return f"{stem}{number}"


def whole(output: Any) -> BytesIO:
    """Give what was written to a stream, from its beginning."""
    output.seek(0)
    return BytesIO(output.read())


def _as_objects(data: ValidationData) -> tuple[list[Any], list[Any], list[Any]]:
    with decoding("validation data", "RFC 5280 (2008), RFC 6960 (2013)"):
        return (
            [x509.Certificate.load(der) for der in data.certificates],
            [crl.CertificateList.load(der) for der in data.crls],
            [ocsp.OCSPResponse.load(der) for der in data.ocsp],
        )
