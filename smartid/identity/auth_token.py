"""Logins as values: what a site asks a card to sign, and the token that comes back.

Web eID authentication token, formats ``web-eid:1.0`` and ``web-eid:1.1`` (Web eID system architecture, 2023
and 2025). With H the hash of the signature algorithm, the key signs the message ``H(origin) || H(nonce)``,
which the algorithm hashes once more; both texts are taken as UTF-8, exactly as they were sent. Origin and
nonce are not in the token: whoever verifies it puts in its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError

FORMAT_1_0 = "web-eid:1.0"
FORMAT_1_1 = "web-eid:1.1"

MAX_ORIGIN = 255
"""Longest origin, in characters."""
MIN_NONCE, MAX_NONCE = 44, 128
"""Lengths of a nonce, in characters. 32 random bytes are 44 characters of base64."""

_ORIGIN = re.compile(r"(?:https|wss)://(?:[0-9a-z._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, repr=False)
class Challenge:
    """What a site wants to be signed.

    origin   scheme, host and port of the site as a browser writes them (RFC 6454 (2011), 6.2): lower case,
             Punycode, no final slash; https or wss
    nonce    printable ASCII, 44 to 128 characters, used once
    expires  until when the site takes the answer, an aware datetime; None when only the site knows

    Raises EncodingError.
    """

    origin: str
    nonce: str
    expires: datetime | None = None

    def __post_init__(self) -> None:
        require_origin(self.origin)
        if not MIN_NONCE <= len(self.nonce) <= MAX_NONCE or not _PRINTABLE.fullmatch(self.nonce):
            expected = f"{MIN_NONCE} to {MAX_NONCE} printable ASCII characters"
            raise EncodingError("challenge nonce", offset=0, expected=expected, standard="Web eID")

    def message(self, algorithm: SignatureAlgorithm) -> bytes:
        """Give the bytes that ``algorithm`` hashes and signs: the digests of origin and nonce, joined."""
        name = algorithm.hash_name
        return b"".join(hashlib.new(name, text.encode()).digest() for text in (self.origin, self.nonce))

    def __repr__(self) -> str:
        return f"Challenge({self.origin})"


def require_origin(origin: str) -> None:
    """Raises EncodingError unless the text is an origin of https or wss, without path, query or user."""
    found = _ORIGIN.fullmatch(origin) if len(origin) <= MAX_ORIGIN else None
    if found is None or int(found["port"] or 0) > 0xFFFF:
        raise EncodingError(
            "origin",
            offset=0,
            expected="https://HOST or https://HOST:PORT, nothing behind it, as browsers write it",
            standard="RFC 6454, 6.2",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportedAlgorithm:
    """What a signing key can do, in the words of Web eID.

    crypto_algorithm  ECC or RSA
    hash_function     SHA-224 to SHA-512, SHA3-224 to SHA3-512
    padding_scheme    NONE (for ECC), PKCS1.5 or PSS
    """

    crypto_algorithm: str
    hash_function: str
    padding_scheme: str

    @classmethod
    def of(cls, algorithm: SignatureAlgorithm) -> SupportedAlgorithm:
        """Give the three words for a name of RFC 7518."""
        ec = algorithm.key_type == "EC"
        return cls(
            crypto_algorithm="ECC" if ec else "RSA",
            hash_function=f"SHA-{algorithm.value[2:]}",
            padding_scheme="NONE" if ec else "PSS" if algorithm.is_pss else "PKCS1.5",
        )

    def as_dict(self) -> dict[str, str]:
        """JSON form."""
        return {
            "cryptoAlgorithm": self.crypto_algorithm,
            "hashFunction": self.hash_function,
            "paddingScheme": self.padding_scheme,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SigningCertificate:
    """A certificate for signatures that travels beside a login (format 1.1), and what its key can do.

    intermediates  authorities between it and an anchor, DER, in any order; may be empty
    """

    certificate: bytes
    algorithms: tuple[SupportedAlgorithm, ...]
    intermediates: tuple[bytes, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        members: dict[str, Any] = {
            "certificate": _base64(self.certificate),
            "supportedSignatureAlgorithms": [algorithm.as_dict() for algorithm in self.algorithms],
        }
        if self.intermediates:
            members["intermediateCertificates"] = list(map(_base64, self.intermediates))
        return members

    def __repr__(self) -> str:
        return f"SigningCertificate({len(self.certificate)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AuthToken:
    """A holder's answer to a challenge. Nobody has checked anything in it.

    certificate           of the authentication key, X.509 in DER
    algorithm             name of RFC 7518 (2015), 3.1, as it stands in the token: ES384, RS256
    signature             ECDSA: r and s side by side, each as long as the order; RSA: big-endian octets
    format                ``web-eid:1.0`` or ``web-eid:1.1``
    app_version           address that names the program that made it; informative
    signing_certificates  only from format 1.1 on
    intermediates         authorities between ``certificate`` and an anchor, X.509 in DER, in any order; only
                          from format 1.1 on
    """

    certificate: bytes
    algorithm: str
    signature: bytes
    format: str = FORMAT_1_0
    app_version: str = ""
    signing_certificates: tuple[SigningCertificate, ...] = field(default=())
    intermediates: tuple[bytes, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """JSON form, with the member names of Web eID."""
        members: dict[str, Any] = {
            "unverifiedCertificate": _base64(self.certificate),
            "algorithm": self.algorithm,
            "signature": _base64(self.signature),
            "format": self.format,
            "appVersion": self.app_version,
        }
        if self.signing_certificates:
            members["unverifiedSigningCertificates"] = [item.as_dict() for item in self.signing_certificates]
        if self.intermediates:
            members["unverifiedIntermediateCertificates"] = list(map(_base64, self.intermediates))
        return members

    def to_json(self) -> str:
        """Give the token as JSON text, one object."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    def __repr__(self) -> str:
        return f"AuthToken({self.format}, {self.algorithm[:16]!r})"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
