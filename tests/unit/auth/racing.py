"""Processes that want the same things of one store at the same moment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta

from smartid.auth.store import ExpiringStore

PROCESSES, KEYS = 3, 40

RACER = """
import json, sys
from datetime import timedelta
from smartid.auth.{module} import {kind}
minute = timedelta(minutes=1)
store = {kind}.open(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
numbers = range({keys})
taken = [n for n in numbers if store.take(f"nonce:{{n}}") is not None]
added = [n for n in numbers if store.add(f"jti:{{n}}", b"", minute)]
counted = [store.count("rate:all", minute) for n in numbers]
print(json.dumps([taken, added, counted]))
store.close()
"""


def race(store: ExpiringStore, url: str) -> None:
    """Each nonce is taken once, each key added once, each count given once."""
    for number in range(KEYS):
        store.put(f"nonce:{number}", b"n", timedelta(minutes=1))
    taken, added, counted = (Counter[int](), Counter[int](), Counter[int]())
    for answer in _run(type(store), url):
        for total, part in zip((taken, added, counted), answer, strict=True):
            total.update(part)
    assert taken == added == Counter(range(KEYS))
    assert counted == Counter(range(1, KEYS * PROCESSES + 1))


def _run(kind: type, url: str) -> list[list[list[int]]]:
    module = kind.__module__.rpartition(".")[2]
    program = RACER.format(module=module, kind=kind.__name__, keys=KEYS)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(PROCESSES)
    ]
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        return [json.loads(racer.communicate(timeout=60)[0]) for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
