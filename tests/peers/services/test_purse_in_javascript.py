"""purse.mjs, written from docs/reference/purse.md, against our vectors and against the mock card."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from smartid.mockcard.faults import Moment
from tests.peers.node import node
from tests.vectors.stored_value_play import FILE, card, masters

PROGRAM = Path(__file__).with_name("purse.mjs")
SECONDS = 60


def test_it_finds_the_same_keys_and_macs() -> None:
    done = subprocess.run(
        [node(), PROGRAM, "vectors", FILE], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["conversations"] == len(json.loads(FILE.read_text())["conversations"])
    assert told["checked"] > 60
    assert told["records"] >= 9


@pytest.mark.parametrize("at", [0, 3, 5, 11])
def test_it_finds_a_changed_vector(at: int, tmp_path: Path) -> None:
    document = json.loads(FILE.read_text())
    turns = [turn for talk in document["conversations"] for turn in talk["turns"]]
    turns = [turn for turn in turns if turn[0][2:4] in ("50", "52", "54", "56", "58", "B2")]
    answer = turns[at % len(turns)][1]
    turns[at % len(turns)][1] = answer[:60] + format(int(answer[60], 16) ^ 1, "X") + answer[61:]
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document))
    done = subprocess.run(
        [node(), PROGRAM, "vectors", path], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_it_pays_with_the_mock_card() -> None:
    mock, tears, told = card(), 0, ""
    with subprocess.Popen(
        [node(), PROGRAM, "terminal"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as terminal:
        assert terminal.stdin
        assert terminal.stdout
        names = {name: key.hex() for name, key in masters().items()}
        terminal.stdin.write(json.dumps(names) + "\n")
        terminal.stdin.flush()
        torn = False
        for line in map(str.strip, terminal.stdout):
            if line == "TEAR":
                torn = True
                continue
            if line.startswith("{"):
                told = line
                break
            command = bytes.fromhex(line)
            if torn and command[1] == 0x54:
                mock.tear(command, Moment.AFTER_COMMIT)
                answer, torn, tears = "TORN", False, tears + 1
            else:
                answer = mock.transmit(command).hex()
            terminal.stdin.write(answer + "\n")
            terminal.stdin.flush()
    assert terminal.returncode == 0
    assert tears == 1
    assert json.loads(told) == {"checked": 61, "records": 7}
