"""Installs what the system lacks, where that is possible, and otherwise says what a person has to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.dev.needs import Need, missing

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
SERVICE_FOLDER = Path("/run/pcscd")
_APT_OPTIONS = ("-q", "-o", "DPkg::Lock::Timeout=300")


class SetupError(Exception):
    """The machine cannot be made ready; the message says what a person can do about it."""


def provide(needs: Sequence[Need], command: str) -> None:
    """Install what is missing of ``needs``, after saying what and why.

    Raises SetupError when something indispensable is missing and cannot be installed from here.
    """
    lacking = missing(needs)
    if not lacking:
        return
    _explain(lacking, command)
    prefix = _privilege()
    if prefix is None:
        _leave_to_a_person(lacking)
        return
    _install([need.package for need in lacking], prefix)
    still = missing(lacking)
    if still:
        names = ", ".join(need.package for need in still)
        raise SetupError(f"installed, but still not found by {sys.executable}: {names}.")


def make_service_folder() -> None:
    """Make the folder that pcscd insists on: systemd makes it, and a bare container has no systemd.

    Without the right to make it nothing happens: the command that needs it says what to do.
    """
    if SERVICE_FOLDER.is_dir():
        return
    prefix = _privilege()
    if prefix is not None:
        print(f"Making {SERVICE_FOLDER}, without which pcscd does not start.", flush=True)
        quietly(*prefix, "mkdir", "-p", str(SERVICE_FOLDER))


def _explain(lacking: Sequence[Need], command: str) -> None:
    width = max(len(need.package) for need in lacking)
    print(f"`./dev {command}` needs these system packages, which this machine lacks:")
    for need in lacking:
        print(f"  {need.package:<{width}}  {need.why}")
    sys.stdout.flush()


def _privilege() -> list[str] | None:
    """Return what to put before apt-get, or None when this user cannot install packages here."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    asks_nothing = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    if not asks_nothing and not sys.stdin.isatty():
        return None
    kept = [name for name in _PROXY_VARIABLES if name in os.environ]
    return ["sudo", f"--preserve-env={','.join(kept)}"] if kept else ["sudo"]


def _leave_to_a_person(lacking: Sequence[Need]) -> None:
    packages = " ".join(need.package for need in lacking)
    if shutil.which("apt-get"):
        advice = (
            "Only root may install them. Run this as root, or ask the administrator to:\n"
            f"  apt-get update && apt-get install --no-install-recommends --yes {packages}"
        )
    else:
        advice = (
            "This is not a Debian or Ubuntu system, so install them with its own package manager; "
            "the names above are Debian's."
        )
    if not all(need.skips for need in lacking):
        raise SetupError(f"{advice}\nThen run the command again.")
    print(f"{advice}\nGoing on without them: the tests that need them are skipped.\n", flush=True)


def _install(packages: Sequence[str], prefix: Sequence[str]) -> None:
    how = " with sudo" if prefix else ""
    print(f"Installing them{how}; this takes a minute or two ...", flush=True)
    updated = not _listed(packages)
    if updated:
        _update(prefix)
    install = ("install", "--no-install-recommends", "--yes", *packages)
    status, output = _apt(prefix, *install)
    if status and not updated:
        # Package lists that have grown old name versions which the mirror no longer has.
        _update(prefix)
        status, output = _apt(prefix, *install)
    if status:
        raise SetupError(f"apt-get could not install the packages; its last words:\n{output}")


def _listed(packages: Sequence[str]) -> bool:
    shown = subprocess.run(["apt-cache", "show", *packages], capture_output=True, check=False)
    return shown.returncode == 0


def _update(prefix: Sequence[str]) -> None:
    status, output = _apt(prefix, "update")
    if status:
        raise SetupError(f"apt-get could not fetch the package lists; its last words:\n{output}")


def _apt(prefix: Sequence[str], *arguments: str) -> tuple[int, str]:
    return quietly(*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *_APT_OPTIONS, *arguments)


def quietly(*command: str) -> tuple[int, str]:
    """Run ``command`` without showing what it prints; return its exit status and its last lines."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, "\n".join(f"  {line}" for line in done.stdout.splitlines()[-40:])
