"""From a certificate to a trust anchor: the one entrance to finding and validating a path.

RFC 5280 (2008), 6.1. Most paths are judged right here. Those with constraints on names or on certificate
policies go to ``path_full``, which processes RFC 5280 whole and is loaded when it is first needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.keys import lacks_parameters
from smartid.trust.paths.cache import ValidatedAuthority
from smartid.trust.paths.constraints import Problem, culprit, is_beyond, problem_of
from smartid.trust.paths.links import is_self_signed, may_have_issued, verify_certificate
from smartid.trust.paths.revocation import chain_revocation, revocation_problem
from smartid.trust.paths.search import MAX_DEPTH, MAX_SIGNATURES, Chain, PathSearch, purpose_of
from smartid.trust.policy import Policy
from smartid.trust.raw import require_key
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.store import Anchor
from smartid.trust.validation_data import NO_DATA, ValidationData
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate, readable_certificate

__all__ = [
    "MAX_DEPTH",
    "MAX_SIGNATURES",
    "PathResult",
    "is_self_signed",
    "validate_path",
    "verify_certificate",
]


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
    leaf: bytes | Certificate,
    policy: Policy,
    at: datetime,
    usage: CertificateUsage,
    *,
    data: ValidationData = NO_DATA,
) -> PathResult:
    """Find a path from ``leaf`` to an anchor of the policy; validate it for a time and a usage. Never raises.

    leaf  certificate in DER, or read already
    at    the time that is asked about, an aware datetime
    data  what came with it, in any order; broken parts are passed over

    Failures: FORMAT_FAILURE, NO_CERTIFICATE_CHAIN_FOUND, SIG_CRYPTO_FAILURE (the issuer that the certificate
    names did not sign it), CRYPTO_CONSTRAINTS_FAILURE, EXPIRED, NOT_YET_VALID, CHAIN_CONSTRAINTS_FAILURE,
    REVOKED (``culprit`` says whether the certificate itself or an authority was), TRY_LATER (no fresh
    revocation data, where the policy demands some), and what stood against the revocation data.
    """
    try:
        certificate = parse_certificate(leaf) if isinstance(leaf, bytes) else leaf
    except EncodingError as error:
        return PathResult(failure=SubIndication.FORMAT_FAILURE, detail=error.message)
    weak = _weak_key(certificate, policy.algorithms)
    if weak:
        blame = culprit(certificate, usage)
        return PathResult(failure=SubIndication.CRYPTO_CONSTRAINTS_FAILURE, detail=weak, culprit=blame)
    question = _Question(certificate, policy, at, usage, data)
    return question.answer_from_cache() or question.answer()


def _weak_key(certificate: Certificate, algorithms: AlgorithmPolicy) -> str:
    """Say why the certified key is not to be used, in one sentence; empty when it is."""
    try:
        require_key(certificate.spki, algorithms)
    except (AlgorithmRefused, EncodingError) as error:
        return error.message
    return ""


@dataclass(frozen=True, slots=True)
class _Question:
    """May this certificate be believed, for this time and usage."""

    leaf: Certificate
    policy: Policy
    at: datetime
    usage: CertificateUsage
    data: ValidationData

    def answer(self) -> PathResult:
        """Search the paths; take the first good one, else say what was wrong with the first one found."""
        intermediates = tuple(filter(None, map(readable_certificate, self.data.certificates)))
        search = PathSearch(self.policy.anchors, intermediates, self.usage, self.policy.algorithms)
        broken: PathResult | None = None
        for chain, anchor in search.paths((self.leaf,)):
            result = self.judge(chain, anchor)
            if result.failure is None:
                self._keep(result, anchor)
                return result
            broken = broken or result
        return broken or self._nothing_found(search.problems)

    def answer_from_cache(self) -> PathResult | None:
        """Judge the paths over an issuer that is known; None unless one of them is good."""
        known = self.policy.cache.issuers(self.leaf.issuer.key, purpose_of(self.usage), self.at)
        for entry in known:
            if len(entry.chain) < MAX_DEPTH and self._at_hand(entry.chain) and self._signed_by(entry.chain):
                result = self.judge((self.leaf, *entry.chain), entry.anchor, entry.revocation)
                if result.failure is None:
                    self.policy.cache.keep_link(self.leaf, entry.chain[0])
                    return result
        return None

    def judge(
        self, chain: Chain, anchor: Anchor, above: tuple[RevocationStatus, ...] | None = None
    ) -> PathResult:
        """Judge one signed path.

        above  revocation of the authorities as the policy's own data has it, when that is known
        """
        problem = problem_of(chain, self.usage, self.at, purpose=anchor.purpose, policy=self.policy)
        if problem is None and is_beyond(chain, self.policy):
            problem = self._full_problem(chain)
        if problem:
            return _failed(chain, anchor, problem)
        statuses = self._revocation(chain, above)
        problem = revocation_problem(chain, statuses, self.usage, self.policy.revocation)
        if problem:
            return replace(_failed(chain, anchor, problem), revocation=statuses)
        ends = [status.until for status in statuses if status.until is not None]
        return PathResult(
            anchor=anchor,
            chain=chain,
            detail=f"Leads to {anchor.certificate.subject}.",
            revocation=statuses,
            until=min([*ends, *(certificate.not_after for certificate in chain)]),
        )

    def _full_problem(self, chain: Chain) -> Problem | None:
        from smartid.trust.paths.full import full_problem  # noqa: PLC0415 - asyncio, a tenth of a second

        return full_problem(chain, self.usage, self.policy, self.at)

    def _revocation(
        self, chain: Chain, above: tuple[RevocationStatus, ...] | None
    ) -> tuple[RevocationStatus, ...]:
        """Look up what is not known yet; revocation data that came along is asked about every certificate."""
        if above is None or self.data.crls or self.data.ocsp:
            return chain_revocation(chain, self.policy, self.at, self.data)
        return (*chain_revocation(chain, self.policy, self.at, self.data, only_leaf=True), *above)

    def _at_hand(self, authorities: Chain) -> bool:
        """Tell whether a search would find them too: an answer must not depend on what was asked before."""
        beside, store = self.data.certificates, self.policy.anchors.intermediates
        return all(item.der in beside or item in store for item in authorities[:-1])

    def _signed_by(self, authorities: Chain) -> bool:
        issuer = authorities[0]
        if not may_have_issued(issuer, self.leaf) or any(item.spki == self.leaf.spki for item in authorities):
            return False
        if self.policy.cache.knows_link(self.leaf, issuer):
            return True
        try:
            verify_certificate(self.leaf, issuer, algorithms=self.policy.algorithms)
            return not lacks_parameters(self.leaf.spki)
        except (SignatureInvalid, AlgorithmRefused, EncodingError):
            return False  # the search says so, in words

    def _keep(self, result: PathResult, anchor: Anchor) -> None:
        """Keep the authorities of a good path, for the times for which it stays good."""
        chain, statuses = result.chain[1:], result.revocation[1:]
        if not all(_rests_on_policy(status, self.policy) for status in statuses):
            return
        issued = [status.issued_at for status in statuses if status.issued_at is not None]
        ends = [end for status in statuses for end in (status.until, status.revoked_at) if end is not None]
        first = max([*(item.not_before for item in chain), min([self.at, *issued])])
        last = min([*(item.not_after for item in chain), *ends])
        entry = ValidatedAuthority(chain=chain, anchor=anchor, revocation=statuses, first=first, last=last)
        self.policy.cache.keep(entry, purpose_of(self.usage))

    def _nothing_found(self, problems: Sequence[Problem]) -> PathResult:
        """Say why there is no path: the first link that failed, else what is missing."""
        if problems:
            return _failed((), None, problems[0])
        return PathResult(
            failure=SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
            detail=f"No trust anchor for {self.leaf.issuer} is known. Give its folder with --trust DIR.",
            culprit=culprit(self.leaf, self.usage),
        )


def _failed(chain: Chain, anchor: Anchor | None, problem: Problem) -> PathResult:
    return PathResult(
        anchor=anchor, chain=chain, failure=problem.failure, detail=problem.detail, culprit=problem.culprit
    )


def _rests_on_policy(status: RevocationStatus, policy: Policy) -> bool:
    """Tell whether a status would be the same for a document that brings nothing along.

    One that is unknown stays so only where the policy has no revocation data at all, for any time.
    """
    if status.state is RevocationState.GOOD:
        return status.from_policy and status.until is not None
    return not policy.anchors.crls and policy.fetcher is None
