"""Signed properties of XAdES: when, and with which certificate (ETSI EN 319 132-1 V1.2.1 (2022-02), 5.2)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smartid.signing.claimed_time import read_time
from smartid.signing.xades.document import parse_xml
from smartid.signing.xades.names import DIGESTS, ds, xades
from smartid.signing.xades.signature import at_most_one, attribute, base64_of, broken, only, text_of
from smartid.trust.policy import Policy

MAX_NAMED_CERTIFICATES = 16


@dataclass(frozen=True, slots=True)
class SignedProperties:
    """What the signed properties say (EN 319 132-1 V1.2.1, 5.2).

    certificates  (hash name, digest) of the signer's certificate and perhaps others
    weak          a certificate is named by a hash that the policy does not allow, and left out
    """

    signing_time: datetime | None
    certificates: tuple[tuple[str, bytes], ...]
    weak: bool = False

    def names(self, der: bytes) -> bool:
        """Tell whether a certificate is among those that are named."""
        return any(
            hmac.compare_digest(hashlib.new(name, der).digest(), digest) for name, digest in self.certificates
        )


def read_properties(octets: bytes, policy: Policy) -> SignedProperties | None:
    """Read the signed properties out of the octets that were hashed, None when they are empty.

    Raises EncodingError.
    """
    signed = at_most_one(parse_xml(octets, "SignedProperties"), xades("SignedSignatureProperties"))
    if signed is None:
        return None
    time = at_most_one(signed, xades("SigningTime"))
    listed = at_most_one(signed, xades("SigningCertificateV2"))
    if listed is None:
        listed = at_most_one(signed, xades("SigningCertificate"))
    named = [] if listed is None else listed.findall(xades("Cert"))
    if len(named) > MAX_NAMED_CERTIFICATES:
        raise broken(f"at most {MAX_NAMED_CERTIFICATES} certificates named")
    pairs = [_named(item) for item in named]
    strong = tuple(pair for pair in pairs if pair[0] in policy.algorithms.hashes)
    return SignedProperties(
        signing_time=None if time is None else read_time(text_of(time), "SigningTime"),
        certificates=strong,
        weak=len(strong) < len(pairs),
    )


def _named(item: Any) -> tuple[str, bytes]:
    digest = only(item, xades("CertDigest"))
    method = attribute(only(digest, ds("DigestMethod")), "Algorithm")
    return DIGESTS.get(method, ""), base64_of(only(digest, ds("DigestValue")))
