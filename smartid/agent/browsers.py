"""Where each browser looks for native-messaging hosts on Linux, and how it writes down who may call.

* Chromium and Chrome: ``NativeMessagingHosts`` in the folder of the user's data, or a folder below ``/etc``;
  callers stand in ``allowed_origins``.
* Firefox: ``~/.mozilla/native-messaging-hosts``, or a folder below ``/usr/lib``; callers stand in
  ``allowed_extensions``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from smartid.agent import callers

HOST = "eu.webeid"
"""Name of the host: the Web eID add-on calls this one and no other."""
MANIFEST = f"{HOST}.json"


class Browser(StrEnum):
    """Browsers that are known here."""

    CHROMIUM = "chromium"
    CHROME = "chrome"
    FIREFOX = "firefox"

    @property
    def is_firefox(self) -> bool:
        """Whether it is of the family of Firefox."""
        return self is Browser.FIREFOX

    @property
    def callers(self) -> tuple[str, ...]:
        """The add-ons that may call without being added."""
        return callers.FIREFOX if self.is_firefox else callers.CHROMIUM

    @property
    def callers_member(self) -> str:
        """Member of the manifest that names who may call."""
        return "allowed_extensions" if self.is_firefox else "allowed_origins"

    def may_call(self, caller: str) -> bool:
        """Whether the text is a caller as this browser writes them."""
        return callers.is_firefox(caller) if self.is_firefox else callers.is_chromium(caller)


_USER = {Browser.CHROMIUM: "chromium", Browser.CHROME: "google-chrome"}
_SYSTEM = {
    Browser.CHROMIUM: Path("/etc/chromium/native-messaging-hosts"),
    Browser.CHROME: Path("/etc/opt/chrome/native-messaging-hosts"),
    Browser.FIREFOX: Path("/usr/lib/mozilla/native-messaging-hosts"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder where a browser looks for manifests.

    scope  "user", "system" or "profile"
    """

    browser: Browser
    scope: str
    folder: Path

    @property
    def manifest(self) -> Path:
        """The file that tells the browser about the host."""
        return self.folder / MANIFEST

    @property
    def launcher(self) -> Path:
        """The program that the manifest names."""
        return self.folder / "smartid-agent"

    @property
    def displaced(self) -> Path:
        """Where the manifest of another program is kept until ours is removed."""
        return self.folder / f"{MANIFEST}.before-smartid"


def user_place(browser: Browser) -> Place:
    """Where the browser looks for this user."""
    if browser.is_firefox:
        folder = Path.home() / ".mozilla" / "native-messaging-hosts"
    else:
        told = os.environ.get("XDG_CONFIG_HOME", "")
        base = Path(told) if Path(told).is_absolute() else Path.home() / ".config"
        folder = base / _USER[browser] / "NativeMessagingHosts"
    return Place(browser=browser, scope="user", folder=folder)


def system_place(browser: Browser) -> Place:
    """Where the browser looks for every user of this machine."""
    return Place(browser=browser, scope="system", folder=_SYSTEM[browser])


def profile_place(browser: Browser, data: Path) -> Place:
    """Where a Chromium that was started with ``--user-data-dir`` looks."""
    return Place(browser=browser, scope="profile", folder=data.absolute() / "NativeMessagingHosts")
