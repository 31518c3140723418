"""Who is signed in: sessions in an expiring store, under the hash of an id that only the browser keeps."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.identity.dates import PartialDate
from smartid.identity.model import Identity, Sex

if TYPE_CHECKING:
    from smartid.auth.store import ExpiringStore
    from smartid.identity.model import VerifiedIdentity

IDLE = timedelta(minutes=30)
"""How long a session lives without a request."""
LIFETIME = timedelta(hours=8)
"""How long a session lives at most."""

_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_DATES = frozenset({"issue_date", "expiry_date"})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SignedIn:
    """A person who logged in with a card, as the session keeps it.

    identity           what the certificate says about the person
    certificate        whose key answered the challenge, DER
    certificate_end    until when it is valid
    anchor             subject of the trust anchor that vouched for it
    throw_away         that anchor belongs to the mock cards: worth nothing outside a test
    authenticated_at   when the card answered
    expires            when the session ends at the latest
    session            stands for the session in logs and logout messages; it opens nothing
    """

    identity: Identity
    certificate: bytes
    certificate_end: datetime
    anchor: str | None
    throw_away: bool
    authenticated_at: datetime
    expires: datetime
    session: str = field(default="")

    @property
    def name(self) -> str:
        """Given names and family name, as far as they are known."""
        known = (self.identity.given_names, self.identity.family_name)
        return " ".join(name for name in known if name)

    def __repr__(self) -> str:
        return f"SignedIn({self.identity!r}, since {self.authenticated_at:%Y-%m-%dT%H:%M:%SZ})"


class Sessions:
    """Sessions of the people who are signed in.

    Two entries each, under the SHA-256 of the session id::

        session:HASH    the person, as JSON, kept for the whole lifetime
        active:HASH     nothing, kept for the idle time and put anew while requests come

    One that is closed cannot be brought back by a request that was under way: that puts the second only.
    """

    def __init__(
        self,
        store: ExpiringStore,
        *,
        clock: Callable[[], datetime],
        idle: timedelta = IDLE,
        lifetime: timedelta = LIFETIME,
    ) -> None:
        self._store = store
        self._clock = clock
        self.idle = min(idle, lifetime)
        self.lifetime = lifetime

    def open(self, person: VerifiedIdentity) -> tuple[str, SignedIn]:
        """Begin a session under a new id; it does not outlive the certificate.

        The id goes to the browser and is kept nowhere.
        """
        now, session = self._clock(), new_id()
        der = person.certificate or b""
        end = _end_of(der)
        signed_in = SignedIn(
            identity=person.identity,
            certificate=der,
            certificate_end=end,
            anchor=person.verdict.anchor,
            throw_away=person.verdict.throw_away,
            authenticated_at=now,
            expires=min(now + self.lifetime, end),
            session=fingerprint(session),
        )
        self._store.put(_person_key(session), _to_json(signed_in), self.lifetime)
        self._store.put(_active_key(session), b"", self.idle)
        return session, signed_in

    def find(self, session: str | None) -> SignedIn | None:
        """Give who is signed in under this id, and let the idle time begin anew."""
        if session is None or not is_id(session):
            return None
        record = self._store.get(_person_key(session))
        if record is None:
            return None
        signed_in = _from_json(record, fingerprint(session))
        idle = self._store.get(_active_key(session)) is None
        if signed_in is None or idle or self._clock() >= signed_in.expires:
            self.close(session)
            return None
        self._store.put(_active_key(session), b"", self.idle)
        return signed_in

    def close(self, session: str | None) -> SignedIn | None:
        """End a session; tells whose it was."""
        if session is None or not is_id(session):
            return None
        record = self._store.take(_person_key(session))
        self._store.take(_active_key(session))
        return None if record is None else _from_json(record, fingerprint(session))


def new_id() -> str:
    """Give a session id: 256 random bits as 43 characters of base64url."""
    return secrets.token_urlsafe(32)


def is_id(text: str) -> bool:
    """Tell whether a text can be a session id."""
    return _ID.fullmatch(text) is not None


def fingerprint(session: str) -> str:
    """Give what stands for a session id wherever something is stored: its SHA-256, hexadecimal."""
    return hashlib.sha256(session.encode()).hexdigest()


def _end_of(der: bytes) -> datetime:
    """Tell until when a certificate is valid; the quick way first, which some real cards defeat."""
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415 - heavy

    from smartid.trust.x509 import parse_certificate  # noqa: PLC0415 - heavy

    try:
        return load_der_x509_certificate(der).not_valid_after_utc
    except ValueError:
        return parse_certificate(der).not_after


def _person_key(session: str) -> str:
    return f"session:{fingerprint(session)}"


def _active_key(session: str) -> str:
    return f"active:{fingerprint(session)}"


def _to_json(person: SignedIn) -> bytes:
    record = {
        "identity": person.identity.as_dict(),
        "certificate": base64.b64encode(person.certificate).decode("ascii"),
        "certificate_end": _seconds(person.certificate_end),
        "anchor": person.anchor,
        "throw_away": person.throw_away,
        "authenticated_at": _seconds(person.authenticated_at),
        "expires": _seconds(person.expires),
    }
    return json.dumps(record, ensure_ascii=False).encode()


def _from_json(data: bytes, session: str) -> SignedIn | None:
    """Read an entry of the store; None when another program or another version wrote it."""
    try:
        record = parse_object(data, "session")
        return SignedIn(
            identity=_identity(record["identity"]),
            certificate=base64.b64decode(record["certificate"], validate=True),
            certificate_end=_time(record["certificate_end"]),
            anchor=record["anchor"],
            throw_away=record["throw_away"],
            authenticated_at=_time(record["authenticated_at"]),
            expires=_time(record["expires"]),
            session=session,
        )
    except (EncodingError, KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        return None


def _identity(members: dict[str, str]) -> Identity:
    values: dict[str, Any] = dict(members)
    for name in _DATES & values.keys():
        values[name] = date.fromisoformat(values[name])
    if "birth_date" in values:
        values["birth_date"] = _partial_date(values["birth_date"])
    if "sex" in values:
        values["sex"] = Sex(values["sex"])
    return Identity(**values)


def _partial_date(text: str) -> PartialDate:
    if not _DATE.fullmatch(text):
        raise ValueError("no date of ISO 8601")
    return PartialDate(*map(int, text.split("-")))


def _seconds(time: datetime) -> int:
    return int(time.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
