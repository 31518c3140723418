"""Was the signer's certificate good when it signed (ETSI EN 319 102-1 V1.4.1 (2024-06), 5.3 and 5.5)."""

from __future__ import annotations

from dataclasses import dataclass

from smartid.signing.facts import SignatureFacts
from smartid.signing.process.stamps import Proof
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication

CHAIN, REVOCATION = "certificate_chain", "revocation"
_USAGE = CertificateUsage.DOCUMENT_SIGNATURE
_BROKEN = {SubIndication.FORMAT_FAILURE, SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class PathOutcome:
    """The signer's path at the best signature time, and what follows from it."""

    path: PathResult | None = None
    findings: tuple[Finding, ...] = ()


def judge_path(facts: SignatureFacts, policy: Policy, proof: Proof) -> PathOutcome:
    """Validate the signer's path for the best signature time. Never raises.

    What is plain about an identity is not about a signature: an expired or revoked certificate may have been
    good when the signature was made. Only a content time stamp proves that it was made later.
    """
    if facts.certificate is None:
        return PathOutcome()
    data = known_data(facts).without(facts.certificate.der)
    path = validate_path(facts.certificate, policy, proof.latest, _USAGE, data=data)
    reason = _reason(path, facts.certificate, proof)
    if reason is SubIndication.OUT_OF_BOUNDS_NO_POE and _good_to_the_end(facts.certificate, policy, data):
        reason = SubIndication.OUT_OF_BOUNDS_NOT_REVOKED
    if path.revocation:
        findings = (passed(CHAIN, _leads(path)), _revocation(path, reason, proof))
    elif reason:
        findings = (_chain_failure(path, reason), not_checked(REVOCATION, "The path comes first."))
    else:
        findings = (
            passed(CHAIN, _leads(path)),
            not_checked(REVOCATION, "Nothing is known, and none is asked for."),
        )
    return PathOutcome(path=path, findings=findings)


def known_data(facts: SignatureFacts) -> ValidationData:
    """Give all validation data in a document, beside the signature and beside its time stamps."""
    data = facts.data
    for stamp in facts.time_stamps:
        if stamp.data:
            data += stamp.data
    return data


def _leads(path: PathResult) -> str:
    return f"Leads to {path.anchor.certificate.subject}." if path.anchor else path.detail


def _reason(path: PathResult, leaf: Certificate, proof: Proof) -> SubIndication | None:
    match path.failure:
        case None:
            return _stale(path)
        case SubIndication.REVOKED:
            return _revoked(path, proof)
        case SubIndication.EXPIRED:
            late = proof.earliest is not None and proof.earliest > leaf.not_after
            return SubIndication.EXPIRED if late else SubIndication.OUT_OF_BOUNDS_NO_POE
        case SubIndication.NOT_YET_VALID:
            early = proof.proved and proof.latest < leaf.not_before
            return SubIndication.NOT_YET_VALID if early else SubIndication.OUT_OF_BOUNDS_NO_POE
        case failure if failure in _BROKEN:
            # A broken list or a forged authority says nothing about the signature itself.
            about_revocation = bool(path.revocation)
            return (
                SubIndication.TRY_LATER
                if about_revocation
                else SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE
            )
    return path.failure


def _stale(path: PathResult) -> SubIndication | None:
    """Authorities may drop expired certificates from their lists: one of later says nothing about them."""
    for certificate, status in zip(path.chain, path.revocation, strict=False):
        clean = status.state is RevocationState.GOOD and status.revoked_at is None
        if clean and status.issued_at and status.issued_at > certificate.not_after:
            return SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE
    return None


def _revoked(path: PathResult, proof: Proof) -> SubIndication:
    leaf = path.revocation[0] if path.revocation else None
    if leaf is None or leaf.state is not RevocationState.REVOKED:
        return SubIndication.REVOKED_CA_NO_POE
    late = proof.earliest is not None and leaf.revoked_at is not None and proof.earliest >= leaf.revoked_at
    return SubIndication.REVOKED if late else SubIndication.REVOKED_NO_POE


def _good_to_the_end(leaf: Certificate, policy: Policy, data: ValidationData) -> bool:
    """Tell whether an expired certificate is known not to have been revoked while it was valid."""
    path = validate_path(leaf, policy, leaf.not_after, _USAGE, data=data)
    known = bool(path.revocation) and path.revocation[0].state is RevocationState.GOOD
    return path.failure is None and known and _stale(path) is None


def _chain_failure(path: PathResult, reason: SubIndication) -> Finding:
    unknown = reason is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    return not_checked(CHAIN, path.detail, reason) if unknown else failed(CHAIN, reason, path.detail)


def _revocation(path: PathResult, reason: SubIndication | None, proof: Proof) -> Finding:
    if reason is SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE:
        detail = "What is known of revocation was issued after the certificate had expired."
        return not_checked(REVOCATION, detail, reason)
    if reason in {SubIndication.REVOKED, SubIndication.REVOKED_NO_POE, SubIndication.REVOKED_CA_NO_POE}:
        return failed(REVOCATION, reason, path.detail)
    if reason:
        return not_checked(REVOCATION, path.detail, reason)
    leaf = path.revocation[0]
    if leaf.state is RevocationState.GOOD:
        return passed(REVOCATION, _good(leaf, proof))
    return not_checked(REVOCATION, leaf.detail or "Whether the certificate was revoked is not known.")


def _good(status: RevocationStatus, proof: Proof) -> str:
    source = f", says the {status.source}" if status.source else ""
    if status.revoked_at is None:
        return f"The certificate was not revoked{source}."
    return (
        f"The certificate was revoked on {status.revoked_at:%Y-%m-%d %H:%M} UTC, after "
        f"{proof.latest:%Y-%m-%d %H:%M} UTC, {_why_then(proof)}{source}."
    )


def _why_then(proof: Proof) -> str:
    return "when the signature is proved to have existed" if proof.proved else "the time that is asked about"
