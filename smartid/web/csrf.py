"""Tokens against forged requests: what a page of the site knows and no other site can."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

from smartid.web.keyed import Keyed

HEADERS = ("x-csrf-token", "x-xsrf-token")
"""Request headers that may carry the token, in lower case; the second is Angular's name, and Axios's."""
_SALT = 16
_LENGTH = 64


class CSRFTokens:
    """Tokens bound to a session; nothing is stored for them.

    A token is base64url of 48 bytes::

        offset  length  content
        0       16      salt, new in each token
        16      32      HMAC-SHA256 over session id and salt

    The salt makes every answer carry another token, so that the length of compressed answers tells nothing
    about it (BREACH).
    """

    def __init__(self, keyed: Keyed) -> None:
        self._keyed = keyed

    def make(self, session: str) -> str:
        """Give a new token for a session id."""
        salt = secrets.token_bytes(_SALT)
        return base64.urlsafe_b64encode(salt + self._mac(session, salt)).decode("ascii")

    def fits(self, session: str, token: str) -> bool:
        """Tell whether a token was made for this session."""
        try:
            data = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return False
        return len(token) == _LENGTH and hmac.compare_digest(data[_SALT:], self._mac(session, data[:_SALT]))

    def _mac(self, session: str, salt: bytes) -> bytes:
        return self._keyed.mac("csrf", session, salt)
