"""Whether it was the holder's card that agreed, and to exactly this."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from smartid.auth.holder import holder_identity
from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import AlgorithmRefused, EncodingError, Refused, SignatureInvalid
from smartid.identity.transaction import Authorization, displayed
from smartid.services.reasons import Reason
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.quoting import require_time
from smartid.services.spine.values import Assurance, Authorized, Holder, Prepared
from smartid.trust.certificate import CertificateUsage
from smartid.trust.keys import ECKey, parse_public_key
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy, utc_now
from smartid.trust.raw import verify_raw
from smartid.trust.verdict import SubIndication

MAX_KNOWN = 20_000
"""Most certificates whose answers are kept."""
_ES256 = ec.ECDSA(hashes.SHA256())
_REASONS = {
    SubIndication.EXPIRED: Reason.CARD_EXPIRED,
    SubIndication.NOT_YET_VALID: Reason.CARD_EXPIRED,
    SubIndication.REVOKED: Reason.CARD_REVOKED,
    SubIndication.TRY_LATER: Reason.STATUS_STALE,
}


@dataclass(frozen=True, slots=True)
class _Known:
    """A certificate that was believed.

    p256  its key, where it is on P-256: made once, for that costs as much as a signature
    """

    holder: Holder
    spki: bytes
    p256: EllipticCurvePublicKey | None
    until: datetime


class Proofs:
    """Judges transaction certificates and what their keys signed. Threads share it.

    policy      whom the service believes
    pseudonyms  makes the holder's name at the service from the national number in the certificate
    lifetime    how long an answer about a certificate is kept; a revocation is noticed that much later
    """

    def __init__(
        self,
        policy: Policy,
        *,
        pseudonyms: Pseudonyms,
        clock: Callable[[], datetime] = utc_now,
        lifetime: timedelta = timedelta(minutes=5),
    ) -> None:
        self._policy = policy
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._lifetime = lifetime
        self._known: dict[tuple[bytes, str], _Known] = {}

    def holder(self, certificate: bytes, service: str) -> Holder:
        """Say who holds a card, from the certificate of its transaction key, X.509 in DER.

        Raises Refused: bad_proof; card_expired; card_revoked; status_stale.
        """
        return self._judge(certificate, service, self._clock()).holder

    def verify(self, prepared: Prepared, authorization: Authorization) -> Authorized:
        """Check that the holder agreed to exactly what was prepared.

        Raises Refused: bad_proof; quote_expired; and what ``holder`` raises.
        """
        return self._verify(prepared, authorization, self._clock())

    def verify_many(self, pairs: Iterable[tuple[Prepared, Authorization]]) -> list[Authorized | Refused]:
        """Check many: each gives its answer, or the error that ``verify`` would raise."""
        now = self._clock()
        return [self._outcome(prepared, authorization, now) for prepared, authorization in pairs]

    def _outcome(
        self, prepared: Prepared, authorization: Authorization, now: datetime
    ) -> Authorized | Refused:
        try:
            return self._verify(prepared, authorization, now)
        except Refused as refused:
            return refused

    def _verify(self, prepared: Prepared, authorization: Authorization, now: datetime) -> Authorized:
        transaction = prepared.transaction
        if authorization.transaction.encode() != transaction.encode():
            raise _bad("The card agreed to another transaction.")
        _require_terms(prepared)
        require_time(transaction, now)
        known = self._judge(authorization.certificate, transaction.service, now)
        if known.holder.pseudonym != prepared.holder.pseudonym:
            raise _bad("The card belongs to somebody else than the one who asked.")
        _require_signature(known, authorization, self._policy)
        # Whoever asked, this card has agreed: it may be another one of the same holder.
        agreed = prepared if prepared.holder == known.holder else replace(prepared, holder=known.holder)
        return Authorized(prepared=agreed, authorization=authorization)

    def _judge(self, certificate: bytes, service: str, now: datetime) -> _Known:
        known = self._known.get((certificate, service))
        if known is not None and now < known.until:
            return known
        path = validate_path(certificate, self._policy, now, CertificateUsage.TRANSACTION)
        if path.failure is not None:
            raise _distrust(path, path.failure)
        judged = self._learn(path, certificate, service, now)
        while len(self._known) >= MAX_KNOWN:
            self._known.pop(next(iter(self._known)), None)
        self._known[certificate, service] = judged
        return judged

    def _learn(self, path: PathResult, certificate: bytes, service: str, now: datetime) -> _Known:
        leaf = path.chain[0]
        number = holder_identity(leaf).national_number
        if not number:
            raise _bad("The certificate names no national number.")
        holder = Holder(
            pseudonym=self._pseudonyms.of(service, number),
            assurance=Assurance.CHIP_AND_PIN,
            certificate=certificate,
            throw_away=path.throw_away,
        )
        until = min(now + self._lifetime, path.until or now)
        return _Known(holder, leaf.spki, _p256(leaf.spki, self._policy), until)


def _require_terms(prepared: Prepared) -> None:
    """The transaction says what the terms say, the sentence that was shown included. Raises Refused."""
    terms, transaction = prepared.terms, prepared.transaction
    said = (terms.service, terms.verb, terms.amount, terms.unit, terms.payee, terms.policy)
    bound = (
        transaction.service,
        transaction.verb,
        transaction.amount,
        transaction.unit,
        transaction.payee,
        transaction.policy,
    )
    if (
        said != bound
        or terms.details != transaction.details
        or prepared.holder.pseudonym != transaction.holder
        or displayed(terms.sentence(prepared.lang)) != transaction.display
    ):
        raise _bad("The transaction is not that of the offer.")


def _require_signature(known: _Known, authorization: Authorization, policy: Policy) -> None:
    message = authorization.transaction.message()
    try:
        if known.p256 is not None and authorization.algorithm is SignatureAlgorithm.ES256:
            _verify_p256(known.p256, authorization.signature, message)
        else:
            verify_raw(
                known.spki,
                authorization.algorithm,
                authorization.signature,
                message=message,
                algorithms=policy.algorithms,
            )
    except (SignatureInvalid, AlgorithmRefused, EncodingError) as error:
        raise _bad("The signature is not that of the holder's card.") from error


def _verify_p256(key: EllipticCurvePublicKey, signature: bytes, message: bytes) -> None:
    try:
        key.verify(signature, message, _ES256)
    except InvalidSignature as error:
        raise SignatureInvalid("The signature does not belong to this key and transaction.") from error


def _p256(spki: bytes, policy: Policy) -> EllipticCurvePublicKey | None:
    """Load a key on P-256 where the policy allows ES256; None leaves it to ``verify_raw``."""
    key = parse_public_key(spki)
    if not isinstance(key, ECKey) or key.curve != "secp256r1" or "sha256" not in policy.algorithms.hashes:
        return None
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.point)


def _distrust(path: PathResult, failure: SubIndication) -> Refused:
    """Say why a certificate is not believed; once revocation was looked at, what fails is its status."""
    reason = _REASONS.get(failure, Reason.BAD_PROOF)
    if path.revocation and reason is Reason.BAD_PROOF:
        reason = Reason.STATUS_STALE
    return Refused(f"The card's transaction certificate is not believed: {path.detail}", reason=reason)


def _bad(why: str) -> Refused:
    return Refused(why, reason=Reason.BAD_PROOF)
