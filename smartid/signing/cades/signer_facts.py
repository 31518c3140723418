"""From one signer of CMS signed data to the facts that are judged (ETSI EN 319 122-1 V1.3.1; RFC 5652).

It serves CAdES, PAdES and plain CMS. Integrity is checked here, trust is not.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from smartid.crypto.elements import SET, Fields, oid_of, read_element
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.signing.cades.stamps import OLDER_STAMPS, time_stamps
from smartid.signing.cades.validation_data import enclosed_data
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import Level, SignatureFamily
from smartid.trust.certificate import Certificate
from smartid.trust.cms import SignedData
from smartid.trust.cms_signer import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SignerInfo,
    only_value,
    parse_attributes,
    parse_signer_info,
    verify_signature,
)
from smartid.trust.ess import CertificateReference, certificate_references
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.policy import Policy
from smartid.trust.validation_data import NO_DATA, ValidationData
from smartid.trust.verdict import SubIndication

FORMAT, CONTENT, CERTIFICATE, SIGNATURE, BASELINE = (
    "format",
    "signed_content",
    "signing_certificate",
    "signature",
    "baseline",
)
MAX_COUNTER_SIGNATURES = 16
MAX_COUNTER_DEPTH = 4
MAX_CANDIDATES = 16
"""Most certificates of one name and number that are tried for the signer's."""

_COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"
_ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
_MAX_PEEK = 1 << 16


def facts_of_signer(
    signed: SignedData,
    signer: SignerInfo,
    content: Content | None,
    policy: Policy,
    *,
    family: SignatureFamily = SignatureFamily.CADES,
    scope: str = "",
    content_type_checked: bool = True,
    data: ValidationData = NO_DATA,
    claimed_time: datetime | None = None,
    highest: Level = Level.LTA,
    depth: int = 0,
) -> SignatureFacts:
    """Check what one signer signed, and collect what is needed to judge it.

    content               what is signed; None when it is not at hand
    content_type_checked  whether the attribute content-type has to agree (not in a counter-signature)
    data                  certificates and revocation data beside the signature (a PDF's security store)
    claimed_time          taken where the signed attributes state none (a PDF's signature dictionary)

    Findings: "format", "signed_content", "signing_certificate", "signature", "baseline" (not checked, and
    says what level B lacks), and "older_attributes" when there are time stamps of older editions.
    Raises EncodingError when the attributes are malformed.
    """
    enclosed = enclosed_data(signed, signer) + data if data else enclosed_data(signed, signer)
    certificate, reference = _signing_certificate(signer, enclosed, content, policy)
    findings = [
        passed(FORMAT, "The structure is as the standard has it."),
        _content_finding(signed, signer, content, policy, type_checked=content_type_checked),
        reference,
        _signature_finding(signer, certificate, content, policy),
        *_baseline(signer, reference),
        *_older(signer),
    ]
    return SignatureFacts(
        family=family,
        findings=tuple(findings),
        certificate=certificate,
        claimed_time=signer.signing_time or claimed_time,
        data=enclosed,
        time_stamps=time_stamps(signed, signer, content.digest if content else None),
        counter_signatures=tuple(
            _counter_signatures(signed, signer, policy, family=family, data=enclosed, depth=depth)
        ),
        scope=scope,
        highest=highest,
    )


def _content_finding(
    signed: SignedData, signer: SignerInfo, content: Content | None, policy: Policy, *, type_checked: bool
) -> Finding:
    if content is None:
        detail = "The signed content is neither inside nor beside the signature: give it with --content FILE."
        return not_checked(CONTENT, detail, SubIndication.SIGNED_DATA_NOT_FOUND)
    if signer.attributes is None:
        return _bare_content(signed, content)
    return _type_problem(signed, signer, type_checked=type_checked) or _digest_finding(
        signer, content, policy
    )


def _type_problem(signed: SignedData, signer: SignerInfo, *, type_checked: bool) -> Finding | None:
    if type_checked and signer.signed_type != signed.content_type:
        detail = "The signed content type is not that of the content."
        return failed(CONTENT, SubIndication.FORMAT_FAILURE, detail)
    if not type_checked and signer.signed_type is not None:
        return failed(CONTENT, SubIndication.FORMAT_FAILURE, "A counter-signature names a content type.")
    return None


def _digest_finding(signer: SignerInfo, content: Content, policy: Policy) -> Finding:
    try:
        policy.algorithms.require_hash(signer.digest_name)
    except AlgorithmRefused as error:
        detail = error.message if signer.digest_name else signer.refused
        return failed(CONTENT, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, detail)
    if signer.message_digest is None:
        return failed(CONTENT, SubIndication.FORMAT_FAILURE, "The signed attributes have no message digest.")
    if not hmac.compare_digest(content.digest(signer.digest_name), signer.message_digest):
        return failed(CONTENT, SubIndication.HASH_FAILURE, "The content is not what was signed.")
    return passed(CONTENT, "The content is as it was signed.")


def _bare_content(signed: SignedData, content: Content) -> Finding:
    """A signature over the content itself must not be one over attributes that somebody shows as content."""
    if signed.content_type != DATA:
        return failed(CONTENT, SubIndication.FORMAT_FAILURE, "Content of this type needs signed attributes.")
    if _looks_like_attributes(content):
        detail = "What is shown as content are the signed attributes of another signature."
        return failed(CONTENT, SubIndication.FORMAT_FAILURE, detail)
    return passed(CONTENT, "The signature is over the content itself, without signed attributes.")


