"""Signing PDF documents: PAdES baseline signatures (ETSI EN 319 142-1 V1.2.1 (2024-01)).

pyHanko (extra ``pdf``) writes the PDF; it is imported when the first document is signed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import PurePath

from smartid.errors import ExtraMissing, LevelNotReached
from smartid.signing.form import Level
from smartid.signing.request import SignedDocument, SigningRequest


def sign_pades(request: SigningRequest) -> SignedDocument:
    """Add a signature to a PDF, as an incremental update: what is there already stays byte for byte.

    B    CMS under the sub-filter ETSI.CAdES.detached, with the signer's certificate and the chain but no
         root; the time that is claimed is in the signature dictionary (6.2.1)
    T    and a signature time stamp; a first token is asked for to learn its length, before the card is used
    LT   and a document security store (DSS) with the validation data of signer and time stamp
    LTA  and a document time stamp over all of that

    The signer is asked once. Nothing is fetched but through ``time_stamper`` and ``policy``.

    Raises EncodingError for what is not a PDF, is broken, encrypted, has two kinds of cross-references, or
    forbids further signatures; LevelNotReached; ExtraMissing ("pdf"); FetchFailed; ValueError for a page or
    a box that is not there; FontMissing; and what the signer raises.
    """
    require_pdf_extra("A signature in a PDF")
    _require_means(request)
    from smartid.signing.pades.writer import write_signature  # noqa: PLC0415 - half a second to import

    data = write_signature(request)
    return SignedDocument(form=request.form, name=_signed_name(request.name), data=data)


def require_pdf_extra(feature: str) -> None:
    """Raise ExtraMissing unless pyHanko is there, and what it needs to write letters."""
    if not all(find_spec(name) for name in ("pyhanko", "uharfbuzz", "fontTools")):
        raise ExtraMissing("pdf", feature)


def _require_means(request: SigningRequest) -> None:
    level = request.form.level
    if level.rank >= Level.T.rank and request.time_stamper is None:
        raise LevelNotReached(level.value, "no time-stamping authority is given.")
    if level.rank >= Level.LT.rank and request.policy is None:
        raise LevelNotReached(level.value, "no trust policy is given to collect validation data by.")


def _signed_name(name: str) -> str:
    path = PurePath(name)
    return f"{path.stem}-signed.pdf" if path.suffix.lower() == ".pdf" else f"{name}-signed.pdf"
