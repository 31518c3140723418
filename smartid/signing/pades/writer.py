"""Writing a PAdES signature into a PDF, revision by revision."""

from __future__ import annotations

from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument

from smartid.errors import LevelNotReached
from smartid.signing.collect import collect
from smartid.signing.form import Level
from smartid.signing.pades.adapters import RequestSigner, RequestStamper, run_private
from smartid.signing.pades.appearance import appearance_of
from smartid.signing.pades.edge import open_pdf, pdf_edge
from smartid.signing.pades.place import place_of
from smartid.signing.pades.update import add_document_time_stamp, add_store, free_name, whole
from smartid.signing.request import SigningRequest
from smartid.trust.certificate import CertificateUsage
from smartid.trust.cms import parse_signed_data
from smartid.trust.policy import Policy
from smartid.trust.validation_data import NO_DATA, ValidationData

_FORBIDDEN = "a document that can be signed"


def write_signature(request: SigningRequest) -> bytes:
    """Give the PDF with one signature more. Everything that can fail without the card comes before it."""
    level = request.form.level
    writer = _writer(request.content.read())
    signer = RequestSigner(request)
    stamper = _stamper(request)
    data = _validation_data(request, stamper) if stamper and level.rank >= Level.LT.rank else NO_DATA
    output = _sign(request, writer, signer, stamper)
    if level.rank >= Level.LT.rank:
        output = add_store(output, data)
    if stamper and level is Level.LTA:
        output = add_document_time_stamp(output, stamper, request.algorithm.hash_name)
    return output.getvalue()


def _stamper(request: SigningRequest) -> RequestStamper | None:
    """Try the time-stamping authority before the card is used."""
    if request.form.level is Level.B or request.time_stamper is None:
        return None
    _say(request, "time stamp")
    stamper = RequestStamper(request.time_stamper)
    stamper.sample(request.algorithm.hash_name)
    return stamper


def _validation_data(request: SigningRequest, stamper: RequestStamper) -> ValidationData:
    """Collect what validates signer and authority. Raises LevelNotReached."""
    _say(request, "validation data")
    try:
        return _collected(request, stamper)
    except LevelNotReached as error:
        raise LevelNotReached(request.form.level.value, error.why, remedy=error.remedy) from error


def _collected(request: SigningRequest, stamper: RequestStamper) -> ValidationData:
    policy = request.policy or Policy()
    signer = collect(
        request.signer.certificate,
        request.chain,
        policy,
        request.signed_at,
        usage=CertificateUsage.DOCUMENT_SIGNATURE,
    )
    token = parse_signed_data(stamper.sample(request.algorithm.hash_name))
    authority = token.signer_certificate()
    if authority is None:
        raise LevelNotReached(request.form.level.value, "the time stamp lacks its authority's certificate.")
    return signer + collect(
        authority.der,
        token.certificates,
        policy,
        request.signed_at,
        usage=CertificateUsage.TIME_STAMPING,
    )


def _writer(data: bytes) -> IncrementalPdfFileWriter:
    reader = open_pdf(data)
    with pdf_edge("PDF document", _FORBIDDEN):
        return IncrementalPdfFileWriter.from_reader(reader)


def _sign(
    request: SigningRequest,
    writer: IncrementalPdfFileWriter,
    signer: RequestSigner,
    stamper: RequestStamper | None,
) -> BytesIO:
    place = place_of(request.appearance, writer) if request.appearance else None
    style = appearance_of(request, place.turn) if place else None
    with pdf_edge("PDF document", _FORBIDDEN):
        name = free_name(writer, "Signature")
        metadata = PdfSignatureMetadata(
            field_name=name, md_algorithm=request.algorithm.hash_name, subfilter=SigSeedSubFilter.PADES
        )
        # pyHanko declares whole points; a PDF has fractions
        spec = SigFieldSpec(name, on_page=place.page, box=place.box) if place else SigFieldSpec(name)  # type: ignore[arg-type]
        pdf_signer = PdfSigner(metadata, signer, timestamper=stamper, stamp_style=style, new_field_spec=spec)
        session = pdf_signer.init_signing_session(writer)
        session.system_time = request.signed_at
        size = run_private(session.estimate_signature_container_size(None))
        document = session.prepare_tbs_document(None, bytes_reserved=size)
        prepared, output = document.digest_tbs_document()
    _say(request, "signature")
    _fill(request, document, prepared.document_digest)
    return whole(output)


def _fill(request: SigningRequest, document: PdfTBSDocument, digest: bytes) -> None:
    attributes = PdfCMSSignedAttributes(signing_time=request.signed_at)
    try:
        run_private(document.perform_signature(digest, attributes))
    except SigningError as error:
        # the sample token told how long a token is
        raise LevelNotReached(
            request.form.level.value, "the time-stamp token grew beyond its room."
        ) from error


def _say(request: SigningRequest, what: str) -> None:
    if request.progress is not None:
        request.progress(what)
