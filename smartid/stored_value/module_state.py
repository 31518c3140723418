"""What a security module must not forget."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Protocol

from smartid.stored_value.model import ID_SIZE, Line, Verb, broken
from smartid.stored_value.record import RECORD_SIZE, Record

FORMAT = "smartid security module 1"
MAX_UNRESOLVED = 200
"""So many orders may be open until the next collection."""


class StateStore(Protocol):
    """Keeps the state of one module. What ``save`` was given is there after a power cut, whole."""

    def load(self) -> bytes | None:
        """What was saved last, None when nothing was."""
        ...

    def save(self, data: bytes) -> None:
        """Replace it, and come back when it lasts. Raises OSError."""
        ...


class MemoryStore:
    """Keeps the state as long as the process lives."""

    def __init__(self) -> None:
        self._data: bytes | None = None

    def load(self) -> bytes | None:
        """What was saved last."""
        return self._data

    def save(self, data: bytes) -> None:
        """Keep it."""
        self._data = data


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The last order of a module.

    counter  number that the transaction gets on the card
    """

    verb: Verb
    key_version: int
    card_id: bytes
    counter: int
    module_counter: int
    time: int
    of_counter: int
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        """Sum of the lines."""
        return sum(line.amount for line in self.lines)

    def matches(self, record: Record) -> bool:
        """Whether a record is what was ordered."""
        ours = (self.verb, self.key_version, self.card_id, self.counter, self.module_counter, self.time)
        theirs = (record.verb, record.key_version, record.card_id, record.counter, record.module_counter)
        return (*theirs, record.time, record.of_counter, record.lines) == (*ours, self.of_counter, self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleState:
    """What lasts.

    counter     number of the last order
    collected   number up to which the issuer has everything
    batch_total what the orders to debit since then come to, carried out or not
    last        the last order, None before the first
    record      the record that answered it, None while nobody knows
    unused      numbers since ``collected`` whose order was not carried out for certain
    unresolved  older orders since ``collected`` of which nobody knows
    """

    counter: int = 0
    collected: int = 0
    batch_total: int = 0
    last: Pending | None = None
    record: bytes | None = None
    unused: tuple[int, ...] = ()
    unresolved: tuple[Pending, ...] = ()

    @property
    def pending(self) -> Pending | None:
        """The order whose outcome is not known."""
        known = self.record is not None or self.last is None or self.last.module_counter in self.unused
        return None if known else self.last

    def ordered(self, order: Pending) -> ModuleState:
        """After a new order; an older one without an outcome becomes one of which nobody knows."""
        older = self.pending
        taken = order.total if order.verb is Verb.DEBIT else 0
        return replace(
            self,
            counter=order.module_counter,
            batch_total=self.batch_total + taken,
            last=order,
            record=None,
            unresolved=(*self.unresolved, older) if older else self.unresolved,
        )

    def open_order(self, card_id: bytes) -> Pending | None:
        """The newest order to a card whose outcome is not known."""
        pending = self.pending
        orders = (*self.unresolved, pending) if pending else self.unresolved
        return next((order for order in reversed(orders) if order.card_id == card_id), None)

    def without(self, order: Pending) -> ModuleState:
        """After the card has proved that it did not carry out an order."""
        return replace(
            self,
            unused=(*self.unused, order.module_counter),
            unresolved=tuple(other for other in self.unresolved if other != order),
        )

    def dump(self) -> bytes:
        """As JSON."""
        last = self.last
        document = {
            "format": FORMAT,
            "counter": self.counter,
            "collected": self.collected,
            "batch_total": self.batch_total,
            "last": _order_object(last) if last else None,
            "record": self.record.hex() if self.record else None,
            "unused": self.unused,
            "unresolved": [_order_object(order) for order in self.unresolved],
        }
        return json.dumps(document).encode()

    @classmethod
    def parse(cls, data: bytes) -> ModuleState:
        """Read it. Raises EncodingError."""
        try:
            document = json.loads(data)
            if document["format"] != FORMAT:
                raise broken("module state", 0, f'format "{FORMAT}"')
            record = document["record"]
            if record is not None and len(record) != 2 * RECORD_SIZE:
                raise broken("module state", 0, "a record of 113 bytes")
            return cls(
                counter=_number(document["counter"]),
                collected=_number(document["collected"]),
                batch_total=_number(document["batch_total"]),
                last=_order(document["last"]) if document["last"] else None,
                record=bytes.fromhex(record) if record else None,
                unused=tuple(map(_number, document["unused"])),
                unresolved=tuple(map(_order, document["unresolved"])),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise broken("module state", 0, "the members of its format") from error


def _order_object(order: Pending) -> dict[str, Any]:
    return {
        "verb": int(order.verb),
        "key_version": order.key_version,
        "card_id": order.card_id.hex(),
        "counter": order.counter,
        "module_counter": order.module_counter,
        "time": order.time,
        "of_counter": order.of_counter,
        "lines": [[line.slot, line.amount] for line in order.lines],
    }


def _order(value: dict[str, Any]) -> Pending:
    card_id = bytes.fromhex(value["card_id"])
    if len(card_id) != ID_SIZE:
        raise ValueError(value)
    return Pending(
        verb=Verb(value["verb"]),
        key_version=_number(value["key_version"]),
        card_id=card_id,
        counter=_number(value["counter"]),
        module_counter=_number(value["module_counter"]),
        time=_number(value["time"]),
        of_counter=_number(value["of_counter"]),
        lines=tuple(Line(_number(slot), _number(amount)) for slot, amount in value["lines"]),
    )


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 80:
        raise ValueError(value)
    return value
