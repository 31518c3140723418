"""More than 20,000 mutants over everything that is read: a verdict or EncodingError, and no forgery believed.

The edits are the same in each run: 34,000 where ``SMARTID_EXAMPLES`` asks for many, as in CI, and the first
three fifths of them elsewhere. ``./dev fuzz`` makes others, for as long as one likes.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError
from tests.fuzz import mutators
from tests.fuzz.der_tree import parse
from tests.fuzz.run import alarm, examine, try_mutants
from tests.fuzz.target import Target
from tests.fuzz.targets import FAMILIES
from tests.fuzz.world import World
from tests.property.examples import MANY

SEED = 319102
PART = 1.0 if MANY >= 10_000 else 0.6
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def families() -> dict[str, tuple[Target, ...]]:
    world = World()
    return {name: make(world) for name, make in FAMILIES.items()}


@pytest.fixture(scope="module")
def everything(families: dict[str, tuple[Target, ...]]) -> dict[str, Target]:
    return {target.name: target for family in families.values() for target in family}


def share(target: Target) -> int:
    return math.ceil(target.share * PART)


def complaints(target: Target) -> Iterator[str]:
    for find in try_mutants(target, share(target), SEED):
        if find:
            yield f"{target.name}: {find.why}\n{find.mutant.hex()}"


def test_the_samples_get_the_answers_that_they_should(everything: dict[str, Target]) -> None:
    wrong = [name for name, target in everything.items() if target.ask(target.sample) != target.believed]
    assert wrong == []


@pytest.mark.parametrize("family", FAMILIES)
def test_mutants_get_a_verdict_or_a_named_error(families: dict[str, tuple[Target, ...]], family: str) -> None:
    for target in families[family]:
        assert next(complaints(target), "") == ""


def test_there_are_enough_of_them(everything: dict[str, Target]) -> None:
    assert sum(map(share, everything.values())) >= 20_000


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_edits_that_hypothesis_thinks_of(everything: dict[str, Target], data: st.DataObject) -> None:
    target = everything[data.draw(st.sampled_from(sorted(everything)))]
    mutate = data.draw(st.sampled_from(target.mutate))
    chance = data.draw(st.randoms(use_true_random=False))
    assert target.complaint(mutate(target.sample, chance)) == ""


def test_mutants_differ_from_their_sample_and_from_each_other(everything: dict[str, Target]) -> None:
    target = everything["CAdES-B"]
    for mutate in (mutators.raw, mutators.der):
        made = {mutate(target.sample, Random(seed)) for seed in range(100)}
        assert len(made - {target.sample}) > 80


@pytest.mark.parametrize("name", ["CAdES-LTA", "CRL", "OCSP", "time stamp", "master list", "certificate"])
def test_a_tree_is_written_as_it_was_read(everything: dict[str, Target], name: str) -> None:
    sample = everything[name].sample
    assert parse(sample).encode() == sample


def test_mutants_reach_beyond_the_outer_lengths(everything: dict[str, Target]) -> None:
    """Edits of the tree keep most documents readable: their insides are looked at, too."""
    target, readable = everything["CAdES-LTA"], 0
    for seed in range(100):
        try:
            target.ask(mutators.der(target.sample, Random(seed)))
        except EncodingError:
            continue
        readable += 1
    assert readable > 25


def _stray(data: bytes) -> bool:
    return bool(data[len(data)])


def test_a_stray_exception_a_forgery_and_a_long_wait_are_found(everything: dict[str, Target]) -> None:
    target = everything["CAdES-B"]
    find = examine(replace(target, ask=_stray), b"xyz")
    assert find is not None
    assert "IndexError" in find.why
    find = examine(replace(target, ask=bool), target.sample.replace(b"Invented", b"inverted"))
    assert find is not None
    assert "what was signed is not in it" in find.why
    with alarm(600):
        find = examine(replace(target, ask=lambda _: bool(signal.raise_signal(signal.SIGALRM))), b"xyz")
    assert find is not None
    assert "TooLongError" in find.why
