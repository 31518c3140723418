"""The edge where a stranger's DER is read: whatever a decoder raises there becomes one named error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smartid.errors import EncodingError

_DECODER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""asn1crypto decodes lazily: broken bytes may surface as any of these, far from where they are."""


@contextmanager
def decoding(what: str, standard: str) -> Iterator[None]:
    """Turn what asn1crypto raises on broken input into EncodingError.

    what      the structure that is read
    standard  where it is defined, with its edition

    Its offset is 0: the decoder does not tell where it stopped.
    """
    try:
        yield
    except _DECODER_ERRORS as error:
        raise EncodingError(what, offset=0, expected="DER of its structure", standard=standard) from error
