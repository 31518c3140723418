"""What revocation lists say about one certificate (RFC 5280 (2008), 6.3).

Complete lists, delta lists on top of them, lists that cover some reasons or one distribution point, and lists
of another issuer. A list whose signer is not found is marked, so that somebody else may try.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.certificate import Certificate
from smartid.trust.raw import verify_raw
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.status.crl import Refusal, RevocationList
from smartid.trust.status.crl_entries import Entry
from smartid.trust.status.crl_scope import covered_reasons
from smartid.trust.status.crl_shelf import SHELF
from smartid.trust.status.pointers import ALL_REASONS
from smartid.trust.status.question import Complaint, Question, camel, unknown
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication

MAX_ENCLOSED_LISTS = 32
"""Most lists about one certificate that are taken from what a document brings along."""
MAX_OTHER_SIGNERS = 8
"""Most certificates besides the issuer's that are tried for the signer of one list."""
MAX_OUTCOMES = 16
"""Most signature checks that are remembered of one list."""

_HOLD, _REMOVED = "certificate_hold", "remove_from_crl"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A list that is signed by whom it has to be and is about the certificate.

    signer   a certificate other than the issuer's that signed it, None when the issuer's key did
    own      it comes from the policy
    entry    what it says of the certificate
    """

    crl: RevocationList
    reasons: frozenset[str]
    signer: Certificate | None
    own: bool
    entry: Entry | None
    until: datetime


def ask_lists(question: Question, fetched: Sequence[bytes] = ()) -> RevocationStatus:
    """Ask the lists of the policy, those that were fetched, and those that came along. Never raises."""
    complaints: list[Complaint] = []
    sources = sorted(
        _sources(question, fetched, complaints), key=lambda item: item.crl.this_update, reverse=True
    )
    return (
        _revoked(question, sources) or _good(question, sources, complaints) or _nothing(question, complaints)
    )


def _nothing(question: Question, complaints: list[Complaint]) -> RevocationStatus:
    return unknown(complaints, f"No CRL of {question.certificate.issuer} is at hand.")


def _sources(question: Question, fetched: Sequence[bytes], complaints: list[Complaint]) -> Iterator[_Source]:
    own = dict.fromkeys((*question.policy.anchors.crls, *fetched))
    beside = (der for der in dict.fromkeys(question.data.crls) if der not in own)
    enclosed = islice(_concerning(beside, question, complaints), MAX_ENCLOSED_LISTS)
    for crl, is_own in chain(
        ((crl, True) for crl in _concerning(own, question, complaints)), ((crl, False) for crl in enclosed)
    ):
        try:
            source = _source(crl, question, complaints, own=is_own)
            if source:
                yield source
        except EncodingError as error:
            complaints.append(_unusable(error))


def _concerning(
    ders: Iterable[bytes], question: Question, complaints: list[Complaint]
) -> Iterator[RevocationList]:
    for der in ders:
        try:
            crl = SHELF.take(der)
        except EncodingError as error:
            complaints.append(_unusable(error))
        else:
            if _concerns(crl, question):
                yield crl


def _unusable(error: EncodingError) -> Complaint:
    return Complaint(4, f"A CRL cannot be used. {error.message}")


def _concerns(crl: RevocationList, question: Question) -> bool:
    name = crl.issuer.key
    if name == question.certificate.issuer.key:
        return True
    return crl.scope.indirect and any(name in point.crl_issuers for point in question.pointers.crl_points)


def _source(
    crl: RevocationList, question: Question, complaints: list[Complaint], *, own: bool
) -> _Source | None:
    reasons = covered_reasons(crl, question.certificate, question.pointers)
    if not reasons:
        complaints.append(Complaint(7, f"The {crl.label} is about other certificates."))
        return None
    if crl.unprocessed:
        oids = ", ".join(sorted(crl.unprocessed))
        detail = f"The {crl.label} has critical extensions that are unknown here: {oids}."
        complaints.append(Complaint(3, detail))
        return None
    if question.is_future(crl.this_update):
        complaints.append(Complaint(5, f"The {crl.label} comes from the future."))
        return None
    signed, signer = _signer(crl, question, complaints)
    if not signed:
        return None
    return _Source(
        crl=crl,
        reasons=reasons,
        signer=signer,
        own=own,
        entry=crl.find(question.certificate.serial_number, question.certificate.issuer.key),
        until=question.until(crl.this_update, crl.next_update, question.policy.freshness.crl),
    )


def _signer(
    crl: RevocationList, question: Question, complaints: list[Complaint]
) -> tuple[bool, Certificate | None]:
    """Find out whose key signed a list: the issuer's own, or one that leads to the same anchor."""
    refusals: list[Refusal] = []
    if crl.issuer.key == question.issuer.subject.key and _may_sign(question.issuer, crl):
        refusal = _verify(crl, question.issuer, question)
        if refusal is None:
            return True, None
        refusals.append(refusal)
    for other in islice(_other_signers(crl, question), MAX_OTHER_SIGNERS):
        refusal = _verify(crl, other, question)
        if refusal is None and question.leads_to_the_same_anchor(other):
            return True, other
        refusals += [refusal] if refusal else []
    complaints.append(_unsigned(crl, refusals))
    return False, None


