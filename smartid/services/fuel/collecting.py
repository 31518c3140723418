"""Logs of stations come home: checked and posted; what is owed to drivers waits for their chip's proof."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from smartid.errors import Refused
from smartid.services.fuel.accounts import Quota, StationDay, move
from smartid.services.fuel.buckets import credit_returned, expire_on_card
from smartid.services.fuel.fill_log import FillLog
from smartid.services.fuel.periods import parse_label
from smartid.services.fuel.policy import FuelPolicy, Version
from smartid.services.fuel.pump import Fill, bucket_amounts
from smartid.services.fuel.register import CARD
from smartid.services.fuel.tiers import OPEN, Bucket, Line, subsidy, valid_buckets
from smartid.services.fuel.vehicles import CardStatus
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.values import Account, Transfer, transfer_id
from smartid.services.reasons import Reason
from smartid.services.spine.collection import Collected, CollectionReport, Collector
from smartid.services.spine.states import State
from smartid.stored_value.model import Record as CardRecord
from smartid.stored_value.model import Verb

OWED, NOTICE, EXPIRY = "fuel/owed", "fuel/notice", "fuel/card-expiry"
_RING = "fuel/ring"
_FILLS = {Verb.DEBIT, Verb.RETURN}
_TAKEN = {State.ACCEPTED, State.LATE, State.DUPLICATE}


class StationLogs:
    """Takes down the logs of fills.

    verify    checks the codes of a card's record: ``IssuerModule.verify``. Raises Refused (bad_proof)
    stations  names of stations by the id of the security module that stands in a record
    """

    def __init__(
        self,
        book: Book,
        policy: FuelPolicy,
        *,
        verify: Callable[[bytes], CardRecord],
        stations: Mapping[bytes, str],
        window: timedelta = timedelta(days=30),
    ) -> None:
        self._book = book
        self._policy = policy
        self._verify = verify
        self._stations = stations
        self._window = window
        self._lapsed_in = 0
        self._cards: dict[str, tuple[str, CardStatus]] = {}
        self.collector = Collector(book, self._read, name="fuel", window=window)

    def collect(self, logs: Iterable[bytes], now: datetime) -> CollectionReport:
        """Take down logs; the same ones may come again."""
        found = list(logs)
        self._book.run(lambda entry: self._look_up(entry, found))
        report = self.collector.collect(found, now)
        owed = [raw for raw, state in zip(found, report.states, strict=True) if state in _TAKEN]
        self._book.run(lambda entry: self._remember(entry, owed))
        return report

    def deactivated(self, logs: Iterable[bytes]) -> list[str]:
        """Name chips that drew although their cards are blocked or cancelled."""
        chips = {FillLog.parse(raw).debit.card_id.hex() for raw in logs}
        return sorted(
            chip for chip in chips if self._cards.get(chip, ("", CardStatus.ACTIVE))[1] != CardStatus.ACTIVE
        )

    def expire_cards(self, held: Mapping[tuple[str, str], Mapping[Bucket, int]], now: datetime) -> int:
        """Let lapse what chips hold on the books of months that were over a whole window ago.

        held  by vehicle and chip: balances on the books (``on_the_books``)

        Logs that come later draw from what lapsed. Gives the millilitres.
        """
        period = self._policy.period(now - self._window)
        kept = set(valid_buckets(self._policy.on(now - self._window), period))

        def work(entry: Entry) -> int:
            total = 0
            for (vehicle, chip), balances in held.items():
                gone = {
                    bucket: left
                    for bucket, left in balances.items()
                    if bucket not in kept and bucket[1] < period
                }
                total += _expire(entry, vehicle, chip, gone, period)
            entry.keep(Record(kind=EXPIRY, key="", content={"period": period}))
            return total

        return self._book.run(work)

    def take_notices(
        self, module: bytes, fills: Iterable[Fill], unused: Iterable[int], now: datetime
    ) -> None:
        """Hear from a pump of fills that nobody knows about, and of numbers that its module did not use."""
        notices = [
            Record(
                kind=NOTICE,
                key=f"{fill.card}/{fill.counter}",
                content={"module": module.hex(), "order": fill.order, "counter": fill.counter},
                state=fill.card,
            )
            for fill in fills
        ]
        self._book.run(lambda entry: entry.keep(*notices))
        self.collector.note([(_module(module), number) for number in unused], now)

    def _resolve_notices(self, chip: str, counter: int, now: datetime) -> None:
        """Where the chip gave and the pump never heard of it, no fuel flowed: all of it is owed."""
        notices = self._book.run(lambda entry: entry.find(NOTICE, state=chip, limit=100))
        for notice in notices:
            number = int(notice.content["counter"])
            found = self._book.run(partial(_in_ring, chip=chip, counter=number))
            if found is None and counter >= number:
                continue  # the ring no longer reaches so far
            module, order = bytes.fromhex(notice.content["module"]), int(notice.content["order"])
            if found is not None and (found.module_id, found.module_counter) == (module, order):
                self.collect([FillLog(pump=0, flowed=0, beyond=0, debit=found).encode()], now)
            else:
                self.collector.note([(_module(module), order)], now)
            self._book.run(partial(_forget_notice, key=notice.key))

    def settle_owed(self, chip: str, history: Sequence[CardRecord], counter: int, now: datetime) -> int:
        """Decide what is owed to the holder of a chip that is online now; give the millilitres credited.

        history  the chip's last records, verified; they are kept for logs that come later
        counter  of its last transaction

        A debit is owed when another debit followed it, or nothing: a return that no pump heard of is the
        next number of the chip. Where the chip's ring no longer reaches so far, nothing is decided.
        """
        self._book.run(
            lambda entry: entry.keep(*(_ring_record(chip, item) for item in history if item.verb in _FILLS))
        )
        self._resolve_notices(chip, counter, now)

        def work(entry: Entry) -> int:
            items = entry.find(OWED, state=chip, limit=100)
            return sum(self._settle(entry, item, counter) for item in items)

        return self._book.run(work)

    def _settle(self, entry: Entry, item: Record, latest: int) -> int:
        chip, counter = item.state, int(item.content["counter"])
        after = _after(entry, chip, counter)
        if after is None and latest != counter and not _was_collected(entry, chip, counter + 1):
            return 0
        returned = after if after is not None and after.verb is Verb.RETURN else None
        entry.forget(OWED, item.key)
        if returned is None:
            return self._credit(entry, str(item.content["vehicle"]), chip, item)
        numbers = [(_card(chip), returned.counter), (_module(returned.module_id), returned.module_counter)]
        self.collector.note(numbers, returned.when, entry=entry)
        return 0

    def _credit(self, entry: Entry, vehicle: str, chip: str, item: Record) -> int:
        """Return to the account what the chip does not have. What lapsed in the meantime stays lapsed."""
        quota, key = Quota(vehicle), f"owed {chip} {item.content['counter']}"
        owed = {(tier, period): amount for tier, period, amount in item.content["amounts"]}
        entry.open_account(*quota.open(owed, chip))
        held = {bucket: entry.balance(quota.on_card(bucket, chip)).available for bucket in owed}
        amounts = {bucket: min(amount, held[bucket]) for bucket, amount in owed.items() if held[bucket]}
        back = [
            move(
                key,
                f"{tier}@{month}",
                quota.on_card((tier, month), chip),
                quota.returned((tier, month)),
                amount,
            )
            for (tier, month), amount in amounts.items()
        ]
        if back:
            entry.post(*back, *credit_returned(vehicle, amounts, key=key))
        return sum(amounts.values())

    def _look_up(self, entry: Entry, logs: Sequence[bytes]) -> None:
        marker = entry.load(EXPIRY, "")
        self._lapsed_in = int(marker.content["period"]) if marker else 0
        chips = {raw[16:24].hex() for raw in logs}
        found = entry.load_many(CARD, sorted(chips))
        self._cards = {
            chip: (str(item.content["vehicle"]), CardStatus(item.state)) for chip, item in found.items()
        }

    def _remember(self, entry: Entry, logs: Sequence[bytes]) -> None:
        for raw in logs:
            log = FillLog.parse(raw)
            amounts = _owed(self._policy, log)
            chip = log.debit.card_id.hex()
            if not amounts or chip not in self._cards:
                continue
            quota = Quota(self._cards[chip][0])
            if entry.transfer(transfer_id("fuel", f"owed {chip} {log.debit.counter}", _first(amounts))):
                continue  # it was settled before
            content = {
                "vehicle": quota.vehicle,
                "counter": log.debit.counter,
                "amounts": [[tier, period, amount] for (tier, period), amount in amounts.items()],
            }
            entry.keep(Record(kind=OWED, key=f"{chip}/{log.debit.counter}", content=content, state=chip))

    def _read(self, raw: bytes) -> Collected:
        log = FillLog.parse(raw)
        self._verify(log.debit.encode())
        if log.given_back is not None:
            self._verify(log.given_back.encode())
        chip, station = log.debit.card_id.hex(), self._stations.get(log.debit.module_id)
        if chip not in self._cards or station is None:
            raise Refused("Nobody knows this card, or this station.", reason=Reason.UNKNOWN_CASE)
        self._require_possible(log)
        vehicle = self._cards[chip][0]
        day = StationDay(station, self._policy.day(log.debit.when))
        lines = self._lines(log)
        id_ = transfer_id("fuel-log", log.debit.card_id, log.debit.counter)
        return Collected(
            id=id_,
            series=_series(log),
            postings=_named(self._transfers(log, vehicle, day, lines), id_, hashlib.sha256(raw).hexdigest()),
            time=log.debit.time,
            accounts=self._accounts(log, vehicle, day, lines),
            evidence={"vehicle": vehicle, "station": station, "taken": log.taken, "flowed": log.flowed},
        )

    def _require_possible(self, log: FillLog) -> None:
        """Fuel beyond the quota is the station's word alone: bound it. Raises Refused (invalid_request)."""
        if not log.beyond:
            return
        sold = self._version(log).open_price > 0
        first = log.flowed == log.taken and log.given_back is None
        if not (sold and first and log.taken + log.beyond <= self._policy.controls.fill_maximum):
            raise Refused("No fill gives so much beyond the quota.", reason=Reason.INVALID_REQUEST)

    def _accounts(self, log: FillLog, vehicle: str, day: StationDay, lines: Sequence[Line]) -> list[Account]:
        buckets = [*bucket_amounts(self._policy, log.debit), *(line.bucket for line in lines)]
        quota = Quota(vehicle)
        return [*quota.open(buckets, log.debit.card_id.hex()), *day.open(line.tier for line in lines)]

    def _transfers(
        self, log: FillLog, vehicle: str, day: StationDay, lines: Sequence[Line]
    ) -> list[Transfer]:
        quota, chip = Quota(vehicle), log.debit.card_id.hex()
        key = f"fill {chip} {log.debit.counter}"
        legs = [
            (self._source(quota, line.bucket, chip), quota.drawn(line.tier), line.millilitres)
            for line in lines
        ]
        moved = [
            move(key, str(number), debit, credit, amount)
            for number, (debit, credit, amount) in enumerate(legs)
        ]
        given = subsidy(self._version(log), lines)
        return moved + (day.sale(key, lines, subsidy=given) if lines else [])

    def _lines(self, log: FillLog) -> list[Line]:
        """Price what flowed, in the order in which the card gave it."""
        version, left = self._version(log), log.flowed
        prices = {tier.name: tier.price for tier in version.tiers}
        lines = []
        for (tier, period), amount in bucket_amounts(self._policy, log.debit).items():
            if take := min(left, amount):
                lines.append(Line(tier=tier, period=period, millilitres=take, price=prices[tier]))
            left -= take
        if log.beyond:
            lines.append(Line(tier=OPEN, period=0, millilitres=log.beyond, price=version.open_price))
        return lines

    def _version(self, log: FillLog) -> Version:
        return self._policy.on(log.debit.when)

    def _source(self, quota: Quota, bucket: Bucket, chip: str) -> str:
        return quota.expired(bucket[0]) if self._has_lapsed(bucket) else quota.on_card(bucket, chip)

    def _has_lapsed(self, bucket: Bucket) -> bool:
        if bucket[0] == OPEN or not self._lapsed_in or bucket[1] >= self._lapsed_in:
            return False
        version = self._policy.on(self._policy.first_day(self._lapsed_in))
        return bucket not in valid_buckets(version, self._lapsed_in)


