"""Answering a challenge with a key that is in no card: for tests, and for programs that log in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from smartid.crypto.signature import SignatureAlgorithm, ecdsa_der_to_raw
from smartid.identity.auth_token import FORMAT_1_0, FORMAT_1_1, AuthToken, Challenge, SigningCertificate

_ORDER_SIZES = {SignatureAlgorithm.ES256: 32, SignatureAlgorithm.ES384: 48, SignatureAlgorithm.ES512: 66}


class TokenSigner(Protocol):
    """What signs: ``smartid.Signer`` has this shape."""

    @property
    def certificate(self) -> bytes:
        """X.509 certificate of the key, DER."""

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        """What the key can do, best first."""

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """Sign a digest; X.509 form."""


def make_token(
    signer: TokenSigner,
    challenge: Challenge,
    *,
    algorithm: SignatureAlgorithm | None = None,
    signing: Sequence[SigningCertificate] = (),
    app_version: str = "",
) -> AuthToken:
    """Answer a challenge. Format 1.1 with signing certificates, 1.0 without.

    algorithm  one of the signer's; None takes its best

    Raises EncodingError when the key is on a longer curve than the algorithm names.
    """
    chosen = algorithm or signer.algorithms[0]
    size = _ORDER_SIZES.get(chosen)
    digest = hashlib.new(chosen.hash_name, challenge.message(chosen)).digest()
    made = signer.sign_digest(digest, chosen)
    return AuthToken(
        certificate=signer.certificate,
        algorithm=chosen.value,
        signature=ecdsa_der_to_raw(made, size) if size else made,
        format=FORMAT_1_1 if signing else FORMAT_1_0,
        app_version=app_version,
        signing_certificates=tuple(signing),
    )
