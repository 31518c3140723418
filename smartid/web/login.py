"""Login by national card for a web site, whatever its framework.

::

    login = CardLogin("https://shop.example", policy)
    login.handle(request)      answers everything under /auth: login page, challenge, login, logout
    login.person(request)      who is signed in, None when nobody is
    login.require(request)     the same, or the answer that leads to the login page
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from smartid.auth.reasons import LoginReason
from smartid.errors import AuthenticationError, EncodingError
from smartid.identity.auth_token import require_origin
from smartid.web.client import Clients
from smartid.web.cookies import LANGUAGE, drop_session, keep_language, keep_session
from smartid.web.csrf import HEADER, CSRFTokens
from smartid.web.guard import Guard, session_id
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.http import Request, Response
from smartid.web.keyed import Keyed
from smartid.web.places import same_site
from smartid.web.rate import Limits, RateLimiter
from smartid.web.refusals import Refusal
from smartid.web.sessions import IDLE, LIFETIME, Sessions, SignedIn, fingerprint, new_id
from smartid.web.submission import Submission, read_submission

if TYPE_CHECKING:
    from smartid.auth.relying_party import RelyingParty
    from smartid.auth.rules import LoginRules
    from smartid.auth.store import ExpiringStore
    from smartid.identity.model import VerifiedIdentity
    from smartid.trust.policy import Policy

_LOG = logging.getLogger("smartid.web")
_LIMITS = Limits()
_STATIC = "/static/"
