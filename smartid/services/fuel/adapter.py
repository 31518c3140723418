"""The fuel card on the spine: pre-authorise, dispense, complete with the true volume, or let go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from smartid.errors import Refused
from smartid.services.fuel.accounts import OWN, STATION, Quota, StationDay
from smartid.services.fuel.policy import Controls, FuelPolicy, load_fuel_policy
from smartid.services.fuel.receipts import sentence_en, sentence_fa
from smartid.services.fuel.tiers import (
    OPEN,
    Bucket,
    Line,
    cost,
    cut,
    describe,
    parse_lines,
    split,
    station_card_line,
    subsidy,
)
from smartid.services.fuel.vehicles import CardStatus, Vehicle
from smartid.services.ledger.values import Account, Kind, Transfer
from smartid.services.reasons import Reason
from smartid.services.spine.legs import leg
from smartid.services.spine.limits import Limit, Period, Rule
from smartid.services.spine.outbox import Message
from smartid.services.spine.states import State, Step
from smartid.services.spine.values import Case, Holder, Terms

OFFICE = "fuel-office"
"""Queue of the back office."""
STATION_CARD = "station_card"
"""Verb of a sale with the station's own card."""
_RESOLVES = {Step.COMPLETE: Kind.POST, Step.VOID: Kind.VOID, Step.EXPIRE: Kind.VOID}
_BACK = {Step.REFUND, Step.UPHOLD}


@dataclass(frozen=True, slots=True, kw_only=True)
class FuelRequest:
    """What a driver asks for at a pump with a line.

    millilitres   most that is to flow
    balances      quota in the account, by bucket (``register.balances``)
    station_card  a sale with the station's own card: full price, no quota
    presented     number of the card that was presented; empty to trust the register
    """

    vehicle: Vehicle
    station: str
    pump: int
    millilitres: int
    balances: Mapping[Bucket, int] = field(default_factory=dict)
    product: str = "petrol"
    station_card: bool = False
    presented: str = ""


class FuelAdapter:
    """The rules of the fuel card for a ``Desk``."""

    name = "fuel"

    def __init__(
        self,
        policy: FuelPolicy | None = None,
        *,
        reservation: timedelta = timedelta(minutes=15),
        offer: timedelta = timedelta(minutes=3),
    ) -> None:
        self.policy = policy or load_fuel_policy()
        self._reservation = reservation
        self._offer = offer

    @property
    def reservation(self) -> timedelta:
        """How long a pre-authorisation stands."""
        return self._reservation

    def quote(self, request: FuelRequest, holder: Holder, now: datetime) -> Terms:
        """Split the fill and price it.

        Raises Refused: no_quota, wrong_product, vehicle_mismatch, card_blocked, limit_exceeded,
        invalid_request, policy_unknown.
        """
        self._check(request, holder)
        version = self.policy.on(now)
        if request.station_card:
            lines: tuple[Line, ...] = (station_card_line(version, request.millilitres),)
        else:
            lines = split(self.policy, request.balances, request.millilitres, now)
        return Terms(
            service=self.name,
            verb=STATION_CARD if request.station_card else "preauthorise",
            amount=request.millilitres,
            unit="ml",
            payee=request.station,
            sentence_fa=sentence_fa(lines),
            sentence_en=sentence_en(lines),
            policy=version.label,
            expires=now + self._offer,
            details=self._details(request, lines, now),
        )

    def accounts(self, case: Case) -> Sequence[Account]:
        """Name the vehicle's and the station's accounts of the case."""
        lines, quota, day = _lines(case), Quota(_text(case, "vehicle")), self._day(case)
        return [*quota.open(line.bucket for line in lines), *day.open(line.tier for line in lines)]

    def transfers(self, case: Case, step: Step, amount: int) -> Sequence[Transfer]:
        """Hold each line; post what flowed of it and let the rest go; book the sale at the station."""
        if step is Step.RESERVE:
            return [self._held(case, line) for line in _lines(case)]
        if step in _RESOLVES:
            moved = self._resolved(case, step, amount)
            return [*moved, *self._sale(case, amount)] if step is Step.COMPLETE else moved
        if step in _BACK:
            return self._back(case, step, amount)
        return []

    def messages(self, case: Case, step: Step) -> Sequence[Message]:
        """Tell the back office what flowed (advice) or that nothing will (reversal)."""
        if step is Step.COMPLETE:
            return [Message(queue=OFFICE, key=f"{case.id}/advice", payload=office_payload(case))]
        if step in {Step.VOID, Step.EXPIRE}:
            key = f"{case.id}/reversal"
            return [Message(queue=OFFICE, key=key, payload=office_payload(case), repeat_of=case.id)]
        return []

    def _check(self, request: FuelRequest, holder: Holder) -> None:
        vehicle = request.vehicle
        if request.millilitres <= 0:
            raise Refused("A fill has a volume.", reason=Reason.INVALID_REQUEST)
        if request.product != vehicle.product:
            raise Refused(f"The card is for {vehicle.product}.", reason=Reason.WRONG_PRODUCT)
        _check_tank(request, self.policy.controls)
        if request.station_card:
            return
        if vehicle.status is not CardStatus.ACTIVE:
            raise Refused(f"The fuel card is {vehicle.status}.", reason=Reason.CARD_BLOCKED)
        wrong_card = request.presented and request.presented != vehicle.card
        if wrong_card or (vehicle.owner and holder.pseudonym != vehicle.owner):
            raise Refused("Card and vehicle do not belong together.", reason=Reason.VEHICLE_MISMATCH)

    def _details(self, request: FuelRequest, lines: Sequence[Line], now: datetime) -> dict[str, str | int]:
        version = self.policy.on(now)
        return {
            "lines": describe(lines),
            "vehicle": request.vehicle.id,
            "card": request.vehicle.card,
            "station": request.station,
            "pump": request.pump,
            "product": request.product,
            "day": self.policy.day(now).isoformat(),
            "price": cost(lines),
            "pump_price": version.station_price,
            "subsidy": subsidy(version, lines),
            "quota": sum(request.balances.values()),
        }

    def _day(self, case: Case) -> StationDay:
        return StationDay(_text(case, "station"), datetime.fromisoformat(_text(case, "day")).date())

    def _held(self, case: Case, line: Line) -> Transfer:
        quota = Quota(_text(case, "vehicle"))
        return Transfer(
            id=leg(case, Step.RESERVE, _leg(line)),
            debit=quota.bucket(line.bucket),
            credit=quota.drawn(line.tier),
            amount=line.millilitres,
            kind=Kind.PENDING,
            note=_note(case, Step.RESERVE),
        )

    def _resolved(self, case: Case, step: Step, amount: int) -> list[Transfer]:
        flowed = amount if step is Step.COMPLETE else 0
        kept = {line.bucket: line.millilitres for line in cut(_lines(case), flowed)}
        quota, found = Quota(_text(case, "vehicle")), []
        for line in _lines(case):
            part = kept.get(line.bucket, 0)
            kind = _RESOLVES[step] if part or step is not Step.COMPLETE else Kind.VOID
            found.append(
                Transfer(
                    id=leg(case, step, _leg(line)),
                    debit=quota.bucket(line.bucket),
                    credit=quota.drawn(line.tier),
                    amount=part,
                    kind=kind,
                    pending=leg(case, Step.RESERVE, _leg(line)),
                    note=_note(case, step),
                )
            )
        return found

    def _sale(self, case: Case, amount: int) -> list[Transfer]:
        lines = cut(_lines(case), amount)
        version = self.policy.on(datetime.fromisoformat(_text(case, "day")).date())
        given, kind = subsidy(version, lines), STATION if case.terms.verb == STATION_CARD else OWN
        return self._day(case).sale(f"sale {case.id}", lines, subsidy=given, kind=kind) if lines else []

    def _back(self, case: Case, step: Step, amount: int) -> list[Transfer]:
        """Undo the dearest litres first: the holder gets back what was drawn last."""
        quota, left, found = Quota(_text(case, "vehicle")), amount, []
        drawn = cut(_lines(case), case.completed - case.refunded)
        for line in reversed(drawn):
            part = min(left, line.millilitres)
            left -= part
            if part:
                found.append(
                    Transfer(
                        id=leg(case, step, _leg(line)),
                        debit=quota.drawn(line.tier),
                        credit=quota.bucket(line.bucket),
                        amount=part,
                        note=_note(case, step),
                    )
                )
        return found


