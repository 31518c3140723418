"""A killed process is a torn card: its file holds the old or the new memory, and no try comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from smartid.mockcard.card import MockCard
from smartid.mockcard.image import CardImage
from smartid.profiles.base import KeyType
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.sample_card import build_image, der

CHILD = """
import sys
from smartid.mockcard.card import MockCard
card = MockCard.open(sys.argv[1])
reader = card.insert()
for _ in range(int(sys.argv[2])):
    reader.transmit(bytes.fromhex("002000030838373635343332" + "30"))
    print("spent", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    from cryptography.hazmat.primitives.asymmetric import ec

    pool = {
        KeyType.P256: [der(ec.generate_private_key(ec.SECP256R1()))] * 5,
        KeyType.P384: [der(ec.generate_private_key(ec.SECP384R1()))] * 5,
    }
    image = build_image(NATIONAL_REFERENCE, pool)
    image.pins["puk"].tries_left = image.pins["puk"].max_tries = 15
    image.save(tmp_path / "sara.card")
    return tmp_path / "sara.card"


def _child(path: Path, turns: int) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(turns)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("turns", range(8))
def test_kill_during_verify(path: Path, turns: int) -> None:
    """Killed after it answered ``turns`` wrong PINs, at whatever point of the next ones."""
    with _child(path, 15) as child:
        assert child.stdout
        for _ in range(turns):
            assert child.stdout.readline() == "spent\n"
        child.send_signal(signal.SIGKILL)
        answered = turns + child.stdout.read().count("spent\n")
        assert child.wait() in (-signal.SIGKILL, 0)
    image = CardImage.load(path)
    spent = 15 - image.pins["puk"].tries_left
    assert answered <= spent <= min(answered + 1, 15)
    with MockCard.open(path) as card:  # the lock died with the process
        left = 15 - spent
        said = bytes([0x63, 0xC0 | left]) if left else bytes.fromhex("6983")
        assert card.insert().transmit(bytes.fromhex("00200003")) == said
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_card_in_use_by_another_process_is_refused(path: Path) -> None:
    with MockCard.open(path), _child(path, 1) as child:
        assert child.stdout
        assert child.stdout.read() == ""
        assert child.wait() == 1
    assert CardImage.load(path).pins["puk"].tries_left == 15
