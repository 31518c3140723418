"""What OCSP answers say about one certificate (RFC 6960 (2013), 3.2 and 4.2.2)."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice

from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.certificate import Certificate
from smartid.trust.paths.links import verify_certificate
from smartid.trust.raw import verify_raw
from smartid.trust.revocation import RevocationState, RevocationStatus, revocation_status
from smartid.trust.status.ocsp import OCSPAnswer, SingleAnswer, parse_ocsp
from smartid.trust.status.pointers import read_pointers
from smartid.trust.status.question import Complaint, Question, camel, unknown
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import readable_certificate

MAX_RESPONDERS = 8
"""Most certificates that are tried for the responder of one answer."""

_parsed = lru_cache(maxsize=256)(parse_ocsp)
_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
_NOTHING = "No OCSP answer is at hand."


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer that was asked for.

    nonce  what the question held, None when it held none
    """

    der: bytes
    nonce: bytes | None = None


def ask_answers(question: Question, fetched: Sequence[Fetched] = ()) -> RevocationStatus:
    """Ask the answers that were fetched, and those that came along. Never raises."""
    complaints: list[Complaint] = []
    found = [
        status
        for item, own in _candidates(question, fetched)
        if (status := _status(question, item, complaints, own=own))
    ]
    revoked = [status for status in found if status.state is RevocationState.REVOKED]
    good = sorted(found, key=lambda status: status.issued_at or question.at, reverse=True)
    return next(iter(revoked or good), None) or unknown(complaints, _NOTHING)


def _candidates(question: Question, fetched: Sequence[Fetched]) -> Iterator[tuple[Fetched, bool]]:
    yield from ((item, True) for item in fetched)
    known = {item.der for item in fetched}
    yield from ((Fetched(der), False) for der in question.data.ocsp if der not in known)


def _status(
    question: Question, item: Fetched, complaints: list[Complaint], *, own: bool
) -> RevocationStatus | None:
    try:
        answer = _parsed(item.der)
        if answer.status != "successful":
            raise _NoAnswerError(Complaint(5, f"The OCSP responder gave no answer: {camel(answer.status)}."))
        single = answer.about(question.certificate, question.issuer)
        if single is None:
            raise _NoAnswerError(Complaint(8, "An OCSP answer is about another certificate."))
        _require_answer(question, answer, single, item.nonce)
        responder = _responder(
            question, answer, max(answer.produced_at or single.this_update, single.this_update)
        )
        _verify(question, answer, responder)
        return _read(question, answer, single, responder, own=own)
    except _NoAnswerError as error:
        complaints.append(error.complaint)
    except EncodingError as error:
        complaints.append(Complaint(4, f"An OCSP answer cannot be used. {error.message}"))
    return None