def _other_signers(crl: RevocationList, question: Question) -> Iterator[Certificate]:
    """Give others of the name of the list's issuer, those of the policy first."""
    return (
        other
        for other in question.certificates()
        if other.spki != question.issuer.spki
        and other.subject.key == crl.issuer.key
        and _may_sign(other, crl)
    )


def _unsigned(crl: RevocationList, refusals: list[Refusal]) -> Complaint:
    if any(refusal.weak for refusal in refusals):
        weak = next(refusal for refusal in refusals if refusal.weak)
        detail = f"The {crl.label} is signed too weakly. {weak.detail}"
        return Complaint(2, detail, SubIndication.CRYPTO_CONSTRAINTS_FAILURE)
    if refusals:
        return Complaint(1, f"The {crl.label} was not signed by {crl.issuer}, as it claims.", exotic=True)
    return Complaint(6, f"Nobody who may sign the {crl.label} is known.", exotic=True)


def _may_sign(certificate: Certificate, crl: RevocationList) -> bool:
    if certificate.key_usage is not None and "crl_sign" not in certificate.key_usage:
        return False
    known = crl.authority_key_id is not None and certificate.subject_key_id is not None
    return not known or crl.authority_key_id == certificate.subject_key_id


def _verify(crl: RevocationList, signer: Certificate, question: Question) -> Refusal | None:
    """Check a list's signature once for each key: hashing a big one takes longer than looking into it."""
    key = (signer.spki, question.policy.algorithms)
    if key not in crl.checked:
        if len(crl.checked) >= MAX_OUTCOMES:
            crl.checked.clear()
        crl.checked[key] = _refusal(crl, signer, question)
    return crl.checked.get(key)


def _refusal(crl: RevocationList, signer: Certificate, question: Question) -> Refusal | None:
    if crl.scheme is None:
        return Refusal("Its signature algorithm is unknown here.", weak=True)
    try:
        verify_raw(
            signer.spki,
            crl.scheme,
            crl.signature,
            message=crl.tbs,
            algorithms=question.policy.algorithms,
        )
    except AlgorithmRefused as error:
        return Refusal(error.message, weak=True)
    except (SignatureInvalid, EncodingError) as error:
        return Refusal(error.message)
    return None


def _revoked(question: Question, sources: Sequence[_Source]) -> RevocationStatus | None:
    """Find a revocation that cannot be taken back; it counts in an old list too."""
    found = [source for source in sources if source.entry and source.entry.reason not in {_HOLD, _REMOVED}]
    for source in sorted(found, key=lambda item: item.entry.revoked_at if item.entry else question.at):
        if source.entry and source.entry.revoked_at <= question.at:
            return _revocation(question, source, source.entry, [source])
    return None


def _revocation(
    question: Question, source: _Source, entry: Entry, used: Sequence[_Source]
) -> RevocationStatus:
    reason = camel(entry.reason)
    why = f" ({reason})" if reason else ""
    when = f"{entry.revoked_at:%Y-%m-%d %H:%M} UTC"
    return RevocationStatus(
        state=RevocationState.REVOKED,
        revoked_at=entry.revoked_at,
        reason=reason,
        source=source.crl.label,
        issued_at=source.crl.this_update,
        until=source.until,
        failure=SubIndication.REVOKED,
        detail=f"{question.subject} was revoked on {when}{why}, says the {source.crl.label}.",
        from_policy=all(item.own for item in used),
        evidence=_evidence(used),
    )


