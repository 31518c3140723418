"""Public keys that a site registers: a JWK Set (RFC 7517 (2015), 5) of keys that can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smartid.errors import EncodingError

STANDARD = "RFC 7517 (2015)"
CURVES = ("P-256", "P-384")
MIN_MODULUS, MAX_MODULUS = 342, 1366
"""Lengths of ``n`` in characters of base64url: RSA keys of 2048 to 8192 bits."""
MAX_KEYS = 20
MAX_HEADER, MAX_SIGNATURE = 4096, 1366
"""Longest header with a key in it, and longest signature, in characters of base64url."""


def require_key_set(found: Mapping[str, Any], name: str) -> None:
    """Raises EncodingError unless these are EC keys on P-256 and P-384, or RSA keys, all of them public.

    A ``kid`` names one key, and of several keys each has one: else nobody knows which one signed.
    """
    listed = found.get("keys")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_KEYS:
        raise _broken(name, f"a JWK Set of at most {MAX_KEYS} keys")
    for key in listed:
        require_key(key, name)
    if len({repr(key.get("kid")) for key in listed}) != len(listed):
        raise _broken(name, "another kid for each key")


def require_key(key: Any, name: str) -> None:
    """Raises EncodingError unless this is a public key that can be used."""
    from joserfc.errors import JoseError  # noqa: PLC0415

    if not isinstance(key, dict) or {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & key.keys():
        raise _broken(name, "public keys alone")
    try:
        usable_key(key)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _broken(name, "EC keys on P-256 and P-384, and RSA keys of 2048 to 8192 bits") from error


def usable_key(key: Mapping[str, Any]) -> Any:
    """Make the key of joserfc. Raises ValueError, JoseError and others for what is none."""
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415

    if key.get("kty") == "EC" and key.get("crv") in CURVES:
        return ECKey.import_key({**key})
    if key.get("kty") == "RSA" and MIN_MODULUS <= len(key["n"]) <= MAX_MODULUS:
        return RSAKey.import_key({**key})
    raise ValueError("another kind of key")


def rules(*algorithms: str) -> Any:
    """Give joserfc's rules for signatures with these algorithms, with room for the longest RSA keys.

    Its own leave 512 characters to a header and 1024 to a signature: no RSA key stands in such a header.
    """
    from joserfc.jws import JWSRegistry  # noqa: PLC0415

    found = JWSRegistry(algorithms=list(algorithms))
    found.max_header_length, found.max_signature_length = MAX_HEADER, MAX_SIGNATURE
    return found


def fits(key: Mapping[str, Any], algorithm: object) -> bool:
    """Tell whether a key may be used with an algorithm: one curve each, and no key is a shared secret."""
    if key.get("kty") == "EC":
        return (key.get("crv"), algorithm) in (("P-256", "ES256"), ("P-384", "ES384"))
    return key.get("kty") == "RSA" and algorithm in ("PS256", "RS256")


def _broken(name: str, expected: str) -> EncodingError:
    return EncodingError(name, offset=0, expected=expected, standard=STANDARD)
