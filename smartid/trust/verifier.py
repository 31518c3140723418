"""From a reading to an answer: may I believe it, on whose word, and why (not)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from smartid.errors import EncodingError, NotTrusted
from smartid.identity.evidence import Evidence
from smartid.identity.model import Identity, Purpose, Reading, VerifiedIdentity
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.chip import authenticate_chip
from smartid.trust.claims import proved_identity
from smartid.trust.findings import Finding, decisive, failed, not_checked, passed
from smartid.trust.holder import match_holder
from smartid.trust.issuing_state import match_issuing_state
from smartid.trust.passive import PassiveResult, authenticate_passively
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy, Requirement
from smartid.trust.status.finding import revocation_finding
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import Indication, SubIndication, Verdict
from smartid.trust.x509 import parse_certificate

ANCHORS = "trust_anchors"
EXPIRY = "document_expiry"
THROW_AWAY = "throw_away_pki"

_DOCUMENT_SIGNER = "document signer"
_CITIZEN = {purpose.value: purpose for purpose in Purpose}
_NO_ANCHORS = (
    "No trust anchor is configured. Give the folder that holds them with --trust DIR or $SMARTID_TRUST."
)
_UNSIGNED = "The authority of the document signer came in a list whose origin nobody can check:"
_THROW_AWAY = (
    "This rests on the throw-away PKI of the mock cards, whose keys protect nothing: "
    "outside a test it is worth nothing."
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict, and the identity that its evidence proves if the verdict passed.

    The identity holds only what stands in data groups that the issuer signed. ``why`` is the sentence of the
    check that decided, empty when the verdict passed.
    """

    verdict: Verdict
    identity: Identity
    why: str


