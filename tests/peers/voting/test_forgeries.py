"""What belenios-tool 2.0 says of forged archives: why its word alone does not make an election valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.voting import tool
from tests.peers.voting.forgeries import FORGERIES, Finished, Forgery

pytestmark = pytest.mark.peers_heavy


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_what_the_program_says(finished: Finished, folder: Path, forgery: Forgery) -> None:
    forged = forgery.pack(forgery.forge(finished).encode())
    (folder / f"{finished.uuid}.bel").write_bytes(forged)
    told = tool.verify(folder)
    assert told.accepted == forgery.accepted, f"belenios-tool {tool.version()}: {told.said}"
