"""A private PC/SC service with virtual readers, for tests and demonstrations. It needs no root.

``pcscd`` listens on an AF_UNIX socket in a folder of its own, and programs find it through the environment
variable ``PCSCLITE_CSOCK_NAME``. The readers come from vsmartcard's ``libifdvpcd``: a card is a TCP client of
a reader's port (:mod:`smartid.mockcard.vpcd`).

The virtual readers listen on all network interfaces, not only on loopback: anyone who reaches the machine can
plug a card into them. Keep real decisions away from a bench.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from smartid.errors import NoCard, NoService
from smartid.mockcard import pcsclite

SLOTS = 2
"""Slots of one virtual reader."""
MAX_READERS = 8
"""pcsc-lite serves at most 16 slots."""
_DRIVERS = (
    "/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/lib64/pcsc/drivers/serial/libifdvpcd.so",
    "/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so",
)
_SERVICE_FOLDER = Path("/run/pcscd")
_PORTS = range(20_000, 32_000, SLOTS)
"""Below the range from which Linux gives ports to outgoing connections."""
_NOBODY = 65_534
_START_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_ATTEMPTS = 3

# The supervisor outlives us by a moment: it starts pcscd, waits for an order or for the end of the pipe, and
# then stops pcscd and removes the folder, however we ended. The socket arrives as descriptor 0 and the pipe
# as descriptor 1, because a POSIX shell cannot name descriptors above 9. pcscd wants the socket as 3.
_SUPERVISOR = r"""
folder=$1; shift
exec 3<&0 4<&1 0</dev/null 1>&2
sh -c 'folder=$1; shift
    echo $$ >"$folder/pid"
    export LISTEN_PID=$$ LISTEN_FDS=1
    exec "$@" 4<&-' sh "$folder" "$@" &
pcscd=$!
exec 3<&-
read -r order <&4
kill -TERM $pcscd 2>/dev/null
tries=100
while [ $tries -gt 0 ] && kill -0 $pcscd 2>/dev/null; do
    tries=$((tries - 1))
    sleep 0.02
done
kill -KILL $pcscd 2>/dev/null
wait $pcscd
[ "$order" = keep ] || rm -rf "$folder"
"""


class PrivatePCSC:
    """A pcscd of our own, from ``__enter__`` to ``__exit__``.

    readers  number of virtual readers, 1 to 8, two slots each

    >>> with PrivatePCSC() as bench:
    ...     subprocess.run(["opensc-tool", "-l"], env={**os.environ, **bench.environment})

    ``PCSCLITE_CSOCK_NAME`` is read once by each process, before its first PC/SC call.

    However this process ends (also by SIGKILL), a small shell that waits on a pipe stops pcscd and removes
    the folder; should the shell be killed, the kernel kills pcscd. Started by root, pcscd runs as nobody,
    so that it neither touches real readers nor the process-id file of the machine's own service; where that
    is not possible it runs as root, and its exit removes that file.

    Raises NoService when pcscd or libifdvpcd is missing or does not start.
    """

    def __init__(self, readers: int = 1) -> None:
        if not 1 <= readers <= MAX_READERS:
            raise ValueError(f"a bench has 1 to {MAX_READERS} readers")
        self._readers = readers
        self._folder: Path | None = None
        self._listener: socket.socket | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._lifeline = -1
        self._reserved: list[socket.socket] = []
        self.ports: tuple[int, ...] = ()
        self.reader_names: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to use this service."""
        return {"PCSCLITE_CSOCK_NAME": str(self._running() / "pcscd.comm")}

    @property
    def pid(self) -> int:
        """Process number of pcscd, for tests that kill it."""
        return int((self._running() / "pid").read_text())

    def _running(self) -> Path:
        if self._folder is None:
            raise NoService("The private PC/SC service is not running.", remedy="Enter its with block first.")
        return self._folder

    def __enter__(self) -> Self:
        command = _command()
        _make_service_folder()
        try:
            self._make_folder()
            for _ in range(_ATTEMPTS):
                self._configure()
                self._start(command)
                if len(self.reader_names) == len(self.ports):
                    return self
                self._stop("keep")
            raise self._failure("its virtual readers did not appear")
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wait_for_card(self, slot: int = 0) -> None:
        """Wait until the service has seen the card in a slot: it looks at its readers a few times a second.

        Raises NoCard when it sees none in time.
        """
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            states = pcsclite.reader_states(self._running() / "pcscd.comm", seconds=_START_SECONDS)
            if states.get(self.reader_names[slot]):
                return
            time.sleep(_LOOK_SECONDS)
        raise NoCard(f"No card appeared in {self.reader_names[slot]}.")

    def restart(self) -> None:
        """Stop pcscd and start it again on the same socket and ports, as a service manager does."""
        self._stop("keep")
        self._start(_command())

    def close(self) -> None:
        """Stop pcscd and remove the folder. Closing twice does nothing."""
        self._stop("remove")
        if self._listener:
            self._listener.close()
            self._listener = None
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        self._release_ports()

    def _make_folder(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="smartid-", dir=_temporary_folder()))
        (self._folder / "conf").mkdir()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._folder / "pcscd.comm"))
        self._listener.listen(16)

    def _configure(self) -> None:
        self._release_ports()
        pairs = [self._reserve_pair() for _ in range(self._readers)]
        self.ports = tuple(port + slot for port in pairs for slot in range(SLOTS))
        blocks = [_block(number, port, self._driver_for(number)) for number, port in enumerate(pairs)]
        (self._running() / "conf" / "vpcd").write_text("\n".join(blocks))

    def _driver_for(self, number: int) -> Path:
        """The driver for one reader.

        The library keeps its slots in one table that readers would share; each further one gets a copy.
        """
        driver = _driver()
        if number == 0:
            return driver
        copy = self._running() / f"libifdvpcd-{number}.so"
        shutil.copyfile(driver, copy)
        copy.chmod(0o755)
        return copy

    def _reserve_pair(self) -> int:
        """First of two ports that nobody uses and that no other bench on this machine will choose."""
        for port in random.sample(_PORTS, len(_PORTS)):
            if lock := _lock_pair(port):
                self._reserved.append(lock)
                return port
        raise self._failure("no TCP port is free")

    def _release_ports(self) -> None:
        for lock in self._reserved:
            lock.close()
        self._reserved.clear()

    def _start(self, command: list[str]) -> None:
        folder, listener = self._running(), self._listener
        if listener is None:
            raise self._failure("its socket is closed")
        arguments = [*_confinement(folder), *command, "-c", str(folder / "conf")]
        end, self._lifeline = os.pipe()
        with (folder / "log").open("ab") as log:
            self._supervisor = subprocess.Popen(  # noqa: S603
                ["/bin/sh", "-c", _SUPERVISOR, "sh", str(folder), *arguments],
                stdin=listener.fileno(),
                stdout=end,
                stderr=log,
                start_new_session=True,
            )
        os.close(end)
        self.reader_names = self._ask_for_readers()

    def _ask_for_readers(self) -> tuple[str, ...]:
        """Names of the readers, as soon as the service answers: it does when its readers are up."""
        try:
            return tuple(pcsclite.reader_states(self._running() / "pcscd.comm", seconds=_START_SECONDS))
        except OSError:
            raise self._failure("it did not answer") from None

    def _failure(self, what: str) -> NoService:
        log = self._folder / "log" if self._folder else None
        said = log.read_text(errors="replace").strip()[-500:] if log and log.exists() else ""
        return NoService(
            f"The private PC/SC service did not start: {what}.{' It said: ' + said if said else ''}",
            remedy="Run pcscd --foreground by hand to see why.",
        )

    def _stop(self, order: str) -> None:
        if self._supervisor is None:
            return
        with contextlib.suppress(BrokenPipeError):  # the supervisor may have ended already
            os.write(self._lifeline, f"{order}\n".encode())
        os.close(self._lifeline)
        self._supervisor.wait()
        self._supervisor = None


