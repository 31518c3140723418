"""``smartid oidc``: a provider's folder is made, filled and served."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("joserfc", reason="joserfc is absent: pip install 'smartid[oidc]'")

from smartid.cli.tree import run
from smartid.mockcard.tls import write_tls
from smartid.oidc.config import load_configuration
from tests.unit.oidc.house import SHOP_KEY

BACK = "https://shop.example/back"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "id"
    assert run(["oidc", "init", str(place), "--issuer", "https://id.example", "--site", 'A "name"']) == 0
    return place


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(["oidc", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_init_makes_what_serve_reads(folder: Path) -> None:
    found = load_configuration(folder)
    assert found.issuer == "https://id.example"
    assert found.site == 'A "name"'
    assert (folder / "secret").stat().st_mode & 0o077 == 0
    assert (folder / "keys.json").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_init_replaces_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert run(["oidc", "init", str(folder), "--issuer", "https://other.example"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.mark.parametrize(
    "issuer", ["http://id.example", "https://id.example/", "https://id.example/op", "id", "https://\udcff"]
)
def test_init_wants_an_origin(tmp_path: Path, issuer: str) -> None:
    assert run(["oidc", "init", str(tmp_path / "id"), "--issuer", issuer]) == 2
    assert not (tmp_path / "id").exists()


def test_serve_names_the_file_that_is_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["oidc", "serve", str(folder)]) == 2
    said = capsys.readouterr().err
    assert f"There is no {folder / 'tls' / 'server.pem'}." in said
    assert f"smartid mock tls {folder / 'tls'}" in said


def test_serve_says_when_the_port_is_taken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tls(folder / "tls")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        path, place = folder / "oidc.toml", f"127.0.0.1:{other.getsockname()[1]}"
        path.write_text(path.read_text().replace("127.0.0.1:8443", place))
        assert run(["oidc", "serve", str(folder)]) == 2
    assert f"Error: {place}: Address already in use." in capsys.readouterr().err


def test_serve_says_when_others_may_read_the_secret(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tls(folder / "tls")
    (folder / "secret").chmod(0o644)
    assert run(["oidc", "serve", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "secret is wrong" in said
    assert "chmod 600" in said


def test_a_folder_without_a_provider_is_named_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["oidc", "serve", str(tmp_path)]) == 2
    assert capsys.readouterr().err.splitlines()[0] == f"Error: There is no {tmp_path / 'oidc.toml'}."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop", "--redirect", BACK), "There is a site shop already."),
        (("new", "--redirect", "http://shop.example/back"), "expected: an absolute https address"),
        (
            ("new", "--redirect", BACK, "--scope", "everything"),
            "expected: openid and some of openid, profile",
        ),
        (("a b", "--redirect", BACK), "expected: 1 to 64 of a-z"),
    ],
)
def test_what_is_wrong_with_a_client_is_said_in_plain_words(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    answer(capsys, "client", "add", str(folder), "shop", "--name", "Shop", "--redirect", BACK)
    before = (folder / "oidc.toml").read_bytes()
    assert run(["oidc", "client", "add", str(folder), *arguments, "--name", "Shop"]) == 2
    told = capsys.readouterr().err
    assert said.lower() in told.lower()
    assert "offset" not in told
    assert (folder / "oidc.toml").read_bytes() == before


def test_a_client_gets_a_secret_that_is_not_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--name", "Shop", "--name-fa", "فروشگاه", "--redirect", BACK, "--scope", "profile")
    made = answer(capsys, "client", "add", str(folder), "shop", *more)
    secret = made["client_secret"]
    text = (folder / "oidc.toml").read_text(encoding="utf-8")
    assert secret not in text
    shop = load_configuration(folder).clients["shop"]
    assert shop.secret_sha256 == sha256(secret.encode()).hexdigest()
    assert shop.knows_secret(secret)
    assert shop.scopes == {"openid", "profile"}
    assert shop.name_fa == "فروشگاه"
    assert [one["id"] for one in answer(capsys, "client", "list", str(folder))["clients"]] == ["shop"]
    assert tomllib.loads(text)["issuer"] == "https://id.example"


def test_a_client_with_keys_gets_no_secret(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "bank.jwks"
    keys.write_text(json.dumps({"keys": [SHOP_KEY.as_dict(private=False)]}))
    more = ("--name", "Bank", "--redirect", BACK, "--jwks", str(keys), "--require-par")
    assert answer(capsys, "client", "add", str(folder), "bank", *more) == {"client_id": "bank"}
    bank = load_configuration(folder).clients["bank"]
    assert bank.require_par
    assert bank.method.value == "private_key_jwt"


@pytest.mark.parametrize(
    "more",
    [
        ("shop", "--name", "Shop", "--redirect", "http://shop.example/"),
        ("shop", "--name", "Shop", "--redirect", BACK, "--scope", "everything"),
        ("no spaces", "--name", "Shop", "--redirect", BACK),
        ("taken", "--name", "Shop", "--redirect", BACK),
        ("shop", "--name", 'Shop"\n[[clients]]', "--redirect", BACK),
        ("shop", "--name", "Shop\udcff", "--redirect", BACK),
        ("shop", "--name", "Shop", "--redirect", f"{BACK}\udcff"),
        ("shop\udcff", "--name", "Shop", "--redirect", BACK),
        ("shop", "--name", "Shop", "--redirect", BACK, "--logout-notice", "ftp://shop.example/"),
        ("shop", "--name", "Shop", "--redirect", BACK, "--origin", "https://shop.example/"),
    ],
)
def test_a_wrong_client_changes_nothing(folder: Path, more: tuple[str, ...]) -> None:
    assert run(["oidc", "client", "add", str(folder), "taken", "--name", "T", "--redirect", BACK]) == 0
    before = (folder / "oidc.toml").read_bytes()
    assert run(["oidc", "client", "add", str(folder), *more]) == 2
    assert (folder / "oidc.toml").read_bytes() == before


def test_keys_are_listed_and_rotated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {one["state"]: one["kid"] for one in answer(capsys, "keys", "list", str(folder))["keys"]}
    after = {one["state"]: one["kid"] for one in answer(capsys, "keys", "rotate", str(folder))["keys"]}
    assert after["current"] == before["next"]
    assert after["retired"] == before["current"]
    assert after["next"] not in before.values()


@pytest.mark.parametrize("command", [["serve"], ["client", "list"], ["keys", "list"]])
def test_a_folder_that_is_none(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["oidc", *command, str(tmp_path / "none")]) == 2
    assert "smartid oidc init" in capsys.readouterr().err


def test_serve_answers_over_tls_until_it_is_told_to_stop(folder: Path) -> None:
    pytest.importorskip("granian", reason="granian is absent: pip install granian")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    write_tls(folder / "tls")
    file = folder / "oidc.toml"
    text = file.read_text().replace("https://id.example", f"https://localhost:{port}")
    file.write_text(text.replace("127.0.0.1:8443", f"127.0.0.1:{port}"))
    command = [sys.executable, "-m", "smartid", "--json", "oidc", "serve", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            found = discovered(port, folder / "tls" / "ca.pem")
        finally:
            server.send_signal(signal.SIGTERM)
            out, _ = server.communicate(timeout=30)
    assert found["issuer"] == json.loads(out)["issuer"] == f"https://localhost:{port}"
    assert server.returncode == 0


def discovered(port: int, authority: Path) -> Any:
    """Ask until the server listens; nothing else tells when it does."""
    trusted = ssl.create_default_context(cafile=str(authority))
    address = f"https://localhost:{port}/.well-known/openid-configuration"
    until = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(address, context=trusted, timeout=20) as response:
                return json.load(response)
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
