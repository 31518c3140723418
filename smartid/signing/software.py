"""A signer whose key lies in memory: for servers and for tests."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from smartid.crypto.signature import SignatureAlgorithm
from smartid.signing.offers import EC_ALGORITHMS, RSA_ALGORITHMS

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class SoftwareSigner:
    """A ``Signer`` over a private key. It shows nothing of the key, and is neither copied nor written out.

    key          private key on P-256, P-384 or P-521, or RSA
    certificate  X.509 certificate of that key, DER

    Raises ValueError for another curve, and for a certificate that is malformed or not that of the key.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, certificate: bytes) -> None:
        if x509.load_der_x509_certificate(certificate).public_key() != key.public_key():
            raise ValueError("the certificate is not that of the key")
        self._key = key
        self._certificate = certificate
        self._algorithms = _algorithms_of(key)

    @property
    def certificate(self) -> bytes:
        """X.509 certificate of the key, DER."""
        return self._certificate

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        """What the key can do, best first."""
        return self._algorithms

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Sign a digest. Raises ValueError for an algorithm not offered, or a digest of another length."""
        if algorithm not in self._algorithms or len(digest) != algorithm.digest_size:
            raise ValueError(f"this key does not sign {len(digest)} bytes with {algorithm}")
        prehashed = utils.Prehashed(_HASHES[algorithm.hash_name]())
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(digest, ec.ECDSA(prehashed))
        return self._key.sign(digest, _padding(algorithm), prehashed)

    def __repr__(self) -> str:
        return "SoftwareSigner(•••)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a signer is neither copied nor written out")


def _algorithms_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> tuple[SignatureAlgorithm, ...]:
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return RSA_ALGORITHMS
    if key.curve.name not in EC_ALGORITHMS:
        raise ValueError(f"keys on {key.curve.name} do not sign here")
    return EC_ALGORITHMS[key.curve.name]


def _padding(algorithm: SignatureAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.is_pss:
        mask = padding.MGF1(_HASHES[algorithm.hash_name]())
        return padding.PSS(mgf=mask, salt_length=algorithm.digest_size)
    return padding.PKCS1v15()
