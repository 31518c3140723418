"""``openid-client`` (npm, certified for Basic, FAPI 1 and FAPI 2 relying parties) as a value to talk to."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Self

FOLDER = Path(__file__).parent / "openid_client"


class Refused(Exception):
    """The client refused an answer, or was refused.

    code   of the client: OAUTH_INVALID_RESPONSE …
    oauth  error of the provider: invalid_grant …
    """

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(json.dumps(error))
        self.code = error.get("code")
        self.oauth = error.get("oauth")
        self.status = error.get("status")


class OpenIDClient:
    """One client program, running.

    place      folder that holds ``node_modules``
    authority  PEM file of whoever vouches for the provider's TLS certificate
    """

    def __init__(self, node: str, place: Path, authority: Path) -> None:
        script = place / "client.mjs"
        script.write_bytes((FOLDER / "client.mjs").read_bytes())
        self._process = subprocess.Popen(
            [node, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"NODE_EXTRA_CA_CERTS": str(authority), "PATH": "/usr/bin:/bin"},
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __call__(self, act: str, **arguments: Any) -> dict[str, Any]:
        """Let it do one thing. Raises Refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, **arguments}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return answer
