from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smartid.errors import EncodingError, Refused
from smartid.mockcard.faults import Moment, Removal, Tear
from smartid.services.fuel.fill_log import FillLog
from smartid.services.fuel.pump import Stage
from smartid.services.fuel.slots import slot_for
from smartid.services.fuel.stations import settle_station, statement
from smartid.services.fuel.vehicles import CardStatus, Vehicle
from smartid.services.ledger.book import Record
from smartid.services.spine.states import State
from smartid.stored_value import exchanges
from smartid.stored_value.model import FUEL_AID, Verb
from tests.unit.services.fuel.world import STATION, VEHICLE, FuelWorld


@pytest.fixture
def world(tmp_path):
    made = FuelWorld(tmp_path)
    made.register.allocate([made.vehicle], made.now)
    made.visit()
    yield made
    made.close()


def test_a_month_is_allocated_and_loaded_once(world) -> None:
    assert sum(world.on_chip().values()) == 160_000
    again = world.visit()
    assert (again.loaded, again.unloaded, sum(world.on_chip().values())) == (0, 0, 160_000)
    world.register.allocate([world.vehicle], world.now)
    assert world.litres()["allocated"] == 160_000
    assert world.balanced()


def test_all_is_taken_first_and_the_rest_goes_back(world) -> None:
    plan = world.plan(40_000)
    taken = world.run(world.pump.take(plan))
    assert taken.stage is Stage.TAKEN
    assert sum(world.on_chip().values()) == 120_000
    world.meter.total += 25_500
    done = world.run(world.pump.give_back())
    assert (done.stage, done.flowed) == (Stage.CLOSED, 25_500)
    assert sum(world.on_chip().values()) == 134_500


def test_logs_are_posted_once_and_the_station_is_paid(world) -> None:
    world.fill(80_000, 70_000)
    fills = world.pump.ready()
    logs = [world.pump.log_of(fill) for fill in fills]
    first = world.logs.collect(logs, world.now)
    again = world.logs.collect(logs, world.now)
    assert (first.accepted, again.accepted, again.duplicates) == (1, 0, 1)
    assert first.states == [State.ACCEPTED]
    assert not first.alarms
    assert not again.alarms
    assert world.litres()["drawn"] == 70_000
    assert world.litres()["on card"] == sum(world.on_chip().values())
    assert world.balanced()
    day = world.policy.day(world.now)
    found = statement(world.book, STATION, day)
    assert dict(found.millilitres) == {"first": 60_000, "second": 10_000}
    assert (found.paid, found.subsidy) == (900_000 + 300_000, 2_100_000 + 200_000)
    paid = settle_station(world.book, STATION, day)
    assert paid is not None
    assert (paid.run, paid.paid, paid.subsidy) == (1, 1_200_000, 2_300_000)
    assert settle_station(world.book, STATION, day) is None


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("at", [2, 3])
@pytest.mark.parametrize("step", ["take", "give back"])
@pytest.mark.parametrize("returns", [True, False])
def test_a_card_that_is_pulled_out_costs_nobody_a_drop(world, moment, at, step, returns) -> None:
    before = sum(world.on_chip().values())
    plan = world.plan(40_000)
    pulled = Tear(at, moment)
    flowed = 0
    if step == "take":
        torn = _swallow(world, world.pump.take(plan), [pulled])
    else:
        world.run(world.pump.take(plan))
        flowed = 15_000
        world.meter.total += flowed
        torn = _swallow(world, world.pump.give_back(), [pulled])
    assert torn
    world.restart()
    if returns:
        world.run(world.pump.resume())
    else:
        world.pump.give_up()
    world.upload()
    world.now += timedelta(hours=1)
    world.visit()
    chip = sum(world.on_chip().values())
    litres = world.litres()
    assert litres["drawn"] == flowed
    assert litres["returned"] == 0
    assert chip + litres["account"] == before - flowed
    assert litres["on card"] == chip
    assert world.balanced()
    assert world.logs.collector.gaps(world.now) == []


def _swallow(world, exchange, faults) -> bool:
    from smartid.errors import CardRemoved

    try:
        world.run(exchange, faults)
    except CardRemoved:
        return True
    return False


def test_a_driver_who_leaves_is_credited_after_the_chip_proved_it(world) -> None:
    world.run(world.pump.take(world.plan(40_000)))
    world.meter.total += 10_000
    owed = world.pump.give_up()
    assert owed is not None
    assert owed.stage is Stage.OWED
    world.upload()
    assert world.litres()["on card"] == 150_000
    world.now += timedelta(hours=1)
    visited = world.visit()
    assert visited.credited == 30_000
    assert world.litres()["returned"] == 0
    assert world.litres()["drawn"] == 10_000
    assert sum(world.on_chip().values()) == 150_000
    assert world.balanced()


def test_a_pump_serves_one_driver_at_a_time(world) -> None:
    world.run(world.pump.take(world.plan(10_000)))
    world.now += timedelta(hours=1)
    with pytest.raises(Refused) as refusal:
        world.plan(10_000)
    assert refusal.value.reason == "wrong_state"


