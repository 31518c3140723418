"""The reference of the login endpoints names every reason, header, cookie and attribute there is."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from smartid.web import cookies
from smartid.web.headers import SECURITY_HEADERS
from smartid.web.rate import Limits
from smartid.web.refusals import WORDS
from smartid.web.sessions import SignedIn

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "web-login.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_reason_is_listed() -> None:
    assert [reason for reason in WORDS if f"`{reason}`" not in TEXT] == []


def test_every_header_is_listed() -> None:
    assert [name for name, _ in SECURITY_HEADERS if name not in TEXT.lower()] == []


def test_every_cookie_is_listed() -> None:
    assert f"| `{cookies.SESSION}` |" in TEXT
    assert f"| `{cookies.LANGUAGE}` |" in TEXT


def test_every_attribute_of_who_is_signed_in_is_listed() -> None:
    assert [field.name for field in fields(SignedIn) if f"| `{field.name}` |" not in TEXT] == []


def test_the_limits_are_the_real_ones() -> None:
    limits = Limits()
    assert f"| challenges | {limits.challenges_per_session} | {limits.challenges_per_address} |" in TEXT
    assert f"| logins | {limits.logins_per_session} | {limits.logins_per_address} |" in TEXT
    assert f"| {limits.failures}, then a pause" in TEXT
    assert limits.window.total_seconds() == 300
