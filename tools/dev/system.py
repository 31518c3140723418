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

POLICY = Path("/usr/sbin/policy-rc.d")
_NO_START = (
    "sh",
    "-c",
    'policy="$1"; shift\n'
    'if ! [ -e "$policy" ]; then\n'
    '    trap \'rm -f "$policy"\' EXIT; trap "exit 130" HUP INT TERM\n'
    '    printf "#!/bin/sh\\nexit 101\\n" > "$policy"; chmod 755 "$policy"\n'
    'fi\n"$@"',
    "without-starting",
    str(POLICY),
)
"""Runs a command while invoke-rc.d may start nothing (Debian's policy-rc.d, 101: forbidden).

Debian starts a web server, a database or an SSH server as soon as it is installed, and nobody asked for
open ports. An administrator's own policy-rc.d is left alone and obeyed.
"""


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
    _install_indispensable([need for need in lacking if not need.skips], prefix)
    _install_peers([need for need in lacking if need.skips], prefix)


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


def _install_indispensable(lacking: Sequence[Need], prefix: Sequence[str]) -> None:
    if not lacking:
        return
    _install(lacking, prefix)
    still = missing(lacking)
    if still:
        raise SetupError(f"installed, but still not found by {sys.executable}: {_names(still)}.")


def _install_peers(lacking: Sequence[Need], prefix: Sequence[str]) -> None:
    """Install programs to compare with; what this system does not offer is named and gone without."""
    if not lacking:
        return
    if not _listed(lacking):
        _update(prefix)
    offered = [need for need in lacking if _offered(need)]
    if offered:
        _install(offered, prefix)
        _keep_stopped([unit for need in offered for unit in need.services], prefix)
    still = missing(lacking)
    if still:
        print(f"This system offers no {_names(still)}: the tests that need them are skipped.\n", flush=True)


def _names(needs: Sequence[Need]) -> str:
    return ", ".join(need.package for need in needs)


def _install(lacking: Sequence[Need], prefix: Sequence[str]) -> None:
    how = " with sudo" if prefix else ""
    print(f"Installing {_names(lacking)}{how}; this takes a minute or two ...", flush=True)
    updated = not _listed(lacking)
    if updated:
        _update(prefix)
    guard = _NO_START if any(need.services for need in lacking) else ()
    install = ("install", "--no-install-recommends", "--yes", *(need.package for need in lacking))
    status, output = _apt(prefix, *install, guard=guard)
    if status and not updated:
        # Package lists that have grown old name versions which the mirror no longer has.
        _update(prefix)
        status, output = _apt(prefix, *install, guard=guard)
    if status:
        raise SetupError(f"apt-get could not install the packages; its last words:\n{output}")


def _keep_stopped(units: Sequence[str], prefix: Sequence[str]) -> None:
    """Let no new service start at the next boot; tests start their own, with their own folders."""
    if units and shutil.which("systemctl"):
        for unit in units:  # one by one: a system without ssh.socket still has its ssh.service
            quietly(*prefix, "systemctl", "disable", unit)


def _listed(needs: Sequence[Need]) -> bool:
    """Tell whether the package lists offer a version of each."""
    packages = [need.package for need in needs]
    shown = subprocess.run(["apt-cache", "show", *packages], capture_output=True, check=False)
    return shown.returncode == 0


def _offered(need: Need) -> bool:
    """Tell whether there is something to install; a name that is merely known shows nothing."""
    shown = subprocess.run(["apt-cache", "show", need.package], capture_output=True, check=False)
    return shown.returncode == 0 and bool(shown.stdout.strip())


def _update(prefix: Sequence[str]) -> None:
    status, output = _apt(prefix, "update")
    if status:
        raise SetupError(f"apt-get could not fetch the package lists; its last words:\n{output}")


def _apt(prefix: Sequence[str], *arguments: str, guard: Sequence[str] = ()) -> tuple[int, str]:
    command = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *_APT_OPTIONS, *arguments)
    return quietly(*prefix, *guard, *command)


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
