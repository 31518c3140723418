from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

PROGRAM = """
import asyncio, sys
from smartid.web.loopback import serve

async def site(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})

async def beside():
    print("beside", flush=True)
    await asyncio.sleep(3600)

serve(site, int(sys.argv[1]), lifespan=False, beside=beside)
print("ended", flush=True)
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_site_is_served_until_a_signal_and_ends_without_a_word(ending: signal.Signals) -> None:
    pytest.importorskip("granian")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", PROGRAM, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "beside\n"
        assert _asked(port) == b"here"
        process.send_signal(ending)
        said, complaints = process.communicate(timeout=20)
    assert (process.returncode, said, complaints) == (0, "ended\n", "")


def _asked(port: int) -> bytes:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return bytes(answer.read())
        except OSError:  # it does not listen yet
            time.sleep(0.05)
    raise AssertionError("the site never answered")
