"""Ballots: made by a voter's device, verified by everybody, opened instead of cast to test the device."""

from __future__ import annotations

from smartid.services.voting.ballot_check import BallotContext, verify_ballot, verify_raw
from smartid.services.voting.ballot_form import Ballot
from smartid.services.voting.ballot_maker import MadeBallot, Maker, OpenedBallot, check_choices, make_ballot
from smartid.services.voting.opening import Opening, check_opening

__all__ = [
    "Ballot",
    "BallotContext",
    "MadeBallot",
    "Maker",
    "OpenedBallot",
    "Opening",
    "check_choices",
    "check_opening",
    "make_ballot",
    "verify_ballot",
    "verify_raw",
]
