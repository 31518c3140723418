"""Which signature schemes, hashes, key sizes and curves are believed. Values only, no cryptography."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import AlgorithmRefused

MAX_RSA_BITS = 8192
"""Larger moduli are refused under every policy: a stranger's key must not cost seconds."""
MAX_DSA_BITS = 4096

DIGEST_SIZES = {
    "sha1": 20,
    "sha224": 28,
    "sha256": 32,
    "sha384": 48,
    "sha512": 64,
    "sha3_256": 32,
    "sha3_384": 48,
    "sha3_512": 64,
}
"""Length in bytes of each hash that is known here."""


class Padding(StrEnum):
    """How a digest becomes a number that a key signs."""

    PKCS1 = "RSASSA-PKCS1-v1_5"
    PSS = "RSASSA-PSS"
    ECDSA = "ECDSA"
    DSA = "DSA"


@dataclass(frozen=True, slots=True)
class SignatureScheme:
    """A padding and a hash: what ``SignatureAlgorithm`` names, and the older ones beside it.

    hash_name  as ``hashlib`` spells it: sha1, sha224, sha256, sha384, sha512, sha3_256, sha3_384, sha3_512

    Raises AlgorithmRefused for another hash.
    """

    padding: Padding
    hash_name: str

    def __post_init__(self) -> None:
        if self.hash_name not in DIGEST_SIZES:
            raise AlgorithmRefused(f"The hash {self.hash_name} is unknown here.")

    @classmethod
    def of(cls, algorithm: SignatureAlgorithm) -> SignatureScheme:
        """Give the scheme behind a name of RFC 7518."""
        if algorithm.key_type == "EC":
            return cls(Padding.ECDSA, algorithm.hash_name)
        return cls(Padding.PSS if algorithm.is_pss else Padding.PKCS1, algorithm.hash_name)

    @property
    def digest_size(self) -> int:
        """Length of the digest that is signed, in bytes; also the length of a PSS salt."""
        return DIGEST_SIZES[self.hash_name]

    def __str__(self) -> str:
        return f"{self.padding.value} with {self.hash_name.upper()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmPolicy:
    """What is strong enough. The defaults refuse SHA-1, RSA under 2048 bits and curves under 256.

    hashes        names as ``hashlib`` spells them
    min_rsa_bits  smallest modulus
    min_dsa_bits  smallest prime p of a DSA key; None refuses DSA, which FIPS 186-5 (2023) has withdrawn
    curves        names as in RFC 5480 and RFC 5639
    """

    hashes: frozenset[str] = frozenset(DIGEST_SIZES) - {"sha1"}
    min_rsa_bits: int = 2048
    min_dsa_bits: int | None = None
    curves: frozenset[str] = frozenset(
        {"secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"}
    )

    def require_hash(self, name: str) -> None:
        """Raises AlgorithmRefused unless the hash is allowed."""
        if name not in self.hashes:
            raise AlgorithmRefused(f"The policy does not allow the hash {name.upper()}.")

    def require_rsa(self, bits: int) -> None:
        """Raises AlgorithmRefused unless an RSA modulus of this many bits is allowed."""
        if not self.min_rsa_bits <= bits <= MAX_RSA_BITS:
            raise AlgorithmRefused(f"The policy does not allow RSA keys of {bits} bits.")

    def require_dsa(self, bits: int) -> None:
        """Raises AlgorithmRefused unless a DSA prime of this many bits is allowed."""
        if self.min_dsa_bits is None or not self.min_dsa_bits <= bits <= MAX_DSA_BITS:
            raise AlgorithmRefused(f"The policy does not allow DSA keys of {bits} bits.")

    def require_curve(self, name: str) -> None:
        """Raises AlgorithmRefused unless the curve is allowed."""
        if name not in self.curves:
            raise AlgorithmRefused(f"The policy does not allow keys on {name}.")


STRICT = AlgorithmPolicy()
"""The defaults."""