def on_the_books(book: Book, policy: FuelPolicy, vehicle: str, chip: str) -> dict[Bucket, int]:
    """Give what a chip holds as far as the books know, by bucket."""
    tail, found = f"/on/{chip}", {}
    for tier in policy.versions[-1].tiers:
        prefix = f"fuel/{vehicle}/{tier.name}/"
        for name, balance in book.balances(prefix):
            if name.endswith(tail) and balance.posted:
                found[tier.name, parse_label(name.removeprefix(prefix).removesuffix(tail))] = balance.posted
    return found


def _expire(entry: Entry, vehicle: str, chip: str, gone: Mapping[Bucket, int], period: int) -> int:
    transfers = expire_on_card(vehicle, chip, gone, key=f"expire {period}")
    if transfers:
        entry.open_account(*Quota(vehicle).open(gone, chip))
        entry.post(*transfers)
    return sum(transfer.amount for transfer in transfers)


def _named(transfers: Sequence[Transfer], first: bytes, note: str) -> tuple[Transfer, ...]:
    """Give the first its id as the collector wants it, and all of them the digest of the log."""
    ids = [first, *(item.id for item in transfers[1:])]
    return tuple(replace(item, id=id_, note=note) for id_, item in zip(ids, transfers, strict=False))


def _ring_record(chip: str, record: CardRecord) -> Record:
    return Record(kind=_RING, key=f"{chip}/{record.counter}", content={"record": record.encode().hex()})


