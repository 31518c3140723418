from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from smartid.errors import GatewayUnavailable, Refused
from smartid.services.far_side.frame import Switchboard
from smartid.services.far_side.fuel_office import COMPLETED, REVERSED, FuelOffice, totals
from smartid.services.fuel.adapter import OFFICE, FuelAdapter, FuelRequest, limits_of
from smartid.services.fuel.office import Office, message_key, preauthorise
from smartid.services.fuel.policy import load_fuel_policy
from smartid.services.fuel.receipts import bill
from smartid.services.fuel.register import Register
from smartid.services.fuel.stations import statement
from smartid.services.fuel.tiers import cut, parse_lines
from smartid.services.fuel.vehicles import CardStatus, Vehicle
from smartid.services.ledger.opening import open_book
from smartid.services.messages import fuel as messages
from smartid.services.messages.iso8583 import decode
from smartid.services.reasons import Reason
from smartid.services.spine.outbox import Outbox
from smartid.services.spine.states import State
from tests.unit.services.spine.world import Clock, agree, card, desk_of, refused

POLICY = load_fuel_policy()


class Line:
    """The line to an office in this process; ``lost`` answers do not arrive."""

    def __init__(self, office: FuelOffice) -> None:
        self.office = office
        self.lost = 0
        self.seen: list[str] = []

    def __call__(self, raw: bytes) -> bytes:
        self.seen.append(decode(messages.SPEC, raw)["t"])
        answer = self.office.answer(raw)
        assert answer is not None
        assert message_key(raw) == message_key(answer)
        if self.lost:
            self.lost -= 1
            raise GatewayUnavailable("No answer in time.", retry_after=1)
        return answer


class Station:
    """A pump with a line, its desk, its office."""

    def __init__(self, folder) -> None:
        self.clock = Clock()
        self.book = open_book(f"sqlite:///{folder}/fuel.db", clock=self.clock)
        self.far = open_book(f"sqlite:///{folder}/office.db", clock=self.clock)
        self.adapter = FuelAdapter()
        self.desk, _ = desk_of(
            self.book, self.clock, self.adapter, terminal="pump-1", limits=limits_of(POLICY.controls)
        )
        self.holder = self.desk.holder(card().certificate)
        self.vehicle = Vehicle(id="V1", card="7744330000000017", owner=self.holder.pseudonym)
        self.register = Register(self.book, POLICY)
        self.register.enrol(self.vehicle)
        self.register.allocate([self.vehicle], self.clock.now)
        self.simulator = FuelOffice(self.far, Switchboard())
        self.line = Line(self.simulator)
        self.office = Office(self.line)

    def request(self, millilitres: int, **changes) -> FuelRequest:
        balances = self.register.balances("V1", self.clock.now)
        made = FuelRequest(
            vehicle=self.vehicle, station="S1", pump=1, millilitres=millilitres, balances=balances
        )
        return replace(made, **changes)

    def authorized(self, millilitres: int, **changes):
        self.clock.wait(minutes=20)
        prepared = self.desk.prepare(self.request(millilitres, **changes), self.holder)
        return self.desk.authorize(prepared, agree(prepared.transaction))

    def start(self, millilitres: int, key: str = "k1"):
        return preauthorise(self.desk, self.office, self.authorized(millilitres), key=key)

    def deliver(self):
        return Outbox(self.book).deliver(OFFICE, self.office.send, self.clock.now)

    def left(self) -> int:
        return sum(self.register.balances("V1", self.clock.now).values())

    def close(self) -> None:
        self.book.close()
        self.far.close()


@pytest.fixture
def station(tmp_path):
    made = Station(tmp_path)
    yield made
    made.close()


def test_a_fill_is_held_flows_and_is_completed_with_its_true_volume(station) -> None:
    case = station.start(50_000)
    assert station.left() == 160_000 - 50_000
    receipt = station.desk.complete(case.id, 31_500)
    assert (receipt.state, receipt.amount, receipt.unit) == (State.COMPLETED, 31_500, "ml")
    assert station.left() == 160_000 - 31_500
    assert len(station.deliver().delivered) == 1
    assert station.line.seen == ["1100", "1220"]
    assert totals(station.far)[COMPLETED] == (1, 31_500)
    found = statement(station.book, "S1", POLICY.day(station.clock.now))
    assert dict(found.millilitres) == {"first": 31_500}
    assert (found.paid, found.subsidy, found.own_fills) == (31_500 * 15, 31_500 * 35, 1)


def test_the_receipt_says_what_the_state_paid(station) -> None:
    receipt = station.desk.complete(station.start(50_000).id, 40_000)
    lines = cut(parse_lines(str(receipt.details["lines"])), receipt.amount)
    found = bill(POLICY.on(station.clock.now), lines, int(receipt.details["quota"]))
    assert (found.full, found.paid, found.subsidy) == (2_000_000, 600_000, 1_400_000)
    assert (found.used, found.left) == (40_000, 120_000)


def test_no_answer_is_undone_and_the_office_hears_of_it(station) -> None:
    station.line.lost = 1
    with pytest.raises(GatewayUnavailable) as error:
        station.start(20_000)
    assert error.value.reversal_queued
    case = station.desk.find("k1")
    assert case is not None
    assert case.state is State.UNKNOWN
    station.line.lost = 1
    assert station.deliver().waiting == 1
    station.clock.wait(minutes=30)
    assert len(station.deliver().delivered) == 1
    assert station.line.seen == ["1100", "1420", "1421"]
    station.desk.void(case.id, why="no answer")
    assert station.left() == 160_000
    assert totals(station.far)[REVERSED] == (1, 0)


