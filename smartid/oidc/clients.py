"""The sites that may ask: who they are, where answers go, how they prove themselves."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, urlsplit

from smartid.errors import EncodingError
from smartid.identity.auth_token import require_origin
from smartid.oidc.claims import SCOPES
from smartid.oidc.key_set import require_key_set

STANDARD = "OpenID Connect Dynamic Client Registration 1.0"
MAX_URI = 512
"""Longest redirect URI, in characters."""
LOOPBACK = ("127.0.0.1", "[::1]")
"""Hosts that a native application may be called back at over http (RFC 8252 (2017), 7.3)."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_PORT = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\])):[0-9]{1,5}(?=[/?])")
_JOINERS = str.maketrans("", "", "\u200c\u200d")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_SECTOR = re.compile(r"[a-z0-9._-]{1,253}")
_HASH = re.compile(r"[0-9a-f]{64}")


class ClientMethod(StrEnum):
    """How a client proves itself at the token endpoint (OpenID Connect Core 1.0, 9)."""

    PRIVATE_KEY_JWT = "private_key_jwt"
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered site or application.

    id              1 to 64 of ``A-Z a-z 0-9 . _ -``
    name, name_fa   what people read when they are asked; name_fa falls back to name
    method          how it proves itself; ``none`` is for native applications and pages without a server
    redirect_uris   compared character by character. Native applications may have ``http://127.0.0.1/PATH`` or
                    ``http://[::1]/PATH`` without a port, which then fits every port (RFC 8252 (2017), 7.3)
    post_logout_redirect_uris   compared as redirect_uris are
    backchannel_logout_uri      told of the end of a session; http only for clients that prove themselves
    secret_sha256   SHA-256 of the secret, hexadecimal. A secret of 256 random bits needs no slow hash
    jwks            public keys for private_key_jwt, a JWK Set (RFC 7517 (2015))
    scopes          what it may ask for
    sector          host that ``sub`` is derived from; None: the host of its redirect URIs, which must be one,
                    and for a native application its id, for every one of them has the same host
    require_par     take pushed authorization requests only (RFC 9126 (2021))
    origins         origins of pages without a server, for CORS: https, as browsers write them

    Raises EncodingError naming the member that is wrong.
    """

    id: str
    name: str
    redirect_uris: tuple[str, ...]
    method: ClientMethod = ClientMethod.PRIVATE_KEY_JWT
    name_fa: str = ""
    native: bool = False
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    secret_sha256: str | None = field(default=None, repr=False)
    jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    scopes: frozenset[str] = frozenset(SCOPES)
    sector: str | None = None
    require_par: bool = False
    origins: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _require_name(self)
        for uri in (*self.redirect_uris, *self.post_logout_redirect_uris):
            require_uri(uri, native=self.native)
        _require_credentials(self)
        _require_places(self)
        if not self.redirect_uris:
            raise _wrong(self.id, "redirect_uris", "at least one address")
        if not {"openid"} <= self.scopes <= frozenset(SCOPES):
            raise _wrong(self.id, "scopes", f"openid and some of {', '.join(SCOPES)}")
        if self.sector is None and not self.native and len({_host(uri) for uri in self.redirect_uris}) > 1:
            raise _wrong(self.id, "sector", "a host name: the redirect URIs have more than one host")

    @property
    def sector_host(self) -> str:
        """Host that the client's subjects are derived from."""
        return self.sector or (f"native {self.id}" if self.native else _host(self.redirect_uris[0]))

    def takes_redirect(self, uri: str) -> bool:
        """Tell whether an answer may go there: the very same text, for loopback any port."""
        return uri in self.redirect_uris or (self.native and _PORT.sub(r"\1", uri) in self.redirect_uris)

    def knows_secret(self, secret: str) -> bool:
        """Compare a secret with the stored hash, in constant time."""
        given = hashlib.sha256(secret.encode()).hexdigest()
        return hmac.compare_digest(given, self.secret_sha256 or "")


