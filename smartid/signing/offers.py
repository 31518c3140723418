"""What a key can do, best first."""

from __future__ import annotations

from smartid.crypto.signature import SignatureAlgorithm

EC_ALGORITHMS = {
    "secp256r1": (SignatureAlgorithm.ES256,),
    "secp384r1": (SignatureAlgorithm.ES384, SignatureAlgorithm.ES256),
    "secp521r1": (SignatureAlgorithm.ES512, SignatureAlgorithm.ES384, SignatureAlgorithm.ES256),
}
"""By curve. A hash longer than the order would be cut, so there is none."""

PSS_ALGORITHMS = (SignatureAlgorithm.PS256, SignatureAlgorithm.PS384, SignatureAlgorithm.PS512)
PKCS1_ALGORITHMS = (SignatureAlgorithm.RS256, SignatureAlgorithm.RS384, SignatureAlgorithm.RS512)
RSA_ALGORITHMS = PSS_ALGORITHMS + PKCS1_ALGORITHMS
