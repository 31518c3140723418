"""Runs ``belenios-tool``, the program of the authors of Belenios: the outside witness for elections.

Pinned to version 2.0, that of Debian 12: other versions check other things. It runs as a program of its own;
every call ends in time or the test fails.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

GROUP = "BELENIOS-2048"
VERSION = "2.0"
REFUSED = 124
"""Its exit status for whatever does not hold."""
SECONDS = 100


@cache
def program() -> str:
    """Give its path; skips when it is absent or of another version."""
    path = shutil.which("belenios-tool")
    if path is None:
        pytest.skip("belenios-tool is not installed (apt-get install belenios-tool)")
    if not version().startswith(VERSION):
        pytest.skip(f"belenios-tool is {version()}, and these tests know what {VERSION} does")
    return path


@cache
def version() -> str:
    """Tell which one is installed; empty when none is."""
    path = shutil.which("belenios-tool")
    if path is None:
        return ""
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=SECONDS)
    return told.stdout.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one call of the program gave."""

    status: int
    output: bytes
    said: str

    @property
    def accepted(self) -> bool:
        """It went through."""
        return self.status == 0


def ask(folder: Path, *arguments: str, given: bytes = b"") -> Told:
    """Run one command in a folder and tell what came of it."""
    done = subprocess.run(
        [program(), *arguments], cwd=folder, input=given, capture_output=True, check=False, timeout=SECONDS
    )
    said = done.stderr.decode(errors="replace")
    if done.returncode not in {0, REFUSED}:
        raise AssertionError(f"belenios-tool {' '.join(arguments)} ended with {done.returncode}: {said}")
    return Told(status=done.returncode, output=done.stdout, said=said)


