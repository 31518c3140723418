"""From facts to the answer for one signature (ETSI EN 319 102-1 V1.4.1 (2024-06), 5).

One process for every format: the signature itself; its time stamps, the newest archive time stamp first, each
proving a time for what it is over; the signer's certificate at the best signature time. Algorithms have to be
strong enough now, whatever the time of signing.

Checks, in this order: those of the facts ("format", "signed_content", "signing_certificate", "signature",
"baseline" when level B lacks something, "older_attributes"); "content_time_stamp_1" …, "time_stamp_1" …,
"archive_time_stamp_1" … and "time_stamp_order" when they contradict each other; "trust_anchors" (only when
there are none), "certificate_chain", "revocation"; "counter_signature_1" …; "throw_away_pki" (when it is).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from smartid.signing.facts import SignatureFacts
from smartid.signing.process.level import level_reached
from smartid.signing.process.path import CHAIN, REVOCATION, PathOutcome, judge_path
from smartid.signing.process.stamps import ORDER, Proof, stamp_findings, weigh_stamps
from smartid.signing.verdicts import SignatureVerdict
from smartid.trust.findings import Finding, decisive, not_checked, passed
from smartid.trust.policy import Policy
from smartid.trust.sentences import verdict_sentence
from smartid.trust.verdict import Check, CheckStatus, Indication, SubIndication, Verdict

ANCHORS, COUNTER_SIGNATURE, THROW_AWAY = "trust_anchors", "counter_signature", "throw_away_pki"

_NO_ANCHORS = (
    "No trust anchor is configured. Give the folder that holds them with --trust DIR or $SMARTID_TRUST."
)
_NOBODY = "Nothing says who made this signature."
_THROW_AWAY = (
    "This rests on the throw-away PKI of the mock cards, whose keys protect nothing: "
    "outside a test it is worth nothing."
)
_CULPRITS = {
    "format": "the signature's structure",
    "signed_content": "the signed content",
    "file_beside": "the file beside the signature",
    "signing_certificate": "the signer's certificate",
    "signature": "the signature value",
    CHAIN: "the signer's certificate",
    REVOCATION: "the signer's certificate",
    ORDER: "the time stamps",
    ANCHORS: "the trust store",
}


def judge(facts: SignatureFacts, policy: Policy, at: datetime) -> SignatureVerdict:
    """Give the answer for one signature. Never raises on any facts.

    at  the time that is asked about, an aware datetime: now, unless somebody asks about the past
    """
    proof = weigh_stamps(facts, policy, at)
    signer = judge_path(facts, policy, proof)
    counter = tuple(judge(item, policy, at) for item in facts.counter_signatures)
    findings = [
        *facts.findings,
        *_nobody(facts),
        *stamp_findings(proof),
        *_anchors(policy),
        *signer.findings,
        *_counter_findings(counter),
    ]
    against = decisive(findings)
    reached = level_reached(facts, policy, proof)
    verdict = _verdict(findings, against, signer, proof, at)
    why, why_fa = sentences_for(verdict, against)
    return SignatureVerdict(
        family=facts.family,
        verdict=verdict,
        level=reached.level,
        level_missing=reached.missing,
        missing_why=reached.why,
        signer=str(facts.certificate.subject) if facts.certificate else "",
        certificate=facts.certificate.der if facts.certificate else None,
        signed_at=facts.claimed_time,
        best_time=proof.latest,
        proof=proof.source,
        scope=facts.scope,
        culprit=_culprit(against, signer),
        why=why,
        why_fa=why_fa,
        counter_signatures=counter,
    )


def sentences_for(verdict: Verdict, against: Finding | None) -> tuple[str, str]:
    """Explain an answer in one or two sentences, English and Persian."""
    english = against.check.detail if against else "The signature is valid."
    return english, verdict_sentence(verdict.indication, verdict.sub_indication)


def _nobody(facts: SignatureFacts) -> list[Finding]:
    """Let no signature pass of which nobody says who made it, whatever a reader found or forgot to find."""
    if facts.certificate or any(finding.reason for finding in facts.findings):
        return []
    return [not_checked("signing_certificate", _NOBODY, SubIndication.NO_SIGNING_CERTIFICATE_FOUND)]


def _anchors(policy: Policy) -> list[Finding]:
    if policy.anchors:
        return []
    looked = f" None is in {policy.anchors.folder}." if policy.anchors.folder else ""
    return [not_checked(ANCHORS, _NO_ANCHORS + looked, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)]


def _counter_findings(counter: Sequence[SignatureVerdict]) -> Iterator[Finding]:
    """Report the counter-signatures; one that is broken takes nothing away from the signature below it."""
    for number, item in enumerate(counter, start=1):
        name = f"{COUNTER_SIGNATURE}_{number}"
        if item.passed:
            yield passed(name, f"Counter-signed by {item.signer}.")
        elif item.verdict.indication is Indication.TOTAL_FAILED:
            yield Finding(Check(name, CheckStatus.FAILED, item.why))
        else:
            yield not_checked(name, item.why)


def _culprit(against: Finding | None, signer: PathOutcome) -> str:
    if against is None:
        return ""
    name = against.check.name
    of_path = signer.path.culprit if signer.path and name in {CHAIN, REVOCATION} else ""
    return of_path or _CULPRITS.get(name, name)


def _verdict(
    findings: Sequence[Finding], against: Finding | None, signer: PathOutcome, proof: Proof, at: datetime
) -> Verdict:
    reason = against.reason if against else None
    paths = [path for path in (signer.path, *(stamp.result.path for stamp in proof.stamps)) if path]
    throw_away = any(path.throw_away for path in paths)
    marks = [not_checked(THROW_AWAY, _THROW_AWAY)] if throw_away else []
    anchor = signer.path.anchor if signer.path and not signer.path.failure else None
    return Verdict(
        indication=reason.indication if reason else Indication.TOTAL_PASSED,
        sub_indication=reason,
        anchor=str(anchor.certificate.subject) if anchor else None,
        time=at,
        checks=tuple(finding.check for finding in (*findings, *marks)),
        throw_away=throw_away,
    )
