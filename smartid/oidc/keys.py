"""The provider's signing keys: one signs, one is announced, older ones still verify.

A key ring is a file for its owner only, JSON::

    {"keys": [{"state": "current" | "next" | "retired", "until": null | seconds since 1970, "jwk": {…}}, …]}

Keys are P-256 for ES256 (RFC 7518 (2015), 3.4). ``kid`` is the key's thumbprint (RFC 7638 (2015)).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.files import write_whole

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

STATES = ("current", "next", "retired")
MAX_FILE = 256 << 10
KEEP = timedelta(hours=9)
"""How long a retired key still verifies: longer than a session, whose end is asked for with an ID token."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RingKey:
    """One key of a ring: its state, and until when a retired one is kept (seconds since 1970)."""

    key: ECKey = field(repr=False)
    state: str
    until: int | None = None

    @property
    def kid(self) -> str:
        """Name of the key in tokens: its thumbprint."""
        return self.key.thumbprint()


class KeyRing:
    """Signs tokens, publishes the public keys, rotates. A changed file is read again by itself.

    stamp  of the file when the keys were read; None reads it again at the first use
    """

    def __init__(
        self, keys: tuple[RingKey, ...], path: Path | None = None, stamp: tuple[int, int] | None = None
    ) -> None:
        self._keys, self._path, self._stamp = keys, path, stamp

    @classmethod
    def generate(cls) -> KeyRing:
        """Make a ring in memory, for tests and trials."""
        return cls((_new("current"), _new("next")))

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """Make a ring and write it. Raises FileExistsError rather than replace one, and OSError."""
        if path.exists():
            raise FileExistsError(17, "The key ring is there already", str(path))
        made = cls.generate()._keys
        write_whole(path, _written(made))
        return cls(made, path)

    @classmethod
    def open(cls, path: Path) -> KeyRing:
        """Read a ring. Raises EncodingError (also for a file that others may read) and OSError."""
        stamp = _stamp(path)  # before the keys: who writes in between is noticed
        return cls(_read(path), path, stamp)

    @property
    def keys(self) -> tuple[RingKey, ...]:
        """The keys as they stand in the file now. While it is gone or broken, those of before go on."""
        stamp = _stamp(self._path)
        if self._path and stamp != self._stamp:
            self._read_again(self._path, stamp)
        return self._keys

    def _read_again(self, path: Path, stamp: tuple[int, int] | None) -> None:
        self._stamp = stamp
        try:
            self._keys = _read(path)
        except (EncodingError, OSError) as error:
            _LOG.error("the keys of before go on: %s", error)
            if isinstance(error, OSError):
                self._stamp = None  # what cannot be read now may be readable soon

    def sign(self, claims: dict[str, Any], *, typ: str = "JWT") -> str:
        """Sign claims with the current key. The header names the key."""
        from joserfc import jwt  # noqa: PLC0415

        current = next(one for one in self.keys if one.state == "current")
        header = {"alg": "ES256", "kid": current.kid, "typ": typ}
        return jwt.encode(header, claims, current.key, algorithms=["ES256"])

    def verify(self, token: str, at: datetime | None = None) -> dict[str, Any] | None:
        """Give the claims of an ID token that a key of now signed, None for anything else, logout tokens too.

        Its times are not judged.

        at  the present time; None takes that of the machine
        """
        from joserfc import jws  # noqa: PLC0415
        from joserfc.errors import JoseError  # noqa: PLC0415

        by_kid = {one.kid: one.key for one in _kept(self.keys, at or datetime.now(UTC))}
        try:
            header = jws.extract_compact(token.encode()).headers()
            kid = header.get("kid") if header.get("typ") == "JWT" else None
            key = by_kid[kid] if isinstance(kid, str) and kid in by_kid else None
            signed = jws.deserialize_compact(token.encode(), key, algorithms=["ES256"]) if key else None
            return parse_object(signed.payload, "token") if signed else None
        except (JoseError, EncodingError, ValueError):
            return None

    def public(self, at: datetime | None = None) -> dict[str, Any]:
        """Give the JWK Set to publish: current, next and retired keys, without their private parts.

        at  the present time; None takes that of the machine
        """
        return {"keys": [_published(one) for one in _kept(self.keys, at or datetime.now(UTC))]}

    def rotate(self, now: datetime, keep: timedelta = KEEP) -> None:
        """Let the next key sign, keep the current one to verify with, announce a new one.

        Raises OSError and EncodingError; the keys are then those of before.
        """
        until = int(now.timestamp()) + int(keep.total_seconds())
        before = _read(self._path) if self._path else self._keys
        turned = (*_kept([_turned(one, until) for one in before], now), _new("next"))
        if self._path:
            write_whole(self._path, _written(turned))
        self._keys, self._stamp = turned, None

    def __repr__(self) -> str:
        return f"KeyRing({len(self._keys)} keys)"


def _kept(keys: Iterable[RingKey], at: datetime) -> list[RingKey]:
    """Leave out the retired keys whose time is over."""
    return [one for one in keys if one.until is None or one.until > at.timestamp()]


def _turned(one: RingKey, until: int) -> RingKey:
    if one.state == "current":
        return replace(one, state="retired", until=until)
    return replace(one, state="current") if one.state == "next" else one


def _new(state: str) -> RingKey:
    from joserfc.jwk import ECKey  # noqa: PLC0415

    return RingKey(key=ECKey.generate_key("P-256"), state=state)


def _published(one: RingKey) -> dict[str, Any]:
    return {**one.key.as_dict(private=False), "kid": one.kid, "use": "sig", "alg": "ES256"}


def _written(keys: tuple[RingKey, ...]) -> bytes:
    listed = [{"state": one.state, "until": one.until, "jwk": one.key.as_dict(private=True)} for one in keys]
    return json.dumps({"keys": listed}, indent=1).encode()


def _read(path: Path) -> tuple[RingKey, ...]:
    if path.stat().st_mode & 0o077:
        raise _broken(path, "a file that only its owner may read (chmod 600)")
    with path.open("rb") as stream:
        data = stream.read(MAX_FILE)
    listed = parse_object(data, f"key ring {path.name}").get("keys")
    if not isinstance(listed, list):
        raise _broken(path, "a list of keys")
    keys = tuple(_entry(path, item) for item in listed)
    if [one.state for one in keys].count("current") != 1 or [one.state for one in keys].count("next") != 1:
        raise _broken(path, "one current and one next key")
    return keys


def _entry(path: Path, item: Any) -> RingKey:
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import ECKey  # noqa: PLC0415

    if not isinstance(item, dict) or item.get("state") not in STATES or not isinstance(item.get("jwk"), dict):
        raise _broken(path, f"keys with a state ({', '.join(STATES)}) and a jwk")
    until = item.get("until")
    try:
        key = ECKey.import_key({**item["jwk"]})
        private = key.is_private and key.curve_name == "P-256"
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _broken(path, "private P-256 keys") from error
    if not private or not (until is None or isinstance(until, int)):
        raise _broken(path, "private P-256 keys, and times in seconds")
    return RingKey(key=key, state=item["state"], until=until)


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Tell files apart by time and inode; None when there is none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino) if found else None


def _broken(path: Path, expected: str) -> EncodingError:
    return EncodingError(f"key ring {path.name}", offset=0, expected=expected, standard="RFC 7517 (2015)")