def do(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """Run one command that must go through, and give its standard output."""
    told = ask(folder, *arguments, given=given)
    assert told.accepted, f"belenios-tool {version()} {' '.join(arguments)}: {told.said}"
    return told.output


def verify(folder: Path) -> Told:
    """Let it verify the one archive of a folder."""
    return ask(folder, "election", "verify")


def verify_diff(earlier: Path, later: Path) -> Told:
    """Let it say whether one archive goes on where another stops."""
    return ask(later, "election", "verify-diff", f"--dir1={earlier}", f"--dir2={later}")


def ballot_hashes(folder: Path) -> list[str]:
    """Give the SHA-256 of every ballot that it processed, ballots that were voted over included."""
    listed: list[dict[str, Any]] = json.loads(do(folder, "election", "compute-ballot-summary"))
    return [row["hash"] for row in listed]


def lines(folder: Path, pattern: str) -> bytes:
    """Join small files, one a line."""
    return b"".join(path.read_bytes().rstrip(b"\n") + b"\n" for path in sorted(folder.glob(pattern)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pedersen:
    """A group of trustees that it made: t of n."""

    record: bytes
    keys: tuple[tuple[Path, Path], ...]
    """The file of the key, and the file of what the others sent."""
    threshold: int


def make_pedersen(folder: Path, *, threshold: int, members: int) -> Pedersen:
    """Hold its ceremony: six steps."""
    folder.mkdir()
    step = ("setup", "generate-trustee-key-threshold", "--group", GROUP)
    for _ in range(members):
        do(folder, *step, "--step", "1")
    (folder / "certs.jsons").write_bytes(lines(folder, "*.cert"))
    step = (*step, "--certs", "certs.jsons")
    keys = sorted(folder.glob("*.key"))
    do(folder, *step, "--step", "2")
    polynomials = b"".join(
        do(folder, *step, "--key", str(key), "--step", "3", "--threshold", str(threshold)) for key in keys
    )
    (folder / "polynomials.jsons").write_bytes(polynomials)
    shared = ("--polynomials", "polynomials.jsons")
    do(folder, *step, "--step", "4", *shared)
    outputs = b"".join(
        do(folder, *step, "--key", str(key), "--step", "5", given=key.with_suffix(".vinput").read_bytes())
        for key in keys
    )
    record = do(folder, *step, "--step", "6", *shared, given=outputs)
    return Pedersen(
        record=record.strip(),
        keys=tuple((key, key.with_suffix(".dkey")) for key in keys),
        threshold=threshold,
    )


def make_mandatory(folder: Path) -> tuple[Path, bytes]:
    """Make the key of one trustee who must take part: the file of the secret, and the public record."""
    folder.mkdir()
    do(folder, "setup", "generate-trustee-key", "--group", GROUP)
    [secret] = folder.glob("*.privkey")
    return secret, secret.with_suffix(".pubkey").read_bytes().strip()


def make_credentials(folder: Path, uuid: str, count: int) -> tuple[list[str], bytes]:
    """Make so many credentials: the texts that voters hold, and the public list."""
    folder.mkdir()
    do(folder, "setup", "generate-credentials", "--uuid", uuid, "--group", GROUP, "--count", str(count))
    [private] = folder.glob("*.privcreds")
    texts = [line.split()[1] for line in private.read_text().splitlines()]
    return texts, private.with_suffix(".pubcreds").read_bytes().strip()


def new_uuid(folder: Path) -> str:
    """Let it draw a name for an election."""
    return do(folder, "setup", "generate-token").decode().strip()


@dataclass(slots=True, kw_only=True)
class Theirs:
    """An election in a folder, driven by the program.

    folder    holds the archive and nothing else that ends in .bel
    mandatory files of the secrets of trustees who must take part, in the order of the record
    groups    after them, each t of n
    """

    folder: Path
    uuid: str
    mandatory: list[Path] = field(default_factory=list)
    groups: list[Pedersen] = field(default_factory=list)
    voters: list[str] = field(default_factory=list)
    calls: int = 0

    @property
    def archive(self) -> Path:
        return self.folder / f"{self.uuid}.bel"

    @classmethod
    def make(
        cls,
        folder: Path,
        questions: Sequence[dict[str, Any]],
        *,
        name: str = "Election",
        description: str = "",
        voters: int = 3,
        mandatory: int = 1,
        groups: Sequence[tuple[int, int]] = (),
        publics: Sequence[bytes] = (),
    ) -> Theirs:
        """Set one up; the archive then holds its Setup.

        groups   threshold and members of each
        publics  public keys of more mandatory trustees, whose secrets the program does not have
        """
        folder.mkdir(parents=True)
        made = cls(folder=folder, uuid=new_uuid(folder))
        keys = [make_mandatory(folder / f"trustee-{number}") for number in range(mandatory)]
        made.mandatory = [secret for secret, _ in keys]
        made.groups = [
            make_pedersen(folder / f"group-{n}", threshold=t, members=m) for n, (t, m) in enumerate(groups)
        ]
        made.voters, credentials = make_credentials(folder / "voters", made.uuid, voters)
        template = {"description": description, "name": name, "questions": list(questions)}
        made._init(template, credentials, [*(record for _, record in keys), *publics])
        return made

    def _init(self, template: dict[str, Any], credentials: bytes, publics: list[bytes]) -> None:
        (self.folder / "public_creds.json").write_bytes(credentials)
        (self.folder / "public_keys.jsons").write_bytes(b"".join(record + b"\n" for record in publics))
        if self.groups:
            (self.folder / "threshold.json").write_bytes(b"".join(group.record for group in self.groups))
        (self.folder / "template.json").write_text(json.dumps(template, ensure_ascii=False), encoding="utf-8")
        do(self.folder, "setup", "make-trustees")
        named = ("--uuid", self.uuid, "--group", GROUP, "--template", "template.json")
        do(self.folder, "setup", "make-election", *named)
        do(self.folder, "archive", "init")
        for name in ("election", "trustees", "public_creds"):
            (self.folder / f"{name}.json").unlink(missing_ok=True)

    def add(self, kind: str, payload: bytes = b"") -> None:
        """Let it put an event on the board; it looks at little."""
        do(self.folder, "archive", "add-event", f"--type={kind}", given=payload)

    def ballot(self, voter: str, choices: Sequence[Sequence[int]]) -> bytes:
        """Let it make a ballot; the board does not change."""
        self.calls += 1
        credential = self.folder / f"credential-{self.calls}"
        chosen = self.folder / f"choices-{self.calls}"
        credential.write_text(voter + "\n")
        chosen.write_text(json.dumps([list(answer) for answer in choices]))
        files = ("--privcred", credential.name, "--ballot", chosen.name)
        return do(self.folder, "election", "generate-ballot", *files).strip()

    def vote(self, voter: str, choices: Sequence[Sequence[int]]) -> bytes:
        """Let it make a ballot and put it on the board."""
        made = self.ballot(voter, choices)
        self.add("Ballot", made)
        return made

    def close(self) -> None:
        """End the voting."""
        self.add("EndBallots")

    def tally(self) -> None:
        """Let it compute the encrypted tally and put it on the board."""
        self.add("EncryptedTally", do(self.folder, "election", "compute-encrypted-tally"))

    def decrypt(self) -> None:
        """Let every mandatory trustee and the first t of each group give a share."""
        owner = 0
        for secret in self.mandatory:
            owner += 1
            self.add("PartialDecryption", self.share(owner, secret))
        for group in self.groups:
            for number, (key, others) in enumerate(group.keys[: group.threshold], owner + 1):
                self.add("PartialDecryption", self.share_of_group(number, key, others))
            owner += len(group.keys)

    def share(self, owner: int, secret: Path) -> bytes:
        """Let a mandatory trustee compute a share, and the line that says whose; owner counts from 1."""
        return do(self.folder, "election", "decrypt", "--privkey", str(secret), "--trustee-id", str(owner))

    def share_of_group(self, owner: int, key: Path, others: Path) -> bytes:
        """Let a trustee of a group compute a share."""
        files = ("--key", str(key), "--decryption-key", str(others))
        return do(self.folder, "election", "decrypt-threshold", *files, "--trustee-id", str(owner))

    def result(self) -> None:
        """Let it compute the result and put it on the board."""
        self.add("Result", do(self.folder, "election", "compute-result"))

    def finish(self) -> None:
        """Close, tally, decrypt, result."""
        self.close()
        self.tally()
        self.decrypt()
        self.result()
