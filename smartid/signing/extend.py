"""Raising the level of signatures that exist already, and renewing their archive time stamps."""

from __future__ import annotations

from collections.abc import Callable

from smartid.signing.content import Content
from smartid.signing.form import Level
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
    """Raise every signature of a CAdES document to a level; what was signed keeps its bytes.

    content  what a detached signature is about

    At level LTA each signature gets one more archive time stamp, with the validation data of the one before.

    Raises LevelNotReached, FetchFailed; EncodingError for a malformed document or another content; OSError;
    AlgorithmRefused and SignatureInvalid for a time stamp in it that is too weak or wrong.
    """
    from smartid.signing.cades_levels import (  # noqa: PLC0415 - reaches cryptography
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