def test_a_card_rests_between_two_fills(world) -> None:
    world.fill(10_000, 10_000)
    with pytest.raises(Refused) as refusal:
        world.plan(10_000)
    assert refusal.value.reason == "cool_down"
    assert refusal.value.resets_at == world.now + timedelta(minutes=10)


def test_three_fills_and_then_a_line(world) -> None:
    for _ in range(3):
        world.fill(1_000, 1_000)
    world.now += timedelta(hours=1)
    with pytest.raises(Refused) as refusal:
        world.plan(1_000)
    assert refusal.value.reason == "offline_limit"
    world.upload()
    world.visit()
    assert world.fill(1_000, 1_000).stage is Stage.CLOSED


def test_an_empty_card_is_refused_and_the_open_price_is_added(world) -> None:
    done = world.fill(100_000, 100_000)
    assert done.stage is Stage.CLOSED
    world.now += timedelta(hours=1)
    plan = world.plan(80_000)
    assert [line.tier for line in plan.all_lines] == ["second", "open"]
    world.run(world.pump.take(plan))
    world.meter.total += 80_000
    world.run(world.pump.give_back())
    world.upload()
    assert statement(world.book, STATION, world.policy.day(world.now)).millilitres["open"] == 20_000
    world.now += timedelta(hours=1)
    with pytest.raises(Refused) as refusal:
        world.plan(1_000)
    assert refusal.value.reason == "no_quota"


def test_months_that_lapse_leave_the_chip(world) -> None:
    world.now = datetime(2026, 1, 25, 9, tzinfo=UTC)  # 5 Bahman 1404
    world.register.allocate([world.vehicle], world.now)
    visited = world.visit()
    assert visited.unloaded == 100_000
    assert sum(world.on_chip().values()) == 60_000 + 160_000
    assert world.litres()["expired"] == 100_000
    assert world.balanced()


def test_the_record_of_the_quota_moves_to_the_account_once(world) -> None:
    for month in (1, 2):
        world.now = datetime(2026, month, 25, 9, tzinfo=UTC)
        world.register.allocate([world.vehicle], world.now)
        world.visit()
    held = sum(world.on_chip().values())
    assert held == 3 * 60_000 + 100_000
    world.now = datetime(2026, 3, 22, 9, tzinfo=UTC)
    world.register.allocate([world.vehicle], world.now)
    first, second = world.visit(), world.visit()
    assert (first.switched, second.switched) == (True, False)
    assert sum(world.on_chip().values()) == 250_000
    assert world.litres()["account"] == 3 * 60_000 + 160_000 - 250_000
    assert world.balanced()


@pytest.mark.parametrize("at", range(2, 32, 3))
def test_a_torn_visit_is_taken_up_by_the_next(world, at) -> None:
    world.fill(50_000, 30_000)
    world.upload()
    world.now = datetime(2026, 1, 25, 9, tzinfo=UTC)
    world.register.allocate([world.vehicle], world.now)
    for fault in (Removal(at), Tear(at, list(Moment)[-1])):
        _swallow(world, world.office.serve(world.now), [fault])
        world.restart()
    world.visit()
    litres = world.litres()
    assert litres["on card"] == sum(world.on_chip().values()) == 30_000 + 160_000
    assert litres["expired"] == 100_000
    assert world.balanced()


def test_a_blocked_card_that_still_draws_is_reported(world) -> None:
    world.fill(5_000, 5_000)
    world.register.replace_card(VEHICLE, world.chip, "00" * 8, "7744330000000025", None)
    logs = [world.pump.log_of(fill) for fill in world.pump.ready()]
    world.logs.collect(logs, world.now)
    assert world.logs.deactivated(logs) == [world.chip]
    found = world.register.vehicle_of(world.chip)
    assert found == (VEHICLE, CardStatus.CANCELLED)
    with pytest.raises(Refused) as refusal:
        world.visit()
    assert refusal.value.reason == "card_blocked"
    assert world.register.vehicle(VEHICLE).card == "7744330000000025"
    assert world.register.release(VEHICLE, world.chip, world.now) == 155_000
    assert world.litres()["account"] == 155_000
    assert world.balanced()


def test_a_forged_log_is_told_from_a_broken_one(world) -> None:
    world.fill(5_000, 4_000)
    raw = world.pump.log_of(world.pump.ready()[0])
    changed = bytearray(raw)
    changed[80] ^= 1
    report = world.logs.collect([bytes(changed), raw[:-1], raw], world.now)
    assert report.states == [State.FORGED, State.FORGED, State.ACCEPTED]
    assert world.litres()["drawn"] == 4_000


def test_a_station_cannot_sell_more_than_was_taken(world) -> None:
    world.fill(5_000, 4_000)
    raw = bytearray(world.pump.log_of(world.pump.ready()[0]))
    raw[4:8] = (4_001).to_bytes(4, "big")
    with pytest.raises(EncodingError):
        FillLog.parse(bytes(raw))


