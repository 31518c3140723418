"""``sign``: one call for every form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import AlgorithmRefused, EncodingError
from smartid.signing.content import Content
from smartid.signing.form import SignatureFamily, SignatureForm
from smartid.signing.request import Appearance, SignedDocument, SigningRequest, TimeStamper
from smartid.signing.signer import Signer
from smartid.trust.algorithms import STRICT, AlgorithmPolicy, SignatureScheme
from smartid.trust.policy import Policy, utc_now

_MAKERS = {
    SignatureForm.JWS: ("smartid.signing.jws.sign", "sign_jws"),
    SignatureForm.JADES_B: ("smartid.signing.jws.sign", "sign_jades"),
    SignatureFamily.CADES: ("smartid.signing.cades.sign", "sign_cades"),
    SignatureFamily.PADES: ("smartid.signing.pades.sign", "sign_pades"),
    SignatureFamily.XADES: ("smartid.signing.xades.sign", "sign_xades"),
    SignatureFamily.ASICE: ("smartid.signing.asice.container", "sign_asice"),
}
_HEAD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """What was handed in: the content, its name, and a signature on it that is there already."""

    content: Content
    name: str
    existing: bytes | None = None


def sign(
    document: Path | bytes | SignedDocument,
    signer: Signer,
    *,
    form: SignatureForm = SignatureForm.CADES_B,
    detached: bool = False,
    algorithm: SignatureAlgorithm | None = None,
    signed_at: datetime | None = None,
    chain: Sequence[bytes] = (),
    time_stamper: TimeStamper | None = None,
    policy: Policy | None = None,
    appearance: Appearance | None = None,
    progress: Callable[[str], None] | None = None,
) -> SignedDocument:
    """Sign a document with one touch of the signer; nothing is written to a file.

    document      a file, bytes, or a signed document that gets one more signature
    signer        a card, a key in software, a PKCS#11 token
    detached      the content stays outside; formats that always or never enclose it decide for themselves
    algorithm     None takes the best one of the signer that the policy allows
    signed_at     the time that the signer states; None takes that of this machine
    chain         certificates of authorities to enclose, DER
    time_stamper  needed from level T on
    policy        where validation data comes from, needed from level LT on
    appearance    makes the signature of a PDF visible
    progress      is told each step in one or two words

    A CAdES signature (``.p7m``, or ``.p7s`` with its content beside it) gets one more signer, unless a
    ``detached`` signature on an attached one is asked for: that is then about the file as it is.

    Raises AlgorithmRefused when the signer offers nothing that is allowed, LevelNotReached, FetchFailed,
    ExtraMissing, EncodingError for a document that the form cannot hold, SignatureInvalid when the signature
    is not of the certificate's key (a copied card), OSError; and what the signer raises.
    """
    found = _take(document, form, detached=detached)
    module, name = _MAKERS.get(form) or _MAKERS[form.family]
    request = SigningRequest(
        content=found.content,
        name=found.name,
        signer=signer,
        algorithm=_algorithm(signer, algorithm, policy.algorithms if policy else STRICT),
        form=form,
        detached=detached,
        signed_at=signed_at or utc_now(),
        chain=tuple(chain),
        time_stamper=time_stamper,
        policy=policy,
        appearance=appearance,
        progress=progress,
        existing=found.existing,
    )
    made: SignedDocument = getattr(import_module(module), name)(request)
    return made


def _take(document: Path | bytes | SignedDocument, form: SignatureForm, *, detached: bool) -> _Document:
    if isinstance(document, SignedDocument):
        return _signed_document(document, form)
    name = document.name if isinstance(document, Path) else "document"
    content = Content(document)
    if form.family is SignatureFamily.CADES and _is_cms(document):
        return _cms(document, content, name, detached=detached)
    return _Document(content=content, name=name)


def _signed_document(document: SignedDocument, form: SignatureForm) -> _Document:
    if form.family is SignatureFamily.CADES and document.form.family is SignatureFamily.CADES:
        content = document.content or Content(document.data)
        return _Document(content=content, name=document.name, existing=document.data)
    return _Document(content=Content(document.data), name=document.name)


def _is_cms(document: Path | bytes) -> bool:
    from smartid.signing.cades.envelope import is_signed_data  # noqa: PLC0415 - reaches asn1crypto

    if isinstance(document, bytes):
        return is_signed_data(document[:_HEAD])
    with document.open("rb") as file:
        return is_signed_data(file.read(_HEAD))


def _cms(document: Path | bytes, content: Content, name: str, *, detached: bool) -> _Document:
    """Tell whether a CMS signature gets one more signer or is the content, and find what it is about."""
    from smartid.signing.cades.envelope import parse_envelope  # noqa: PLC0415 - reaches asn1crypto

    existing = content.read()
    inside = parse_envelope(existing).content
    if inside is not None:
        more = None if detached else existing
        return _Document(content=content if detached else Content(inside), name=name, existing=more)
    beside = document.with_suffix("") if isinstance(document, Path) else None
    if beside is None or beside == document or not beside.is_file():
        raise EncodingError(name, offset=0, expected="the content of this detached signature beside it")
    return _Document(content=Content(beside), name=name, existing=existing)


def _algorithm(
    signer: Signer, wanted: SignatureAlgorithm | None, allowed: AlgorithmPolicy
) -> SignatureAlgorithm:
    """Take the one that is wanted, else the best that is strong enough. Raises AlgorithmRefused."""
    offered = signer.algorithms
    if wanted is not None:
        if wanted not in offered:
            able = ", ".join(offered) or "none"
            raise AlgorithmRefused(f"This signer does not sign with {wanted}. It can do: {able}.")
        allowed.require_hash(SignatureScheme.of(wanted).hash_name)
        return wanted
    strong = [one for one in offered if one.hash_name in allowed.hashes]
    if not strong:
        raise AlgorithmRefused("This signer offers no algorithm that the policy allows.")
    return strong[0]
