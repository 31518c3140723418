"""One signature under a transaction, as a value that may travel to another process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.keys import ECKey, parse_public_key
from smartid.trust.raw import verify_raw

MAX_KEYS = 20_000
"""Most keys that are kept ready."""
_ES256 = ec.ECDSA(hashes.SHA256())


class SignatureCheck(NamedTuple):
    """What has to be known to check one signature.

    spki       SubjectPublicKeyInfo in DER
    algorithm  a ``SignatureAlgorithm``, or its name: texts travel fast
    """

    spki: bytes
    algorithm: str
    signature: bytes
    message: bytes


def is_right(check: SignatureCheck, algorithms: AlgorithmPolicy) -> bool:
    """Tell whether the key made the signature, and the policy believes in such signatures."""
    spki, name, signature, message = check
    try:
        key = _p256(spki) if name == SignatureAlgorithm.ES256 and "sha256" in algorithms.hashes else None
        if key is not None:
            key.verify(signature, message, _ES256)
        else:
            verify_raw(spki, SignatureAlgorithm(name), signature, message=message, algorithms=algorithms)
    except (InvalidSignature, SignatureInvalid, AlgorithmRefused, EncodingError):
        return False
    return True


def check_all(checks: Iterable[SignatureCheck], algorithms: AlgorithmPolicy) -> list[bool]:
    """As ``is_right``, for each of them."""
    return [is_right(check, algorithms) for check in checks]


@lru_cache(maxsize=MAX_KEYS)
def _p256(spki: bytes) -> EllipticCurvePublicKey | None:
    """Load a key on P-256, once: that costs as much as a signature. None leaves it to ``verify_raw``."""
    key = parse_public_key(spki)
    if not isinstance(key, ECKey) or key.curve != "secp256r1":
        return None
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.point)
    except ValueError:  # no point of the curve
        return None
