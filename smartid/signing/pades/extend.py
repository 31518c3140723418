"""Raising the level of the signatures in a PDF, revision by revision (ETSI EN 319 142-1 V1.2.1, 5.4, 6)."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from smartid.errors import EncodingError, LevelNotReached
from smartid.signing.collect import collect
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import Level
from smartid.signing.pades.adapters import RequestStamper
from smartid.signing.pades.read import read_pades
from smartid.signing.pades.update import add_document_time_stamp, add_store
from smartid.signing.request import TimeStamper
from smartid.signing.time_stamper import read_token
from smartid.trust.certificate import CertificateUsage
from smartid.trust.policy import Policy
from smartid.trust.validation_data import NO_DATA, ValidationData

_HASH = "sha256"


def extend_pdf(
    data: bytes,
    level: Level,
    *,
    time_stamper: TimeStamper | None,
    policy: Policy | None,
    progress: Callable[[str], None] | None = None,
) -> bytes:
    """Add what the signatures of a PDF lack for a level; what is there stays byte for byte.

    T    a document time stamp, unless each signature has a time stamp already
    LT   and the document security store, with the validation data of signers and time stamps
    LTA  and a document time stamp over all of that, in any case

    Raises LevelNotReached, FetchFailed, EncodingError.
    """
    tell = progress or (lambda _: None)
    signatures = _signatures(data, level)
    if level.rank >= Level.T.rank and not all(item.time_stamps for item in signatures):
        tell("time stamp")
        data = _stamped(data, level, time_stamper)
        signatures = _signatures(data, level)
    if level.rank >= Level.LT.rank:
        tell("validation data")
        found = _validation_data(signatures, level, policy)
        data = add_store(BytesIO(data), found).getvalue()
    if level is Level.LTA:
        tell("time stamp")
        data = _stamped(data, level, time_stamper)
    return data


def _signatures(data: bytes, level: Level) -> tuple[SignatureFacts, ...]:
    """Read the signatures. Raises EncodingError without one, LevelNotReached for a broken one."""
    found = read_pades(data, Policy())
    if not found:
        raise EncodingError("PDF document", offset=0, expected="a signature")
    for finding in (finding for item in found for finding in item.findings):
        if finding.reason:
            raise LevelNotReached(level, f"a signature does not hold: {finding.check.detail}")
    return found


def _stamped(data: bytes, level: Level, stamper: TimeStamper | None) -> bytes:
    if stamper is None:
        remedy = "Name one with --tsa URL, or as time_stamper."
        raise LevelNotReached(level, "no time-stamping authority was given.", remedy=remedy)
    return add_document_time_stamp(BytesIO(data), RequestStamper(stamper), _HASH).getvalue()


def _validation_data(
    signatures: tuple[SignatureFacts, ...], level: Level, policy: Policy | None
) -> ValidationData:
    """Collect for signers at the time of their oldest stamp, and for the authorities of all stamps now."""
    if policy is None:
        remedy = "Give one: smartid.Policy(anchors=…)."
        raise LevelNotReached(level, "no policy with trust anchors was given.", remedy=remedy)
    found = NO_DATA
    try:
        for item in signatures:
            found += _of_signature(item, policy)
    except LevelNotReached as error:
        raise LevelNotReached(level, error.why, remedy=error.remedy) from error
    return found


def _of_signature(signature: SignatureFacts, policy: Policy) -> ValidationData:
    if signature.certificate is None:
        return NO_DATA
    tokens = [read_token(stamp.token) for stamp in signature.time_stamps]
    at = min(token.gen_time for token, _ in tokens)
    signer = CertificateUsage.DOCUMENT_SIGNATURE
    found = collect(signature.certificate.der, (), policy, at, usage=signer, data=signature.data)
    now, usage = policy.clock(), CertificateUsage.TIME_STAMPING
    for token, authority in tokens:
        beside = signature.data + token.signed.data
        found += collect(authority.der, (), policy, now, usage=usage, data=beside)
    return found
