"""Names of XML signatures: namespaces, element names, and the algorithms that are known here.

XML Signature Syntax and Processing 1.1 (W3C, 2013), RFC 9231 (2022), ETSI EN 319 132-1 V1.2.1 (2022-02).
"""

from __future__ import annotations

from smartid.crypto.signature import SignatureAlgorithm
from smartid.trust.algorithms import Padding, SignatureScheme

STANDARD = "ETSI EN 319 132-1 V1.2.1"
XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
ASIC = "http://uri.etsi.org/02918/v1.2.1#"
XPATH_FILTER_2 = "http://www.w3.org/2002/06/xmldsig-filter2"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

OWN_NAMESPACES = frozenset(
    {
        XMLDSIG,
        "http://www.w3.org/2009/xmldsig11#",
        *(f"http://uri.etsi.org/01903/v{version}#" for version in ("1.1.1", "1.2.2", "1.3.2", "1.4.1")),
    }
)
"""Whose elements may stand in a signature without being signed."""

SIGNED_PROPERTIES_TYPE = "http://uri.etsi.org/01903#SignedProperties"
MANIFEST_TYPE = f"{XMLDSIG}Manifest"
ENVELOPED = f"{XMLDSIG}enveloped-signature"
BASE64 = f"{XMLDSIG}base64"

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007 = "http://www.w3.org/2007/05/xmldsig-more#"
_XMLENC = "http://www.w3.org/2001/04/xmlenc#"

DIGESTS = {
    f"{XMLDSIG}sha1": "sha1",
    f"{_MORE}sha224": "sha224",
    f"{_XMLENC}sha256": "sha256",
    f"{_MORE}sha384": "sha384",
    f"{_XMLENC}sha512": "sha512",
}
"""Hash names by the identifier in DigestMethod."""

DIGEST_URIS = {name: uri for uri, name in DIGESTS.items()}

_HASHES = ("sha224", "sha256", "sha384", "sha512")
SCHEMES = {
    f"{XMLDSIG}rsa-sha1": SignatureScheme(Padding.PKCS1, "sha1"),
    f"{_MORE}ecdsa-sha1": SignatureScheme(Padding.ECDSA, "sha1"),
    **{f"{_MORE}rsa-{name}": SignatureScheme(Padding.PKCS1, name) for name in _HASHES},
    **{f"{_MORE}ecdsa-{name}": SignatureScheme(Padding.ECDSA, name) for name in _HASHES},
    **{f"{_MORE_2007}{name}-rsa-MGF1": SignatureScheme(Padding.PSS, name) for name in _HASHES},
}
"""Signature schemes by the identifier in SignatureMethod; no HMAC is among them."""

_SCHEME_URIS = {scheme: uri for uri, scheme in SCHEMES.items()}


def ds(name: str) -> str:
    """Qualify the name of an element of XML Signature."""
    return f"{{{XMLDSIG}}}{name}"


def xades(name: str) -> str:
    """Qualify the name of an element of XAdES."""
    return f"{{{XADES}}}{name}"


def signature_uri(algorithm: SignatureAlgorithm) -> str:
    """Give the identifier of a signature method."""
    return _SCHEME_URIS[SignatureScheme.of(algorithm)]
