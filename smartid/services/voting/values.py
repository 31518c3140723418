"""The values that ballots, trustees and the board share. Nothing here computes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from smartid.services.voting.groups.base import Element


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof by challenge and response, both from 0 to q - 1."""

    challenge: int
    response: int


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """ElGamal in the exponent: alpha = g^r, beta = y^r · g^m."""

    alpha: Element
    beta: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a ballot says to one question.

    choices     one ciphertext a slot: the blank vote first when the question offers it
    individual  for each of them: it holds 0, or 1
    overall     the sum of the choices lies between min and max (or the vote is blank)
    blank       only when the question offers it: blank is 0, or everything else is
    """

    choices: tuple[Ciphertext, ...]
    individual: tuple[tuple[Proof, Proof], ...]
    overall: tuple[Proof, ...]
    blank: tuple[Proof, Proof] | None = None


class EventType(StrEnum):
    """What happens on a board."""

    SETUP = "Setup"
    BALLOT = "Ballot"
    END_BALLOTS = "EndBallots"
    ENCRYPTED_TALLY = "EncryptedTally"
    PARTIAL_DECRYPTION = "PartialDecryption"
    RESULT = "Result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a board.

    parent   SHA-256 of the event before, hexadecimal; "" at height 0
    height   from 0
    payload  SHA-256 of the record that belongs to it, hexadecimal; "" for EndBallots
    """

    parent: str
    height: int
    type: EventType
    payload: str = ""
