"""All trustees on one machine: for rehearsals and demonstrations. Each is a process with a folder of its own.

In earnest each of them keeps the folder on a machine of their own, and sends the public parts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path

from smartid.errors import Refused
from smartid.services.reasons import Reason
from smartid.services.voting.board.board import Board
from smartid.services.voting.board.order import Stage
from smartid.services.voting.board.records import OwnedShare
from smartid.services.voting.closing import require_closed
from smartid.services.voting.folder import ElectionFolder, Phase, read_record
from smartid.services.voting.groups.named import named
from smartid.services.voting.tally import compute_result
from smartid.services.voting.trustees.binding import add_binding, bindings_of
from smartid.services.voting.trustees.combine import Counts, parse_result
from smartid.services.voting.trustees.exchange import binding_of, read_share
from smartid.services.voting.trustees.host import TrusteeProcess, hold_ceremony
from smartid.services.voting.trustees.record import Trustees
from smartid.services.voting.trustees.safe import TrusteeFolder
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.tally_of import encrypted_tally


def hold_ceremony_here(
    folder: ElectionFolder, group: str, *, mandatory: int, members: int, threshold: int, minimum: int
) -> bytes:
    """Make trustees and let them make their keys; gives their public record.

    minimum  fewest ballots that each of them decrypts a sum of
    Raises Refused, GatewayUnavailable, OSError.
    """
    must = [f"mandatory-{number}" for number in range(1, mandatory + 1)]
    others = [f"member-{number}" for number in range(1, members + 1)]
    for path in map(folder.trustee, (*must, *others)):
        if not path.exists():  # a ceremony that broke off goes on where it was
            TrusteeFolder.create(path, minimum=minimum)
    with _running(folder, (*must, *others)) as trustees:
        return hold_ceremony(trustees[len(must) :], threshold, mandatory=trustees[: len(must)], group=group)


def publish_sum(folder: ElectionFolder, *, workers: int = 1) -> None:
    """Add the ballots of a closed election up and put the encrypted sum on the board, once.

    Raises Refused: not_open before the end of voting, wrong_state when closing broke off. Raises
    ElectionInvalid, EncodingError, OSError.
    """
    folder.require(Phase.FROZEN)
    with Board.open(folder.archive) as board:
        if board.stage in (Stage.SETUP, Stage.VOTING):
            raise Refused(
                "Voting is still open.",
                reason=Reason.NOT_OPEN,
                remedy=f"End it first: smartid election close {folder.path}",
            )
        if board.stage is Stage.CLOSED:
            require_closed(folder, folder.election().uuid)
            tally = encrypted_tally(board.path, workers)
            board.append_tally(tally.raw, num_tallied=tally.num_tallied, total_weight=tally.total_weight)


def add_shares(folder: ElectionFolder, files: Sequence[Path]) -> None:
    """Put shares of trustees elsewhere on the board; those that are there already are left aside.

    files  shares with their owners, as smartid election trustee decrypt writes them
    Raises EncodingError, ElectionInvalid, OSError. The share itself is checked with the result.
    """
    with Board.open(folder.archive) as board:
        there = _shared(board)
        for file in files:
            owner, share = read_share(file)
            if owner not in there:
                if binding_of(file).exists():
                    add_binding(bindings_of(board.path), owner, read_record(binding_of(file)))
                board.append_share(owner, share)


def count_here(
    folder: ElectionFolder, *, workers: int = 1, progress: Callable[[int, int], None] = lambda *_: None
) -> None:
    """Let the trustees that are here decrypt the sum, as many as it takes, and put the result on the board.

    Every trustee verifies the board and adds up the ballots itself, and may refuse. It may be interrupted
    and done again. Raises Refused: too_few_ballots and conflict from trustees, wrong_state when there
    are not enough of them. Raises ElectionInvalid, GatewayUnavailable, EncodingError, OSError.
    """
    with Board.open(folder.archive) as board:
        if board.stage is not Stage.RESULT:
            _collect_shares(folder, board, progress)
            board.append(EventType.RESULT, compute_result(board.path, workers=workers))


def result_on(archive: Path) -> Counts:
    """Read the result of an archive, which is not verified here. Raises EncodingError, OSError."""
    with Board.open(archive) as board:
        return parse_result(board.entry(board.head.height).contents[-1])


def _collect_shares(folder: ElectionFolder, board: Board, progress: Callable[[int, int], None]) -> None:
    election, record = folder.election(), board.entry(0).contents[1]
    trustees = Trustees.parse(record, named(election.group))
    there = _shared(board)
    with _running(folder, [one.name for one in folder.trustees()]) as here:
        owners = {_owner(one, record): one for one in here}
        asked = [owners[owner] for owner in _missing(folder, trustees, there, owners)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            answers = [pool.submit(one.decrypt, board.path) for one in asked]
            for done, answer in enumerate(as_completed(answers), 1):
                made = answer.result()
                add_binding(bindings_of(board.path), made.owner, made.binding)
                board.append_share(made.owner, made.raw)
                progress(done, len(asked))


def _missing(
    folder: ElectionFolder, trustees: Trustees, there: Collection[int], here: Collection[int]
) -> Iterator[int]:
    """Who has to be asked, beside those whose shares are there: exactly as many as it takes.

    Raises Refused (wrong_state) when not enough of them are here.
    """
    for item, seats in trustees.seats():
        missing = item.threshold - sum(owner in there for owner in seats)
        able = [owner for owner in seats if owner in here and owner not in there]
        if missing > len(able):
            raise Refused(
                f"Shares of trustees elsewhere are missing: {missing - len(able)}.",
                reason=Reason.WRONG_STATE,
                remedy="Send them the archive. Each runs smartid election trustee decrypt and sends a share: "
                f"smartid election tally {folder.path} --share FILE",
            )
        yield from able[: max(missing, 0)]


def _shared(board: Board) -> set[int]:
    """The trustees whose shares are on the board."""
    heights = (event.height for event, _ in board.events() if event.type is EventType.PARTIAL_DECRYPTION)
    return {OwnedShare.parse(board.entry(height).contents[-1]).owner for height in heights}


def _owner(trustee: TrusteeProcess, record: bytes) -> int:
    return int(trustee.ask("check", trustees=record.decode())["owner"])


@contextmanager
def _running(folder: ElectionFolder, names: Sequence[str]) -> Iterator[list[TrusteeProcess]]:
    with ExitStack() as stack:
        yield [stack.enter_context(TrusteeProcess(folder.trustee(name))) for name in names]
