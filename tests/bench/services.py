"""How fast transactions are verified and posted, purses debited, and offline records collected."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate

from smartid.identity.transaction import Authorization
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import Account, Guard, Outcome
from smartid.services.purse.collected import RecordReader
from smartid.services.spine.collection import Collector
from smartid.services.spine.signature_workers import SignatureWorkers
from smartid.services.spine.values import Holder, Prepared
from smartid.stored_value import protocol
from smartid.stored_value.exchanges import debit
from smartid.stored_value.keys import CardKeys, KeyPurpose, SoftwareVault, cmac_of, cmac_under, key_name
from smartid.stored_value.model import Kind, Line, OfflineLimits, Verb
from smartid.stored_value.module_file import FileStore
from smartid.stored_value.modules import IssuerModule
from smartid.stored_value.record import BODY_SIZE, Movement, Record
from tests.bench.measure import Figure
from tests.stored_value_world import NOON, drive, merchant, purse
from tests.unit.services.spine.world import World, agree, card, world

VERIFIED = 14_000
COLLECTED = 50_000
DEBIT_COMMANDS, DEBIT_MS = 3, 5.0
BATCH = 32
ROUNDS, SIZE = 5, 50
DEBITS = 200
CARDS, TERMINALS, RECORDS = 5_000, 50, 40_960


def figures() -> list[Figure]:
    """All of them."""
    return [*verified_and_posted(), *purse_debit(), *collection()]


def verified_and_posted() -> list[Figure]:
    """ES256 agreements in batches of 32: signature, terms and holder checked, transfers on the disk."""
    with (
        tempfile.TemporaryDirectory() as folder,
        world(Path(folder)) as pool,
        pool.proofs.workers() as workers,
    ):
        holder = pool.desk.holder(card().certificate)
        rates, floors = [], []
        list(pool.proofs.verify_batches(_warm_up(pool, holder), workers))
        for _ in range(ROUNDS):
            made = [pool.desk.prepare(10, holder) for _ in range(BATCH * SIZE)]
            pairs = [(prepared, agree(prepared.transaction)) for prepared in made]
            batches = [pairs[at : at + BATCH] for at in range(0, len(pairs), BATCH)]
            bare = _spent(lambda batches=batches: [_signatures(part) for part in batches])
            ours = _spent(lambda batches=batches: _commit(pool, batches, workers))
            floors.append(len(pairs) / bare)
            rates.append(len(pairs) / ours)
    return [
        Figure(
            name=f"ES256 agreements verified and posted, batches of {BATCH}",
            value=median(rates),
            unit="/s",
            baseline="the bare signatures alone, on one core",
            baseline_value=median(floors),
            target=f">= {VERIFIED:,} a second",
            met=median(rates) >= VERIFIED,
        )
    ]


def _signatures(part: Sequence[tuple[Prepared, Authorization]]) -> None:
    key, algorithm = _key(), ec.ECDSA(hashes.SHA256())
    for _, agreement in part:
        key.verify(agreement.signature, agreement.transaction.message(), algorithm)


@cache
def _key() -> ec.EllipticCurvePublicKey:
    found = load_der_x509_certificate(card().certificate).public_key()
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise AssertionError("the card of the test has another key")
    return found


def _warm_up(pool: World, holder: Holder) -> list[list[tuple[Prepared, Authorization]]]:
    """Something for every process to do, so that all of them are there."""
    prepared = pool.desk.prepare(10, holder)
    return [[(prepared, agree(prepared.transaction))]] * 20


def _commit(
    pool: World, batches: Sequence[Sequence[tuple[Prepared, Authorization]]], workers: SignatureWorkers
) -> None:
    for verified in pool.proofs.verify_batches(batches, workers):
        outcomes = pool.desk.commit_many(verified)
        if set(outcomes) != {Outcome.POSTED}:
            raise AssertionError(f"not all were posted: {set(outcomes)}")


def _spent(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def purse_debit() -> list[Figure]:
    """A payment as the terminal sees it: everything but the time in the card, the module's file included."""
    shop = purse(1_000_000)
    shop.change(limits=OfflineLimits(count=DEBITS, total=10**6, per_debit=10**6))
    inside: list[float] = []

    def transmit(command: bytes) -> bytes:
        start = time.perf_counter()
        answer = shop.card.transmit(command)
        inside.append(time.perf_counter() - start)
        return answer

    host: list[float] = []
    commands: set[int] = set()
    with tempfile.TemporaryDirectory() as folder:
        module = merchant(store=FileStore(Path(folder, "module")))
        for _ in range(DEBITS):
            inside.clear()
            start = time.perf_counter()
            drive(debit(Kind.PURSE.aid, module, [Line(1, 100)], NOON), transmit)
            host.append(time.perf_counter() - start - sum(inside))
            commands.add(len(inside))
    value = median(host) * 1000
    return [
        Figure(
            name="debit of a purse, host and the module's file",
            value=value,
            unit="ms",
            baseline="its last command in the mock card",
            baseline_value=inside[-1] * 1000,
            target=f"at most {DEBIT_MS:g} ms",
            met=value <= DEBIT_MS,
        ),
        Figure(
            name="commands of a debit",
            value=max(commands),
            unit="commands",
            baseline="SELECT, INITIALIZE, DEBIT",
            baseline_value=DEBIT_COMMANDS,
            target=f"at most {DEBIT_COMMANDS}",
            met=max(commands) <= DEBIT_COMMANDS,
        ),
    ]


