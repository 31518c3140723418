"""Who signs: a card, a key in software, a service far away. A signature form needs no more than this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from smartid.crypto.signature import SignatureAlgorithm


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


@runtime_checkable
class NationalCardSigner(Protocol):
    """A signer that knows whether its key lies in a national smart card; a visible signature says so then."""

    @property
    def on_national_card(self) -> bool:
        """Whether the key lies in a national smart card."""
