"""The cookies of a login. Their prefix binds them to this host and to TLS (RFC 6265bis, ``__Host-``)."""

from __future__ import annotations

SESSION = "__Host-smartid"
LANGUAGE = "__Host-smartid-lang"
TOKEN = "XSRF-TOKEN"  # noqa: S105 - a name, which Angular and Axios look for

_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
_YEAR = 31_536_000


def keep_session(session: str) -> tuple[str, str]:
    """Give the header that keeps a session id until the browser is closed."""
    return ("set-cookie", f"{SESSION}={session}; {_ATTRIBUTES}")


def drop_session() -> tuple[str, str]:
    """Give the header that makes the browser forget the session id."""
    return ("set-cookie", f"{SESSION}=; {_ATTRIBUTES}; Max-Age=0")


def show_token(token: str) -> tuple[str, str]:
    """Give the header that lets scripts of the site read the token against forged requests; empty removes it.

    Another site cannot read it, and one that could plant a cookie has no token that fits the session.
    """
    end = "" if token else "; Max-Age=0"
    return ("set-cookie", f"{TOKEN}={token}; Path=/; Secure; SameSite=Lax{end}")


def keep_language(language: str) -> tuple[str, str]:
    """Give the header that remembers the language for a year."""
    return ("set-cookie", f"{LANGUAGE}={language}; {_ATTRIBUTES}; Max-Age={_YEAR}")
