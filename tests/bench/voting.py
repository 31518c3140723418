"""How fast ballots are made and archives verified, beside belenios-tool on the same archive in the same run.

A ballot answers one question with four answers, of which none or one is chosen. Whole programs are measured,
with what they need to start; rates per core come from the time of the processor. Version 2.0 of the tool does
not know Ed25519: figures on that group stand beside ours on BELENIOS-2048.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from smartid.services.voting.ballot import Maker
from smartid.services.voting.board.board import Board
from smartid.services.voting.compact import compact
from smartid.services.voting.credentials import CredentialSecret
from smartid.services.voting.election import Election, Question
from smartid.services.voting.groups.base import Group
from smartid.services.voting.groups.named import named
from smartid.services.voting.roll import make_roll
from smartid.services.voting.trustees.keys import TrusteeKey
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.values import EventType
from tests.bench.measure import PYTHON, Figure
from tests.peers.voting import tool

BALLOTS = 300
"""On the archive that both sides verify."""
MADE = 40
ROUNDS = 5
VERIFY, TWO, MAKE, GROWTH = 1.25, 2.0, 8.0, 1.1
"""Promises: times the tool per core, with two processes, in making; growth of memory with ballots."""
SMALL, LARGE = 500, 5_000
UUID = "BenchBenchBench"
_VERIFY = (
    "import sys; from pathlib import Path; from smartid.services.voting.verify.verify import verify_archive\n"
    "if __name__ == '__main__': verify_archive(Path(sys.argv[1]), workers=int(sys.argv[2]))"
)


_LAUNCH = """
import json, os, sys, time
start = time.perf_counter()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - start
print(json.dumps([os.waitstatus_to_exitcode(status), wall, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a whole program took: seconds of the processor, seconds on the wall, kilobytes at most."""

    cpu: float
    wall: float
    peak: int


def figures() -> list[Figure]:
    """All of them; those beside the tool only where it is installed."""
    with tempfile.TemporaryDirectory(prefix="smartid-bench-") as name:
        folder = Path(name)
        found = _own(folder)
        if not tool.version():
            print("belenios-tool is absent (apt-get install belenios-tool): no peer", file=sys.stderr)
            return found
        return [*_beside(folder), *found]


def _beside(folder: Path) -> list[Figure]:
    peer = f"belenios-tool {tool.version()}"
    place = folder / "beside"
    archive = _archive(place, named("BELENIOS-2048"), BALLOTS)
    runs = _turns(
        {
            "tool": lambda: run([tool.program(), "election", "verify"], place),
            "one": lambda: run(_ours(archive, 1), place),
            "two": lambda: run(_ours(archive, 2), place),
        }
    )
    core = {name: BALLOTS / median(one.cpu for one in found) for name, found in runs.items()}
    wall = {name: BALLOTS / median(one.wall for one in found) for name, found in runs.items()}
    return [
        _times(f"verify {BALLOTS} ballots, one core", core["one"], peer, core["tool"], VERIFY),
        _times(f"verify {BALLOTS} ballots, two processes", wall["two"], peer, wall["tool"], TWO),
        _making(place, archive, peer),
        _figure(
            "memory to verify them",
            max(one.peak for one in runs["one"]) / 1024,
            "MB",
            peer,
            max(one.peak for one in runs["tool"]) / 1024,
        ),
    ]


def _making(place: Path, archive: Path, peer: str) -> Figure:
    """Ballots a second of one core. The tool makes one a run, and checks it; so do we, in one run."""
    group = named("BELENIOS-2048")
    election = _election_of(archive)
    texts, public = tool.make_credentials(place / "voters", election.uuid, 1)
    other = place / "making"
    other.mkdir()
    trustees = _parts(archive)[1]
    with Board.create(
        other / archive.name, election=election.raw, trustees=trustees, credentials=public, timestamp=1
    ):
        (other / "credential").write_text(texts[0])
        (other / "choices").write_text("[[0,1,0,0]]")
    command = ["election", "generate-ballot", "--privcred", "credential", "--ballot", "choices"]
    maker, secret = Maker(election), CredentialSecret.new(group)
    rates: dict[str, list[float]] = {"ours": [], "tool": []}
    for _ in range(ROUNDS):
        rates["tool"].append(1 / run([tool.program(), *command], other).cpu)
        start = time.process_time()
        for _ in range(MADE):
            maker.make(secret, [[0, 1, 0, 0]]).cast()
        rates["ours"].append(MADE / (time.process_time() - start))
    return _times(
        "make ballots with tables, one core",
        median(rates["ours"]),
        f"{peer}, a run each",
        median(rates["tool"]),
        MAKE,
    )


def _own(folder: Path) -> list[Figure]:
    """Figures that need no peer: Ed25519, and memory against the number of ballots."""
    edwards = {size: _archive(folder / f"ed{size}", named("Ed25519"), size) for size in (SMALL, LARGE)}
    runs = {size: run(_ours(archive, 1), folder) for size, archive in edwards.items()}
    field = run(_ours(_archive(folder / "field", named("BELENIOS-2048"), SMALL), 1), folder)
    small, large = (runs[size].peak / 1024 for size in (SMALL, LARGE))
    return [
        _figure(
            "Ed25519: verify ballots, one core",
            LARGE / runs[LARGE].cpu,
            "/s",
            "BELENIOS-2048; the Debian tool does not know Ed25519",
            SMALL / field.cpu,
        ),
        Figure(
            name=f"memory to verify {LARGE:,} ballots",
            value=large,
            unit="MB",
            baseline=f"{SMALL} ballots",
            baseline_value=small,
            target=f"at most {GROWTH:g} times for ten times the ballots",
            met=large <= GROWTH * small,
        ),
    ]


def run(command: Sequence[str], folder: Path) -> Run:
    """Run a program to its end. Raises AssertionError when it fails.

    A small program starts it: what this one holds in memory would count as the child's.
    """
    told = subprocess.run(
        [PYTHON, "-S", "-c", _LAUNCH, *command],
        cwd=folder,
        capture_output=True,
        env=_environment(),
        check=True,
    )
    status, wall, cpu, peak = json.loads(told.stdout)
    if status:
        raise AssertionError(f"{command[0]} ended with {status}: {told.stderr.decode(errors='replace')}")
    return Run(cpu=cpu, wall=wall, peak=peak)


def _environment() -> dict[str, str]:
    """The programs run elsewhere, on the smartid of here."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def _ours(archive: Path, workers: int) -> list[str]:
    return [PYTHON, "-c", _VERIFY, str(archive), str(workers)]


def _turns(ways: dict[str, Callable[[], Run]]) -> dict[str, list[Run]]:
    """Run the ways in turns, in another order each round."""
    found: dict[str, list[Run]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(ROUNDS):
        random.Random(turn).shuffle(names)
        for name in names:
            found[name].append(ways[name]())
    return found


def _archive(folder: Path, group: Group, size: int) -> Path:
    """Hold an election up to its last ballot, each by a voter of its own."""
    folder.mkdir()
    trustees = compact([["Single", TrusteeKey.new(group).public_record()]])
    question = Question(text="?", answers=("a", "b", "c", "d"), minimum=0, maximum=1)
    election = Election.make(
        name="Bench",
        description="",
        group=group.name,
        public_key=group.encode(Trustees.parse(trustees, group).public_key),
        questions=(question,),
        uuid=UUID,
    )
    voters = [CredentialSecret.new(group) for _ in range(size)]
    maker, path = Maker(election), folder / f"{UUID}.bel"
    roll = make_roll(voter.public for voter in voters)
    with Board.create(path, election=election.raw, trustees=trustees, credentials=roll, timestamp=1) as board:
        for voter in voters:
            board.append(EventType.BALLOT, maker.make(voter, [[0, 0, 1, 0]]).cast().raw)
    return path


def _parts(archive: Path) -> tuple[bytes, ...]:
    with Board.open(archive) as board:
        return board.entry(0).contents


def _election_of(archive: Path) -> Election:
    return Election.parse(_parts(archive)[0])


def _times(name: str, value: float, peer: str, base: float, promise: float) -> Figure:
    return Figure(
        name=f"BELENIOS-2048: {name}",
        value=value,
        unit="/s",
        baseline=peer,
        baseline_value=base,
        target=f">= {promise:g} times as fast",
        met=value >= promise * base,
    )


def _figure(name: str, value: float, unit: str, baseline: str, base: float) -> Figure:
    """One that is told and not promised."""
    return Figure(
        name=name, value=value, unit=unit, baseline=baseline, baseline_value=base, target="told", met=True
    )
