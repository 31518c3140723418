"""Agreements that are checked in other processes: the answers are those of this one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import Refused
from smartid.identity.transaction import Authorization
from smartid.services.ledger.values import Outcome
from smartid.services.spine.signature_check import SignatureCheck, is_right
from smartid.services.spine.signature_workers import PIECE, SignatureWorkers
from smartid.services.spine.values import Authorized, Prepared
from smartid.trust.algorithms import STRICT
from tests.unit.services.spine.world import World, agree, card, world

Pair = tuple[Prepared, Authorization]
STRANGER = "0499370899"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def workers() -> Iterator[SignatureWorkers]:
    with SignatureWorkers(STRICT, 2) as found:
        yield found


def pair(pool: World) -> Pair:
    prepared = pool.desk.prepare(10, pool.holder())
    return prepared, agree(prepared.transaction)


def forged(pair: Pair) -> Pair:
    prepared, agreement = pair
    other = bytearray(agreement.signature)
    other[-1] ^= 1
    return prepared, replace(agreement, signature=bytes(other))


def mixed(pool: World) -> list[Pair]:
    good, bad, moved, alien = (pair(pool) for _ in range(4))
    return [
        good,
        forged(bad),
        (good[0], moved[1]),
        (alien[0], agree(alien[0].transaction, card(STRANGER))),
        pair(pool),
        (good[0], replace(good[1], signature=b"")),
        (good[0], replace(good[1], algorithm=SignatureAlgorithm.ES384)),
    ]


def told(answers: list[Authorized | Refused]) -> list[object]:
    return [(each.message, each.reason) if isinstance(each, Refused) else each for each in answers]


def test_what_they_find_is_what_this_process_finds(pool: World, workers: SignatureWorkers) -> None:
    batches = [mixed(pool), [], [pair(pool)], mixed(pool)[::-1]]
    found = list(pool.proofs.verify_batches(batches, workers))
    assert [told(each) for each in found] == [told(pool.proofs.verify_many(each)) for each in batches]
    assert [isinstance(each, Authorized) for each in found[0]] == [
        True,
        False,
        False,
        False,
        True,
        False,
        False,
    ]


def test_batches_are_posted_while_the_next_ones_are_checked(pool: World, workers: SignatureWorkers) -> None:
    batches = [[pair(pool) for _ in range(3)] for _ in range(12)]
    outcomes = [pool.desk.commit_many(batch) for batch in pool.proofs.verify_batches(batches, workers)]
    assert outcomes == [[Outcome.POSTED] * 3] * 12


def test_the_offer_may_have_expired_meanwhile(pool: World, workers: SignatureWorkers) -> None:
    batch = [pair(pool)]
    pool.clock.wait(days=2)
    ((answer,),) = pool.proofs.verify_batches([batch], workers)
    assert isinstance(answer, Refused)
    pool.clock.now -= timedelta(days=2)


def checks(count: int, *wrong: int) -> list[SignatureCheck]:
    """Signatures over numbers; those at ``wrong`` are over something else."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    made = []
    for number in range(count):
        message = number.to_bytes(4, "big")
        signature = key.sign(message + b"!" * (number in wrong), algorithm)
        made.append(SignatureCheck(spki, SignatureAlgorithm.ES256, signature, message))
    return made


def test_many_are_sent_in_pieces_and_come_back_in_order(workers: SignatureWorkers) -> None:
    count = 2 * PIECE + 5
    wrong = {0, PIECE - 1, PIECE, count - 1}
    answers = workers.check(checks(count, *wrong)).result()
    assert answers == [number not in wrong for number in range(count)]


def test_an_answer_nobody_took_is_not_taken_for_another_s(workers: SignatureWorkers) -> None:
    """Twenty questions whose answers were never asked for, then others with other answers."""
    for _ in range(20):
        workers.check(checks(1))
    first, second = (workers.check(checks(3, wrong)) for wrong in (0, 2))
    assert second.result() == [True, True, False]
    assert first.result() == [False, True, True]


def test_what_a_worker_that_died_left_is_done_here() -> None:
    with SignatureWorkers(STRICT, 2) as workers:
        before = workers.check(checks(3, 1))
        for worker in workers._workers:
            worker._process.kill()
            worker._process.join()
        after = workers.check(checks(3, 2))
        assert after.result() == [True, True, False]
        assert before.result() == [True, False, True]


def test_a_policy_that_refuses_the_hash_refuses_the_signature(workers: SignatureWorkers) -> None:
    (check,) = checks(1)
    assert is_right(check, STRICT)
    strict = replace(STRICT, hashes=STRICT.hashes - {"sha256"})
    assert not is_right(check, strict)
    assert not is_right(check._replace(spki=b"\x30\x00"), STRICT)


def test_there_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="worker"):
        SignatureWorkers(STRICT, 0)
