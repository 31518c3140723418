"""The station's line to the back office: asks before a fill, tells afterwards, until it was heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from smartid.errors import EncodingError, GatewayUnavailable, Refused
from smartid.services.fuel.adapter import OFFICE, office_payload
from smartid.services.fuel.tiers import OPEN, parse_lines
from smartid.services.messages import fuel as messages
from smartid.services.messages.iso8583 import decode, encode
from smartid.services.reasons import Reason
from smartid.services.spine.desk import Desk
from smartid.services.spine.outbox import Message, Reply
from smartid.services.spine.states import State
from smartid.services.spine.values import Authorized, Case

Exchange = Callable[[bytes], bytes]
"""Sends a message and gives its answer. Raises GatewayUnavailable."""
_REASONS = {
    messages.NO_QUOTA: Reason.NO_QUOTA,
    messages.CARD_BLOCKED: Reason.CARD_BLOCKED,
    messages.WRONG_CARD: Reason.VEHICLE_MISMATCH,
}
_TRACES = 1_000_000
_ECHOED = ("11", "12", "37", "41", "42")


class Office:
    """Speaks for one station.

    exchange  the line; ``Link.request`` with a time
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def authorise(self, case: Case) -> str:
        """Ask whether a reserved fill may be made; give the approval code.

        Raises Refused with the action code as ``original``, GatewayUnavailable.
        """
        answer = self._ask(fields_of(office_payload(case), messages.AUTHORISE), "1110")
        code = answer.get("39", "")
        if code != messages.APPROVED:
            reason = _REASONS.get(code, Reason.PEER_REJECTED)
            raise Refused("The back office says no.", reason=reason, original=code)
        return answer.get("38", "").strip()

    def send(self, message: Message, attempt: int) -> Reply:
        """Deliver an advice or a reversal of the outbox; above 1 it is marked as a repeat.

        Raises GatewayUnavailable, also when the answer is none.
        """
        kind = messages.REVERSAL if message.repeat_of else messages.ADVICE
        repeat = str(int(kind) + (attempt > 1))
        answer = self._ask(fields_of(message.payload, repeat), str(int(kind) + 10))
        if answer.get("39") != messages.ACCEPTED:
            raise GatewayUnavailable("The back office did not take it down.", retry_after=60)
        return Reply(content={"action": answer["39"]})

    def echo(self, trace: int, now: datetime) -> bool:
        """Tell whether anybody is there."""
        fields = {
            "t": messages.NETWORK,
            "11": f"{trace % _TRACES:06d}",
            "12": _time(now),
            "24": "831",
            "41": "00000000",
        }
        try:
            return self._ask(fields, "1830").get("39") == "800"
        except GatewayUnavailable:
            return False

    def _ask(self, fields: Mapping[str, str], kind: str) -> dict[str, str]:
        raw = self._exchange(encode(messages.SPEC, fields))
        try:
            answer = decode(messages.SPEC, raw)
        except EncodingError as error:
            raise GatewayUnavailable("The answer of the back office is broken.", retry_after=60) from error
        named = (name for name in _ECHOED if name in fields)
        if answer["t"] != kind or any(answer.get(name, "").strip() != fields[name].strip() for name in named):
            raise GatewayUnavailable("The answer is to another message.", retry_after=60)
        return answer


def preauthorise(desk: Desk, office: Office, authorized: Authorized, *, key: str) -> Case:
    """Reserve, and ask the back office. The nozzle may run for what comes back, and it comes back once.

    From then on the case does not expire: complete it with what flowed, or void it.

    Raises Refused: what ``Desk.reserve`` raises; the office's no, and then the reservation is let go;
    wrong_state when the fill of this key was released, refused or let go before.
    Raises GatewayUnavailable: nobody knows what the office did; the case is UNKNOWN and a reversal is queued.
    """
    case = desk.reserve(authorized, key=key)
    if case.state is not State.RESERVED or case.begun:
        raise Refused("This fill was decided before.", reason=Reason.WRONG_STATE)
    try:
        office.authorise(case)
    except Refused as refusal:
        desk.void(case.id, why="declined", original=refusal.original)
        raise
    except GatewayUnavailable as error:
        desk.suspend(case.id, message=reversal_of(case))
        raise GatewayUnavailable(str(error), retry_after=error.retry_after, reversal_queued=True) from error
    return desk.begin(case.id)


def reversal_of(case: Case) -> Message:
    """Give the message that undoes an authorisation."""
    return Message(queue=OFFICE, key=f"{case.id}/reversal", payload=office_payload(case), repeat_of=case.id)


def fields_of(payload: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Give the fields of a message from what the outbox keeps (``adapter.office_payload``).

    The trace number is made from the case, so that a repeat has that of its original.
    """
    lines, time = parse_lines(str(payload["lines"])), _time(datetime.fromtimestamp(payload["time"], UTC))
    trace = f"{int(payload['case'][:10], 16) % _TRACES:06d}"
    entry = "S" if all(line.tier == OPEN for line in lines) and not payload["card"] else "C"
    fields = {
        "t": kind,
        "3": "000000",
        "4": f"{payload['amount']:012d}",
        "11": trace,
        "12": time,
        "24": messages.FULL_REVERSAL
        if kind.startswith("14")
        else "100"
        if kind == messages.AUTHORISE
        else "200",
        "26": messages.OUTDOOR,
        "37": payload["case"][:12],
        "41": str(payload["pump"]).rjust(8, "0"),
        "42": str(payload["station"])[:15],
        "48": entry + str(payload["vehicle"])[:32],
        "49": "364",
        "63": messages.products([_product(line.millilitres, line.price, line.amount) for line in lines]),
    }
    if payload["card"]:
        fields["2"] = str(payload["card"])
    if kind != messages.AUTHORISE:
        fields["56"] = messages.original(messages.AUTHORISE, trace, time)
    if kind.startswith("14"):
        fields["25"] = messages.TIMEOUT
    return fields


def message_key(raw: bytes) -> tuple[str, str, str]:
    """Give what a request and its answer have in common: class, trace number, terminal (for ``Link``)."""
    fields = decode(messages.SPEC, raw)
    return fields["t"][1], fields.get("11", ""), fields.get("37", "")


def _product(millilitres: int, price: int, amount: int) -> messages.Product:
    return messages.Product(code=messages.PETROL, millilitres=millilitres, price=price, amount=amount)


def _time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%y%m%d%H%M%S")