class Clients(Mapping[str, Client]):
    """The registered clients by their id. Raises EncodingError when two have the same id."""

    def __init__(self, clients: Iterable[Client] = ()) -> None:
        listed = tuple(clients)
        self._by_id = MappingProxyType({client.id: client for client in listed})
        if len(self._by_id) != len(listed):
            raise EncodingError("clients", offset=0, expected="every id once", standard=STANDARD)
        self.origins = frozenset(origin for client in listed for origin in client.origins)

    def __getitem__(self, key: str) -> Client:
        return self._by_id[key]

    def __iter__(self) -> Any:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)


def new_secret() -> tuple[str, str]:
    """Draw a client secret of 256 bits; gives it and the hash to keep."""
    secret = secrets.token_urlsafe(32)
    return secret, hashlib.sha256(secret.encode()).hexdigest()


def require_uri(uri: str, *, native: bool) -> None:
    """Raises EncodingError unless the text is an address that answers may be sent to."""
    parts = _plain(uri)
    web = parts is not None and parts.scheme == "https"
    loopback = parts is not None and native and parts.scheme == "http" and parts.netloc in LOOPBACK
    if not (web or loopback):
        expected = "an absolute https address with a path and without a fragment"
        raise _wrong(uri[:80], "redirect URI", f"{expected}; http only for native applications on loopback")


def _plain(uri: str) -> SplitResult | None:
    """Take an address apart that every program reads the same way; None for any other.

    It has a host, maybe a port, and a path; neither a user nor a fragment, nor what belongs into no address.
    """
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    plain = len(uri) <= MAX_URI and _URI.fullmatch(uri) and _AUTHORITY.fullmatch(parts.netloc) and port != 0
    return parts if plain and parts.path.startswith("/") else None


def _require_places(client: Client) -> None:
    """Check the addresses that nobody is sent to."""
    told = client.backchannel_logout_uri
    parts = None if told is None else _plain(told)
    schemes = ("https",) if client.method is ClientMethod.NONE else ("https", "http")
    if told is not None and (parts is None or parts.scheme not in schemes):
        raise _wrong(client.id, "backchannel_logout_uri", "an absolute https address without a fragment")
    for origin in client.origins:
        require_origin(origin)
        if not origin.startswith("https:"):
            raise _wrong(client.id, "origins", "https")
    if client.sector is not None and not _SECTOR.fullmatch(client.sector):
        raise _wrong(client.id, "sector", "a host name in lower case")


def _require_name(client: Client) -> None:
    if not _ID.fullmatch(client.id):
        raise _wrong(client.id[:80], "id", "1 to 64 of A-Z a-z 0-9 . _ -")
    if not 1 <= len(client.name) <= 100 or not _is_printable(client.name + client.name_fa):
        raise _wrong(client.id, "name", "1 to 100 printable characters")


def _is_printable(text: str) -> bool:
    """Persian words hold joiners inside, which Python does not count as printable."""
    return text.translate(_JOINERS).isprintable()


def _require_credentials(client: Client) -> None:
    if client.method is ClientMethod.CLIENT_SECRET_BASIC and not _HASH.fullmatch(client.secret_sha256 or ""):
        raise _wrong(client.id, "secret_sha256", "64 hexadecimal digits")
    if client.method is ClientMethod.PRIVATE_KEY_JWT:
        require_key_set(client.jwks or {}, f"client {client.id}: jwks")
    if client.method is not ClientMethod.CLIENT_SECRET_BASIC and client.secret_sha256:
        raise _wrong(client.id, "secret_sha256", "nothing: the method needs no secret")


def _host(uri: str) -> str:
    return urlsplit(uri).hostname or ""


def _wrong(client: str, member: str, expected: str) -> EncodingError:
    return EncodingError(f"client {client}: {member}", offset=0, expected=expected, standard=STANDARD)
