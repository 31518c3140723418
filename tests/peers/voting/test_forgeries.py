"""Every forgery is refused here, and for the right reason; what belenios-tool 2.0 says of it stands beside.

The program is a witness that a good election is good. That it finds nothing makes none good.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from smartid.errors import ElectionInvalid, EncodingError
from smartid.services.voting.verify.verify import verify_archive
from tests.peers.voting import tool
from tests.peers.voting.forgeries import FORGERIES, Finished, Forgery

pytestmark = pytest.mark.peers_heavy


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)
def test_a_forgery_is_refused(finished: Finished, folder: Path, forgery: Forgery) -> None:
    archive = folder / f"{finished.uuid}.bel"
    archive.write_bytes(forgery.pack(forgery.forge(finished).encode()))
    told = tool.verify(folder)
    assert told.accepted == forgery.accepted, f"belenios-tool {tool.version()}: {told.said}"
    with pytest.raises((ElectionInvalid, EncodingError)) as error:
        verify_archive(archive)
    assert getattr(error.value, "check", "") == forgery.check


def test_the_election_that_was_forged_is_a_good_one(finished: Finished, folder: Path) -> None:
    archive = folder / f"{finished.uuid}.bel"
    archive.write_bytes(finished.board.encode())
    assert tool.verify(folder).accepted
    report = verify_archive(archive)
    assert report.result == ((0, 2), (2, 0, 1, 0))
    assert (report.ballots, report.counted, report.voters) == (4, 3, 4)


def test_the_program_finds_nothing_in_many_of_them() -> None:
    missed = [forgery.name for forgery in FORGERIES if forgery.accepted]
    assert "published tally is not that of the ballots" in missed
    assert "second list of voters" in missed
    assert len(missed) >= 20