class _NoAnswerError(Exception):
    """This answer does not count. Never leaves this module."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.detail)
        self.complaint = complaint


def _require_answer(
    question: Question, answer: OCSPAnswer, single: SingleAnswer, nonce: bytes | None
) -> None:
    """Check what does not depend on who signed. An answer made beforehand holds no nonce, and may serve."""
    unknown_oids = sorted(answer.unprocessed | single.unprocessed)
    if unknown_oids:
        detail = f"The OCSP answer has critical extensions that are unknown here: {', '.join(unknown_oids)}."
        raise _NoAnswerError(Complaint(3, detail))
    if nonce is not None and answer.nonce is not None and not hmac.compare_digest(nonce, answer.nonce):
        raise _NoAnswerError(Complaint(2, "The nonce of the OCSP answer differs from that of the question."))
    if question.is_future(single.this_update) or question.is_future(answer.produced_at or single.this_update):
        raise _NoAnswerError(Complaint(5, "The OCSP answer comes from the future."))


def _responder(question: Question, answer: OCSPAnswer, moment: datetime) -> Certificate:
    """Find who may answer: the issuer itself, or somebody whom it appointed (RFC 6960 (2013), 4.2.2.2)."""
    if answer.is_by(question.issuer):
        return question.issuer
    named = (item for item in _enclosed(question, answer) if answer.is_by(item))
    others = list(islice(named, MAX_RESPONDERS))
    if not others:
        detail = "The OCSP answer is by the wrong responder: not by the issuer, nor by one that is known."
        raise _NoAnswerError(Complaint(6, detail))
    refusals = []
    for other in others:
        refusal = _refusal(question, other, moment)
        if not refusal:
            return other
        refusals.append(refusal)
    raise _NoAnswerError(Complaint(1, f"The OCSP responder is not authorised: {refusals[0]}."))


def _enclosed(question: Question, answer: OCSPAnswer) -> Iterator[Certificate]:
    yield from filter(None, map(readable_certificate, answer.certificates))
    yield from question.certificates()


def _refusal(question: Question, responder: Certificate, moment: datetime) -> str:
    """Say why somebody may not answer for the issuer, empty when they may."""
    if responder.issuer.key != question.issuer.subject.key:
        return "its certificate is not by the issuer of the certificate that was asked about"
    try:
        verify_certificate(responder, question.issuer, algorithms=question.policy.algorithms)
    except (SignatureInvalid, AlgorithmRefused, EncodingError) as error:
        return f"its certificate is not signed by the issuer ({error.message})"
    return _unfit(question, responder, moment) or _responder_revocation(question, responder, moment)


def _unfit(question: Question, responder: Certificate, moment: datetime) -> str:
    """Say why a certificate of the issuer is not one for signing OCSP answers, empty when it is."""
    if _OCSP_SIGNING not in (responder.extended_key_usage or ()):
        return "its certificate lacks the extended key usage for signing OCSP answers"
    if responder.key_usage is not None and not responder.key_usage & {"digital_signature", "non_repudiation"}:
        return "the key usage of its certificate does not allow signing"
    if responder.unprocessed:
        return "its certificate has critical extensions that are unknown here"
    skew = question.policy.freshness.skew
    if responder.not_before - moment > skew or moment - responder.not_after > skew:
        return "its certificate was not valid when the answer was made"
    return ""


def _responder_revocation(question: Question, responder: Certificate, moment: datetime) -> str:
    """Look the responder up in the lists at hand; what no list knows does not count against it."""
    if read_pointers(responder).no_check:
        return ""
    offline = replace(question.policy, fetcher=None)
    status = revocation_status(
        responder, question.issuer, offline, moment, data=replace(question.data, ocsp=())
    )
    return f"it was revoked ({status.source})" if status.state is RevocationState.REVOKED else ""


def _verify(question: Question, answer: OCSPAnswer, responder: Certificate) -> None:
    if answer.scheme is None:
        detail = "The OCSP answer is signed with an algorithm that is unknown here."
        raise _NoAnswerError(Complaint(2, detail, SubIndication.CRYPTO_CONSTRAINTS_FAILURE))
    try:
        verify_raw(
            responder.spki,
            answer.scheme,
            answer.signature,
            message=answer.tbs,
            algorithms=question.policy.algorithms,
        )
    except SignatureInvalid as error:
        detail = "The OCSP answer was not signed by the responder that it names."
        raise _NoAnswerError(Complaint(1, detail)) from error
    except AlgorithmRefused as error:
        detail = f"The OCSP answer is signed too weakly. {error.message}"
        raise _NoAnswerError(Complaint(2, detail, SubIndication.CRYPTO_CONSTRAINTS_FAILURE)) from error


def _read(
    question: Question, answer: OCSPAnswer, single: SingleAnswer, responder: Certificate, *, own: bool
) -> RevocationStatus:
    until = question.until(single.this_update, single.next_update, question.policy.freshness.ocsp)
    label = f"OCSP answer of {responder.subject} of {single.this_update:%Y-%m-%d %H:%M} UTC"
    signers = () if responder is question.issuer else (responder.der,)
    status = RevocationStatus(
        state=RevocationState.GOOD,
        revoked_at=single.revoked_at,
        reason=camel(single.reason),
        source=label,
        issued_at=single.this_update,
        until=until,
        detail=f"{question.subject} was not revoked, says the {label}.",
        from_policy=own,
        evidence=ValidationData(certificates=signers, ocsp=(answer.der,)),
    )
    if single.status == "unknown":
        detail = f"The {label} says that the responder does not know the certificate."
        raise _NoAnswerError(Complaint(0, detail))
    return _revoked(question, single, status) or _good(question, single, status)


def _revoked(question: Question, single: SingleAnswer, status: RevocationStatus) -> RevocationStatus | None:
    """A revocation counts in an old answer too, unless it was a hold."""
    when = single.revoked_at
    lasting = single.reason != "certificate_hold" or question.is_fresh(status.until or question.at)
    if when is None or when > question.at or not lasting:
        return None
    why = f" ({status.reason})" if status.reason else ""
    detail = f"{question.subject} was revoked on {when:%Y-%m-%d %H:%M} UTC{why}, says the {status.source}."
    return replace(status, state=RevocationState.REVOKED, failure=SubIndication.REVOKED, detail=detail)


def _good(question: Question, single: SingleAnswer, status: RevocationStatus) -> RevocationStatus:
    until, end = status.until, question.certificate.not_after
    if until is None or not question.is_fresh(until):
        ended = f" on {until:%Y-%m-%d %H:%M} UTC" if until else ""
        raise _NoAnswerError(Complaint(5, f"The {status.source} is stale: it ended{ended}."))
    if single.this_update > end and (single.kept_since is None or single.kept_since > end):
        detail = f"The {status.source} was made after the certificate had expired."
        raise _NoAnswerError(Complaint(5, detail, SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE))
    if status.revoked_at:
        detail = f"{question.subject} was revoked only later, on {status.revoked_at:%Y-%m-%d %H:%M} UTC."
        return replace(status, detail=detail)
    return status
