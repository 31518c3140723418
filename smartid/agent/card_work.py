"""What is done with the card for each request."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from smartid.agent.errand import Errand
from smartid.agent.failures import RequestFailed
from smartid.agent.holder import holder_name, is_throw_away
from smartid.agent.messages import Authenticate, GetSigningCertificate, Sign
from smartid.agent.question import PINRequest, Question, Task
from smartid.agent.reasons import AgentReason
from smartid.card.card import Card
from smartid.card.unlocked import EC_SIZE, UnlockedCard
from smartid.crypto.signature import SignatureAlgorithm, ecdsa_der_to_raw
from smartid.errors import WrongPIN
from smartid.identity.auth_token import SupportedAlgorithm
from smartid.identity.model import Purpose

OpenCard = Callable[[], AbstractContextManager[Card]]
CardRequest = Authenticate | GetSigningCertificate | Sign
_TASKS = {Authenticate: Task.LOGIN, GetSigningCertificate: Task.CERTIFICATE, Sign: Task.SIGNATURE}


def perform(request: CardRequest, open_card: OpenCard, errand: Errand, *, test: bool) -> dict[str, Any]:
    """Do what a page asked for, and give the answer.

    open_card  lends the card
    test       the card is known to be a mock card

    Raises RequestFailed and every error of cards and readers.
    """
    purpose = Purpose.AUTHENTICATION if isinstance(request, Authenticate) else Purpose.SIGNATURE
    with open_card() as card:
        certificate = card.certificate(purpose)
        question = Question(
            task=_TASKS[type(request)],
            origin=request.origin,
            lang="fa" if request.lang == "fa" else "en",
            card_title=(card.profile.title, card.profile.title_fa),
            holder=holder_name(certificate),
            test=test or is_throw_away(certificate),
        )
        if isinstance(request, Authenticate):
            return _authenticate(request, card, errand, question)
        if isinstance(request, Sign):
            return _sign(request, card, errand, question, certificate)
        errand.ask(question)
        return {"certificate": _base64(certificate), **_supported(card)}


def _authenticate(request: Authenticate, card: Card, errand: Errand, question: Question) -> dict[str, Any]:
    def token(unlocked: UnlockedCard) -> dict[str, Any]:
        return unlocked.authenticate(request.challenge).as_dict()

    return _with_pin(card, errand, question, Purpose.AUTHENTICATION, token)


def _sign(
    request: Sign, card: Card, errand: Errand, question: Question, certificate: bytes
) -> dict[str, Any]:
    """Sign a digest with the signature key and no other, once the page named that key's certificate."""
    if request.certificate != certificate:
        raise RequestFailed(AgentReason.CERTIFICATE_CHANGED)
    algorithm = _algorithm(card, request.hash_function)
    asked = replace(question, hash_function=request.hash_function, digest=request.digest)

    def signature(unlocked: UnlockedCard) -> dict[str, Any]:
        return {
            "signature": _base64(_raw(unlocked, request.digest, algorithm)),
            "signatureAlgorithm": SupportedAlgorithm.of(algorithm).as_dict(),
        }

    return _with_pin(card, errand, asked, Purpose.SIGNATURE, signature)


def _with_pin(
    card: Card,
    errand: Errand,
    question: Question,
    purpose: Purpose,
    use: Callable[[UnlockedCard], dict[str, Any]],
) -> dict[str, Any]:
    """Ask for the PIN, as often as the holder wants to try, and use the unlocked card."""
    asked = _pin_request(card, purpose)
    while True:
        pin = errand.ask(replace(question, pin=asked))
        if pin is None:
            raise RequestFailed(AgentReason.CANCELLED)
        try:
            with card.unlock(pin, purpose=purpose) as unlocked:
                errand.require_open()
                return use(unlocked)
        except WrongPIN as error:
            if not errand.patient:
                raise
            asked = replace(asked, wrong=True, tries_left=error.tries_left)
        finally:
            pin.wipe()


def _pin_request(card: Card, purpose: Purpose) -> PINRequest:
    """The PIN of a purpose with its tries. Raises RequestFailed when it is blocked: nobody is asked."""
    spec = card.profile.pin_for(purpose)
    if spec is None:
        raise RequestFailed(AgentReason.UNSUPPORTED)
    status = card.pin_status(spec.name)
    if status.blocked:
        raise RequestFailed(AgentReason.PIN_BLOCKED, retries_left=0)
    return PINRequest(
        title=spec.title,
        title_fa=spec.title_fa,
        min_digits=spec.min_length,
        max_digits=spec.max_length,
        tries_left=status.tries_left,
        on_pad=card.has_pin_pad,
    )


def _algorithms(card: Card) -> tuple[SignatureAlgorithm, ...]:
    found = card.profile.key(Purpose.SIGNATURE)
    return tuple(found[1].algorithms) if found else ()


def _supported(card: Card) -> dict[str, Any]:
    supported = [SupportedAlgorithm.of(algorithm).as_dict() for algorithm in _algorithms(card)]
    if not supported:
        raise RequestFailed(AgentReason.UNSUPPORTED)
    return {"supportedSignatureAlgorithms": supported}


def _algorithm(card: Card, hash_function: str) -> SignatureAlgorithm:
    """The first algorithm of the key with this hash. Raises RequestFailed, which names what it can do."""
    able = {
        SupportedAlgorithm.of(algorithm).hash_function: algorithm for algorithm in reversed(_algorithms(card))
    }
    if hash_function not in able:
        names = ", ".join(able) or "nothing"
        raise RequestFailed(AgentReason.INVALID_ARGUMENT, f"The key signs digests of: {names}.")
    return able[hash_function]


def _raw(unlocked: UnlockedCard, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """A signature as Web eID passes it on: r and s side by side, or the octets of RSA."""
    signature = unlocked.signer.sign_digest(digest, algorithm)
    size = EC_SIZE.get(unlocked.key_type)
    return ecdsa_der_to_raw(signature, size) if size else signature


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
