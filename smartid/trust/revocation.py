"""Whether a certificate was revoked, and how that is known: from lists, from OCSP answers, from the network.

What is at hand is asked first. The network is asked only when the policy has a fetcher and nothing at hand is
fresh.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from functools import reduce
from typing import TYPE_CHECKING

from smartid.errors import EncodingError
from smartid.trust.certificate import Certificate
from smartid.trust.validation_data import NO_DATA, ValidationData
from smartid.trust.verdict import SubIndication

if TYPE_CHECKING:
    from smartid.trust.policy import Policy

_EVER = datetime.min.replace(tzinfo=UTC)


class RevocationState(Enum):
    """What is known of one certificate at one time."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationStatus:
    """The answer for one certificate at one time.

    state       REVOKED only when it was revoked at or before the time that was asked about
    revoked_at  also given when the revocation came later (``state`` is GOOD then)
    reason      CRLReason of RFC 5280 (2008), 5.3.1, as there: "keyCompromise"; empty when none is given
    source      what said so, for people: "CRL of CN=Citizen CA of 2026-01-31"; empty when nothing did
    declared    whether the certificate names a place to ask
    issued_at, until   thisUpdate and nextUpdate (or the limit of the policy) of that source
    failure     why the state is UNKNOWN: TRY_LATER (nothing fresh that can be believed was found),
                CRYPTO_CONSTRAINTS_FAILURE (it is signed too weakly), REVOCATION_OUT_OF_BOUNDS_NO_POE (it was
                made after the certificate's end, when entries may be dropped), FORMAT_FAILURE (the
                certificate is malformed); REVOKED when it is; None when it is GOOD
    detail      one sentence for a person
    from_policy it rests on data that the policy brought or fetched, not on what a document enclosed
    evidence    the CRLs or the OCSP answer that said so, with the certificates of those who signed them
    exotic      something at hand may know more, whose signer or scope was not understood here
    """

    state: RevocationState
    revoked_at: datetime | None = None
    reason: str = ""
    source: str = ""
    declared: bool = False
    issued_at: datetime | None = None
    until: datetime | None = None
    failure: SubIndication | None = None
    detail: str = ""
    from_policy: bool = True
    evidence: ValidationData = NO_DATA
    exotic: bool = False


def revocation_status(
    certificate: Certificate,
    issuer: Certificate,
    policy: Policy,
    at: datetime,
    *,
    data: ValidationData = NO_DATA,
) -> RevocationStatus:
    """Say whether a certificate was revoked at a time. Never raises.

    issuer  whose key signed the certificate; the caller has checked that
    at      the time that is asked about, an aware datetime; later lists and answers are good evidence for it
    data    what a document brought along, beside the lists of the policy

    A revocation outweighs any other answer, also one in a list that is out of date, unless it was a hold.
    What a document encloses does not make a revocation forgotten that the policy has fetched before.
    """
    # They hold the rules, and need the values above.
    from smartid.trust.status.crl_check import ask_lists  # noqa: PLC0415
    from smartid.trust.status.pointers import read_pointers  # noqa: PLC0415
    from smartid.trust.status.question import Question  # noqa: PLC0415

    try:
        pointers = read_pointers(certificate)
    except EncodingError as error:
        return RevocationStatus(
            state=RevocationState.UNKNOWN, failure=SubIndication.FORMAT_FAILURE, detail=error.message
        )
    question = Question(certificate, issuer, pointers, policy, at, data)
    status = ask_lists(question)
    if data.ocsp:
        from smartid.trust.status.ocsp_check import ask_answers  # noqa: PLC0415

        status = _stronger(status, ask_answers(question))
    if policy.fetcher is not None and pointers.declared and not (status.failure or status.from_policy):
        from smartid.trust.status.asking import ask_memory  # noqa: PLC0415

        status = reduce(_stronger, ask_memory(question), status)
    if status.state is RevocationState.UNKNOWN and policy.fetcher is not None and pointers.declared:
        from smartid.trust.status.asking import ask_network  # noqa: PLC0415

        status = _stronger(status, ask_network(question, policy.fetcher))
    return replace(status, declared=pointers.declared)


def _stronger(first: RevocationStatus, second: RevocationStatus) -> RevocationStatus:
    """Take a revocation, else what says that there was none, else both reasons for not knowing."""
    for state in (RevocationState.REVOKED, RevocationState.GOOD):
        found = [status for status in (first, second) if status.state is state]
        if found:
            return max(found, key=lambda status: status.issued_at or status.until or _EVER)
    worse = first if first.failure is not SubIndication.TRY_LATER else second
    return replace(
        worse,
        detail=" ".join(dict.fromkeys((first.detail, second.detail))),
        exotic=first.exotic or second.exotic,
    )
