"""What moves no money: balance, statement, sign-on, and another PIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from smartid.errors import EncodingError, GatewayUnavailable, Refused, SmartIDError, TransportError
from smartid.services.atm.adapter import QUEUE, SERVICE
from smartid.services.atm.host import refusal
from smartid.services.atm.machine import CashMachine
from smartid.services.atm.pin_pad import EncryptedPIN
from smartid.services.ledger.book import Entry, Record
from smartid.services.messages import cash_machine
from smartid.services.messages.cash_machine import Answer, Network, Processing, Trace
from smartid.services.reasons import Reason
from smartid.services.spine.outbox import Message, enqueue

KIND = f"{SERVICE}/pin-change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a statement.

    time    as the bank wrote it: month, day, hours, minutes, seconds of UTC
    amount  in rials, below zero for what went out
    """

    time: str
    amount: int


class PINState(StrEnum):
    """How far a change of the PIN has come."""

    ASKED = "asked"
    HOST_CHANGED = "host changed"
    DONE = "done"
    REVERSED = "reversed"
    TORN = "torn"
    """The bank has the new PIN; the card left before it answered. Somebody has to look which one it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PINChange:
    """A change of the PIN of bank and card.

    number  what ``decide_pin`` takes
    """

    number: int
    state: PINState


def balance(machine: CashMachine, account: str, pin: EncryptedPIN | None = None) -> int:
    """Ask what the account can give, in rials. Raises Refused, GatewayUnavailable."""
    answer = _ask(machine, _trace(machine), Processing.BALANCE, account, pin)
    text = answer.get("54", "")
    if len(text) != 20 or not text[8:].isdecimal():
        raise GatewayUnavailable("The bank's answer has no balance.", retry_after=1)
    return int(text[8:]) * (-1 if text[7] == "D" else 1)


def statement(machine: CashMachine, account: str, pin: EncryptedPIN | None = None) -> list[Line]:
    """Ask for the last movements, oldest first. Raises Refused, GatewayUnavailable."""
    answer = _ask(machine, _trace(machine), Processing.STATEMENT, account, pin)
    return [_line(text) for text in answer.get("48", "").split(";") if text]


def network(machine: CashMachine, what: Network) -> None:
    """Sign on, sign off, or see whether the switch is there. Raises Refused, GatewayUnavailable."""
    code = machine.host.ask(cash_machine.network(_trace(machine), what))["39"]
    if code != Answer.APPROVED:
        raise refusal(code)


def change_pin(
    machine: CashMachine,
    account: str,
    pins: tuple[EncryptedPIN, EncryptedPIN],
    change_card: Callable[[], None],
) -> PINChange:
    """Change the PIN at the bank, then on the card.

    pins         the old one and the new one, encrypted in one go (``PINPad.encrypt_all``)
    change_card  changes it on the card, and raises what ``Card.change_pin`` raises

    What the card refuses is taken back at the bank, and its error is raised. When the card leaves before it
    answered, the change is TORN. Raises Refused and GatewayUnavailable when the bank did not change it.
    """
    trace = _trace(machine)
    _keep(machine, trace, PINState.ASKED)
    try:
        _ask(machine, trace, Processing.PIN_CHANGE, account, pins[0], new=pins[1])
    except (Refused, GatewayUnavailable):
        _take_back(machine, trace)
        raise
    _keep(machine, trace, PINState.HOST_CHANGED)
    try:
        change_card()
    except TransportError:
        return _keep(machine, trace, PINState.TORN)
    except SmartIDError:
        _take_back(machine, trace)
        raise
    return _keep(machine, trace, PINState.DONE)


def open_pin_changes(machine: CashMachine) -> list[PINChange]:
    """Settle what a power cut left open, and list what is torn."""
    for record in _in_state(machine, PINState.ASKED):
        _take_back(machine, _trace_of(machine, record))
    for record in _in_state(machine, PINState.HOST_CHANGED):
        _keep(machine, _trace_of(machine, record), PINState.TORN)
    torn = _in_state(machine, PINState.TORN)
    return [PINChange(number=int(record.key), state=PINState.TORN) for record in torn]


def decide_pin(machine: CashMachine, number: int, *, card_has_new: bool) -> PINChange:
    """End a torn change: the card was seen to have the new PIN, or the old one.

    Raises Refused: unknown_case, wrong_state.
    """
    record = machine.book.run(lambda entry: entry.load(KIND, str(number)))
    if record is None:
        raise Refused("There is no such change of a PIN.", reason=Reason.UNKNOWN_CASE)
    if record.state != PINState.TORN:
        raise Refused(f"This change of a PIN is {record.state}.", reason=Reason.WRONG_STATE)
    trace = _trace_of(machine, record)
    return _keep(machine, trace, PINState.DONE) if card_has_new else _take_back(machine, trace)


def _ask(
    machine: CashMachine,
    trace: Trace,
    processing: Processing,
    account: str,
    pin: EncryptedPIN | None,
    *,
    new: EncryptedPIN | None = None,
) -> dict[str, str]:
    answer = machine.host.ask(
        cash_machine.request(
            trace,
            processing,
            account=account,
            pin_block=pin.block if pin else b"",
            serial=pin.serial if pin else b"",
            new_pin_block=new.block if new else b"",
        )
    )
    if answer["39"] != Answer.APPROVED:
        raise refusal(answer["39"])
    return answer


def _line(text: str) -> Line:
    parts = text.split(" ")
    if len(parts) != 3 or parts[1] not in {"C", "D"} or not parts[2].isdecimal():
        raise EncodingError("statement", offset=0, expected="time, C or D, amount", standard="smartid switch")
    return Line(time=parts[0], amount=int(parts[2]) * (1 if parts[1] == "C" else -1))


def _trace(machine: CashMachine) -> Trace:
    """A number from the same series as that of the transactions, so that none serves twice."""
    terminal = machine.adapter.terminal
    number = machine.book.run(lambda entry: entry.next_number(f"{SERVICE}/terminal/{terminal}"))
    return _trace_at(machine, number, machine.clock())


def _trace_at(machine: CashMachine, number: int, time: datetime) -> Trace:
    return Trace(
        number=cash_machine.trace_number(number),
        time=time,
        acquirer=machine.adapter.acquirer,
        terminal=machine.adapter.terminal,
    )


def _trace_of(machine: CashMachine, record: Record) -> Trace:
    return _trace_at(machine, int(record.key), datetime.fromisoformat(str(record.content["time"])))


def _in_state(machine: CashMachine, state: PINState) -> list[Record]:
    return machine.book.run(lambda entry: entry.find(KIND, state=state))


def _keep(machine: CashMachine, trace: Trace, state: PINState) -> PINChange:
    record = Record(kind=KIND, key=str(trace.number), state=state, content={"time": trace.time.isoformat()})
    machine.book.run(lambda entry: entry.keep(record))
    return PINChange(number=trace.number, state=state)


def _take_back(machine: CashMachine, trace: Trace) -> PINChange:
    fields = cash_machine.reversal(trace, Processing.PIN_CHANGE, amount=0, reason="card not changed")
    message = Message(queue=QUEUE, key=f"pin/{trace.number}/{trace.transmitted}", payload=fields)
    content = {"time": trace.time.isoformat()}

    def work(entry: Entry) -> None:
        enqueue(entry, message, machine.clock())
        key = str(trace.number)
        entry.keep(Record(kind=KIND, key=key, state=PINState.REVERSED, content=content))

    machine.book.run(work)
    return PINChange(number=trace.number, state=PINState.REVERSED)