def test_the_office_may_say_no(station) -> None:
    station.simulator.block(station.vehicle.card)
    with pytest.raises(Refused) as refusal:
        station.start(20_000)
    assert (refusal.value.reason, refusal.value.original) == (Reason.CARD_BLOCKED, "104")
    assert station.left() == 160_000


def test_what_was_not_released_in_time_returns(station) -> None:
    case = station.desk.reserve(station.authorized(20_000), key="k1")
    station.office.authorise(case)
    station.clock.wait(minutes=16)
    (receipt,) = station.desk.expire()
    assert (receipt.case, receipt.state) == (case.id, State.EXPIRED)
    assert station.left() == 160_000
    station.deliver()
    assert totals(station.far)[REVERSED] == (1, 0)


def test_two_pumps_race_for_the_last_litres(station) -> None:
    desk, _ = desk_of(station.book, station.clock, station.adapter, terminal="pump-2")
    prepared = [desk.prepare(station.request(60_000), station.holder) for _ in range(2)]
    first, second = (desk.authorize(item, agree(item.transaction)) for item in prepared)
    desk.reserve(first, key="a")
    with refused(Reason.INSUFFICIENT):
        desk.reserve(second, key="b")
    assert station.left() == 100_000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"product": "diesel"}, Reason.WRONG_PRODUCT),
        ({"presented": "7744339999999999"}, Reason.VEHICLE_MISMATCH),
        ({"millilitres": 60_001}, Reason.LIMIT_EXCEEDED),
        ({"millilitres": 0}, Reason.INVALID_REQUEST),
    ],
)
def test_what_the_rules_do_not_allow(station, changes, reason) -> None:
    with refused(reason):
        station.desk.prepare(station.request(**{"millilitres": 10_000, **changes}), station.holder)


def test_a_blocked_card_and_a_strange_driver_are_refused(station) -> None:
    blocked = replace(station.vehicle, status=CardStatus.BLOCKED)
    with refused(Reason.CARD_BLOCKED):
        station.desk.prepare(station.request(1_000, vehicle=blocked), station.holder)
    other = replace(station.vehicle, owner="0" * 32)
    with refused(Reason.VEHICLE_MISMATCH):
        station.desk.prepare(station.request(1_000, vehicle=other), station.holder)


def test_two_fills_within_ten_minutes_are_one_too_many(station) -> None:
    station.desk.complete(station.start(5_000).id, 5_000)
    station.clock.wait(minutes=2)
    with refused(Reason.COOL_DOWN):
        station.desk.prepare(station.request(5_000), station.holder)


def test_the_station_card_is_counted_apart(station) -> None:
    station.desk.complete(station.start(10_000, "own").id, 10_000)
    sale = station.authorized(10_000, station_card=True)
    case = station.desk.reserve(sale, key="station")
    station.desk.complete(case.id, 8_000)
    found = statement(station.book, "S1", POLICY.day(station.clock.now))
    assert (found.own_fills, found.station_fills, found.station_card_share) == (1, 1, 50)
    assert found.is_excessive(POLICY.controls)
    assert found.millilitres["open"] == 8_000
    assert station.left() == 150_000


def test_a_refund_gives_the_dearest_litres_back(station) -> None:
    case = station.start(60_000)
    station.desk.complete(case.id, 60_000)
    dear = preauthorise(station.desk, station.office, station.authorized(30_000), key="k2")
    station.desk.complete(dear.id, 30_000)
    assert station.left() == 70_000
    station.desk.refund(dear.id, 12_000, key="r1")
    station.desk.refund(dear.id, 12_000, key="r1")
    assert station.left() == 82_000


def test_every_case_is_settled_in_one_batch(station) -> None:
    station.desk.complete(station.start(10_000).id, 9_000)
    batch = station.desk.settle(POLICY.day(station.clock.now))
    assert [(item.payee, item.unit, item.net) for item in batch.positions] == [("S1", "ml", 9_000)]


def test_is_anybody_there(station) -> None:
    assert station.office.echo(7, station.clock.now)
    station.line.lost = 1
    assert not station.office.echo(8, station.clock.now + timedelta(seconds=1))


def test_a_nozzle_is_released_once(station) -> None:
    authorized = station.authorized(20_000)
    case = preauthorise(station.desk, station.office, authorized, key="k1")
    assert case.begun
    with refused(Reason.WRONG_STATE):
        preauthorise(station.desk, station.office, authorized, key="k1")
    with refused(Reason.CONFLICT):
        preauthorise(station.desk, station.office, station.authorized(21_000), key="k1")
    assert station.left() == 140_000
    station.desk.void(case.id, why="nothing flowed")
    with refused(Reason.WRONG_STATE):
        preauthorise(station.desk, station.office, authorized, key="k1")


def test_a_fill_that_runs_does_not_expire(station) -> None:
    case = station.start(20_000)
    assert station.desk.expire(station.clock.now + timedelta(hours=1)) == []
    assert station.desk.complete(case.id, 15_000).amount == 15_000
