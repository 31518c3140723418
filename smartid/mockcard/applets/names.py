"""Under which names an applet keeps its memory in a card image."""

from __future__ import annotations

from smartid.profiles.base import Application
from smartid.stored_value.keys import KeyPurpose


def state(application: Application) -> str:
    """The file with everything that one transaction changes, but the ring."""
    return f"{application.name} state"


def records(application: Application) -> str:
    """The ring of records, the newest first."""
    return f"{application.name} records"


def key(application: Application, purpose: KeyPurpose) -> str:
    """A key of the application."""
    return f"{application.name} {purpose} key"


def files(application: Application) -> frozenset[str]:
    """Names of its files, none for an application without an applet."""
    return frozenset((state(application), records(application)) if application.stored_value else ())


def keys(application: Application) -> frozenset[str]:
    """Names of its keys."""
    purposes = KeyPurpose if application.stored_value else ()
    return frozenset(key(application, purpose) for purpose in purposes)
