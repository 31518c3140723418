"""Servers for tests: on the loopback interface or a socket, each with its own folder, and gone at the end."""

from __future__ import annotations

import contextlib
import http.client
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30
"""How long a server may take to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that answers.

    url      its origin, or the address under which a client library finds it
    log      what it has written so far
    process  the first of its processes
    """

    url: str
    log: Path
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def serve(
    app: str | Path,
    *,
    interface: str = "asgi",
    tls: Path | None = None,
    environment: Mapping[str, str] | None = None,
    host: str = "localhost",
) -> Iterator[Server]:
    """Serve an application with granian; at the end its log is shown, which pytest keeps for failures.

    app          "package.module:attribute", or the path of a file that has ``app``; "file.py:name" for others
    interface    "asgi" or "wsgi"
    tls          a folder of ``smartid mock tls``: ca.pem, server.pem, server.key; plain HTTP without one
    environment  more variables; "{url}" in a value becomes the origin, which applications know beforehand
    """
    pytest.importorskip("granian", reason="granian is not installed (pip install granian)")
    with _reserved_port() as port:
        url = f"{'https' if tls else 'http'}://{host}:{port}"
        folder, target = _target(app)
        command = [sys.executable, "-m", "granian", "--interface", interface, "--no-ws", "--workers", "1"]
        command += [
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--backpressure",
            "8",
            *_tls_options(tls),
            target,
        ]
        more = {name: value.replace("{url}", url) for name, value in (environment or {}).items()}
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with running(
            command,
            url=url,
            answers=lambda: _answers(port, host, tls),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, **more},
        ) as server:
            yield server


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    *,
    url: str,
    answers: Callable[[], bool],
    stop: signal.Signals = signal.SIGTERM,
    **options: Any,
) -> Iterator[Server]:
    """Run a server in a process group of its own until the block ends; wait until ``answers`` says so.

    ``stop`` is the signal that ends it; the options are those of subprocess.Popen. A server that ends by
    itself, or does not answer in time, fails the test with what it wrote.
    """
    with tempfile.TemporaryDirectory(prefix="smartid-server-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )
        try:
            _wait(process, answers, log)
            yield Server(url=url, log=log, process=process)
        finally:
            _end(process, stop)
            print(f"--- {Path(command[0]).name} {url}\n{_words(log)}")


def _wait(process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not answers():
        status = process.poll()
        assert status is None, f"the server ended with {status}:\n{_words(log)}"
        assert time.monotonic() < deadline, f"the server did not answer within {SECONDS} s:\n{_words(log)}"
        time.sleep(0.02)  # no program tells when it listens


def _end(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, stop)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):  # workers that outlived their parent, or did not listen
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(SECONDS)


def _words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-8000:]


@contextlib.contextmanager
def _reserved_port() -> Iterator[int]:
    """Give a port that nobody else gets, to a server that shares ports (SO_REUSEPORT, as granian does)."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def free_port() -> int:
    """Give a port that is free now, for servers that cannot share one; somebody else may be quicker."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        return port


def _target(app: str | Path) -> tuple[Path, str]:
    file, _, name = str(app).partition(":")
    if not file.endswith(".py"):
        return ROOT, str(app)
    path = Path(file).resolve()
    return path.parent, f"{path.stem}:{name or 'app'}"


def _tls_options(tls: Path | None) -> list[str]:
    if tls is None:
        return []
    return ["--ssl-certificate", str(tls / "server.pem"), "--ssl-keyfile", str(tls / "server.key")]


def _answers(port: int, host: str, tls: Path | None) -> bool:
    """Tell whether any HTTP answer comes, a refusal too."""
    try:
        with contextlib.closing(_connection(port, host, tls)) as connection:
            connection.request("GET", "/")
            connection.getresponse().read()
    except ssl.SSLCertVerificationError:
        raise
    except (OSError, http.client.HTTPException):
        return False
    return True


def _connection(port: int, host: str, tls: Path | None) -> http.client.HTTPConnection:
    if tls is None:
        return http.client.HTTPConnection(host, port, timeout=SECONDS)
    trust = ssl.create_default_context(cafile=str(tls / "ca.pem"))
    return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=trust)


@contextlib.contextmanager
def redis_server() -> Iterator[Server]:
    """Run Redis on a socket in a folder of its own, without a file on disk; skips when it is absent."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    with tempfile.TemporaryDirectory(prefix="smartid-redis-") as folder:
        place = Path(folder) / "redis"
        command = [program, "--port", "0", "--unixsocket", str(place), "--save", "", "--appendonly", "no"]
        with running(command, url=f"unix://{place}", answers=lambda: _listens(place), cwd=folder) as server:
            yield server


@contextlib.contextmanager
def postgres_server() -> Iterator[Server]:
    """Run PostgreSQL on a socket in a folder of its own, as an ordinary user; skips when it is absent."""
    programs = _postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="smartid-postgres-"))
    as_user = _ordinary_user(folder)
    data = folder / "data"
    try:
        initdb = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "smartid",
            "--auth=trust",
            "-N",
            "--locale=C",
            "-E",
            "UTF8",
        ]
        made = subprocess.run(initdb, capture_output=True, text=True, check=False, cwd=folder, **as_user)
        assert made.returncode == 0, made.stderr
        command = [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-c", "fsync=off"]
        ready = [programs / "pg_isready", "--quiet", "--host", folder]
        url = f"postgresql://smartid@/postgres?host={folder}"
        with running(
            command,
            url=url,
            answers=lambda: subprocess.run(ready, check=False).returncode == 0,
            stop=signal.SIGINT,  # the fast way: clients are not waited for
            cwd=folder,
            **as_user,
        ) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def _postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    program = found[-1] if found else shutil.which("postgres")
    if program is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    return Path(program).parent


def _ordinary_user(folder: Path) -> dict[str, Any]:
    """Give the options that start a program as nobody, who then owns the folder: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _listens(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(place)) == 0
