"""What the format itself cannot stop: both programs accept it, until second proofs lie beside the archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartid.errors import ElectionInvalid
from smartid.services.voting.trustees.binding import bindings_of
from smartid.services.voting.verify.verify import verify_archive
from tests.peers.voting import tool
from tests.unit.services.voting.elections import World, save
from tests.unit.services.voting.last_ballot import FORGED, forged

pytestmark = pytest.mark.peers_heavy


def test_one_trustee_who_casts_the_last_ballot_deceives_both_programs(folder: Path) -> None:
    world = World(group_name=tool.GROUP)
    path = save(folder, forged(world), f"{world.uuid}.bel")
    assert tool.verify(folder).accepted
    assert verify_archive(path).result == tuple(map(tuple, FORGED))
    bindings_of(path).write_bytes(b"")
    with pytest.raises(ElectionInvalid) as caught:
        verify_archive(path)
    assert caught.value.check == "share-binding"
    assert tool.verify(folder).accepted
