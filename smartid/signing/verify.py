"""Is this document signed, by whom, when, and may I believe it: one entrance for every format.

The format is told from the bytes; its reader is imported then and takes the signatures apart, and one process
judges them (ETSI EN 319 102-1 V1.4.1 (2024-06)).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from smartid.errors import EncodingError
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.recognise import DocumentFormat, holds_xml_signature, recognise, without_armour
from smartid.signing.request import SignedDocument
from smartid.signing.verdicts import SignatureVerdict, VerificationReport
from smartid.trust.findings import not_checked
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication, Verdict

_SIGNATURE_BESIDE = ".p7s"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """What is to be verified: bytes, the content when it is known, and where to look for it else."""

    name: str
    data: bytes
    content: Content | None = None
    path: Path | None = None


def verify(
    document: Path | bytes | SignedDocument,
    policy: Policy | None = None,
    *,
    content: Path | bytes | None = None,
    at: datetime | None = None,
    name: str = "",
) -> VerificationReport:
    """Verify every signature of a document; a bad signature is an answer, never an error.

    document  a file, its bytes, or what ``sign`` gave. The format is told from the bytes
    policy    anchors and rules; None takes the configured trust store
    content   what a detached signature is about. Without it, and only for a detached signature in a file
              ``X.p7s``, the file ``X`` beside it is taken, and the scope of the signature says so. When the
              content is inside and ``X`` is another, that stands against the signature ("file_beside")
    at        the time for which the question is asked, an aware datetime; None is the present time
    name      of the document, for people; a file has its own

    Raises EncodingError (broken, or no format that is known), ExtraMissing (a library for the format is not
    installed), OSError (a file cannot be read), and ValueError for a time without a zone, or one that UTC has
    no date for.
    """
    policy = policy or _configured()
    time = _utc(at or policy.clock())
    opened = _open(document, content, name)
    kind = recognise(opened.data)
    report = VerificationReport(name=opened.name, sha256=hashlib.sha256(opened.data).hexdigest())
    if kind is DocumentFormat.EVIDENCE:
        return replace(report, identity=_evidence(opened, policy, time))
    return replace(report, signatures=_judged(_READERS[kind](opened, policy), policy, time))


def _configured() -> Policy:
    from smartid.trust.store import TrustStore  # noqa: PLC0415 - reads files, and only without a policy

    return Policy(anchors=TrustStore.configured())


def _utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("the time of a verdict needs a time zone")
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time of a verdict lies outside of the calendar in UTC") from error


def _open(document: Path | bytes | SignedDocument, content: Path | bytes | None, name: str) -> _Document:
    given = None if content is None else Content(content)
    if isinstance(document, SignedDocument):
        return _Document(name=name or document.name, data=document.data, content=given or document.content)
    path = document if isinstance(document, Path) else None
    data = Content(document).read()
    return _Document(name=name or (path.name if path else ""), data=data, content=given, path=path)


def _judged(
    facts: tuple[SignatureFacts, ...], policy: Policy, time: datetime
) -> tuple[SignatureVerdict, ...]:
    if not facts:
        return ()
    from smartid.signing.process.judge import judge  # noqa: PLC0415 - not needed for a document without signatures
    from smartid.signing.process.words import explained  # noqa: PLC0415

    return tuple(explained(judge(one, policy, time)) for one in facts)


def _evidence(document: _Document, policy: Policy, time: datetime) -> Verdict:
    """Judge what a card said. Raises EncodingError."""
    from smartid.identity.evidence import Evidence  # noqa: PLC0415 - signatures do without it
    from smartid.trust.verifier import Verifier  # noqa: PLC0415

    _refuse_content(document)
    try:
        text = document.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError("evidence", offset=error.start, expected="UTF-8") from error
    return Verifier(policy).assess(Evidence.from_json(text), at=time)


def _read_cms(document: _Document, policy: Policy) -> tuple[SignatureFacts, ...]:
    from smartid.signing.cades.read import read_cades  # noqa: PLC0415 - one reader for each format

    data = without_armour(document.data)
    facts = read_cades(data, document.content, policy)
    beside = _beside(document)
    if document.content or beside is None:
        return facts
    if not any(map(_lacks_content, facts)):
        return _unlike(read_cades(data, Content(beside), policy), facts, beside)
    found = read_cades(data, Content(beside), policy)
    return tuple(replace(one, scope=f"the file {beside.name}, found beside the signature") for one in found)


def _unlike(
    compared: tuple[SignatureFacts, ...], facts: tuple[SignatureFacts, ...], beside: Path
) -> tuple[SignatureFacts, ...]:
    """Say it of a signature with its own content when the file beside it is another.

    Somebody who sees ``X`` and a good ``X.p7s`` takes ``X`` for signed.
    """
    if all(one.findings == other.findings for one, other in zip(compared, facts, strict=True)):
        return facts
    detail = (
        f"The content is inside, and the file {beside.name} beside it is another: nobody signed that here."
    )
    finding = not_checked("file_beside", detail, SubIndication.SIG_CONSTRAINTS_FAILURE)
    return tuple(replace(one, findings=(*one.findings, finding)) for one in facts)


def _beside(document: _Document) -> Path | None:
    """Find the content of ``X.p7s``: the file ``X`` in the same folder, and never anything else."""
    if document.path is None or document.path.suffix.lower() != _SIGNATURE_BESIDE:
        return None
    path = document.path.with_suffix("")
    return path if path.is_file() else None


def _lacks_content(facts: SignatureFacts) -> bool:
    return any(finding.reason is SubIndication.SIGNED_DATA_NOT_FOUND for finding in facts.findings)


def _read_pdf(document: _Document, policy: Policy) -> tuple[SignatureFacts, ...]:
    from smartid.signing.pades.read import read_pades  # noqa: PLC0415 - one reader for each format

    _refuse_content(document)
    return read_pades(document.data, policy)


def _read_xml(document: _Document, policy: Policy) -> tuple[SignatureFacts, ...]:
    if not holds_xml_signature(document.data):
        return ()
    from smartid.signing.xades.read import read_xades  # noqa: PLC0415 - one reader for each format

    return read_xades(document.data, document.content, policy)


def _read_asic(document: _Document, policy: Policy) -> tuple[SignatureFacts, ...]:
    from smartid.signing.asice.container import read_asice  # noqa: PLC0415 - one reader for each format

    _refuse_content(document)
    return read_asice(document.data, policy)


def _read_jws(document: _Document, policy: Policy) -> tuple[SignatureFacts, ...]:
    from smartid.signing.jws.read import read_jws  # noqa: PLC0415 - one reader for each format

    return read_jws(document.data, document.content, policy)


def _refuse_content(document: _Document) -> None:
    """Refuse content for a document that holds its own: it would be passed over without a word."""
    if document.content is not None:
        expected = "a detached signature, since its content was given"
        raise EncodingError("The document", offset=0, expected=expected)


_READERS: dict[DocumentFormat, Callable[[_Document, Policy], tuple[SignatureFacts, ...]]] = {
    DocumentFormat.CMS: _read_cms,
    DocumentFormat.PDF: _read_pdf,
    DocumentFormat.XML: _read_xml,
    DocumentFormat.ASIC: _read_asic,
    DocumentFormat.JWS: _read_jws,
}