def limits_of(controls: Controls) -> tuple[Limit, ...]:
    """Give the bounds of a policy as limits of the spine."""
    source = "; ".join(controls.sources)
    return (
        Limit(name="fill", rule=Rule.PER_TRANSACTION, maximum=controls.fill_maximum, source=source),
        Limit(name="day", rule=Rule.SUM, maximum=controls.day_maximum, period=Period.DAY, source=source),
        Limit(name="cool-down", rule=Rule.COOL_DOWN, maximum=controls.cool_down_seconds, source=source),
        Limit(name="travel", rule=Rule.TRAVEL, maximum=controls.maximum_speed, source=source),
    )


def office_payload(case: Case) -> dict[str, object]:
    """Give what the back office is told, as JSON values (``office.fields_of``)."""
    details = case.terms.details
    lines = cut(_lines(case), case.completed) if case.state is State.COMPLETED else _lines(case)
    return {
        "case": case.id,
        "card": details["card"],
        "vehicle": details["vehicle"],
        "station": details["station"],
        "pump": details["pump"],
        "lines": describe(lines),
        "amount": cost(lines),
        "counter": case.transaction.terminal_counter,
        "terminal": case.transaction.terminal,
        "time": case.transaction.time,
    }


def _check_tank(request: FuelRequest, controls: Controls) -> None:
    most = min(controls.fill_maximum, request.vehicle.tank)
    if request.millilitres > most:
        raise Refused(
            f"At most {most} ml for one fill of this vehicle.",
            reason=Reason.LIMIT_EXCEEDED,
            limit="fill",
            remaining=most,
        )


def _lines(case: Case) -> tuple[Line, ...]:
    return parse_lines(_text(case, "lines"))


def _leg(line: Line) -> str:
    return line.tier if line.tier == OPEN else f"{line.tier}@{line.period}"


def _note(case: Case, step: Step) -> str:
    return f"fuel {step} {case.transaction.fingerprint.hex()[:32]}"


def _text(case: Case, name: str) -> str:
    return str(case.terms.details[name])
