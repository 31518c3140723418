"""From a certificate to a trust anchor: finding the path and validating it (RFC 5280 (2008), 6.1).

Narrower than the standard where that is safe: name constraints, policy mappings and whatever else is critical
and not handled here end the path. Revocation is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.constraints import Problem, label, problem_of
from smartid.trust.policy import Policy
from smartid.trust.raw import require_key, verify_raw
from smartid.trust.revocation import RevocationStatus
from smartid.trust.store import Anchor, AnchorPurpose, TrustStore
from smartid.trust.validation_data import NO_DATA, ValidationData
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate

MAX_DEPTH = 8
"""Longest path that is followed, in certificates, leaf and anchor included."""
MAX_SIGNATURES = 64
"""Most signatures that are checked while looking for one path."""

_EVERYTHING = AlgorithmPolicy(hashes=STRICT.hashes | {"sha1"}, min_rsa_bits=512, curves=STRICT.curves)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathResult:
    """The outcome for one certificate.

    anchor      what the path ends in; also given when the path was found and a constraint then failed
    chain       leaf first, anchor last; empty when no path was found
    failure     why it is not to be believed, None when it is
    detail      one sentence for a person
    culprit     the object that caused the failure, for people: subject of an authority, "the signer's
                certificate", "CRL of …"; empty when nothing failed
    revocation  status of each certificate of the chain but the anchor, leaf first; empty when not reached
    until       when a success ends: first of the ends of certificates and revocation data
    """

    anchor: Anchor | None = None
    chain: tuple[Certificate, ...] = ()
    failure: SubIndication | None = None
    detail: str = ""
    culprit: str = ""
    revocation: tuple[RevocationStatus, ...] = ()
    until: datetime | None = None

    @property
    def throw_away(self) -> bool:
        """Whether the path runs through the throw-away PKI of the mock cards."""
        return any(certificate.is_throw_away for certificate in self.chain)


def validate_path(
    leaf: bytes,
    policy: Policy,
    at: datetime,
    usage: CertificateUsage,
    *,
    data: ValidationData = NO_DATA,
) -> PathResult:
    """Find a path from ``leaf`` to an anchor of the policy; validate it for a time and a usage. Never raises.

    leaf  certificate in DER
    at    the time that is asked about, an aware datetime
    data  what came with it, in any order; broken parts are passed over

    Failures: FORMAT_FAILURE, NO_CERTIFICATE_CHAIN_FOUND, SIG_CRYPTO_FAILURE (the issuer that the certificate
    names did not sign it), CRYPTO_CONSTRAINTS_FAILURE, EXPIRED, NOT_YET_VALID, CHAIN_CONSTRAINTS_FAILURE.
    """
    try:
        certificate = parse_certificate(leaf)
    except EncodingError as error:
        return PathResult(failure=SubIndication.FORMAT_FAILURE, detail=error.message)
    weak = _weak_key(certificate, policy.algorithms)
    if weak:
        return PathResult(failure=SubIndication.CRYPTO_CONSTRAINTS_FAILURE, detail=weak)
    search = _Search(policy.anchors, _readable(data.certificates), usage, policy.algorithms)
    broken: PathResult | None = None
    for chain, anchor in search.paths((certificate,)):
        problem = problem_of(chain, usage, at, purpose=anchor.purpose, key_usages=policy.key_usages)
        if problem is None:
            return PathResult(anchor=anchor, chain=chain, detail=f"Leads to {anchor.certificate.subject}.")
        broken = broken or PathResult(
            anchor=anchor, chain=chain, failure=problem.failure, detail=problem.detail
        )
    return broken or search.nothing_found(certificate)


def _weak_key(certificate: Certificate, algorithms: AlgorithmPolicy) -> str:
    """Say why the certified key is not to be used, in one sentence; empty when it is."""
    try:
        require_key(certificate.spki, algorithms)
    except (AlgorithmRefused, EncodingError) as error:
        return error.message
    return ""


def is_self_signed(certificate: Certificate) -> bool:
    """Tell whether its own key made its signature, whatever the strength of the algorithm."""
    if not certificate.is_self_issued:
        return False
    try:
        verify_certificate(certificate, certificate, algorithms=_EVERYTHING)
    except (SignatureInvalid, AlgorithmRefused, EncodingError):
        return False
    return True


def verify_certificate(
    certificate: Certificate, issuer: Certificate, *, algorithms: AlgorithmPolicy = STRICT
) -> None:
    """Check that the key of ``issuer`` signed ``certificate``.

    Raises SignatureInvalid, AlgorithmRefused, EncodingError (the issuer's key is malformed).
    """
    if certificate.scheme is None:
        raise AlgorithmRefused("A certificate is signed with an algorithm that is unknown here.")
    verify_raw(
        issuer.spki, certificate.scheme, certificate.signature, message=certificate.tbs, algorithms=algorithms
    )


@dataclass(slots=True)
class _Search:
    """A bounded walk from issuer to issuer."""

    store: TrustStore
    intermediates: tuple[Certificate, ...]
    usage: CertificateUsage
    algorithms: AlgorithmPolicy
    signatures: int = 0
    problems: list[Problem] = field(default_factory=list)

    def paths(self, chain: tuple[Certificate, ...]) -> Iterator[tuple[tuple[Certificate, ...], Anchor]]:
        """Give each path that continues ``chain`` and ends in an anchor; every link is signed as it says."""
        if len(chain) == MAX_DEPTH:
            return
        for anchor in self.store.anchors_for(_purpose(self.usage), chain[-1].issuer):
            if self._links(chain, anchor.certificate):
                yield (*chain, anchor.certificate), anchor
        for issuer in (*self.intermediates, *self.store.intermediates):
            if self._links(chain, issuer):
                yield from self.paths((*chain, issuer))

    def nothing_found(self, leaf: Certificate) -> PathResult:
        """Say why there is no path: the first link that failed, else what is missing."""
        if self.problems:
            return PathResult(failure=self.problems[0].failure, detail=self.problems[0].detail)
        return PathResult(
            failure=SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            detail=f"No trust anchor for {leaf.issuer} is known. Give its folder with --trust DIR.",
        )

    def _links(self, chain: tuple[Certificate, ...], issuer: Certificate) -> bool:
        """Tell whether ``issuer`` signed the end of ``chain``, and is not in it yet."""
        certificate = chain[-1]
        if not _may_have_issued(issuer, certificate) or self.signatures >= MAX_SIGNATURES:
            return False
        if any(seen.spki == issuer.spki and seen.subject.key == issuer.subject.key for seen in chain):
            return False
        self.signatures += 1
        try:
            verify_certificate(certificate, issuer, algorithms=self.algorithms)
        except SignatureInvalid:
            self._note_forgery(certificate, issuer)
        except AlgorithmRefused as error:
            self.problems.append(Problem(SubIndication.CRYPTO_CONSTRAINTS_FAILURE, error.message))
        except EncodingError as error:
            self.problems.append(Problem(SubIndication.FORMAT_FAILURE, error.message))
        else:
            return True
        return False

    def _note_forgery(self, certificate: Certificate, issuer: Certificate) -> None:
        """Call it forgery only when the certificate names this very key; authorities share names."""
        if issuer.subject_key_id and issuer.subject_key_id == certificate.authority_key_id:
            called = label(certificate, self.usage)
            detail = f"{called} was not signed by {issuer.subject}, as it claims."
            self.problems.append(Problem(SubIndication.SIG_CRYPTO_FAILURE, detail))


def _readable(ders: Sequence[bytes]) -> tuple[Certificate, ...]:
    found = []
    for der in ders:
        try:
            found.append(parse_certificate(der))
        except EncodingError:
            continue  # a certificate that nobody asked for: without it the path is found, or is not
    return tuple(found)


def _may_have_issued(issuer: Certificate, certificate: Certificate) -> bool:
    if issuer.subject.key != certificate.issuer.key:
        return False
    known = issuer.subject_key_id is not None and certificate.authority_key_id is not None
    return not known or issuer.subject_key_id == certificate.authority_key_id


def _purpose(usage: CertificateUsage) -> AnchorPurpose:
    if usage in {CertificateUsage.DOCUMENT_SIGNER, CertificateUsage.MASTER_LIST_SIGNER}:
        return AnchorPurpose.DOCUMENT_SIGNING
    return AnchorPurpose.CITIZEN_CERTIFICATES
