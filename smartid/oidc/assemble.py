"""From a configuration to a provider that runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from smartid.oidc.config import MEMORY, Configuration, broken
from smartid.oidc.keys import KeyRing
from smartid.oidc.provider import MIN_SECRET, Provider
from smartid.trust.policy import Policy
from smartid.trust.policy_file import load_policy
from smartid.trust.store import TrustStore
from smartid.web.login import CardLogin

if TYPE_CHECKING:
    from smartid.auth.store import ExpiringStore

MAX_SECRET = 4096


def make_provider(configuration: Configuration) -> Provider:
    """Make the provider. Raises EncodingError, ExtraMissing, StoreUnavailable, OSError."""
    secret = read_secret(configuration.secret)
    try:
        login = CardLogin(
            configuration.issuer,
            _policy(configuration),
            store=_store(configuration.store),
            secret=secret,
            site=configuration.site,
            trusted_proxies=configuration.trusted_proxies,
        )
    except ValueError as error:
        raise broken("trusted_proxies", "addresses and networks") from error
    clients = configuration.clients.values()
    return Provider(configuration.issuer, login, clients, KeyRing.open(configuration.keys), secret=secret)


def read_secret(path: Path) -> bytes:
    """Read the provider's secret. Raises EncodingError for a short one, and for one that others may read."""
    if path.stat().st_mode & 0o077:
        raise broken(path.name, "a file that only its owner may read (chmod 600)")
    with path.open("rb") as stream:
        secret = stream.read(MAX_SECRET).strip()
    if len(secret) < MIN_SECRET:
        raise broken(path.name, f"at least {MIN_SECRET} random bytes")
    return secret


def _policy(configuration: Configuration) -> Policy:
    if configuration.policy:
        return load_policy(configuration.policy)
    return Policy(anchors=TrustStore.from_folder(configuration.trust or Path()))


def _store(name: str) -> ExpiringStore | None:
    try:
        return None if name == MEMORY else _opened(name)
    except ValueError as error:
        raise broken("store", "memory, or an address: sqlite:///, postgresql://, redis://") from error


def _opened(name: str) -> ExpiringStore:
    if name.startswith(("redis:", "rediss:")):
        from smartid.auth.redis_store import RedisStore  # noqa: PLC0415

        return RedisStore.open(name)
    from smartid.auth.sql_store import SQLStore  # noqa: PLC0415

    return SQLStore.open(name)
