"""The programs and headers the project needs from the system, and how to tell that they are there.

Presence is judged by looking for the file or program itself, not by asking a package manager: the answer
costs microseconds and is right on every distribution.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
_VPCD_DRIVER = "pcsc/drivers/serial/libifdvpcd.so*"
_PYTHON = f"python3.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that the system has to provide.

    package   the name of its Debian and Ubuntu package
    why       what it is for, as one line a newcomer understands
    present   looks for it on this machine
    skips     tests that need it are skipped when it is absent, so work can go on without it
    services the systemd units it would start now and at each boot, were it not kept from that
    """

    package: str
    why: str
    present: Callable[[], bool]
    skips: bool = False
    services: tuple[str, ...] = ()


def missing(needs: Iterable[Need]) -> list[Need]:
    """Return those of ``needs`` that this machine lacks, in their order."""
    return [need for need in needs if not need.present()]


def _program(name: str) -> Callable[[], bool]:
    # Daemons live in sbin folders, which an ordinary user's PATH on Debian leaves out.
    return lambda: bool(shutil.which(name) or shutil.which(name, path=_SYSTEM_FOLDERS))


def _header(name: str) -> Callable[[], bool]:
    folders = [Path("/usr/include"), Path("/usr/local/include")]
    return lambda: any((folder / name).is_file() for folder in folders)


def _library(pattern: str) -> Callable[[], bool]:
    return lambda: any(any(folder.glob(pattern)) for folder in Path("/usr").glob("lib*"))


def _python_header() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").is_file()


def _libc_headers() -> bool:
    machine = sysconfig.get_config_var("MULTIARCH") or ""
    return _header("stdlib.h")() or _header(f"{machine}/stdlib.h")()


BUILD = (
    Need(
        package=f"{_PYTHON}-venv",
        why="makes .venv, so that nothing is installed into the system's Python",
        present=lambda: importlib.util.find_spec("ensurepip") is not None,
    ),
    Need(
        package=f"{_PYTHON}-dev",
        why="Python's C headers; pyscard is compiled during installation",
        present=_python_header,
    ),
    Need(package="gcc", why="the C compiler for pyscard", present=_program("gcc")),
    Need(package="libc6-dev", why="the C library's headers for that compiler", present=_libc_headers),
    Need(package="pkg-config", why="tells the compiler where PC/SC is", present=_program("pkg-config")),
    Need(
        package="libpcsclite-dev",
        why="the PC/SC library and its headers, which pyscard speaks to",
        present=_header("PCSC/winscard.h"),
    ),
)
"""Needed while .venv is made; not looked at once it is ready."""

READER = (
    Need(
        package="pcscd",
        why="the PC/SC service, through which programs reach smart-card readers",
        present=_program("pcscd"),
    ),
    Need(
        package="vsmartcard-vpcd",
        why="a virtual reader for that service, into which mock cards are plugged",
        present=_library(_VPCD_DRIVER),
    ),
)
"""A smart-card reader made of software: needed to run anything against a mock card."""

WITNESSES = (
    Need(
        package="opensc",
        why="independent card programs that our mock cards are tested with",
        present=_program("opensc-tool"),
        skips=True,
    ),
    Need(
        package="pcsc-tools",
        why="pcsc_scan, another independent program for readers and cards",
        present=_program("pcsc_scan"),
        skips=True,
    ),
    Need(
        package="openssl",
        why="checks our certificates and signatures independently",
        present=_program("openssl"),
        skips=True,
    ),
    Need(
        package="poppler-utils",
        why="pdfsig and pdftotext, which read our signed PDFs",
        present=_program("pdfsig"),
        skips=True,
    ),
    Need(
        package="qpdf",
        why="checks the structure of our signed PDFs",
        present=_program("qpdf"),
        skips=True,
    ),
    Need(
        package="xmlsec1",
        why="checks our XML signatures",
        present=_program("xmlsec1"),
        skips=True,
    ),
    Need(
        package="softhsm2",
        why="a token made of software, for signing through PKCS#11",
        present=_program("softhsm2-util"),
        skips=True,
    ),
    Need(
        package="fonts-dejavu-core",
        why="a font with Arabic letters for visible PDF signatures",
        present=lambda: Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").is_file(),
        skips=True,
    ),
)
"""Programs written by others, which the tests compare this project with."""


def _peer(package: str, why: str, present: Callable[[], bool], *services: str) -> Need:
    return Need(package=package, why=why, present=present, skips=True, services=services)


def _postgres() -> bool:
    return bool(shutil.which("postgres")) or _library("postgresql/*/bin/postgres")()


PEERS = (
    _peer("chromium", "the browser that logs in with the card", _program("chromium")),
    _peer("libnss3-tools", "certutil, which tells a browser about a test authority", _program("certutil")),
    _peer("nodejs", "runs OpenID Connect programs by others", _program("node")),
    _peer("npm", "fetches those programs", _program("npm")),
    _peer(
        "apache2", "a web server that asks for the card, or for our provider", _program("apache2"), "apache2"
    ),
    _peer(
        "libapache2-mod-auth-openidc",
        "an OpenID Connect site inside that server",
        _library("apache2/modules/mod_auth_openidc.so"),
    ),
    _peer("freeradius", "a network that lets the card in", _program("freeradius"), "freeradius"),
    _peer("eapoltest", "knocks at that network", _program("eapol_test")),
    _peer("openssh-server", "a host that lets the card in", _program("sshd"), "ssh.service", "ssh.socket"),
    _peer("openssh-client", "logs in at that host", _program("ssh")),
    _peer(
        "libengine-pkcs11-openssl",
        "lets OpenSSL's programs use a card",
        _library("*/engines-3/pkcs11.so"),
    ),
    _peer("curl", "asks a TLS server with the card", _program("curl")),
    _peer("gnutls-bin", "another TLS than OpenSSL's", _program("gnutls-cli")),
    _peer("redis-server", "keeps sessions for many servers", _program("redis-server"), "redis-server"),
    _peer("postgresql", "the same in a database", _postgres, "postgresql"),
    _peer("belenios-tool", "verifies elections, and holds them", _program("belenios-tool")),
    _peer("xvfb", "a screen of memory for windows under test", _program("Xvfb")),
    _peer("xdotool", "types into those windows", _program("xdotool")),
    _peer(
        "python3-tk",
        "the window that asks for the PIN",
        lambda: importlib.util.find_spec("_tkinter") is not None,
    ),
)
"""Heavier programs, for ./dev peers alone. Their services are installed and never started."""
