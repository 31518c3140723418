"""What a site asks of a login beyond its policy."""

from __future__ import annotations

from dataclasses import dataclass

from smartid.crypto.signature import SignatureAlgorithm

ESTONIAN_MOBILE_ID = frozenset(f"1.3.6.1.4.1.10015.1.3{version}" for version in ("", ".1", ".2", ".3"))
"""Certificate policies of keys in telephones: the authorities of Estonian cards issued them too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRules:
    """Rules for tokens and their certificates. The defaults are the strict ones.

    algorithms                     names of RFC 7518 (2015), 3.1, that are taken
    disallowed_policies            object identifiers of certificate policies whose certificates are refused
    require_client_authentication  False also takes a certificate without any extended key usage, as some
                                   countries issue them; one that names other usages only is always refused
    separate_keys                  False also takes a certificate that is for signatures too (nonRepudiation),
                                   as some countries issue one for everything. Their people must know: a site
                                   that gets a digest of its choice signed can log in elsewhere with it

    No rule lets a key in that is for signatures alone, or an authority.
    """

    algorithms: frozenset[SignatureAlgorithm] = frozenset(SignatureAlgorithm)
    disallowed_policies: frozenset[str] = ESTONIAN_MOBILE_ID
    require_client_authentication: bool = True
    separate_keys: bool = True
