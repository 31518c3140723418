"""Archive and content time stamps. The archive time stamps are put together by asn1crypto in ``documents``."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smartid.signing.form import Level
from tests.unit.signing.documents import (
    CONTENT,
    DAY,
    SIGNED,
    World,
    archived,
    signed_by_hand,
    stamp,
    tsa,
    with_data,
    with_unsigned,
)
from tests.unit.signing.test_judge import answer, check, reason
from tests.unit.trust.country import NOW

CONTENT_STAMP = "1.2.840.113549.1.9.16.2.20"
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def long_term(world: World) -> bytes:
    return with_data(world.stamped(world.sign(), SIGNED), crls=(world.crl(issued=SIGNED + DAY),))


def test_level_lta(world: World, long_term: bytes) -> None:
    verdict = answer(archived(long_term, world.tsa, SIGNED + 2 * DAY), world.policy())
    assert verdict.passed
    assert (verdict.level, verdict.level_missing, verdict.missing_why) == (Level.LTA, None, "")
    assert check(verdict, "archive_time_stamp_1")[0] == "PASSED"
    assert verdict.best_time == SIGNED


def test_an_archive_time_stamp_keeps_an_expired_authority_alive(world: World) -> None:
    """The first authority expired; a second one stamped everything while the first was still good."""
    first = tsa(world.country.root, end=SIGNED + 30 * DAY)
    signature = with_data(world.stamped(world.sign(), SIGNED, first), crls=(world.crl(issued=SIGNED + DAY),))
    assert answer(signature, world.policy()).level is Level.B
    kept = archived(signature, world.tsa, SIGNED + 20 * DAY)
    verdict = answer(kept, world.policy())
    assert (verdict.level, verdict.best_time) == (Level.LTA, SIGNED)
    too_late = answer(archived(signature, world.tsa, SIGNED + 40 * DAY), world.policy())
    assert too_late.best_time == SIGNED + 40 * DAY
    assert check(too_late, "time_stamp_1")[0] == "FAILED"


def test_a_time_stamp_that_the_archive_does_not_list_gains_nothing(world: World) -> None:
    """Somebody who got hold of an expired authority's key adds a stamp behind the archive time stamp."""
    first = tsa(world.country.root, end=SIGNED + 30 * DAY)
    signature = with_data(world.sign(), crls=(world.crl(issued=SIGNED + 21 * DAY),))
    forged = world.stamped(archived(signature, world.tsa, SIGNED + 20 * DAY), SIGNED, first)
    verdict = answer(forged, world.policy())
    assert check(verdict, "time_stamp_1")[0] == "FAILED"
    assert verdict.best_time == SIGNED + 20 * DAY


def test_what_was_added_behind_the_archive_is_allowed(world: World, long_term: bytes) -> None:
    later = archived(archived(long_term, world.tsa, SIGNED + 2 * DAY), world.tsa, SIGNED + YEAR / 2)
    verdict = answer(later, world.policy())
    assert verdict.level is Level.LTA
    assert [check(verdict, f"archive_time_stamp_{number}")[0] for number in (1, 2)] == ["PASSED", "PASSED"]
    more = with_unsigned(later, ("1.3.6.1.4.1.55555.1", bytes.fromhex("0500")))
    assert answer(more, world.policy()).level is Level.LTA


def test_something_listed_is_gone(world: World, long_term: bytes) -> None:
    verdict = answer(archived(long_term, world.tsa, SIGNED + 2 * DAY, listed=b"gone"), world.policy())
    assert verdict.passed
    assert verdict.level is Level.LT
    assert verdict.missing_why == "LTA: no archive time stamp on it proves anything"
    assert "FORMAT_FAILURE" in check(verdict, "archive_time_stamp_1")[1]


def test_an_archive_time_stamp_over_another_content(world: World, long_term: bytes) -> None:
    signature = archived(long_term, world.tsa, SIGNED + 2 * DAY)
    verdict = answer(signature, world.policy(), content=CONTENT + b"!")
    assert reason(verdict) == "HASH_FAILURE"
    assert verdict.level is None
    assert "HASH_FAILURE" in check(verdict, "archive_time_stamp_1")[1]


def test_stamps_out_of_order(world: World) -> None:
    """The archive time stamp lists a signature time stamp that is younger than itself."""
    stamped = with_data(world.stamped(world.sign(), SIGNED + 9 * DAY), crls=(world.crl(issued=SIGNED + DAY),))
    verdict = answer(archived(stamped, world.tsa, SIGNED + 2 * DAY), world.policy())
    assert reason(verdict) == "TIMESTAMP_ORDER_FAILURE"
    assert verdict.culprit == "the time stamps"


def test_a_content_time_stamp_proves_that_it_was_signed_later(world: World) -> None:
    token = stamp(world.tsa, CONTENT, SIGNED)
    signature = with_data(
        signed_by_hand(world.signer, (CONTENT_STAMP, token)), certificates=(world.country.citizen_ca.der,)
    )
    verdict = answer(signature, world.policy(world.crl()))
    assert verdict.passed
    assert check(verdict, "content_time_stamp_1")[0] == "PASSED"
    assert verdict.best_time == NOW
    before = answer(signature, world.policy(world.crl((world.signer, SIGNED - DAY))))
    assert reason(before) == "REVOKED"
    after = answer(signature, world.policy(world.crl((world.signer, SIGNED + DAY))))
    assert reason(after) == "REVOKED_NO_POE"


def test_signed_after_the_certificate_had_expired(world: World) -> None:
    signer = world.country.citizen("signature", end=SIGNED - DAY)
    token = stamp(world.tsa, CONTENT, SIGNED)
    signature = with_data(
        signed_by_hand(signer, (CONTENT_STAMP, token)), certificates=(world.country.citizen_ca.der,)
    )
    assert reason(answer(signature, world.policy(world.crl()))) == "EXPIRED"


def test_a_content_time_stamp_younger_than_the_signature(world: World) -> None:
    token = stamp(world.tsa, CONTENT, SIGNED + DAY)
    signature = with_data(
        signed_by_hand(world.signer, (CONTENT_STAMP, token)), certificates=(world.country.citizen_ca.der,)
    )
    verdict = answer(world.stamped(signature, SIGNED), world.policy(world.crl()))
    assert reason(verdict) == "TIMESTAMP_ORDER_FAILURE"
