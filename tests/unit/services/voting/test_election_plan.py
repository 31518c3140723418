"""Who does what in the demo's election: repeatable, and what must come out follows from it."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from smartid.identity.national_numbers import is_valid, national_number
from smartid.services.demo.election_people import invent
from smartid.services.demo.election_people import national_number as invented
from smartid.services.demo.election_plan import PAPER_FROM, QUESTIONS, Act, make_plan
from smartid.services.voting.ballot import check_choices

SEEDS = st.integers(0, 1 << 63)


@given(voters=st.integers(0, 60), seed=SEEDS)
def test_a_plan_is_one_that_people_can_carry_out(voters: int, seed: int) -> None:
    plan = make_plan(voters, Random(seed))
    registered = set(plan.registering)
    assert len(registered) == len(plan.registering) == voters - voters // 20
    assert set(plan.changing) <= registered
    assert {visit.voter for visit in plan.visits} <= registered
    assert set(plan.paper) <= {visit.voter for visit in plan.visits if visit.act is Act.CAST}
    assert len(plan.paper) == (voters >= PAPER_FROM)
    for visit in plan.visits:
        check_choices(QUESTIONS, visit.choices)


@given(voters=st.integers(0, 40), seed=SEEDS)
def test_the_same_seed_gives_the_same_people_and_choices(voters: int, seed: int) -> None:
    assert make_plan(voters, Random(seed)) == make_plan(voters, Random(seed))
    assert invent(voters, Random(seed)) == invent(voters, Random(seed))


@given(voters=st.integers(0, 40), seed=SEEDS)
def test_what_must_come_out_counts_each_voter_once(voters: int, seed: int) -> None:
    plan = make_plan(voters, Random(seed))
    cast = [visit.voter for visit in plan.visits if visit.act is Act.CAST]
    counted = len(set(cast) - set(plan.paper))
    assert plan.ballots == len(cast)
    assert plan.revotes == sum(count - 1 for count in Counter(cast).values())
    first = plan.expected()[0]
    assert sum(first) == counted  # the first question takes exactly one choice, or a blank vote


def test_another_seed_gives_other_choices() -> None:
    assert make_plan(20, Random(1)) != make_plan(20, Random(2))


@given(st.integers(0, 99_999))
def test_invented_numbers_are_well_formed_and_belong_to_nobody(number: int) -> None:
    assert is_valid(national_number, invented(number))
    assert invented(number).startswith("99")
