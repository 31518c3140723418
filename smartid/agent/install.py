"""Telling a browser about the agent, and untelling it: a manifest and a launcher, and nothing else."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartid.agent.browsers import HOST, Place
from smartid.agent.failures import RequestFailed
from smartid.agent.frames import read_frame
from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.files import write_whole

_MAX_FILE = 64 << 10
_PATIENCE = 5.0
"""Seconds that the add-on waits for the first message."""
_MARK = "# Launcher of the smartid agent, written by: smartid agent install"


class ForeignManifest(Exception):
    """Another program is the host of this name; its manifest was left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What stands in a place.

    state    "absent", "ours" or "foreign"
    callers  add-ons that the manifest lets in
    reader   what was given as ``--reader``, None for any PC/SC reader
    """

    place: Place
    state: str
    callers: tuple[str, ...] = ()
    reader: str | None = None

    @property
    def is_test(self) -> bool:
        """Whether it reaches a mock card or a recording instead of a reader."""
        return bool(self.reader) and str(self.reader).startswith(("mock:", "trace:"))


def look(place: Place) -> Installed:
    """Tell what stands in a place, without starting it."""
    manifest = _manifest(place.manifest)
    if manifest is None:
        return Installed(place=place, state="foreign" if place.manifest.exists() else "absent")
    listed = manifest.get(place.browser.callers_member)
    callers = tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
    if manifest.get("path") != str(place.launcher) or not _is_ours(place.launcher):
        return Installed(place=place, state="foreign", callers=callers)
    return Installed(place=place, state="ours", callers=callers, reader=_reader(place.launcher))


def install(
    place: Place, *, allowed: Sequence[str] = (), reader: str | None = None, force: bool = False
) -> None:
    """Write manifest and launcher, each at once or not at all.

    allowed  add-ons beside the built-in ones
    force    put the manifest of another program aside; ``uninstall`` brings it back

    Raises ForeignManifest, OSError.
    """
    if look(place).state == "foreign":
        if not force:
            raise ForeignManifest(str(place.manifest))
        place.manifest.replace(place.displaced)
    place.folder.mkdir(parents=True, exist_ok=True)
    write_whole(place.launcher, _encoded(launcher_text(reader, allowed)), mode=0o755)
    manifest = {
        "name": HOST,
        "description": "smartid agent: log in and sign with the national card",
        "path": str(place.launcher),
        "type": "stdio",
        place.browser.callers_member: list(dict.fromkeys((*place.browser.callers, *allowed))),
    }
    write_whole(place.manifest, _encoded(json.dumps(manifest, indent=2) + "\n"), mode=0o644)


def uninstall(place: Place) -> bool:
    """Remove what ``install`` wrote, and bring back what it put aside; tells whether there was something.

    Raises OSError.
    """
    if look(place).state != "ours":
        return False
    place.manifest.unlink()
    place.launcher.unlink()
    if place.displaced.exists():
        place.displaced.replace(place.manifest)
    return True


def launcher_text(reader: str | None, allowed: Sequence[str] = ()) -> str:
    """The script that a browser starts: this interpreter, this smartid, this reader.

    ``-P``: the folder in which a browser happens to start it is no place for modules.
    """
    words = [sys.executable, "-P", "-m", "smartid", *(("--reader", reader) if reader else ()), "agent", "run"]
    for caller in allowed:
        words += ["--allow", caller]
    lines = ["#!/bin/sh", _MARK]
    package = Path(__file__).resolve().parents[2]
    if str(package) not in {sysconfig.get_path(name) for name in ("purelib", "platlib")}:
        lines.append(f"export PYTHONPATH={shlex.quote(str(package))}${{PYTHONPATH:+:$PYTHONPATH}}")
    return "\n".join([*lines, f'exec {shlex.join(words)} "$@"', ""])


def version_of(launcher: Path, caller: str) -> str | None:
    """Start a launcher as a browser does, for the version that it says first; None when it says none."""
    words = [str(launcher), caller]
    try:
        with subprocess.Popen(  # noqa: S603 - a launcher that we wrote
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            try:
                said, _ = process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                return None
    except OSError:
        return None
    return _version(said)


def _version(said: bytes) -> str | None:
    rest = memoryview(said)

    def read(size: int) -> bytes:
        nonlocal rest
        part, rest = rest[:size], rest[size:]
        return bytes(part)

    try:
        version = parse_object(read_frame(read) or b"", "first message").get("version")
    except (RequestFailed, EncodingError):
        return None
    return version if isinstance(version, str) else None


def _manifest(file: Path) -> dict[str, Any] | None:
    """A manifest of some program, None when there is none that can be read."""
    try:
        with file.open("rb") as stream:
            return parse_object(stream.read(_MAX_FILE), "manifest")
    except (OSError, EncodingError):
        return None


def _lines(launcher: Path) -> list[str]:
    try:
        with launcher.open(encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read(_MAX_FILE).splitlines()
    except OSError:
        return []


def _is_ours(launcher: Path) -> bool:
    return _MARK in _lines(launcher)[:2]


def _reader(launcher: Path) -> str | None:
    try:
        words = shlex.split(_lines(launcher)[-1])
    except (ValueError, IndexError):
        return None
    at = words.index("--reader") if "--reader" in words else len(words)
    return words[at + 1] if at + 1 < len(words) else None


def _encoded(text: str) -> bytes:
    """Names of files may hold bytes that are no characters."""
    return text.encode("utf-8", "surrogateescape")
