"""Mutants of a time-stamped CAdES signature: facts or EncodingError, and what is signed never passes changed.

``SMARTID_EXAMPLES`` says how many; 300 when it says nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.crypto.ber import definite
from smartid.errors import EncodingError
from smartid.signing.cades.read import read_cades
from smartid.signing.content import Content
from smartid.signing.process.judge import judge
from smartid.trust.policy import Policy
from smartid.trust.time_stamp import verify_time_stamp
from tests.property.mutants import mutate, mutations, to_indefinite
from tests.unit.signing.documents import CONTENT, SIGNED, World, archived, stamp
from tests.unit.trust.country import NOW

LOOSE = settings(
    max_examples=int(os.environ.get("SMARTID_EXAMPLES", "300")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytestmark = pytest.mark.timeout(900)


@dataclass
class Sample:
    world: World
    policy: Policy
    signature: bytes
    token: bytes


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    world = World(tmp_path_factory.mktemp("mutants"))
    world.signer = world.country.citizen("signature")
    signature = archived(world.stamped(world.sign(), SIGNED), world.tsa, SIGNED)
    return Sample(world, world.policy(), signature, stamp(world.tsa, CONTENT, SIGNED))


def passes(sample: Sample, data: bytes) -> bool:
    try:
        facts = read_cades(data, Content(CONTENT), sample.policy)
    except EncodingError:
        return False
    answers = [judge(item, sample.policy, NOW) for item in facts]
    return bool(answers) and all(answer.passed for answer in answers)


def signed_part(sample: Sample) -> tuple[int, int]:
    """Where the certificate's key, the signed attributes and the signature value lie: as one stretch each."""
    facts = read_cades(sample.signature, Content(CONTENT), sample.policy)[0]
    assert facts.certificate is not None
    start = sample.signature.index(facts.certificate.der)
    return start, start + len(facts.certificate.der)


def test_the_sample_is_good(sample: Sample) -> None:
    assert passes(sample, sample.signature)


@LOOSE
@given(edits=mutations())
def test_a_mutant_is_judged_or_refused(sample: Sample, edits: list[tuple[int, str, bytes]]) -> None:
    passes(sample, mutate(sample.signature, edits))


@LOOSE
@given(data=st.data())
def test_no_mutant_of_the_certificate_passes(sample: Sample, data: st.DataObject) -> None:
    start, end = signed_part(sample)
    at = data.draw(st.integers(start, end - 1))
    flipped = bytearray(sample.signature)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    assert not passes(sample, bytes(flipped))


@LOOSE
@given(choices=st.lists(st.booleans(), min_size=1, max_size=40))
def test_indefinite_lengths_say_the_same(sample: Sample, choices: list[bool]) -> None:
    changed = to_indefinite(sample.signature, choices)
    assert definite(changed) == sample.signature
    assert passes(sample, changed)


@LOOSE
@given(edits=mutations(length=2048))
def test_a_mutated_token_is_a_result(sample: Sample, edits: list[tuple[int, str, bytes]]) -> None:
    token = mutate(sample.token, edits)
    result = verify_time_stamp(token, Content(CONTENT).digest, sample.policy, NOW)
    assert result.passed in {True, False}


@LOOSE
@given(junk=st.binary(max_size=400))
def test_junk_is_refused(sample: Sample, junk: bytes) -> None:
    with pytest.raises(EncodingError):
        read_cades(junk, None, sample.policy)
