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

    package  the name of its Debian and Ubuntu package
    why      what it is for, as one line a newcomer understands
    present  looks for it on this machine
    skips    tests that need it are skipped when it is absent, so work can go on without it
    """

    package: str
    why: str
    present: Callable[[], bool]
    skips: bool = False


def missing(needs: Iterable[Need]) -> list[Need]:
    """Return those of ``needs`` that this machine lacks, in their order."""
    return [need for need in needs if not need.present()]


def _program(name: str) -> Callable[[], bool]:
    # Daemons live in sbin folders, which an ordinary user's PATH on Debian leaves out.
    return lambda: bool(shutil.which(name) or shutil.which(name, path=_SYSTEM_FOLDERS))


def _header(name: str) -> Callable[[], bool]:
    folders = [Path("/usr/include"), Path("/usr/local/include")]
    return lambda: any((folder / name).is_file() for folder in folders)


def _python_header() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").is_file()


def _vpcd() -> bool:
    return any(any(folder.glob(_VPCD_DRIVER)) for folder in Path("/usr").glob("lib*"))


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
        present=_vpcd,
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
