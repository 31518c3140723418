"""The server's half of a login: a challenge goes out, a token comes back, a person comes in."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta

from smartid.auth.memory_store import MemoryStore
from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.auth.store import ExpiringStore
from smartid.auth.validate import validate_token
from smartid.auth.web_eid import parse_token
from smartid.auth.words import refusal
from smartid.crypto.strict_json import parse_object
from smartid.errors import ChallengeExpired, EncodingError, OriginMismatch
from smartid.identity.auth_token import AuthToken, Challenge, require_origin
from smartid.identity.model import VerifiedIdentity
from smartid.trust.policy import Policy

NONCE_SIZE = 32
"""Random bytes of a nonce; 44 characters of base64."""
LIFETIME = timedelta(minutes=5)

_DEFAULTS = LoginRules()


class RelyingParty:
    """One site that logs people in. Keeps no state of its own: what it must remember is in ``nonces``.

    origin    the site as browsers write it: https://HOST or https://HOST:PORT. It is configured, and never
              taken from a request
    policy    anchors, revocation, algorithms and the clock
    nonces    where open challenges are kept; None keeps them in this process
    rules     what is asked of tokens and certificates
    lifetime  how long a challenge is open
    random    gives so many random bytes

    Raises EncodingError for an origin that is none.
    """

    def __init__(
        self,
        origin: str,
        policy: Policy,
        *,
        nonces: ExpiringStore | None = None,
        rules: LoginRules = _DEFAULTS,
        lifetime: timedelta = LIFETIME,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        require_origin(origin)
        self.origin = origin
        self.policy = policy
        self.rules = rules
        self.lifetime = lifetime
        self._nonces = MemoryStore(clock=policy.clock) if nonces is None else nonces
        self._random = random

    def begin(self, session: str) -> Challenge:
        """Open a login for one browser, in place of one that is open already.

        session  what binds the answer to the browser: the id of its session, any text that nobody else can
                 guess. Only a digest of it is kept

        Raises ValueError for an empty session.
        """
        if not session:
            raise ValueError("a login needs a session that it belongs to")
        nonce = base64.b64encode(self._random(NONCE_SIZE)).decode("ascii")
        challenge = Challenge(self.origin, nonce, self.policy.clock() + self.lifetime)
        self._nonces.put(_key(session), _packed(challenge), self.lifetime)
        return challenge

    def complete(self, session: str, token: str | bytes | AuthToken) -> VerifiedIdentity:
        """Take the answer of that browser; its challenge is spent, whatever comes of it.

        Raises ChallengeExpired, OriginMismatch (the challenge was opened by another site that shares the
        store), BadToken; ``reason`` is a ``LoginReason``.
        """
        challenge = self._take(session)
        answer = token if isinstance(token, AuthToken) else parse_token(token)
        return validate_token(answer, challenge, self.policy, self.rules)

    def _take(self, session: str) -> Challenge:
        """Take the challenge out before anything else is looked at."""
        kept = self._nonces.take(_key(session))
        challenge = _unpacked(kept) if kept is not None else None
        if challenge is None or challenge.expires is None:
            raise refusal(ChallengeExpired, LoginReason.CHALLENGE_UNKNOWN)
        if self.policy.clock() >= challenge.expires:
            raise refusal(ChallengeExpired, LoginReason.CHALLENGE_EXPIRED)
        if challenge.origin != self.origin:
            raise refusal(OriginMismatch, LoginReason.ORIGIN_MISMATCH)
        return challenge


def _key(session: str) -> str:
    return f"nonce:{hashlib.sha256(session.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _packed(challenge: Challenge) -> bytes:
    expires = challenge.expires.isoformat() if challenge.expires else ""
    members = {"origin": challenge.origin, "nonce": challenge.nonce, "expires": expires}
    return json.dumps(members).encode()


def _unpacked(kept: bytes) -> Challenge | None:
    """Read what ``_packed`` wrote; None for what something else wrote."""
    try:
        members = parse_object(kept, "kept challenge")
        expires = datetime.fromisoformat(members["expires"])
        return Challenge(members["origin"], members["nonce"], expires) if expires.tzinfo else None
    except (EncodingError, KeyError, TypeError, ValueError):
        return None