def _after(entry: Entry, chip: str, counter: int) -> CardRecord | None:
    """Give the chip's next record, if one of its rings showed it."""
    return _in_ring(entry, chip=chip, counter=counter + 1)


def _in_ring(entry: Entry, *, chip: str, counter: int) -> CardRecord | None:
    found = entry.load(_RING, f"{chip}/{counter}")
    return None if found is None else CardRecord.parse(bytes.fromhex(found.content["record"]))


def _forget_notice(entry: Entry, *, key: str) -> None:
    entry.forget(NOTICE, key)


def _was_collected(entry: Entry, chip: str, counter: int) -> bool:
    return entry.transfer(transfer_id("fuel-log", bytes.fromhex(chip), counter)) is not None


def _owed(policy: FuelPolicy, log: FillLog) -> dict[Bucket, int]:
    """Give what was taken and neither flowed nor went back, by bucket."""
    back = bucket_amounts(policy, log.given_back) if log.given_back else {}
    left, owed = log.flowed, {}
    for bucket, amount in bucket_amounts(policy, log.debit).items():
        flowed = min(left, amount)
        left -= flowed
        rest = amount - flowed - back.get(bucket, 0)
        if rest < 0:
            raise Refused("More came back than was left.", reason=Reason.BAD_PROOF)
        if rest:
            owed[bucket] = rest
    return owed


def _series(log: FillLog) -> list[tuple[str, int]]:
    records = [log.debit, *([log.given_back] if log.given_back else [])]
    chip, module = _card(log.debit.card_id.hex()), _module(log.debit.module_id)
    numbers = [(chip, log.debit.counter), (module, log.debit.module_counter)]
    return numbers + [
        item for back in records[1:] for item in ((chip, back.counter), (module, back.module_counter))
    ]


def _card(chip: str) -> str:
    return f"fuel/card/{chip}"


def _module(module: bytes) -> str:
    return f"fuel/module/{module.hex()}"


def _first(amounts: Mapping[Bucket, int]) -> str:
    tier, period = next(iter(amounts))
    return f"{tier}@{period}"
