"""Which baseline level a signature reached, and what the next one lacks (ETSI EN 319 122-1 V1.3.1, 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from smartid.signing.facts import SignatureFacts, TimeStampKind
from smartid.signing.form import Level
from smartid.signing.process.path import known_data
from smartid.signing.process.stamps import Proof
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.revocation import RevocationState
from smartid.trust.validation_data import ValidationData


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A level, the next one, and one sentence on what that lacks."""

    level: Level | None
    missing: Level | None
    why: str


def level_reached(facts: SignatureFacts, policy: Policy, proof: Proof) -> Reached:
    """Climb the levels until one lacks something. Never raises."""
    reached: Level | None = None
    for level in Level:
        if level.rank > facts.highest.rank:
            break
        lack = _lacks(level, facts, policy, proof)
        if lack:
            return Reached(level=reached, missing=level, why=f"{level.value}: {lack}")
        reached = level
    return Reached(level=reached, missing=None, why="")


def _lacks(level: Level, facts: SignatureFacts, policy: Policy, proof: Proof) -> str:
    match level:
        case Level.B:
            return _lacks_b(facts)
        case Level.T:
            return _lacks_t(proof)
        case Level.LT:
            return next(_lacks_lt(facts, policy, proof), "")
        case Level.LTA:
            return _lacks_lta(proof)


def _lacks_b(facts: SignatureFacts) -> str:
    for finding in facts.findings:
        if finding.reason or (
            finding.check.name in {"baseline", "signing_certificate"} and not finding.passed
        ):
            return finding.check.detail
    return "" if facts.certificate else "nothing says who made it"


def _lacks_t(proof: Proof) -> str:
    if proof.passed(TimeStampKind.SIGNATURE) or proof.passed(TimeStampKind.ARCHIVE):
        return ""
    kinds = {stamp.facts.kind for stamp in proof.stamps}
    broken = kinds & {TimeStampKind.SIGNATURE, TimeStampKind.ARCHIVE}
    return "no time stamp on it proves anything" if broken else "no signature time stamp"


def _lacks_lt(facts: SignatureFacts, policy: Policy, proof: Proof) -> Iterator[str]:
    """Validate again with nothing but the anchors and what the document encloses."""
    data = known_data(facts)
    if not data.crls and not data.ocsp:
        yield "no CRL and no OCSP answer is enclosed"
        return
    alone = _alone(policy)
    if facts.certificate:
        signer = CertificateUsage.DOCUMENT_SIGNATURE
        yield from _not_enclosed(facts.certificate, alone, proof.latest, signer, data)
    for stamp in proof.stamps:
        if stamp.proves and stamp.result.path:
            beside = data + stamp.result.enclosed
            usage = CertificateUsage.TIME_STAMPING
            yield from _not_enclosed(stamp.result.path.chain[0], alone, stamp.control, usage, beside)


def _alone(policy: Policy) -> Policy:
    rule = policy.revocation
    return replace(
        policy,
        anchors=replace(policy.anchors, intermediates=(), crls=()),
        fetcher=None,
        revocation=RevocationRule.WHEN_DECLARED if rule is RevocationRule.IF_KNOWN else rule,
    )


def _not_enclosed(
    certificate: Certificate, policy: Policy, at: datetime, usage: CertificateUsage, data: ValidationData
) -> Iterator[str]:
    path = validate_path(certificate, policy, at, usage, data=data)
    if path.failure is None:
        return
    if not path.chain:
        yield f"the certificate of an authority above {path.culprit or 'the signer'} is not enclosed"
    elif path.revocation:
        yield f"the OCSP answer or CRL for {_first_unknown(path)} is not enclosed"
    else:
        yield path.detail


def _first_unknown(path: PathResult) -> str:
    for certificate, status in zip(path.chain, path.revocation, strict=False):
        if status.state is not RevocationState.GOOD:
            return str(certificate.subject) if certificate.is_ca else path.culprit or "the certificate"
    return path.culprit


def _lacks_lta(proof: Proof) -> str:
    if any(stamp.facts.archives for stamp in proof.passed(TimeStampKind.ARCHIVE)):
        return ""
    stamps = (stamp.facts for stamp in proof.stamps)
    broken = any(facts.kind is TimeStampKind.ARCHIVE and facts.archives for facts in stamps)
    return "no archive time stamp on it proves anything" if broken else "no archive time stamp"
