"""Names of signature algorithms, and the two encodings of an ECDSA signature.

A card signs a digest and gives ``r`` and ``s`` side by side; X.509, CMS and PDF want a DER sequence.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from smartid.errors import EncodingError

_ECDSA_SIG_VALUE = "RFC 3279, 2.2.3, Ecdsa-Sig-Value"

_DIGEST_INFO = {
    "sha1": (20, bytes.fromhex("3021300906052b0e03021a05000414")),
    "sha224": (28, bytes.fromhex("302d300d06096086480165030402040500041c")),
    "sha256": (32, bytes.fromhex("3031300d060960864801650304020105000420")),
    "sha384": (48, bytes.fromhex("3041300d060960864801650304020205000430")),
    "sha512": (64, bytes.fromhex("3051300d060960864801650304020305000440")),
}


class SignatureAlgorithm(StrEnum):
    """A signature algorithm under its name in JSON Web Algorithms (RFC 7518, 3.1).

    ES names a hash, not a curve: a card may sign with SHA-256 on P-384. RS is RSASSA-PKCS1-v1_5; PS is
    RSASSA-PSS with MGF1 over the same hash and a salt as long as the digest.
    """

    ES256 = "ES256"
    ES384 = "ES384"
    ES512 = "ES512"
    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    PS256 = "PS256"
    PS384 = "PS384"
    PS512 = "PS512"

    @property
    def key_type(self) -> Literal["EC", "RSA"]:
        """Kind of key that makes the signature."""
        return "EC" if self.value.startswith("ES") else "RSA"

    @property
    def hash_name(self) -> str:
        """Name of the hash as ``hashlib`` spells it."""
        return f"sha{self.value[2:]}"

    @property
    def digest_size(self) -> int:
        """Length of the digest that is signed, in bytes."""
        return int(self.value[2:]) // 8

    @property
    def is_pss(self) -> bool:
        """Tell whether the padding is RSASSA-PSS (RFC 8017, 8.1)."""
        return self.value.startswith("PS")


def ecdsa_raw_to_der(raw: bytes) -> bytes:
    """Turn ``r || s``, two numbers of equal length, into the DER sequence of both.

    Raises EncodingError for an odd or empty input, or a number that is zero.
    """
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature  # noqa: PLC0415

    half, odd = divmod(len(raw), 2)
    r, s = int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
    if odd or not r or not s:
        raise EncodingError("ECDSA signature", offset=0, expected="two positive numbers of equal length")
    return encode_dss_signature(r, s)


def ecdsa_der_to_raw(der: bytes, size: int) -> bytes:
    """Turn a DER sequence of ``r`` and ``s`` into ``r || s``.

    size  length of each number in bytes: that of the curve's order, 32 for P-256, 66 for P-521

    Raises EncodingError for anything but strict DER, or a number that is not positive or too long.
    """
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature  # noqa: PLC0415

    try:
        r, s = decode_dss_signature(der)
        if not r or not s:
            raise EncodingError(
                "ECDSA signature", offset=0, expected="positive numbers", standard=_ECDSA_SIG_VALUE
            )
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    except (ValueError, OverflowError) as error:
        expected = f"a DER sequence of two numbers of at most {size} bytes"
        raise EncodingError(
            "ECDSA signature", offset=0, expected=expected, standard=_ECDSA_SIG_VALUE
        ) from error


def digest_info(hash_name: str, digest: bytes) -> bytes:
    """Wrap a digest in the DER ``DigestInfo`` of RSASSA-PKCS1-v1_5 (RFC 8017, 9.2, note 1).

    hash_name  sha1, sha224, sha256, sha384 or sha512

    Raises ValueError for another hash or a digest of the wrong length.
    """
    size, prefix = _DIGEST_INFO.get(hash_name, (0, b""))
    if not size or len(digest) != size:
        raise ValueError(f"{hash_name} has no digest of {len(digest)} bytes here")
    return prefix + digest