def _looks_like_attributes(content: Content) -> bool:
    if isinstance(content.source, Path) and content.source.stat().st_size > _MAX_PEEK:
        return False
    head = content.read()
    if len(head) > _MAX_PEEK or head[:1] != bytes((SET,)):
        return False
    try:
        return bool({CONTENT_TYPE, MESSAGE_DIGEST} & set(parse_attributes(read_element(head, SET))))
    except EncodingError:
        return False


def _signing_certificate(
    signer: SignerInfo, data: ValidationData, content: Content | None, policy: Policy
) -> tuple[Certificate | None, Finding]:
    """Find the signer's certificate: by the signer identifier, and by the signed reference, if any.

    Without the reference anybody can put another one of the same name and number beside it: the one whose key
    made the signature is the signer's.
    """
    candidates = signer.certificates(data.certificates)
    try:
        references = certificate_references(signer.signed)
    except AlgorithmRefused as error:
        finding = failed(CERTIFICATE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
        return (candidates[0] if candidates else None), finding
    if not candidates:
        detail = "The signer's certificate is not there."
        return None, not_checked(CERTIFICATE, detail, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)
    if not references:
        detail = "The signature does not say in its signed part which certificate it was made with."
        fitting = (
            item
            for item in candidates[:MAX_CANDIDATES]
            if len(candidates) > 1 and _signature_finding(signer, item, content, policy).passed
        )
        return next(fitting, candidates[0]), not_checked(CERTIFICATE, detail)
    return _referenced(candidates, references)


def _referenced(
    candidates: list[Certificate], references: tuple[CertificateReference, ...]
) -> tuple[Certificate, Finding]:
    for candidate in candidates:
        if all(reference.names(candidate) for reference in references):
            return candidate, passed(CERTIFICATE, "The certificate is the one that the signer meant.")
    detail = "The certificate beside the signature is not the one that the signer meant."
    return candidates[0], failed(CERTIFICATE, SubIndication.SIG_CONSTRAINTS_FAILURE, detail)


def _signature_finding(
    signer: SignerInfo, certificate: Certificate | None, content: Content | None, policy: Policy
) -> Finding:
    if certificate is None:
        return not_checked(SIGNATURE, "Without the signer's certificate the signature cannot be checked.")
    if content is None and signer.attributes is None:
        return not_checked(SIGNATURE, "Without the content the signature cannot be checked.")
    try:
        digest = content.digest if content else _never
        verify_signature(signer, certificate, digest, algorithms=policy.algorithms)
        _require_protected(signer)
    except SignatureInvalid as error:
        return failed(SIGNATURE, SubIndication.SIG_CRYPTO_FAILURE, error.message)
    except AlgorithmRefused as error:
        return failed(SIGNATURE, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message)
    except EncodingError as error:
        return failed(SIGNATURE, SubIndication.FORMAT_FAILURE, error.message)
    return passed(SIGNATURE, f"Made with the key of the certificate ({signer.scheme}).")


def _never(_: str) -> bytes:
    raise AlgorithmRefused("The content is not there.")


def _require_protected(signer: SignerInfo) -> None:
    """Compare the algorithms with the signed ones (RFC 6211 (2011), 2). Raises SignatureInvalid."""
    value = only_value(signer.signed, _ALGORITHM_PROTECTION)
    if value is None:
        return
    protected = [oid_of(part.children()[0]) for part in value.children() if part.children()]
    fields = [part for part in read_element(signer.raw).children() if part.tag == 0x30]
    # Behind the version: the signer identifier (a sequence, or a context tag), then the two algorithms.
    used = [oid_of(Fields(part).take()) for part in fields[-2:]]
    if protected != used:
        raise SignatureInvalid("The algorithms are not those that the signer wrote into the signed part.")


def _baseline(signer: SignerInfo, reference: Finding) -> Iterator[Finding]:
    """Say what level B lacks (EN 319 122-1, 6.3)."""
    if signer.attributes is None:
        yield not_checked(BASELINE, "It has no signed attributes.")
    elif not reference.passed and reference.reason is None:
        yield not_checked(BASELINE, "Its signed part does not name the signer's certificate.")


def _older(signer: SignerInfo) -> Iterator[Finding]:
    names = [name for oid, name in OLDER_STAMPS.items() if oid in signer.unsigned]
    if names:
        yield not_checked("older_attributes", f"Not judged here: {', '.join(names)}.")


def _counter_signatures(
    signed: SignedData,
    signer: SignerInfo,
    policy: Policy,
    *,
    family: SignatureFamily,
    data: ValidationData,
    depth: int,
) -> Iterator[SignatureFacts]:
    """Read the counter-signatures, which are over the value of this signature (RFC 5652, 11.4)."""
    values = signer.unsigned.get(_COUNTER_SIGNATURE, ())
    if len(values) > MAX_COUNTER_SIGNATURES or (values and depth >= MAX_COUNTER_DEPTH):
        expected = f"at most {MAX_COUNTER_SIGNATURES} counter-signatures, {MAX_COUNTER_DEPTH} deep"
        raise EncodingError("CMS signer", offset=0, expected=expected, standard="RFC 5652 (2009), 11.4")
    for value in values:
        yield facts_of_signer(
            signed,
            parse_signer_info(read_element(value)),
            Content(signer.signature),
            policy,
            family=family,
            scope="the signature above it",
            content_type_checked=False,
            data=data,
            depth=depth + 1,
        )
