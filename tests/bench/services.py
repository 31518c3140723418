"""How fast transactions are verified and posted, purses debited, and offline records collected."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import median

from smartid.card.connect import connect
from smartid.identity.transaction import Authorization
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.services.ledger.values import Outcome
from smartid.services.spine.values import Prepared
from smartid.trust.raw import verify_raw
from smartid.trust.x509 import parse_certificate
from tests.bench.measure import Figure
from tests.unit.services.spine.world import agree, card, world

VERIFIED = 14_000
COLLECTED = 50_000
DEBIT_COMMANDS, DEBIT_MS = 3, 5.0
BATCH = 32
ROUNDS, SIZE = 5, 50


def figures() -> list[Figure]:
    """All of them."""
    return [*verified_and_posted(), *purse_debit(), *collection()]


def verified_and_posted() -> list[Figure]:
    """ES256 agreements in batches of 32: signature, terms and holder checked, transfers on the disk."""
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as pool:
        holder = pool.holder()
        rates, floors = [], []
        for _ in range(ROUNDS):
            made = [pool.desk.prepare(10, holder) for _ in range(BATCH * SIZE)]
            pairs = [(prepared, agree(prepared.transaction)) for prepared in made]
            batches = [pairs[at : at + BATCH] for at in range(0, len(pairs), BATCH)]
            floors.append(_rate(lambda batches=batches: [_signatures(part) for part in batches], len(pairs)))
            rates.append(_rate(lambda batches=batches: [_commit(pool, part) for part in batches], len(pairs)))
    return [
        Figure(
            name=f"ES256 agreements verified and posted, batches of {BATCH}",
            value=median(rates),
            unit="/s",
            baseline="the bare signatures alone",
            baseline_value=median(floors),
            target=f">= {VERIFIED:,} a second",
            met=median(rates) >= VERIFIED,
        )
    ]


def _signatures(part: Sequence[tuple[Prepared, Authorization]]) -> None:
    key = parse_certificate(card().certificate).spki
    for _, agreement in part:
        message = agreement.transaction.message()
        verify_raw(key, agreement.algorithm, agreement.signature, message=message)


def _commit(pool, part) -> None:
    outcomes = pool.desk.commit_many(pool.proofs.verify_many(part))
    if set(outcomes) != {Outcome.POSTED}:
        raise AssertionError(f"not all were posted: {set(outcomes)}")


def _rate(work: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)
