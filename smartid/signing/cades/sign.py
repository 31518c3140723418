"""Making CAdES signatures: CMS with the attributes of ETSI EN 319 122-1 V1.3.1 (2023-06), levels B to LTA."""

from __future__ import annotations

from smartid.crypto.ber import encode
from smartid.crypto.elements import SET
from smartid.errors import LevelNotReached
from smartid.signing import der
from smartid.signing.cades.attributes import issuer_and_serial, signed_attributes
from smartid.signing.cades.envelope import DATA, Envelope, SignerInfo
from smartid.signing.cades.levels import Tools, content_of, raise_level, read_signature, refuse_older_archive
from smartid.signing.content import Content
from smartid.signing.form import Level
from smartid.signing.request import SignedDocument, SigningRequest
from smartid.signing.touch import signature_over, strength
from smartid.trust.raw import require_key
from smartid.trust.x509 import parse_certificate


def sign_cades(request: SigningRequest) -> SignedDocument:
    """Sign with one touch of the signer: attached, or detached beside the content.

    With ``existing`` the signature is added beside those that are there, whose bytes do not change; attached
    or detached is then what that is. The name of the result is that of the content with ``.p7m`` (attached)
    or ``.p7s`` (detached); of the existing signature when there is one.

    Raises LevelNotReached before the signer is touched when the level cannot be reached, AlgorithmRefused for
    a key that is too weak, and FetchFailed when an authority gives no time stamp; then nothing was made.
    SignatureInvalid when the signer's signature is not that of its certificate, EncodingError for a malformed
    certificate, chain or existing signature, or one on another content; OSError; and what the signer raises.
    """
    envelope, content = _begin(request)
    tools = Tools(
        time_stamper=request.time_stamper, policy=request.policy, content=content, progress=request.progress
    )
    _require(request, tools)
    enclosed = (request.signer.certificate, *request.chain)
    certificates = tuple(parse_certificate(one).der for one in enclosed)
    signer = _sign(request, envelope, content)
    envelope = envelope.with_signer(signer, certificates)
    envelope = raise_level(envelope, len(envelope.signers) - 1, request.form.level, tools)
    return _document(request, envelope, content)


def _begin(request: SigningRequest) -> tuple[Envelope, Content]:
    if request.existing is not None:
        envelope = read_signature(request.existing)
        refuse_older_archive(envelope, request.form.level)
        return envelope, content_of(envelope, request.content)
    whole = None if request.detached else request.content.read()
    return Envelope(content_type=der.oid(DATA), content=whole), request.content


def _require(request: SigningRequest, tools: Tools) -> None:
    """Find out what can be known before the signer is touched. Raises LevelNotReached, AlgorithmRefused."""
    level = request.form.level
    require_key(parse_certificate(request.signer.certificate).spki, strength(request))
    tools.require(level)
    if level.rank < Level.LT.rank or request.policy is None:
        return
    from smartid.signing.collect import collect  # noqa: PLC0415 - reaches the path engine
    from smartid.trust.certificate import CertificateUsage  # noqa: PLC0415

    usage = CertificateUsage.DOCUMENT_SIGNATURE
    try:
        collect(
            request.signer.certificate, request.chain, request.policy, request.policy.clock(), usage=usage
        )
    except LevelNotReached as error:
        raise LevelNotReached(level, error.why, remedy=error.remedy) from error


def _sign(request: SigningRequest, envelope: Envelope, content: Content) -> SignerInfo:
    """Make the SignerInfo, version 1, named by issuer and serial number (RFC 5652 (2009), 5.3)."""
    algorithm, certificate = request.algorithm, parse_certificate(request.signer.certificate)
    digest = content.digest(algorithm.hash_name)
    attributes = signed_attributes(
        envelope.content_type, digest, certificate.der, algorithm, request.signed_at
    )
    signed = der.set_of(attributes)
    if request.progress is not None:
        request.progress("signature")
    signature = signature_over(request, Content(signed).digest(algorithm.hash_name))
    return SignerInfo(
        signed=(
            der.integer(1),
            der.sequence(*issuer_and_serial(certificate.der)),
            der.hash_algorithm(algorithm.hash_name),
            encode(0xA0, der.value_of(signed, SET)),
            der.signature_algorithm(algorithm),
            der.octets(signature),
        )
    )


def _document(request: SigningRequest, envelope: Envelope, content: Content) -> SignedDocument:
    beside = envelope.content is None
    suffix = "" if request.existing is not None else ".p7s" if beside else ".p7m"
    return SignedDocument(
        form=request.form,
        name=f"{request.name}{suffix}",
        data=envelope.encode(),
        content=content if beside else None,
    )
