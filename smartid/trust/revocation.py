"""Whether a certificate was revoked, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from smartid.trust.verdict import SubIndication


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
    failure     why the state is UNKNOWN: TRY_LATER (nothing fresh was found), SIG_CRYPTO_FAILURE (a source
                was not signed by whom it had to be) and so on; REVOKED when it is; None when it is GOOD
    detail      one sentence for a person
    from_policy it rests on data that the policy brought or fetched, not on what a document enclosed
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
