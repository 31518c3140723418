"""OpenSSH with a mock card: the stock client through OpenSC's PKCS#11 module, the stock server asking us.

The server asks ``smartid auth ssh-keys`` at each login, as sshd_config(5) has it with AuthorizedKeysCommand.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartid.mockcard import certificates
from tests.peers.servers import Server, free_port, running
from tests.peers.wallet import PIN, Plugged, Wallet, launcher, now, opensc, program

pytestmark = pytest.mark.peers_heavy

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """The folder that says whose certificates belong to which account."""
    folder = tmp_path / "people"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture
def sshd(tmp_path: Path, wallet: Wallet, people: Path) -> Iterator[Server]:
    host_key = tmp_path / "host_key"
    subprocess.run([program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd insists on it when root starts it
    port = free_port()
    ask = f"{launcher(tmp_path)} auth ssh-keys --trust {wallet.trust} --user %u {people}"
    lines = [
        "ListenAddress 127.0.0.1",
        f"Port {port}",
        f"HostKey {host_key}",
        "PidFile none",
        "UsePAM no",
        "AuthenticationMethods publickey",
        "AuthorizedKeysFile none",
        f"AuthorizedKeysCommand /usr/bin/env {ask}",
        f"AuthorizedKeysCommandUser {ME}",
        "LogLevel VERBOSE",
    ]
    (tmp_path / "sshd_config").write_text("\n".join(lines) + "\n")
    command = [program("sshd"), "-f", tmp_path / "sshd_config", "-D", "-e"]
    with running(command, url=f"127.0.0.1:{port}", answers=lambda: _greets(port)) as server:
        yield server


@pytest.mark.parametrize(("name", "kind"), [("sara", "ECDSA"), ("sara with RSA", "RSA")])
def test_a_card_logs_in(
    tmp_path: Path, wallet: Wallet, sshd: Server, people: Path, name: str, kind: str
) -> None:
    card = wallet[name]
    shutil.copy(card.certificate(), people / f"{ME}.pem")
    done = _ssh(tmp_path, card, sshd)
    assert done.stdout == "in\n", done.stderr
    assert f"Accepted publickey for {ME}" in sshd.log.read_text()
    assert f"ssh2: {kind} SHA256:" in sshd.log.read_text()
    assert _asked(tmp_path) == 1


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("rogue", "authentication"),
        ("leila", "authentication"),
        ("hamid", "authentication"),
        ("sara", "signature"),
        ("sara", "decipherment"),
    ],
)
def test_who_may_not_come_in_is_not_even_asked_for_a_pin(
    tmp_path: Path, wallet: Wallet, sshd: Server, people: Path, name: str, purpose: str
) -> None:
    card = wallet[name]
    shutil.copy(card.certificate(purpose), people / f"{ME}.pem")
    done = _ssh(tmp_path, card, sshd, use=purpose)
    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr
    assert "Offering public key" in done.stderr  # the client had reached the card
    assert _asked(tmp_path) == 0
    assert card.card.image.pins["identity"].tries_left == 3


def test_a_card_of_somebody_else_opens_no_account(
    tmp_path: Path, wallet: Wallet, sshd: Server, people: Path
) -> None:
    shutil.copy(wallet["sara"].certificate(), people / f"{ME}.pem")
    done = _ssh(tmp_path, wallet["sara with RSA"], sshd)
    assert done.returncode == 255, done.stderr
    assert "Permission denied" in done.stderr


def test_a_revocation_bites_at_the_next_login(
    tmp_path: Path, wallet: Wallet, sshd: Server, people: Path
) -> None:
    card = wallet["sara with RSA"]
    shutil.copy(card.certificate(), people / f"{ME}.pem")
    assert _ssh(tmp_path, card, sshd).stdout == "in\n"
    list_file = wallet.trust / "citizen-ca.crl"
    before = list_file.read_bytes()
    serial = int(_openssl("x509", "-noout", "-serial", "-in", card.certificate()).split("=")[1], 16)
    try:
        _revoked_too(wallet, serial)
        done = _ssh(tmp_path, card, sshd)
    finally:
        list_file.write_bytes(before)
    assert done.returncode == 255, done.stderr


def _revoked_too(wallet: Wallet, serial: int) -> None:
    """Publish a list on which one more certificate stands; the wallet's nation forgets it again."""
    crl = certificates.revocation_list(wallet.pki.citizen_ca, {serial: now()}, now=now())
    (wallet.trust / "citizen-ca.crl").write_bytes(crl)


def _openssl(*arguments: str | Path) -> str:
    return subprocess.run([program("openssl"), *arguments], capture_output=True, text=True, check=True).stdout


def _ssh(
    folder: Path,
    card: Plugged,
    server: Server,
    *,
    pin: str = PIN,
    agent: Path | None = None,
    use: str = "authentication",
) -> subprocess.CompletedProcess[str]:
    """Log in with nothing but the card, or with an agent that has it."""
    options = {
        "PKCS11Provider": "none" if agent else opensc(use),
        "IdentityFile": "none",
        "IdentityAgent": str(agent) if agent else "none",
        "PreferredAuthentications": "publickey",
        "UserKnownHostsFile": str(folder / "known_hosts"),
        "StrictHostKeyChecking": "accept-new",
        "Port": server.url.partition(":")[2],
    }
    chosen = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    return subprocess.run(
        [program("ssh"), "-v", "-F", "none", *chosen, f"{ME}@127.0.0.1", "echo in"],
        env=_with_askpass(folder, card, pin),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _with_askpass(folder: Path, card: Plugged, pin: str = PIN) -> dict[str, str]:
    """An environment in which the PIN comes from a program, as desktops have one."""
    (folder / "pin").write_text(pin)
    ask = folder / "askpass"
    ask.write_text(f'#!/bin/sh\necho "$1" >>"{folder}/asked"\ncat "{folder}/pin"\n')
    ask.chmod(0o700)
    return {**card.environment, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}


def _asked(folder: Path) -> int:
    asked = folder / "asked"
    return len(asked.read_text().splitlines()) if asked.exists() else 0


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def test_an_agent_asks_once_and_leaves_the_signature_pin_alone(
    tmp_path: Path, wallet: Wallet, sshd: Server, people: Path
) -> None:
    """OpenSC's module with one PIN: with the other one, ``ssh-add -s`` tries the PIN on signatures, too."""
    card = wallet["sara"]
    shutil.copy(card.certificate(), people / f"{ME}.pem")
    place = tmp_path / "agent"
    command = [program("ssh-agent"), "-D", "-a", place]
    with running(command, url="", answers=place.exists, env=card.environment):
        answer = _with_askpass(tmp_path, card) | {"SSH_AUTH_SOCK": str(place)}
        subprocess.run([program("ssh-add"), "-s", opensc()], env=answer, stdin=subprocess.DEVNULL, check=True)
        for _ in range(2):
            assert _ssh(tmp_path, card, sshd, agent=place).stdout == "in\n"
    assert _asked(tmp_path) == 1
    assert card.card.image.pins["signature"].tries_left == 3


def test_a_wrong_pin_costs_one_try(tmp_path: Path, wallet: Wallet, sshd: Server, people: Path) -> None:
    card = wallet["sara"]
    shutil.copy(card.certificate(), people / f"{ME}.pem")
    assert _ssh(tmp_path, card, sshd, pin="9999").returncode == 255
    assert card.tries_left == 2
    assert _ssh(tmp_path, card, sshd).stdout == "in\n"
    assert card.tries_left == 3