@dataclass(frozen=True, slots=True)
class _Combined:
    """A complete list with the newest changes to it, as of the newer of the two (RFC 5280 (2008), 5.2.4)."""

    complete: _Source
    newest: _Source
    entry: Entry | None

    @property
    def used(self) -> tuple[_Source, ...]:
        return (self.newest,) if self.newest is self.complete else (self.newest, self.complete)


def _good(
    question: Question, sources: Sequence[_Source], complaints: list[Complaint]
) -> RevocationStatus | None:
    """Let the newest lists answer until every reason is covered; a hold is a revocation while it lasts."""
    left, used = ALL_REASONS, list[_Source]()
    later: Entry | None = None
    for combined in _combined(question, sources, complaints):
        if not combined.complete.reasons & left or not _usable(question, combined, complaints):
            continue
        if combined.entry and combined.entry.revoked_at <= question.at:
            return _revocation(question, combined.newest, combined.entry, combined.used)
        later = later or combined.entry
        left, used = left - combined.complete.reasons, [*used, *combined.used]
        if not left:
            return _not_revoked(question, used, later)
    if used:
        missing = ", ".join(sorted(camel(reason) for reason in left))
        complaints.append(Complaint(0, f"No CRL at hand covers these reasons: {missing}."))
    return None


def _combined(question: Question, sources: Sequence[_Source], complaints: list[Complaint]) -> list[_Combined]:
    deltas = [item for item in sources if item.crl.is_delta and question.is_fresh(item.until)]
    completes = [item for item in sources if not item.crl.is_delta]
    if deltas and not completes:
        complaints.append(Complaint(4, f"The complete list that {deltas[0].crl.label} changes is missing."))
    combined = [_with_delta(complete, deltas) for complete in completes]
    return sorted(combined, key=lambda item: item.newest.crl.this_update, reverse=True)


def _with_delta(complete: _Source, deltas: Sequence[_Source]) -> _Combined:
    """Lay the newest delta list that fits over a complete list."""
    delta = next((item for item in deltas if _continues(item.crl, complete.crl)), None)
    if delta is None:
        return _Combined(complete, complete, complete.entry)
    entry = complete.entry if delta.entry is None else delta.entry
    return _Combined(complete, delta, None if entry and entry.reason == _REMOVED else entry)


def _continues(delta: RevocationList, complete: RevocationList) -> bool:
    """Tell whether a delta list changes this complete list: issuer, scope, key and numbers."""
    if delta.base is None or delta.number is None or complete.number is None:
        return False
    same = (delta.issuer.key, delta.scope, delta.authority_key_id) == (
        complete.issuer.key,
        complete.scope,
        complete.authority_key_id,
    )
    return same and delta.base <= complete.number < delta.number


def _usable(question: Question, combined: _Combined, complaints: list[Complaint]) -> bool:
    crl, until = combined.newest.crl, combined.newest.until
    if not question.is_fresh(until):
        complaints.append(Complaint(5, f"The {crl.label} ended on {until:%Y-%m-%d %H:%M} UTC."))
        return False
    end, kept = question.certificate.not_after, crl.expired_kept
    if crl.this_update > end and (kept is None or kept > end):
        detail = f"The {crl.label} was made after the certificate had expired: it need not list it any more."
        complaints.append(Complaint(5, detail, SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE))
        return False
    return True


def _not_revoked(question: Question, used: Sequence[_Source], later: Entry | None) -> RevocationStatus:
    newest = used[0]
    detail = f"{question.subject} was not revoked, says the {newest.crl.label}."
    if later:
        detail = f"{question.subject} was revoked only later, on {later.revoked_at:%Y-%m-%d %H:%M} UTC."
    return RevocationStatus(
        state=RevocationState.GOOD,
        revoked_at=later.revoked_at if later else None,
        reason=camel(later.reason) if later else "",
        source=newest.crl.label,
        issued_at=min(item.crl.this_update for item in used),
        until=min(item.until for item in used if question.is_fresh(item.until)),
        detail=detail,
        from_policy=all(item.own for item in used),
        evidence=_evidence(used),
    )


def _evidence(used: Sequence[_Source]) -> ValidationData:
    signers = [item.signer.der for item in used if item.signer]
    lists = dict.fromkeys(item.crl.der for item in used)
    return ValidationData(certificates=tuple(dict.fromkeys(signers)), crls=tuple(lists))
