"""Asking the network about one certificate: OCSP first, then the lists."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from smartid.errors import EncodingError, FetchFailed
from smartid.trust.fetch import Fetcher
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.status.crl_check import ask_lists
from smartid.trust.status.fetched import SILENCE, Kept
from smartid.trust.status.ocsp import NONCE_LENGTH, ocsp_request
from smartid.trust.status.ocsp_check import Fetched, ask_answers
from smartid.trust.status.question import Question

MAX_ADDRESSES = 4
"""Most addresses of each kind that are asked about one certificate."""

_REQUEST_TYPE = "application/ocsp-request"


def ask_network(question: Question, fetcher: Fetcher) -> RevocationStatus:
    """Ask the addresses that the certificate names until one answer can be used. Never raises."""
    status: RevocationStatus | None = None
    for url in question.pointers.ocsp_urls[:MAX_ADDRESSES]:
        fetched = _fetch_answer(question, fetcher, url)
        if fetched:
            status = ask_answers(_without_answers(question), [fetched])
            if status.state is not RevocationState.UNKNOWN:
                return status
    lists: list[bytes] = []
    for url in question.pointers.crl_urls[:MAX_ADDRESSES]:
        lists += _fetch_list(question, fetcher, url)
        found = ask_lists(question, lists)
        if found.state is not RevocationState.UNKNOWN:
            return found
        status = found if lists else status
    return status or ask_lists(question)


def ask_memory(question: Question) -> tuple[RevocationStatus, RevocationStatus]:
    """Ask what the network gave before, and not the network: OCSP answers, and lists. Never raises."""
    cache, now, pointers = question.policy.fetched, question.policy.clock(), question.pointers
    about = question.certificate.der
    answers = [cache.get(url, about, now) for url in pointers.ocsp_urls[:MAX_ADDRESSES]]
    lists = [cache.get(url, b"", now) for url in pointers.crl_urls[:MAX_ADDRESSES]]
    return (
        ask_answers(question, [Fetched(kept.content) for kept in answers if kept and kept.content]),
        ask_lists(question, [kept.content for kept in lists if kept and kept.content]),
    )


def _fetch_answer(question: Question, fetcher: Fetcher, url: str) -> Fetched | None:
    cache, now = question.policy.fetched, question.policy.clock()
    about = question.certificate.der
    kept = cache.get(url, about, now)
    if kept is not None:
        return Fetched(kept.content) if kept.content else None
    nonce = secrets.token_bytes(NONCE_LENGTH)
    try:
        request = ocsp_request(question.certificate, question.issuer, nonce)
        content = fetcher.fetch(url, body=request, content_type=_REQUEST_TYPE)
        fetched = Fetched(content, nonce)
    except (FetchFailed, EncodingError):
        cache.keep(url, about, Kept(b"", now + SILENCE))
        return None
    # An answer that does not count must not be found again, where its nonce is not known any more.
    answered = ask_answers(_without_answers(question), [fetched])
    usable = answered.state is not RevocationState.UNKNOWN
    cache.keep(url, about, Kept(content if usable else b"", _until(answered, now)))
    return fetched


def _until(answered: RevocationStatus, now: datetime) -> datetime:
    """Give the end of a usable answer; of any other, the time for which nobody is asked again."""
    if answered.state is RevocationState.UNKNOWN or answered.until is None:
        return now + SILENCE
    return max(answered.until, now + SILENCE)


def _without_answers(question: Question) -> Question:
    return replace(question, data=replace(question.data, ocsp=()))


def _fetch_list(question: Question, fetcher: Fetcher, url: str) -> list[bytes]:
    cache, now = question.policy.fetched, question.policy.clock()
    kept = cache.get(url, b"", now)
    if kept is None:
        try:
            content = fetcher.fetch(url)
            until = _until(ask_lists(question, [content]), now)
        except FetchFailed:
            content, until = b"", now + SILENCE
        kept = Kept(content, until)
        cache.keep(url, b"", kept)
    return [kept.content] if kept.content else []
