"""Whose card signed a statement: one detached CAdES signature, judged under the operator's policy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from smartid.auth.holder import holder_identity
from smartid.errors import EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.signing.form import SignatureFamily
from smartid.signing.verdicts import SignatureVerdict
from smartid.signing.verify import verify
from smartid.trust.policy import Policy
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate

MAX_SIGNATURE = 64 << 10
"""Longest signature, in bytes: certificates, revocation data and time stamps in it included."""
_REASONS = {
    SubIndication.EXPIRED: Reason.CARD_EXPIRED,
    SubIndication.NOT_YET_VALID: Reason.CARD_EXPIRED,
    SubIndication.OUT_OF_BOUNDS_NO_POE: Reason.CARD_EXPIRED,
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: Reason.CARD_EXPIRED,
    SubIndication.REVOKED: Reason.CARD_REVOKED,
    SubIndication.REVOKED_NO_POE: Reason.CARD_REVOKED,
    SubIndication.REVOKED_CA_NO_POE: Reason.CARD_REVOKED,
    SubIndication.TRY_LATER: Reason.STATUS_STALE,
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Voter:
    """Who signed, as the certificate says. Shows nobody in its ``repr``.

    person       national number
    certificate  SHA-256 of the certificate, hexadecimal
    anchor       subject of the trust anchor
    throw_away   the certificate comes from the throw-away PKI of the mock cards: worth nothing outside a test
    """

    person: str
    certificate: str
    anchor: str
    throw_away: bool

    def __repr__(self) -> str:
        return "Voter(•••)"


class VoterSignatures:
    """Judges signatures of voters. Threads share it.

    policy  whom the operator believes. The throw-away PKI is believed only when its anchor is in the policy;
            what rests on it says so. Keys for signatures only are let through (non-repudiation)
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = replace(policy, key_usages=frozenset({"non_repudiation"}))

    def judge(self, statement: bytes, signature: bytes, at: datetime) -> Voter:
        """Say who signed a statement.

        Raises Refused: bad_proof; card_expired; card_revoked; status_stale.
        """
        if len(signature) > MAX_SIGNATURE:
            raise _bad(f"The signature has more than {MAX_SIGNATURE} bytes.")
        try:
            report = verify(signature, self._policy, content=statement, at=at)
        except EncodingError as error:
            raise _bad(error.message) from error
        if len(report.signatures) != 1 or report.signatures[0].family is not SignatureFamily.CADES:
            raise _bad("One CAdES signature is wanted, of one person.")
        return _voter(report.signatures[0])


def _voter(found: SignatureVerdict) -> Voter:
    if not found.passed or found.certificate is None:
        reason = found.verdict.sub_indication
        raise Refused(
            f"The signature is not believed: {found.why}",
            reason=_REASONS.get(reason, Reason.BAD_PROOF) if reason else Reason.BAD_PROOF,
        )
    number = holder_identity(parse_certificate(found.certificate)).national_number
    if not number:
        raise _bad("The certificate names no national number.")
    return Voter(
        person=number,
        certificate=hashlib.sha256(found.certificate).hexdigest(),
        anchor=found.verdict.anchor or "",
        throw_away=found.verdict.throw_away,
    )


def _bad(why: str) -> Refused:
    return Refused(why, reason=Reason.BAD_PROOF)
