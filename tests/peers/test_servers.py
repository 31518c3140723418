"""The servers under other tests: they answer, they see what they were given, and nothing of them stays."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from pathlib import Path

import pytest

from tests.peers.node import node_modules
from tests.peers.servers import serve

SITE = """
import os

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    body = f"{scope['scheme']} {os.environ['ORIGIN']} {os.getpid()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})

def wsgi(environment, start):
    start("200 OK", [])
    return [f"{environment['wsgi.url_scheme']} {os.environ['ORIGIN']} {os.getpid()}".encode()]
"""


@pytest.mark.parametrize(("name", "interface"), [("app", "asgi"), ("wsgi", "wsgi")])
def test_a_site_knows_its_origin_and_leaves_no_process(tmp_path: Path, name: str, interface: str) -> None:
    (tmp_path / "a_site.py").write_text(SITE, encoding="utf-8")
    app = f"{tmp_path}/a_site.py:{name}"
    with serve(app, interface=interface, environment={"ORIGIN": "{url}"}) as server:
        with urllib.request.urlopen(server.url) as answer:
            scheme, origin, worker = answer.read().decode().split()
        assert (scheme, origin) == ("http", server.url)
    assert _ends(int(worker))


def _ends(process: int) -> bool:
    """Wait for a process that is no child of ours; whoever inherited it has to notice first."""
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_site_that_does_not_start_shows_why(tmp_path: Path) -> None:
    (tmp_path / "broken_site.py").write_text("raise ValueError('no such setting')", encoding="utf-8")
    with pytest.raises(AssertionError, match="no such setting"), serve(tmp_path / "broken_site.py"):
        pass


@pytest.mark.peers_heavy
def test_what_npm_installed_stays(tmp_path: Path) -> None:
    manifest = {"private": True, "dependencies": {"jose": "^6"}}
    (tmp_path / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    place = node_modules(tmp_path)
    installed = (place / "node_modules" / "jose" / "package.json").stat()
    assert node_modules(tmp_path) == place
    assert (place / "node_modules" / "jose" / "package.json").stat().st_mtime_ns == installed.st_mtime_ns