class Verifier:
    """Turns readings into verdicts and verified identities, under one policy. Needs no card."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def assess(self, reading: Reading | Evidence, *, at: datetime | None = None) -> Verdict:
        """Check the evidence and give the verdict. Bad evidence is an answer, never an error.

        Raises ValueError for a time without a zone, and for nothing else.

        at  the time for which the question is asked, an aware datetime; None is the present time of the
            policy's clock. The time in the evidence is only a claim: pass it when its origin is believed.

        Checks, in this order: "trust_anchors" (only when there are none, or they came in a list that
        nobody signed), "document_security_object", "hash_DG1" and so on, "document_signer_chain",
        "issuing_state", "format_DG1" and so on (only when one is malformed),
        "chip_response" and "chip_authentication", "certificate_authentication" and so on,
        "identity_matches_certificate", "document_expiry", "revocation", "throw_away_pki" (only when it is).
        """
        return self._examine(reading, at).verdict

    def identity(self, reading: Reading | Evidence, *, at: datetime | None = None) -> VerifiedIdentity:
        """Check the evidence and give the person it proves: fields of signed data groups, and no others.

        Raises NotTrusted (verdict) unless the answer is TOTAL-PASSED.
        """
        assessment = self._examine(reading, at)
        if not assessment.verdict.passed:
            raise NotTrusted(assessment.why, verdict=assessment.verdict)
        return VerifiedIdentity(identity=assessment.identity, verdict=assessment.verdict)

    def _examine(self, reading: Reading | Evidence, at: datetime | None) -> Assessment:
        evidence = reading if isinstance(reading, Evidence) else reading.evidence
        time = at or self._policy.clock()
        if time.tzinfo is None:
            raise ValueError("the time of a verdict needs a time zone")
        return _examine(evidence, self._policy, time.astimezone(UTC))


def _examine(evidence: Evidence, policy: Policy, time: datetime) -> Assessment:
    passive = _passive(evidence, policy, time)
    identity, faults = proved_identity(passive, time.date())
    chip = authenticate_chip(evidence.active_authentication, passive, policy.algorithms)
    paths = _certificate_paths(evidence.certificates, policy, time)
    certificates = [_certificate_finding(purpose, path) for purpose, path in paths.items()]
    holder = match_holder(identity, _holders(evidence.certificates))
    findings = [
        *_anchors(policy, passive.path),
        *passive.findings,
        *match_issuing_state(passive),
        *faults,
        *_required(chip, policy, Requirement.CHIP_AUTHENTICATION),
        *_required([*certificates, holder], policy, Requirement.CERTIFICATES),
        _expiry(identity, passive, time),
        _revocation(passive.path, list(paths.values()), policy),
    ]
    against = decisive(findings)
    verdict = _verdict(findings, [passive.path, *paths.values()], time)
    return Assessment(verdict, identity, against.check.detail if against else "")


def _passive(evidence: Evidence, policy: Policy, time: datetime) -> PassiveResult:
    beside = [der for name, der in evidence.certificates.items() if name == _DOCUMENT_SIGNER]
    return authenticate_passively(evidence.files, policy, time, signers=beside)


def _revocation(signer: PathResult | None, citizen: list[PathResult], policy: Policy) -> Finding:
    if Requirement.CERTIFICATES in policy.require:
        return revocation_finding([signer, *citizen], [], policy.revocation)
    return revocation_finding([signer], citizen, policy.revocation)


def _anchors(policy: Policy, path: PathResult | None) -> list[Finding]:
    """Warn of what the answer rests on: no anchor at all, or one out of a list that nobody signed."""
    if policy.anchors:
        anchor = path.anchor if path else None
        if anchor is None or not anchor.unsigned:
            return []
        return [not_checked(ANCHORS, f"{_UNSIGNED} {anchor.origin}.")]
    looked = f" None is in {policy.anchors.folder}." if policy.anchors.folder else ""
    return [not_checked(ANCHORS, _NO_ANCHORS + looked, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)]


def _certificate_paths(
    certificates: Mapping[str, bytes], policy: Policy, time: datetime
) -> dict[str, PathResult]:
    """Validate the path of each citizen certificate; authorities on the card help, and are never anchors."""
    authorities = tuple(der for name, der in certificates.items() if name not in _CITIZEN)
    data = ValidationData(certificates=authorities)
    return {
        name: validate_path(certificates[name], policy, time, CertificateUsage.of(purpose), data=data)
        for name, purpose in _CITIZEN.items()
        if name in certificates
    }


def _certificate_finding(purpose: str, path: PathResult) -> Finding:
    name = f"certificate_{purpose}".replace(" ", "_")
    if path.failure in {SubIndication.NO_CERTIFICATE_CHAIN_FOUND, SubIndication.TRY_LATER}:
        return not_checked(name, path.detail, path.failure)
    return failed(name, path.failure, path.detail) if path.failure else passed(name, path.detail)


def _holders(certificates: Mapping[str, bytes]) -> tuple[Certificate, ...]:
    """Give the certificates that name the holder; that of the card names a card."""
    found = []
    for name, purpose in _CITIZEN.items():
        if name in certificates and purpose is not Purpose.CARD_AUTHENTICATION:
            try:
                found.append(parse_certificate(certificates[name]))
            except EncodingError:
                continue  # its own check says so
    return tuple(found)


def _required(
    findings: list[Finding] | tuple[Finding, ...], policy: Policy, requirement: Requirement
) -> list[Finding]:
    if requirement in policy.require:
        return list(findings)
    return [finding.optional() for finding in findings]


def _expiry(identity: Identity, passive: PassiveResult, time: datetime) -> Finding:
    """A document is valid until its last day has ended, in UTC."""
    if passive.proved(1) is None:
        reason = SubIndication.SIGNED_DATA_NOT_FOUND if passive.signed else None
        return not_checked(
            EXPIRY, "Data group 1, which holds the expiry date, is not there or not proved.", reason
        )
    if identity.expiry_date is None:
        return not_checked(EXPIRY, "The document names no expiry date.")
    last = identity.expiry_date.isoformat()
    if time.date() > identity.expiry_date:
        return failed(EXPIRY, SubIndication.EXPIRED, f"The document expired: its last day was {last}.")
    return passed(EXPIRY, f"The document is valid until {last}.")


def _verdict(findings: list[Finding], paths: list[PathResult | None], time: datetime) -> Verdict:
    found = [path for path in paths if path and path.anchor]
    anchors = [str(path.anchor.certificate.subject) for path in found if path.anchor and not path.failure]
    throw_away = any(path.throw_away for path in found)
    against = decisive(findings)
    reason = against.reason if against else None
    marks = [not_checked(THROW_AWAY, _THROW_AWAY)] if throw_away else []
    return Verdict(
        indication=reason.indication if reason else Indication.TOTAL_PASSED,
        sub_indication=reason,
        anchor=anchors[0] if anchors else None,
        time=time,
        checks=tuple(finding.check for finding in (*findings, *marks)),
        throw_away=throw_away,
    )
