"""Which event may follow which. The tool of Belenios does not ask; a board in another order hides ballots.

::

    Setup → Ballot* → EndBallots → EncryptedTally → PartialDecryption* → Result
"""

from __future__ import annotations

from enum import StrEnum

from smartid.errors import ElectionInvalid
from smartid.services.voting.values import EventType


class Stage(StrEnum):
    """How far an election has come.

    setup      nobody has voted
    voting     there are ballots
    closed     there will be no more
    tallied    they are added up, encrypted
    decrypted  every share that the result needs is there
    result     the numbers are published, and nothing follows
    """

    SETUP = "setup"
    VOTING = "voting"
    CLOSED = "closed"
    TALLIED = "tallied"
    DECRYPTED = "decrypted"
    RESULT = "result"


_AFTER: dict[EventType | None, tuple[EventType, ...]] = {
    None: (EventType.SETUP,),
    EventType.SETUP: (EventType.BALLOT, EventType.END_BALLOTS),
    EventType.BALLOT: (EventType.BALLOT, EventType.END_BALLOTS),
    EventType.END_BALLOTS: (EventType.ENCRYPTED_TALLY,),
    EventType.ENCRYPTED_TALLY: (EventType.PARTIAL_DECRYPTION,),
    EventType.PARTIAL_DECRYPTION: (EventType.PARTIAL_DECRYPTION, EventType.RESULT),
    EventType.RESULT: (),
}
STAGE_OF = {
    EventType.SETUP: Stage.SETUP,
    EventType.BALLOT: Stage.VOTING,
    EventType.END_BALLOTS: Stage.CLOSED,
    EventType.ENCRYPTED_TALLY: Stage.TALLIED,
    EventType.PARTIAL_DECRYPTION: Stage.TALLIED,
    EventType.RESULT: Stage.RESULT,
}
"""What the last event alone says."""


def require_order(last: EventType | None, following: EventType, height: int) -> None:
    """Raise ElectionInvalid (event-order) unless the one may follow the other."""
    if following in _AFTER[last]:
        return
    after = f"after {last}" if last else "as the first event"
    raise ElectionInvalid("event-order", f"{following} cannot stand {after}", where=f"event {height}")
