from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.ledger import crashes


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/book.db"


@pytest.mark.parametrize("way", ["single", "entry", "submit", "batch"])
def test_a_program_is_killed(address: str, way: str) -> None:
    crashes.check_kill(address, way, seed=1)


def test_programs_share_a_file(address: str) -> None:
    """Four programs post at once: two of them the very same batches."""
    running = [crashes.start(address, "submit", seed, 0, 6) for seed in (1, 1, 2, 3)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.read().split() == [str(n) for n in range(6)]
        process.stdout.close()
        assert process.wait() == 0
    with crashes.open_book(address) as book:
        crashes.check_whole(book)
        for seed in (1, 2, 3):
            for number in range(6):
                crashes.check_groups(book, seed, number, 50)
