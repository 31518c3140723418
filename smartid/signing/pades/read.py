"""Reading the signatures of a PDF (ETSI EN 319 142-1 V1.2.1 (2024-01)).

pyHanko (extra ``pdf``) is asked for the structure only; it is imported when the first document is read. The
signatures themselves are read as those of every other format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from smartid.errors import EncodingError
from smartid.signing.cades.signer_facts import facts_of_signer
from smartid.signing.facts import SignatureFacts, TimeStampFacts, TimeStampKind
from smartid.signing.form import SignatureFamily
from smartid.signing.pades.sign import require_pdf_extra
from smartid.trust.cms import parse_signed_data
from smartid.trust.findings import Finding, failed
from smartid.trust.policy import Policy
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication

if TYPE_CHECKING:
    from smartid.signing.pades.signatures import PDFSignature


def read_pades(data: bytes, policy: Policy) -> tuple[SignatureFacts, ...]:
    """Give the signatures of a PDF, oldest first; none is an answer too.

    Besides the findings of every CMS signature, each has "byte_range": everything up to the end of its
    revision is signed but the signature itself, and "later_changes": what came after is only what a signature
    permits (time stamps, validation data, more signatures, forms filled in). A document time stamp is an
    archive time stamp of every signature before it.

    Raises EncodingError for what is not a PDF, is broken or encrypted, or has two kinds of cross-references;
    ExtraMissing ("pdf").
    """
    require_pdf_extra("Reading the signatures of a PDF")
    from smartid.signing.pades.signatures import signatures_of  # noqa: PLC0415 - half a second to import

    found, store = signatures_of(data)
    stamps = [item for item in found if item.is_time_stamp]
    return tuple(_facts(item, stamps, store, policy) for item in found if not item.is_time_stamp)


def _facts(
    signature: PDFSignature, stamps: Sequence[PDFSignature], store: ValidationData, policy: Policy
) -> SignatureFacts:
    try:
        facts = _of_cms(signature, store, policy)
    except EncodingError as error:
        facts = _unreadable(signature, failed("format", SubIndication.FORMAT_FAILURE, error.message))
    return replace(
        facts,
        findings=(*facts.findings, *signature.findings),
        time_stamps=(*facts.time_stamps, *_archive_stamps(signature, stamps, store)),
    )


def _of_cms(signature: PDFSignature, store: ValidationData, policy: Policy) -> SignatureFacts:
    from smartid.signing.pades.signatures import CMS_FILTERS  # noqa: PLC0415 - loaded by now

    if signature.covered is None:
        return _unreadable(signature)
    if signature.filter not in CMS_FILTERS:
        raise EncodingError("PDF signature", offset=0, expected=f"a sub-filter of {sorted(CMS_FILTERS)}")
    signed = parse_signed_data(signature.contents)
    if len(signed.signers) != 1 or signed.content is not None:
        raise EncodingError("PDF signature", offset=0, expected="one signer, and no content inside")
    return facts_of_signer(
        signed,
        signed.signers[0],
        signature.covered,
        policy,
        family=SignatureFamily.PADES,
        scope=signature.scope,
        data=store,
        claimed_time=signature.claimed,
    )


def _unreadable(signature: PDFSignature, *findings: Finding) -> SignatureFacts:
    return SignatureFacts(
        family=SignatureFamily.PADES, findings=findings, certificate=None, scope=signature.scope
    )


def _archive_stamps(
    signature: PDFSignature, stamps: Sequence[PDFSignature], store: ValidationData
) -> tuple[TimeStampFacts, ...]:
    later = (stamp for stamp in stamps if stamp.revision > signature.revision)
    return tuple(
        TimeStampFacts(
            kind=TimeStampKind.ARCHIVE,
            token=stamp.contents,
            digest=stamp.digest,
            data=store,
            archives=stamp.store,
        )
        for stamp in later
    )
