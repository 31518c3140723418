"""pyhanko-certvalidator, which processes RFC 5280 in full, brought under the rules of this house.

Signatures go to ``verify_raw``, nothing reaches the network, an event loop of its own runs it and is closed,
and its log stays silent. Import this module lazily: it pulls in asyncio and a network client.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from asn1crypto import algos, keys
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator.errors import (
    AlgorithmNotSupported,
    CRLValidationError,
    OCSPValidationError,
    PathError,
    ValidationError,
)
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
    SignatureValidator,
)

from smartid.crypto.der import decoding
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.raw import verify_raw
from smartid.trust.schemes import scheme_of

REFUSALS = (ValidationError, PathError, CRLValidationError, OCSPValidationError)
"""What the engine raises on purpose."""
STRAY = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RuntimeError,
    UnsupportedAlgorithm,
)
"""What it lets through when bytes are broken; RuntimeError covers recursion and what it left unwritten."""

_LOGGER = "pyhanko_certvalidator"

Result = TypeVar("Result")


def load_readable(kind: Any, ders: Iterable[bytes]) -> list[Any]:
    """Load what can be loaded; the rest is as if it were not there."""
    found = []
    for der in dict.fromkeys(ders):
        try:
            with decoding("validation data", "RFC 5280 (2008)"):
                found.append(kind.load(der, strict=True))
        except EncodingError:
            continue
    return found


class RawValidator(SignatureValidator):
    """Brings every signature to ``verify_raw``, under the algorithms of the policy.

    whole  keys that inherit DSA parameters, and the same with them, as SubjectPublicKeyInfo in DER
    """

    def __init__(self, algorithms: AlgorithmPolicy, whole: Mapping[bytes, bytes]) -> None:
        self._algorithms = algorithms
        self._whole = whole

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Raise ``InvalidSignature``, which the engine expects, for whatever ``verify_raw`` refuses."""
        spki = public_key_info.dump()
        try:
            scheme = scheme_of(signature_algorithm, hash_name=context.contextual_md_algorithm)
            key = self._whole.get(spki, spki)
            verify_raw(key, scheme, signature, message=signed_data, algorithms=self._algorithms)
        except (SignatureInvalid, AlgorithmRefused, EncodingError) as error:
            raise AlgorithmNotSupported(error.message) from error


def run(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run on an event loop of its own; beside a running one, in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(work)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(_run_here, work).result()


def _run_here(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def quieten() -> None:
    """Keep "no" from being logged with a traceback, unless somebody asked the engine to log."""
    logger = logging.getLogger(_LOGGER)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL)
