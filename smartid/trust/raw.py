"""The one place that asks a primitive whether a signature is right.

Certificates, CMS, documents and login tokens all come through here, so one policy covers them all.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import assert_never

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from smartid.crypto.signature import SignatureAlgorithm, ecdsa_der_to_raw, ecdsa_raw_to_der
from smartid.errors import AlgorithmRefused, EncodingError, SignatureInvalid
from smartid.trust.algorithms import MAX_DSA_BITS, STRICT, AlgorithmPolicy, Padding, SignatureScheme
from smartid.trust.keys import DSAKey, ECKey, PublicKey, RSAKey, parse_public_key

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
}
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpoolP384r1": ec.BrainpoolP384R1,
    "brainpoolP512r1": ec.BrainpoolP512R1,
}

_PADDINGS: dict[type[PublicKey], set[Padding]] = {
    RSAKey: {Padding.PKCS1, Padding.PSS},
    ECKey: {Padding.ECDSA},
    DSAKey: {Padding.DSA},
}


class ECDSAForm(Enum):
    """How an ECDSA signature is written."""

    DER = "DER sequence of r and s (RFC 3279, 2.2.3)"
    PLAIN = "r and s side by side, each as long as the order (BSI TR-03111 version 2.10, 5.2.1)"


def verify_raw(
    key: PublicKey | bytes,
    scheme: SignatureScheme | SignatureAlgorithm,
    signature: bytes,
    *,
    message: bytes | None = None,
    digest: bytes | None = None,
    form: ECDSAForm = ECDSAForm.DER,
    algorithms: AlgorithmPolicy = STRICT,
) -> None:
    """Check that ``key`` made ``signature`` over ``message``, or over the ``digest`` of it; gives nothing.

    key         SubjectPublicKeyInfo in DER, or a key read from one
    form        how an ECDSA signature is written; of no meaning for RSA, whose signatures are octets
    algorithms  what is strong enough

    The salt of RSASSA-PSS is as long as the digest, and its mask uses the same hash.

    Raises SignatureInvalid; AlgorithmRefused when the scheme is too weak or does not fit the key;
    EncodingError for a malformed key; ValueError unless exactly one of message and digest is given.
    """
    scheme = SignatureScheme.of(scheme) if isinstance(scheme, SignatureAlgorithm) else scheme
    public_key = parse_public_key(key) if isinstance(key, bytes) else key
    _require(public_key, scheme, algorithms)
    hashed = _digest(scheme, message, digest)
    try:
        if isinstance(public_key, RSAKey):
            _verify_rsa(public_key, scheme, signature, hashed)
        elif isinstance(public_key, ECKey):
            _verify_ecdsa(public_key, scheme, _as_der(signature, form, public_key.order_size), hashed)
        elif isinstance(public_key, DSAKey):
            _verify_dsa(public_key, scheme, signature, hashed)
        else:
            assert_never(public_key)
    except InvalidSignature as error:
        raise SignatureInvalid(f"The signature ({scheme}) does not belong to this key and data.") from error
    except UnsupportedAlgorithm as error:
        raise AlgorithmRefused(f"This machine's OpenSSL does not offer {scheme} with this key.") from error


def require_key(key: PublicKey | bytes, algorithms: AlgorithmPolicy = STRICT) -> None:
    """Check that a key is strong enough. Raises AlgorithmRefused, EncodingError."""
    public_key = parse_public_key(key) if isinstance(key, bytes) else key
    if isinstance(public_key, RSAKey):
        algorithms.require_rsa(public_key.bits)
    elif isinstance(public_key, DSAKey):
        algorithms.require_dsa(
            public_key.parameters.p.bit_length() if public_key.parameters else MAX_DSA_BITS
        )
    else:
        algorithms.require_curve(public_key.curve)


def _require(key: PublicKey, scheme: SignatureScheme, algorithms: AlgorithmPolicy) -> None:
    if scheme.padding not in _PADDINGS[type(key)]:
        raise AlgorithmRefused(f"{scheme} does not fit the kind of the key.")
    algorithms.require_hash(scheme.hash_name)
    require_key(key, algorithms)


def _digest(scheme: SignatureScheme, message: bytes | None, digest: bytes | None) -> bytes:
    if (message is None) == (digest is None):
        raise ValueError("give the message or its digest")
    hashed = digest if message is None else hashlib.new(scheme.hash_name, message).digest()
    if hashed is None or len(hashed) != scheme.digest_size:
        raise ValueError(f"{scheme} signs digests of {scheme.digest_size} bytes")
    return hashed


def _as_der(signature: bytes, form: ECDSAForm, size: int) -> bytes:
    """Bring an ECDSA signature to strict DER; a malformed one is a wrong one."""
    try:
        if form is ECDSAForm.DER:
            return ecdsa_raw_to_der(ecdsa_der_to_raw(signature, size))
        if len(signature) == 2 * size:
            return ecdsa_raw_to_der(signature)
    except EncodingError as error:
        raise SignatureInvalid(f"The ECDSA signature is malformed: {error.expected} expected.") from error
    raise SignatureInvalid(f"The ECDSA signature has not {2 * size} bytes.")


def _verify_ecdsa(key: ECKey, scheme: SignatureScheme, signature: bytes, digest: bytes) -> None:
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[key.curve](), key.point)
    except ValueError as error:
        raise EncodingError("public key", offset=0, expected=f"a point on {key.curve}") from error
    point.verify(signature, digest, ec.ECDSA(Prehashed(_HASHES[scheme.hash_name]())))


def _verify_dsa(key: DSAKey, scheme: SignatureScheme, signature: bytes, digest: bytes) -> None:
    if key.parameters is None:
        raise AlgorithmRefused("The DSA key names no parameters, and its issuer's are not known here.")
    parameters = dsa.DSAParameterNumbers(key.parameters.p, key.parameters.q, key.parameters.g)
    try:
        public_key = dsa.DSAPublicNumbers(key.y, parameters).public_key()
    except ValueError as error:
        raise EncodingError("public key", offset=0, expected="DSA numbers of FIPS 186-4 (2013)") from error
    public_key.verify(signature, digest, Prehashed(_HASHES[scheme.hash_name]()))


def _verify_rsa(key: RSAKey, scheme: SignatureScheme, signature: bytes, digest: bytes) -> None:
    try:
        numbers = rsa.RSAPublicNumbers(key.exponent, key.modulus).public_key()
    except ValueError as error:
        raise EncodingError("public key", offset=0, expected="an RSA modulus and exponent") from error
    hash_algorithm = _HASHES[scheme.hash_name]()
    numbers.verify(signature, digest, _rsa_padding(scheme, hash_algorithm), Prehashed(hash_algorithm))


def _rsa_padding(scheme: SignatureScheme, hash_algorithm: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if scheme.padding is Padding.PSS:
        return padding.PSS(mgf=padding.MGF1(hash_algorithm), salt_length=scheme.digest_size)
    return padding.PKCS1v15()