def require_installed() -> str:
    """The path of pcscd. Raises NoService, with the command that helps, unless it and vpcd are there."""
    program = shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise NoService("pcscd is not installed.", remedy="Install it: sudo apt-get install pcscd")
    _driver()
    return program


def _command() -> list[str]:
    program = require_installed()
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)  # noqa: S603
    polkit = "--disable-polkit" in shown.stdout + shown.stderr
    return [program, "--foreground", *(["--disable-polkit"] if polkit else [])]


def _driver() -> Path:
    for path in map(Path, _DRIVERS):
        if path.exists():
            return path
    raise NoService(
        "The virtual reader (libifdvpcd.so) is not installed.",
        remedy="Install it: sudo apt-get install vsmartcard-vpcd",
    )


def _block(number: int, port: int, driver: Path) -> str:
    """One reader in the form of reader.conf(5). Its slots are named "… 00 00" and "… 00 01"."""
    return (
        f'FRIENDLYNAME "smartid bench {chr(ord("A") + number)}"\n'
        f"DEVICENAME /dev/null:0x{port:04X}\nLIBPATH {driver}\nCHANNELID 0x{port:04X}\n"
    )


def _lock_pair(port: int) -> socket.socket | None:
    """A lock that the kernel drops with this process, when both ports are free; None otherwise."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        lock.bind(f"\0smartid-bench-{port}")
        for number in range(port, port + SLOTS):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.bind(("", number))
    except OSError:
        lock.close()
        return None
    return lock


def _temporary_folder() -> str:
    """Where the socket can be: AF_UNIX paths end at 108 bytes, and nobody (pcscd) must get in."""
    base = Path(tempfile.gettempdir()).resolve()
    open_to_all = all(folder.stat().st_mode & 0o001 for folder in (base, *base.parents))
    return str(base) if len(str(base)) < 70 and open_to_all else "/tmp"  # noqa: S108


def _make_service_folder() -> None:
    """The folder that pcscd insists on although its socket is elsewhere; bare machines lack it."""
    try:
        _SERVICE_FOLDER.mkdir(mode=0o755, exist_ok=True)
    except OSError as error:
        raise NoService(
            f"pcscd needs the folder {_SERVICE_FOLDER}: {error.strerror}.",
            remedy=f"Make it once: sudo mkdir {_SERVICE_FOLDER}",
        ) from None


def _confinement(folder: Path) -> list[str]:
    """A setpriv(1) call in front of pcscd, as strong as this machine allows."""
    if shutil.which("setpriv") is None:
        return []
    leash = ["setpriv", "--pdeathsig", "KILL"]
    nobody = [*leash, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    if os.geteuid() == 0 and _works([*nobody, "true"]):
        os.chown(folder, _NOBODY, _NOBODY)
        return nobody
    return leash


def _works(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
