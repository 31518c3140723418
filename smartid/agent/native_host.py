"""The native-messaging host: a browser starts it, it speaks first, does one thing, and leaves.

Web eID, native messaging protocol: ``{"version": …}``, then one request, then one answer, each in a frame.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from smartid.agent.failures import RequestFailed, failure_of
from smartid.agent.frames import read_frame, write_frame
from smartid.agent.reasons import AgentReason
from smartid.errors import SmartIDError

if TYPE_CHECKING:
    from smartid.agent.card_work import OpenCard
    from smartid.agent.errand import Errand, Lifeline, Person

VERSION = "2.0.0"
"""Version of the protocol: add-ons compare its first number with theirs."""
SECONDS = 115.0
"""How long a run may take: a little less than the 120 seconds after which the add-on gives up."""
GRACE = 3.0
"""Seconds that the card gets to be locked after the browser went away or the time ran out."""


class StuckCard(Exception):
    """The request failed, and the card has not come to an end yet.

    failure  what the browser is told
    """

    def __init__(self, failure: RequestFailed) -> None:
        super().__init__(str(failure))
        self.failure = failure


@cache
def greet() -> int:
    """Say the version, once in a process; from now on nothing but frames goes to standard output.

    Whatever else writes there is sent to standard error. Returns the descriptor for frames. Leaves, with
    status 0, when nobody listens.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
        frames = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        write_frame(frames, {"version": VERSION})
    except OSError:
        raise SystemExit(0) from None
    return frames


def serve(
    frames: int,
    open_card: OpenCard,
    person: Callable[[], Person],
    *,
    test: bool,
    stdin: int = 0,
    seconds: float = SECONDS,
) -> None:
    """Read one request, do it, and answer it.

    frames     descriptor from ``greet``
    open_card  lends the card
    person     makes who answers for the holder
    test       the card is known to be a mock card
    stdin      descriptor of the pipe from the browser
    seconds    how long it may take

    A card or a reader that does not come to an end is left to the PC/SC service, which resets it: the process
    ends here.
    """
    from smartid.agent.errand import Lifeline  # noqa: PLC0415 - after the version was said

    stuck = False
    with Lifeline(stdin, seconds) as lifeline:
        try:
            answer = _answer(lifeline, open_card, person, test=test)
        except StuckCard as error:
            answer, stuck = error.failure.as_dict(), True
        except SmartIDError as error:
            answer = failure_of(error).as_dict()
        if answer is not None:
            _send(frames, answer)
    if stuck:
        os._exit(0)


def _answer(
    lifeline: Lifeline, open_card: OpenCard, person: Callable[[], Person], *, test: bool
) -> dict[str, Any] | None:
    """The answer to the one request; None when the browser left without one."""
    data = read_frame(lambda size: _read(lifeline, size))
    if data is None:
        return None
    from smartid.agent.messages import Quit, parse_request  # noqa: PLC0415

    request = parse_request(data)
    if isinstance(request, Quit):
        return {}
    from smartid.agent.card_work import perform  # noqa: PLC0415
    from smartid.agent.errand import Errand  # noqa: PLC0415

    asked = person()
    errand = Errand(lambda errand: perform(request, open_card, errand, test=test), patient=asked.patient)
    return _attended(errand, asked, lifeline)


def _attended(errand: Errand, person: Person, lifeline: Lifeline) -> dict[str, Any]:
    """Let the holder answer until the work is done. Whatever ends it early locks the card again."""
    try:
        person.attend(errand, lifeline)
    except BaseException as error:
        # Also after a mistake of ours: the other thread would wait for an answer for ever, its card open.
        failure = (
            failure_of(error) if isinstance(error, SmartIDError) else RequestFailed(AgentReason.CANCELLED)
        )
        errand.end(failure)
        if not errand.is_done_within(GRACE):
            raise StuckCard(failure) from None
        raise
    finally:
        person.close()
    return errand.result.result()


def _read(lifeline: Lifeline, size: int) -> bytes:
    """Bytes from the browser, while the time lasts."""
    from smartid.agent.errand import wait_for  # noqa: PLC0415

    wait_for((lifeline.stdin, lifeline.signals), lifeline.seconds_left)
    lifeline.require()
    return os.read(lifeline.stdin, size)


def _send(frames: int, answer: dict[str, Any]) -> None:
    try:
        write_frame(frames, answer)
    except BrokenPipeError:
        return  # the browser went away; there is nobody to tell
