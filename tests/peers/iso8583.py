"""npm's iso_8583, which reads and writes messages."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.peers.node import node, node_modules

_HERE = Path(__file__).parent / "services" / "iso8583_peer"
Format = tuple[str, str, int]
"""Kind of content, kind of length, longest content, of a field that the package's own table has otherwise."""


def ask(orders: Iterable[Mapping[str, Any]], formats: Mapping[int, Format]) -> list[dict[str, Any]]:
    """Give the peer orders, one line each."""
    done = subprocess.run(
        [node(), str(_HERE / "peer.cjs"), str(node_modules(_HERE)), json.dumps(formats)],
        input="".join(json.dumps(order) + "\n" for order in orders),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def read(messages: Iterable[bytes], formats: Mapping[int, Format]) -> list[dict[str, Any]]:
    """Have the peer read messages; it gives their fields by number, the type under "0"."""
    return ask(({"decode": message.hex()} for message in messages), formats)
