"""What is asked in the demo's election, and who does what: all of it follows from the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from smartid.services.voting.election import Question

NAME = "انتخابات نمونهٔ محلهٔ نارون"
DESCRIPTION = "A small election with mock cards. Nobody here exists."
QUESTIONS = (
    Question(
        text="آیا زمین خالی محله بوستان شود؟",
        answers=("موافقم", "مخالفم"),
        minimum=1,
        maximum=1,
        blank=True,
    ),
    Question(
        text="نمایندهٔ محله که باشد؟ (یک نفر یا هیچ‌کس)",
        answers=("شیرین احمدی", "آرش کریمی", "پروین مرادی", "بابک صادقی"),
        minimum=0,
        maximum=1,
    ),
    Question(
        text="بودجهٔ امسال به کدام کارها برسد؟ (از یک تا سه کار)",
        answers=("کتابخانه", "روشنایی خیابان", "پیاده‌رو", "درمانگاه", "زمین بازی"),
        minimum=1,
        maximum=3,
    ),
)
MANDATORY, MEMBERS, THRESHOLD = 1, 5, 3
"""Trustees: one who must always take part, and any three of five."""
PAPER_FROM = 10
"""Smallest number of voters with a paper vote among them."""
MINIMUM = 5
"""Fewest ballots that the trustees decrypt a sum of, from so many voters on; a smaller rehearsal has none."""

Choices = tuple[tuple[int, ...], ...]


class Act(StrEnum):
    """What somebody does."""

    CAST = "cast"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Visit:
    """A voter comes with choices: to cast a ballot, or to have one opened and thrown away."""

    voter: int
    act: Act
    choices: Choices


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who does what, voters by number from 0.

    registering  who registers, in this order
    changing     who registers twice with another credential: the first one is replaced
    visits       what happens while voting, in this order
    paper        who votes on paper after casting a ballot
    """

    registering: Sequence[int]
    changing: Sequence[int]
    visits: Sequence[Visit]
    paper: Sequence[int]

    @property
    def ballots(self) -> int:
        """Ballots that are cast."""
        return sum(visit.act is Act.CAST for visit in self.visits)

    @property
    def audited(self) -> int:
        """Ballots that are opened and thrown away."""
        return len(self.visits) - self.ballots

    @property
    def revotes(self) -> int:
        """Ballots cast by somebody who had cast one."""
        cast = [visit.voter for visit in self.visits if visit.act is Act.CAST]
        return len(cast) - len(set(cast))

    def expected(self) -> Sequence[Sequence[int]]:
        """The result that must come out: the last ballot of everybody who did not vote on paper."""
        last = {visit.voter: visit.choices for visit in self.visits if visit.act is Act.CAST}
        counted = [choices for voter, choices in last.items() if voter not in self.paper]
        return [
            [sum(choices[at][slot] for choices in counted) for slot in range(question.slots)]
            for at, question in enumerate(QUESTIONS)
        ]


def make_plan(voters: int, chance: Random) -> Plan:
    """Decide for so many voters; the same for the same chance."""
    everybody = chance.sample(range(voters), voters)
    registering = everybody[: voters - voters // 20]
    voting = registering[: len(registering) - voters // 7]
    chance.shuffle(registering)
    again = chance.sample(voting, max(len(voting) // 10, len(voting) >= 2))
    visits = [Visit(voter, Act.CAST, choose(chance)) for voter in (*voting, *again)]
    if voting:
        visits.append(Visit(voting[0], Act.AUDIT, choose(chance)))
    chance.shuffle(visits)
    return Plan(
        registering=registering,
        changing=chance.sample(registering, min(1, len(registering))),
        visits=visits,
        paper=chance.sample(voting, 1) if voters >= PAPER_FROM else [],
    )


def choose(chance: Random) -> Choices:
    """Fill in every question."""
    return tuple(_answer(question, chance) for question in QUESTIONS)


def _answer(question: Question, chance: Random) -> tuple[int, ...]:
    if question.blank and chance.random() < 0.15:
        return (1, *(0,) * len(question.answers))
    count = chance.randint(question.minimum, question.maximum)
    taken = set(chance.choices(range(len(question.answers)), k=count))
    while len(taken) < question.minimum:
        taken.add(chance.randrange(len(question.answers)))
    slots = tuple(int(number in taken) for number in range(len(question.answers)))
    return (0, *slots) if question.blank else slots
