"""The edge where a stranger's PDF is read: whatever pyHanko raises there becomes one named error.

Bounds: at most ``MAX_LENGTH`` bytes and ``MAX_REVISIONS`` revisions are read; pyHanko stops a stream that
unpacks to more than 64 MiB (16 MiB for one of certificates and revocation data), and a document whose streams
unpack to more than 512 MiB in all; nesting ends at Python's own limit.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from smartid.errors import EncodingError
from smartid.signing.content import MAX_WHOLE

STANDARD = "ISO 32000-1:2008, 7.5"
MAX_LENGTH = MAX_WHOLE
MAX_REVISIONS = 256

PDF_ERRORS = (
    PdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,  # also of endless nesting, and of what pyHanko leaves out
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
    UnsupportedAlgorithm,
)
"""What pyHanko and the libraries below it raise on broken input."""

_MIB = 1 << 20
LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * _MIB),
    per_purpose=DEFAULT_PURPOSE_LIMITS,
    document_budget=DocumentDecodeBudget(base_allowance=512 * _MIB, max_ratio=2),
)


@contextmanager
def pdf_edge(what: str, expected: str, standard: str = STANDARD) -> Iterator[None]:
    """Turn what pyHanko raises on a broken document into EncodingError; keep its log to itself."""
    _quiet()
    try:
        yield
    except PDF_ERRORS as error:
        said = "".join(char if char.isprintable() else "\ufffd" for char in str(error)[:200])
        raise EncodingError(
            what, offset=0, expected=f"{expected} ({said})" if said else expected, standard=standard
        ) from error


def open_pdf(data: bytes) -> PdfFileReader:
    """Read cross-references and trailer. Raises EncodingError; also for an encrypted document."""
    if not data.startswith(b"%PDF-"):
        raise EncodingError("PDF document", offset=0, expected="%PDF-", standard=STANDARD)
    if len(data) > MAX_LENGTH:
        raise EncodingError("PDF document", offset=MAX_LENGTH, expected=f"at most {MAX_LENGTH} bytes")
    with pdf_edge("PDF document", "cross-references, trailer and catalog"):
        reader = PdfFileReader(BytesIO(data), strict=True, decode_limits=LIMITS)
        _ = reader.root["/Pages"]
        encrypted, revisions, hybrid = (
            reader.encrypted,
            reader.xrefs.total_revisions,
            reader.xrefs.hybrid_xrefs_present,
        )
    if encrypted:
        raise _unfit("a document without encryption; take its password off first")
    if hybrid:
        raise _unfit("one kind of cross-references; two of them show two documents")
    if revisions > MAX_REVISIONS:
        raise _unfit(f"at most {MAX_REVISIONS} revisions")
    return reader


def entry(dictionary: Any, key: str, default: Any) -> Any:
    """Give the value of an entry; ``get`` of a pyHanko dictionary would give a reference as it stands."""
    return dictionary[key] if key in dictionary else default  # noqa: SIM401


def _unfit(expected: str) -> EncodingError:
    return EncodingError("PDF document", offset=0, expected=expected, standard=STANDARD)


def _quiet() -> None:
    """Expected refusals are answers here, not log entries; whoever set a level keeps it."""
    for name in ("pyhanko", "pyhanko_certvalidator", "fontTools"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.CRITICAL + 1)
