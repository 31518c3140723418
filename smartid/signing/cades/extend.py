"""Raising the level of signatures that exist already, and renewing their archive time stamps."""

from __future__ import annotations

from collections.abc import Callable

from smartid.errors import EncodingError, LevelNotReached
from smartid.signing.content import Content
from smartid.signing.form import Level
from smartid.signing.recognise import DocumentFormat, recognise, without_armour
from smartid.signing.request import TimeStamper
from smartid.trust.policy import Policy


def extend(
    signed: bytes,
    level: Level,
    *,
    time_stamper: TimeStamper | None = None,
    policy: Policy | None = None,
    content: Content | None = None,
    progress: Callable[[str], None] | None = None,
) -> bytes:
    """Raise every signature of a document, CMS or PDF, to a level; what was signed keeps its bytes.

    content  what a detached CMS signature is about

    A signature that is stamped is not stamped again for T and LT. LTA adds one more archive time stamp in any
    case, with the validation data of the one before: that is how one is renewed.

    Raises LevelNotReached, also for a format that is made up to level B only; FetchFailed; EncodingError for
    a malformed document, one without a signature, or another content; ExtraMissing; OSError; AlgorithmRefused
    and SignatureInvalid for a time stamp in it that is too weak or wrong.
    """
    kind = recognise(signed)
    if kind is DocumentFormat.CMS:
        return _extend_cms(
            without_armour(signed),
            level,
            content,
            time_stamper=time_stamper,
            policy=policy,
            progress=progress,
        )
    if content is not None:
        raise EncodingError(
            "The document", offset=0, expected="a detached signature, since content was given"
        )
    if kind is not DocumentFormat.PDF:
        raise LevelNotReached(level, f"signatures in {kind.value} are made up to level B here.")
    from smartid.signing.pades.sign import require_pdf_extra  # noqa: PLC0415 - one format among others

    require_pdf_extra("Raising a signature in a PDF")
    from smartid.signing.pades.extend import extend_pdf  # noqa: PLC0415 - half a second to import

    return extend_pdf(signed, level, time_stamper=time_stamper, policy=policy, progress=progress)


def _extend_cms(
    signed: bytes,
    level: Level,
    content: Content | None,
    *,
    time_stamper: TimeStamper | None,
    policy: Policy | None,
    progress: Callable[[str], None] | None,
) -> bytes:
    from smartid.signing.cades.levels import (  # noqa: PLC0415 - reaches cryptography
        Tools,
        content_of,
        raise_level,
        read_signature,
    )

    envelope = read_signature(signed)
    tools = Tools(
        time_stamper=time_stamper, policy=policy, content=content_of(envelope, content), progress=progress
    )
    steps = (level,) if level is not Level.LTA else (Level.LT, Level.LTA)
    for step in steps:  # all data first: each archive time stamp then covers that of every signer
        for number in range(len(envelope.signers)):
            envelope = raise_level(envelope, number, step, tools)
    return envelope.encode()
