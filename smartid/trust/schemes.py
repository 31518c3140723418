"""Signature schemes out of ASN.1 algorithm identifiers (RFC 4055, RFC 5758, BSI TR-03111 version 2.10)."""

from __future__ import annotations

from functools import lru_cache

from asn1crypto import algos

from smartid.crypto.der import decoding, require_short_arcs
from smartid.errors import AlgorithmRefused
from smartid.trust.algorithms import Padding, SignatureScheme

_PSS = "1.2.840.113549.1.1.10"
_HASH_ELSEWHERE = {
    "1.2.840.113549.1.1.1": Padding.PKCS1,
    "1.2.840.10045.4": Padding.ECDSA,
    "1.2.840.10045.2.1": Padding.ECDSA,
}
"""Identifiers that leave the hash to the structure around them; the last is a type of key in truth."""

_SCHEMES = {
    "1.2.840.113549.1.1.5": (Padding.PKCS1, "sha1"),
    "1.2.840.113549.1.1.14": (Padding.PKCS1, "sha224"),
    "1.2.840.113549.1.1.11": (Padding.PKCS1, "sha256"),
    "1.2.840.113549.1.1.12": (Padding.PKCS1, "sha384"),
    "1.2.840.113549.1.1.13": (Padding.PKCS1, "sha512"),
    "1.2.840.10045.4.1": (Padding.ECDSA, "sha1"),
    "1.2.840.10045.4.3.1": (Padding.ECDSA, "sha224"),
    "1.2.840.10045.4.3.2": (Padding.ECDSA, "sha256"),
    "1.2.840.10045.4.3.3": (Padding.ECDSA, "sha384"),
    "1.2.840.10045.4.3.4": (Padding.ECDSA, "sha512"),
    "2.16.840.1.101.3.4.3.10": (Padding.ECDSA, "sha3_256"),
    "2.16.840.1.101.3.4.3.11": (Padding.ECDSA, "sha3_384"),
    "2.16.840.1.101.3.4.3.12": (Padding.ECDSA, "sha3_512"),
    "2.16.840.1.101.3.4.3.14": (Padding.PKCS1, "sha3_256"),
    "2.16.840.1.101.3.4.3.15": (Padding.PKCS1, "sha3_384"),
    "2.16.840.1.101.3.4.3.16": (Padding.PKCS1, "sha3_512"),
    "1.2.840.10040.4.3": (Padding.DSA, "sha1"),
    "2.16.840.1.101.3.4.3.1": (Padding.DSA, "sha224"),
    "2.16.840.1.101.3.4.3.2": (Padding.DSA, "sha256"),
}

_PLAIN_ECDSA = {
    "0.4.0.127.0.7.1.1.4.1.1": "sha1",
    "0.4.0.127.0.7.1.1.4.1.2": "sha224",
    "0.4.0.127.0.7.1.1.4.1.3": "sha256",
    "0.4.0.127.0.7.1.1.4.1.4": "sha384",
    "0.4.0.127.0.7.1.1.4.1.5": "sha512",
}

_HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "2.16.840.1.101.3.4.2.9": "sha3_384",
    "2.16.840.1.101.3.4.2.10": "sha3_512",
}


def hash_of(oid: str) -> str:
    """Give the name of a hash as ``hashlib`` spells it. Raises AlgorithmRefused."""
    if oid not in _HASHES:
        raise AlgorithmRefused(f"The hash {oid} is unknown here.")
    return _HASHES[oid]


@lru_cache(maxsize=256)
def scheme_from_der(identifier: bytes, hash_name: str) -> SignatureScheme:
    """Give the scheme that an AlgorithmIdentifier in DER names, with the hash named beside it (CMS).

    Raises AlgorithmRefused, EncodingError.
    """
    require_short_arcs(identifier, "signature algorithm")
    with decoding("signature algorithm", "RFC 5280 (2008), 4.1.1.2"):
        decoded = algos.SignedDigestAlgorithm.load(identifier, strict=True)
    return scheme_of(decoded, hash_name=hash_name)


def scheme_of(identifier: algos.SignedDigestAlgorithm, *, hash_name: str | None = None) -> SignatureScheme:
    """Give the scheme that an AlgorithmIdentifier names.

    hash_name  the hash named beside it, for identifiers that name none (CMS)

    Raises AlgorithmRefused, EncodingError.
    """
    with decoding("signature algorithm", "RFC 5280 (2008), 4.1.1.2"):
        oid = identifier["algorithm"].dotted
        if oid == _PSS:
            return _pss(identifier["parameters"])
    if oid in _SCHEMES:
        return SignatureScheme(*_SCHEMES[oid])
    if oid in _HASH_ELSEWHERE and hash_name:
        return SignatureScheme(_HASH_ELSEWHERE[oid], hash_name)
    raise AlgorithmRefused(f"The signature algorithm {oid} is unknown here.")


def plain_ecdsa(oid: str) -> SignatureScheme:
    """Give the scheme that ActiveAuthenticationInfo names for an ECDSA chip. Raises AlgorithmRefused."""
    if oid not in _PLAIN_ECDSA:
        raise AlgorithmRefused(f"The chip's signature algorithm {oid} is unknown here.")
    return SignatureScheme(Padding.ECDSA, _PLAIN_ECDSA[oid])


def _pss(parameters: algos.RSASSAPSSParams) -> SignatureScheme:
    hash_name = str(parameters["hash_algorithm"]["algorithm"].native)
    mask = parameters["mask_gen_algorithm"]
    scheme = SignatureScheme(Padding.PSS, hash_name)
    if mask["algorithm"].native != "mgf1" or mask["parameters"]["algorithm"].native != hash_name:
        raise AlgorithmRefused("RSASSA-PSS is known here with MGF1 over the same hash only.")
    if parameters["salt_length"].native != scheme.digest_size:
        raise AlgorithmRefused("RSASSA-PSS is known here with a salt as long as the digest only.")
    return scheme
