"""A provider as a folder: one file in TOML, and beside it the keys, the secret, the anchors, TLS.

::

    issuer = "https://id.example"     # origin of the provider
    site = "National login"           # name on its pages; empty takes the host name
    listen = "127.0.0.1:8443"
    trust = "trust"                   # folder with anchors; or policy = "policy.toml"
    keys = "keys.json"
    secret = "secret"                 # file with 32 bytes or more
    store = "memory"                  # or sqlite:///…, postgresql://…, redis://…
    tls = "tls"                       # folder with server.pem and server.key; without it a proxy does TLS
    trusted_proxies = []

    [[clients]]
    id = "shop"
    …

Names of files are relative to the folder.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.identity.auth_token import require_origin
from smartid.oidc.clients import Client, ClientMethod, Clients

FILE = "oidc.toml"
STANDARD = "TOML 1.0.0 (2021)"
MAX_LENGTH = 1 << 20
"""Longest configuration and longest set of keys, in bytes."""
MEMORY = "memory"
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")

Reader = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the file says, with the names of files made absolute.

    host, port  where the server listens; other than loopback only with TLS
    store       may hold a password
    """

    issuer: str
    clients: Clients
    host: str
    port: int
    keys: Path
    secret: Path
    site: str = ""
    store: str = field(default=MEMORY, repr=False)
    trust: Path | None = None
    policy: Path | None = None
    tls: Path | None = None
    trusted_proxies: tuple[str, ...] = ()


def load_configuration(folder: Path) -> Configuration:
    """Read ``oidc.toml`` of a folder.

    Raises EncodingError naming the line, or the member that is unknown, missing or wrong.
    """
    path = folder / FILE
    return parse_configuration(_content(path), folder)


def parse_configuration(data: bytes, folder: Path) -> Configuration:
    """Read a configuration whose files lie in ``folder``. Raises EncodingError."""
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        place = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "not UTF-8"
        raise broken(FILE, f"TOML ({place})") from error
    members = _members(document, _top(folder), "")
    for name in ("issuer", "listen", "keys", "secret"):
        if name not in members:
            raise broken(name, "to be given")
    if ("trust" in members) is ("policy" in members):
        raise broken("trust", "a folder of anchors, or policy = a policy file, and not both")
    host, port = members.pop("listen")
    if "tls" not in members and host not in LOOPBACK:
        raise broken("listen", "an address of this computer, or a folder tls")
    clients = Clients(members.pop("clients", ()))
    return Configuration(host=host, port=port, clients=clients, **members)


def _top(folder: Path) -> Mapping[str, Reader]:
    def file(value: Any, name: str) -> Path:
        return folder / _text(value, name)

    return {
        "issuer": _origin,
        "site": _text,
        "listen": _address,
        "trust": file,
        "policy": file,
        "keys": file,
        "secret": file,
        "tls": file,
        "store": _text,
        "trusted_proxies": _texts,
        "clients": lambda value, name: tuple(_clients(value, name, folder)),
    }


def _clients(value: Any, name: str, folder: Path) -> list[Client]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise broken(name, "tables [[clients]]")
    return [_client(item, f"{name}[{number}]", folder) for number, item in enumerate(value, 1)]


def _client(table: Mapping[str, Any], name: str, folder: Path) -> Client:
    members = _members(
        table, {**_CLIENT, "jwks": lambda value, at: _key_set(folder / _text(value, at), at)}, name
    )
    for needed in ("id", "name", "redirect_uris", "method"):
        if needed not in members:
            raise broken(f"{name}.{needed}", "to be given")
    return Client(**members)


def _members(table: Mapping[str, Any], readers: Mapping[str, Reader], prefix: str) -> dict[str, Any]:
    at = f"{prefix}." if prefix else ""
    for name in table:
        if name not in readers:
            raise broken(f"{at}{name}", f"one of {', '.join(sorted(readers))}")
    return {name: readers[name](value, f"{at}{name}") for name, value in table.items()}


def _key_set(path: Path, name: str) -> dict[str, Any]:
    """Read the public keys of a client."""
    return parse_object(_content(path), name)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_LENGTH + 1)
    except OSError as error:
        raise broken(str(path), f"a file that can be read ({error.strerror})") from error
    if len(data) > MAX_LENGTH:
        raise broken(str(path), f"at most {MAX_LENGTH} bytes")
    return data


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value or "\x00" in value:
        raise broken(name, "a text")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise broken(name, "a list of texts")
    return tuple(_text(item, name) for item in value)


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise broken(name, "true or false")
    return value


def _origin(value: Any, name: str) -> str:
    try:
        require_origin(_text(value, name))
    except EncodingError as error:
        raise broken(name, error.expected) from error
    if not value.startswith("https:"):
        raise broken(name, "https")
    return str(value)


def _address(value: Any, name: str) -> tuple[str, int]:
    host, mark, port = _text(value, name).rpartition(":")
    if not mark or not host or not (port.isascii() and port.isdigit() and int(port) <= 0xFFFF):
        raise broken(name, "HOST:PORT")
    return host, int(port)


def _method(value: Any, name: str) -> ClientMethod:
    if value not in list(ClientMethod):
        raise broken(name, f"one of {', '.join(ClientMethod)}")
    return ClientMethod(value)


def _names(value: Any, name: str) -> frozenset[str]:
    return frozenset(_texts(value, name))


def broken(what: str, expected: str) -> EncodingError:
    """Say what is wrong with a configuration."""
    return EncodingError(what, offset=0, expected=expected, standard=STANDARD)


_SPECIAL: Mapping[str, Reader] = {
    "method": _method,
    "native": _flag,
    "require_par": _flag,
    "redirect_uris": _texts,
    "post_logout_redirect_uris": _texts,
    "scopes": _names,
    "origins": _names,
}
_CLIENT: Mapping[str, Reader] = {one.name: _SPECIAL.get(one.name, _text) for one in fields(Client)}
