"""What the rules for lists and for OCSP answers share: the question, and why a source does not answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from smartid.trust.certificate import Certificate, CertificateUsage
from smartid.trust.policy import Policy
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.status.pointers import Pointers
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import readable_certificate

_FOREVER = datetime.max.replace(tzinfo=UTC)
_SPELLED = {
    "unspecified": "",
    "ca_compromise": "cACompromise",
    "aa_compromise": "aACompromise",
    "remove_from_crl": "removeFromCRL",
}


@dataclass(frozen=True, slots=True)
class Question:
    """Was this certificate of that issuer revoked at this time."""

    certificate: Certificate
    issuer: Certificate
    pointers: Pointers
    policy: Policy
    at: datetime
    data: ValidationData

    @property
    def subject(self) -> str:
        """Name the certificate in a sentence: authorities by their subject, citizens not at all."""
        return str(self.certificate.subject) if self.certificate.is_ca else "The certificate"

    def is_future(self, moment: datetime) -> bool:
        """Tell whether a moment lies ahead of the policy's clock, beyond what clocks may differ."""
        return moment - self.policy.clock() > self.policy.freshness.skew

    def is_fresh(self, until: datetime) -> bool:
        """Tell whether what serves until then serves the time that is asked about.

        What was issued after that time serves it too, and ends after it.
        """
        return self.at - until <= self.policy.freshness.skew  # a sum may lie behind the year 9999

    def until(self, issued: datetime, next_update: datetime | None, limit: timedelta) -> datetime:
        """Give the end of what was issued then: its own, else what the policy allows."""
        if next_update is not None:
            return next_update
        return issued + min(limit, _FOREVER - issued)

    def certificates(self) -> Iterator[Certificate]:
        """Give who may have signed revocation data: out of the policy, and out of what came along."""
        store = self.policy.anchors
        yield from (anchor.certificate for anchor in store.anchors)
        yield from store.intermediates
        yield from filter(None, map(readable_certificate, self.data.certificates))

    def leads_to_the_same_anchor(self, signer: Certificate) -> bool:
        """Tell whether a signer of lists is vouched for by an anchor of the certificate itself.

        Lists of the signer's own name do not count for its path, and the network is not asked: that ends.
        """
        from smartid.trust.path import validate_path  # noqa: PLC0415 - it asks this package about revocation

        inner = _without_lists_of(self.policy, signer)
        beside = ValidationData(certificates=self.data.certificates)
        mine = validate_path(signer, inner, self.at, CertificateUsage.ANY, data=beside)
        if mine.failure or mine.anchor is None:
            return False
        theirs = validate_path(self.issuer, inner, self.at, CertificateUsage.ANY, data=beside)
        return theirs.anchor == mine.anchor


def _without_lists_of(policy: Policy, signer: Certificate) -> Policy:
    from smartid.trust.status.crl_shelf import issuer_of  # noqa: PLC0415 - nobody else here reads lists

    lists = tuple(der for der in policy.anchors.crls if issuer_of(der) != signer.subject.key)
    return replace(policy, anchors=replace(policy.anchors, crls=lists), fetcher=None)


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a source does not answer.

    rank    lower is told first when several sources do not answer
    exotic  another engine may understand it
    """

    rank: int
    detail: str
    failure: SubIndication = SubIndication.TRY_LATER
    exotic: bool = False


def unknown(complaints: list[Complaint], nothing: str) -> RevocationStatus:
    """Make the answer of sources of which none answered.

    nothing  what to say when there was no source at all
    """
    first = min(complaints, key=lambda item: item.rank, default=Complaint(9, nothing))
    return RevocationStatus(
        state=RevocationState.UNKNOWN,
        failure=first.failure,
        detail=first.detail,
        exotic=any(item.exotic for item in complaints),
    )


def camel(reason: str) -> str:
    """Spell a reason as RFC 5280 does: key_compromise becomes keyCompromise, unspecified becomes nothing."""
    if reason in _SPELLED:
        return _SPELLED[reason]
    first, *rest = reason.split("_")
    return first + "".join(word.capitalize() for word in rest)