def test_the_chip_says_what_the_books_say(world) -> None:
    world.fill(60_000, 12_345)
    world.fill(10_000, 10_000)
    world.upload()
    state = world.run(exchanges.read_state(FUEL_AID))
    assert sum(slot.balance for slot in state.slots) == 160_000 - 22_345 == world.litres()["on card"]


def test_the_ring_reaches_back_to_a_tear_that_nobody_resolved(world) -> None:
    _swallow(world, world.pump.take(world.plan(32_000)), [Tear(3, Moment.BEFORE_ANSWER)])
    assert world.pump.give_up().stage is Stage.UNRESOLVED
    before = sum(world.on_chip().values())
    with pytest.raises(Refused) as refusal:
        for _ in range(9):
            world.fill(2_000, 1_000)
    assert refusal.value.reason == "offline_limit"
    flowed = world.meter.total
    world.visit()
    world.upload()
    world.now += timedelta(hours=1)
    world.visit()
    litres = world.litres()
    assert before == 128_000
    assert sum(world.on_chip().values()) + litres["account"] == 160_000 - flowed
    assert world.balanced()
    assert world.logs.collector.gaps(world.now) == []


def _claimed(world, wanted: int, flowed: int, beyond: int) -> bytes:
    """What a station sends that claims more than the quota."""
    fill = world.fill(wanted, flowed)
    log = FillLog.parse(world.pump.log_of(fill))
    return replace(log, beyond=beyond).encode()


@pytest.mark.parametrize(("flowed", "beyond"), [(30_000, 5_000), (40_000, 60_001), (40_000, 4_000_000_000)])
def test_fuel_that_no_fill_gives_is_not_taken_on_the_stations_word(world, flowed, beyond) -> None:
    report = world.logs.collect([_claimed(world, 40_000, flowed, beyond)], world.now)
    assert [alarm.reason for alarm in report.refused] == ["invalid_request"]
    assert statement(world.book, STATION, world.policy.day(world.now)).paid == 0


def test_where_nothing_is_sold_beyond_the_quota_the_state_pays_nothing_for_it(tmp_path) -> None:
    world = FuelWorld(tmp_path, now=datetime(2022, 3, 2, 9, tzinfo=UTC))
    try:
        world.register.allocate([world.vehicle], world.now)
        world.visit()
        report = world.logs.collect([_claimed(world, 20_000, 20_000, 50_000)], world.now)
        assert report.accepted == 0
        assert statement(world.book, STATION, world.policy.day(world.now)).subsidy == 0
    finally:
        world.close()


def test_nobody_is_sold_at_full_price_what_his_quota_still_holds(world) -> None:
    state = world.run(exchanges.read_state(FUEL_AID))
    months = [world.policy.period(world.now) - age for age in range(6)]
    slots = [replace(slot_for(world.policy, ("first", month)), balance=1_000) for month in months]
    plan = world.pump.plan(replace(state, slots=tuple(slots)), 30_000)
    assert [line.millilitres for line in plan.lines] == [1_000] * 4
    assert plan.beyond == ()


def test_one_fill_has_a_limit_without_a_line_too(world) -> None:
    with pytest.raises(Refused) as refusal:
        world.plan(100_001)
    assert refusal.value.reason == "limit_exceeded"


def test_the_chip_of_another_vehicle_is_no_replacement(world) -> None:
    other = Vehicle(id="V0002", card="7744330000000025")
    world.register.enrol(other, "ab" * 8)
    for old, new in ((world.chip, "ab" * 8), ("ab" * 8, "cd" * 8), (world.chip, world.chip)):
        with pytest.raises(Refused) as refusal:
            world.register.replace_card(VEHICLE, old, new, "7744330000000033", held=None)
        assert refusal.value.reason == "conflict"
    assert world.register.vehicle_of("ab" * 8) == ("V0002", CardStatus.ACTIVE)
    assert world.register.vehicle_of(world.chip) == (VEHICLE, CardStatus.ACTIVE)


def test_a_chip_that_lies_talks_no_litres_into_the_account(world, monkeypatch) -> None:
    """It says at the start of a visit that litres left it, which the office had only meant to take off."""
    held = world.on_chip()
    number = world.run(exchanges.read_state(FUEL_AID)).load_counter + 1
    content = {
        "vehicle": VEHICLE,
        "verb": int(Verb.UNLOAD),
        "counter": number,
        "amounts": [[tier, month, amount] for (tier, month), amount in held.items()],
        "number": 99,
    }
    meant = Record(kind="fuel/load", key=world.chip, content=content, state="open")
    world.book.run(lambda entry: entry.keep(meant))
    honest = exchanges.read_state

    def lying(aid):
        state = yield from honest(aid)
        return replace(state, load_counter=number + 1)

    with monkeypatch.context() as patch:
        patch.setattr(exchanges, "read_state", lying)
        visited = world.visit()
    assert visited.unloaded == 0
    assert world.on_chip() == held
    assert world.litres()["on card"] == sum(held.values())
    assert world.balanced()
