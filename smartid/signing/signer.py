"""Who signs: a card, a key in software, a service far away. A signature form needs no more than this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from smartid.crypto.signature import SignatureAlgorithm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_EC_ALGORITHMS = {
    256: (SignatureAlgorithm.ES256,),
    384: (SignatureAlgorithm.ES384, SignatureAlgorithm.ES256),
    521: (SignatureAlgorithm.ES512, SignatureAlgorithm.ES384, SignatureAlgorithm.ES256),
}
_RSA_ALGORITHMS = tuple(
    algorithm for algorithm in SignatureAlgorithm if algorithm.key_type == "RSA" and algorithm.is_pss
) + tuple(
    algorithm for algorithm in SignatureAlgorithm if algorithm.key_type == "RSA" and not algorithm.is_pss
)


@runtime_checkable
class Signer(Protocol):
    """Anything that signs a digest with the key of one certificate."""

    @property
    def certificate(self) -> bytes:
        """X.509 certificate of the key, DER."""

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        """What the key can do, best first."""

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Sign a digest of ``algorithm.digest_size`` bytes.

        Gives the signature in X.509 form: a DER sequence for ECDSA, big-endian octets as long as the modulus
        for RSA.
        """


class SoftwareSigner:
    """A key in memory, for servers and tests. It shows nothing of itself.

    key          private key on P-256, P-384 or P-521, or RSA
    certificate  X.509 certificate of that key, DER

    Raises ValueError for another curve, and when the certificate is not that of the key.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, certificate: bytes) -> None:
        self._key = key
        self._certificate = certificate
        self._algorithms = _algorithms_of(key)
        if not _belongs(certificate, key):
            raise ValueError("the certificate is not that of the key")

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
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - the protocol is light

        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return _sign_ecdsa(self._key, digest, algorithm)
        return _sign_rsa(self._key, digest, algorithm)

    def __repr__(self) -> str:
        return "SoftwareSigner(•••)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a signer is not copied or written out")


def _algorithms_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> tuple[SignatureAlgorithm, ...]:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return _RSA_ALGORITHMS
    if not key.curve.name.startswith("secp") or key.curve.key_size not in _EC_ALGORITHMS:
        raise ValueError(f"keys on {key.curve.name} do not sign here")
    return _EC_ALGORITHMS[key.curve.key_size]


def _belongs(certificate: bytes, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bool:
    from cryptography import x509  # noqa: PLC0415

    return x509.load_der_x509_certificate(certificate).public_key() == key.public_key()


def _hash_of(algorithm: SignatureAlgorithm) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    return {"sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}[algorithm.hash_name]()


def _sign_ecdsa(key: ec.EllipticCurvePrivateKey, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415

    return key.sign(digest, ec.ECDSA(utils.Prehashed(_hash_of(algorithm))))


def _sign_rsa(key: rsa.RSAPrivateKey, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import padding, utils  # noqa: PLC0415

    hash_algorithm = _hash_of(algorithm)
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm.is_pss:
        scheme = padding.PSS(mgf=padding.MGF1(hash_algorithm), salt_length=algorithm.digest_size)
    return key.sign(digest, scheme, utils.Prehashed(hash_algorithm))
