"""The edge where a stranger's DER is read: whatever a decoder raises there becomes one named error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from smartid.errors import EncodingError

_DECODER_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""asn1crypto decodes lazily: broken bytes may surface as any of these, far from where they are."""

_ENDLESS_ARC = re.compile(rb"[\x80-\xff]{512}")


def require_short_arcs(data: bytes, what: str) -> None:
    """Refuse input that could hold an object identifier with an arc of more than 512 bytes.

    Decoding one takes quadratic time, and a hostile file has room for a big one wherever an identifier may
    stand. Each byte of an arc but the last has its top bit set; no honest key, signature or name has such a
    run. Raises EncodingError.
    """
    found = _ENDLESS_ARC.search(data)
    if found:
        raise EncodingError(what, offset=found.start(), expected="object identifiers of a sensible length")


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