def collection() -> list[Figure]:
    """Records of purses: parsed, proved, told apart from what came before, posted, counted."""
    paper = Papers()
    now = datetime.fromtimestamp(NOON, UTC)
    rates, floors = [], []
    with tempfile.TemporaryDirectory() as folder, open_book(f"sqlite:///{folder}/book.db") as book:
        collector = Collector(book, RecordReader(paper.issuer.verify, paper.merchants).read, name="purse")
        bank = Account(name="purse/bank", unit="IRR", guard=Guard.NONE)
        book.run(lambda entry: entry.open_account(bank))
        for _ in range(ROUNDS):
            records = paper.records(RECORDS)
            floors.append(RECORDS / _spent(lambda records=records: paper.macs(records)))
            start = time.perf_counter()
            report = collector.collect(records, now)
            rates.append(RECORDS / (time.perf_counter() - start))
            if report.accepted != RECORDS or report.alarms or report.gaps:
                raise AssertionError("not all were accepted")
    return [
        Figure(
            name="offline records collected and posted",
            value=median(rates),
            unit="/s",
            baseline="the bare CMACs alone",
            baseline_value=median(floors),
            target=f">= {COLLECTED:,} a second",
            met=median(rates) >= COLLECTED,
        )
    ]


class Papers:
    """Payments of many purses at many terminals, without cards: their TACs are made here."""

    def __init__(self) -> None:
        name = key_name(Kind.PURSE, KeyPurpose.TAC, 1)
        vault = SoftwareVault({name: bytes(range(16))})
        self.issuer = IssuerModule(b"ISSUER01", vault, Kind.PURSE)
        self.merchants = {n.to_bytes(8, "big"): f"shop-{n}" for n in range(TERMINALS)}
        self._keys = CardKeys(vault, Kind.PURSE)
        self._chance = random.Random(1546)
        self._cards = [0] * CARDS
        self._modules = [0] * TERMINALS

    def records(self, count: int) -> list[bytes]:
        """The next payments, as the terminals hand them in: one terminal after the other."""
        return [self._record(place * TERMINALS // count) for place in range(count)]

    def macs(self, records: Sequence[bytes]) -> None:
        """The cryptography alone."""
        begun = cmac_under(bytes(16))
        for data in records:
            cmac_of(begun, protocol.tac_input(data[:BODY_SIZE]))

    def _record(self, module: int) -> bytes:
        card_number = self._chance.randrange(CARDS)
        self._cards[card_number] += 1
        self._modules[module] += 1
        amount = self._chance.randrange(1000, 100_000)
        blank = Record(
            application=Kind.PURSE,
            verb=Verb.DEBIT,
            key_version=1,
            card_id=card_number.to_bytes(8, "big"),
            counter=self._cards[card_number],
            module_id=module.to_bytes(8, "big"),
            module_counter=self._modules[module],
            time=NOON,
            of_counter=0,
            movements=(Movement(1, amount, 10**6),),
            tac=bytes(8),
        )
        body = blank.body()
        return body + self._keys.mac(KeyPurpose.TAC, 1, blank.card_id, protocol.tac_input(body))
