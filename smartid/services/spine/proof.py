"""Whether it was the holder's card that agreed, and to exactly this."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from smartid.auth.holder import holder_identity
from smartid.errors import Refused
from smartid.identity.transaction import Authorization, displayed
from smartid.services.reasons import Reason
from smartid.services.spine.pseudonym import Pseudonyms
from smartid.services.spine.quoting import require_time
from smartid.services.spine.signature_check import SignatureCheck, is_right
from smartid.services.spine.signature_workers import Answers, SignatureWorkers
from smartid.services.spine.values import Assurance, Authorized, Holder, Prepared
from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import PathResult, validate_path
from smartid.trust.policy import Policy, utc_now
from smartid.trust.verdict import SubIndication

MAX_KNOWN = 20_000
"""Most certificates whose answers are kept."""
_FORGED = "The signature is not that of the holder's card."
_REASONS = {
    SubIndication.EXPIRED: Reason.CARD_EXPIRED,
    SubIndication.NOT_YET_VALID: Reason.CARD_EXPIRED,
    SubIndication.REVOKED: Reason.CARD_REVOKED,
    SubIndication.TRY_LATER: Reason.STATUS_STALE,
}


@dataclass(frozen=True, slots=True)
class _Known:
    """A certificate that was believed.

    spki  its key, SubjectPublicKeyInfo in DER
    """

    holder: Holder
    spki: bytes
    until: datetime


@dataclass(frozen=True, slots=True)
class _Agreed:
    """An agreement of which everything was found right, and the signature is still to be checked."""

    authorized: Authorized
    check: SignatureCheck


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

    def workers(self, count: int | None = None) -> SignatureWorkers:
        """Start processes for ``verify_batches``; None starts one for each core."""
        return SignatureWorkers(self._policy.algorithms, count)

    def verify_batches(
        self,
        batches: Iterable[Sequence[tuple[Prepared, Authorization]]],
        workers: SignatureWorkers,
    ) -> Iterator[list[Authorized | Refused]]:
        """As ``verify_many``, batch by batch in their order: workers check while the caller carries out.

        Two batches for each worker are taken before their turn.
        """
        waiting: deque[tuple[list[_Agreed | Refused], Answers]] = deque()
        for batch in batches:
            now = self._clock()
            agreed = [self._agreed_or_not(prepared, authorization, now) for prepared, authorization in batch]
            checks = [each.check for each in agreed if isinstance(each, _Agreed)]
            waiting.append((agreed, workers.check(checks)))
            if len(waiting) > 2 * workers.count:
                yield _answered(*waiting.popleft())
        while waiting:
            yield _answered(*waiting.popleft())

    def _agreed_or_not(
        self, prepared: Prepared, authorization: Authorization, now: datetime
    ) -> _Agreed | Refused:
        try:
            return self._agreed(prepared, authorization, now)
        except Refused as refused:
            return refused

    def _verify(self, prepared: Prepared, authorization: Authorization, now: datetime) -> Authorized:
        agreed = self._agreed(prepared, authorization, now)
        if not is_right(agreed.check, self._policy.algorithms):
            raise _bad(_FORGED)
        return agreed.authorized

    def _agreed(self, prepared: Prepared, authorization: Authorization, now: datetime) -> _Agreed:
        """Check everything but the signature."""
        transaction = prepared.transaction
        if authorization.transaction.encode() != transaction.encode():
            raise _bad("The card agreed to another transaction.")
        _require_terms(prepared)
        require_time(transaction, now)
        known = self._judge(authorization.certificate, transaction.service, now)
        if known.holder.pseudonym != prepared.holder.pseudonym:
            raise _bad("The card belongs to somebody else than the one who asked.")
        # Whoever asked, this card has agreed: it may be another one of the same holder.
        agreed = prepared if prepared.holder == known.holder else replace(prepared, holder=known.holder)
        check = SignatureCheck(
            known.spki, authorization.algorithm, authorization.signature, authorization.transaction.message()
        )
        return _Agreed(Authorized(prepared=agreed, authorization=authorization), check)

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
        return _Known(holder, leaf.spki, until)


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


def _answered(agreed: list[_Agreed | Refused], answers: Answers) -> list[Authorized | Refused]:
    right = iter(answers.result())
    return [
        each if isinstance(each, Refused) else each.authorized if next(right) else _bad(_FORGED)
        for each in agreed
    ]


def _distrust(path: PathResult, failure: SubIndication) -> Refused:
    """Say why a certificate is not believed; once revocation was looked at, what fails is its status."""
    reason = _REASONS.get(failure, Reason.BAD_PROOF)
    if path.revocation and reason is Reason.BAD_PROOF:
        reason = Reason.STATUS_STALE
    return Refused(f"The card's transaction certificate is not believed: {path.detail}", reason=reason)


def _bad(why: str) -> Refused:
    return Refused(why, reason=Reason.BAD_PROOF)
