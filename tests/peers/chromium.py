"""Debian's Chromium with our add-on, a profile of its own, and a card program of the test's choice."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

EXTENSION = Path(__file__).parent / "extension"
HOST = "eu.webeid"
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def extension_id() -> str:
    """Give the add-on's id: Chromium makes it of the key in the manifest."""
    key = base64.b64decode(json.loads((EXTENSION / "manifest.json").read_text())["key"])
    return "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(key).hexdigest()[:32])


CALLER = f"chrome-extension://{extension_id()}/"


@contextlib.contextmanager
def playwright() -> Iterator[Any]:
    """Give Playwright's driver: one at a time; an event loop runs in this thread while it is open."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip)")
    with api.sync_playwright() as driver:
        yield driver


@contextlib.contextmanager
def chromium(
    driver: Any,
    folder: Path,
    *,
    tls: Path,
    host: Path | None = None,
    addon: bool = True,
    flags: Sequence[str] = (),
    **options: Any,
) -> Iterator[Any]:
    """Give a browser context of Playwright.

    driver   of ``playwright``
    folder   for the profile
    tls      a folder of ``smartid mock tls``; its server is believed, and no other that nobody vouches for
    host     the card program, None without one
    flags    more of Chromium's own
    options  those of Playwright's ``launch_persistent_context``: locale, color_scheme, viewport
    """
    program = shutil.which("chromium") or pytest.skip("chromium is not installed (apt-get install chromium)")
    _install_host(folder / "profile" / "NativeMessagingHosts", host)
    arguments = [*_ARGUMENTS, *flags, f"--ignore-certificate-errors-spki-list={_fingerprint(tls)}"]
    if addon:
        arguments += [f"--load-extension={EXTENSION}", f"--disable-extensions-except={EXTENSION}"]
    context = driver.chromium.launch_persistent_context(
        folder / "profile",
        executable_path=program,
        ignore_default_args=["--disable-extensions"],
        args=arguments,
        env={**os.environ, "HOME": str(folder)},
        **options,
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


def _install_host(folder: Path, program: Path | None) -> None:
    if program is None:
        return
    folder.mkdir(parents=True)
    manifest = {
        "name": HOST,
        "description": "Card program of a test",
        "path": str(program),
        "type": "stdio",
        "allowed_origins": [CALLER],
    }
    (folder / f"{HOST}.json").write_text(json.dumps(manifest))


def _fingerprint(tls: Path) -> str:
    certificate = x509.load_pem_x509_certificate((tls / "server.pem").read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
