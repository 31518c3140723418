"""What the security modules of merchants and of the issuer have in common: orders, and proofs of cards."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import NamedTuple, NoReturn

from smartid.errors import Refused
from smartid.stored_value import protocol, wire
from smartid.stored_value.keys import PURPOSE_OF, CardKeys, KeyVault
from smartid.stored_value.model import CHALLENGE_SIZE, ID_SIZE, MAX_COUNTER, Kind, Line, Verb, check_lines
from smartid.stored_value.module_state import MAX_UNRESOLVED, MemoryStore, ModuleState, Pending, StateStore
from smartid.stored_value.record import Record
from smartid.stored_value.wire import Opening, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleReport:
    """What a module says when its records are collected.

    counter     number of its last order
    collected   number up to which the issuer has everything
    unused      numbers that no card carried out, for certain
    unresolved  numbers of which the module does not know: the card left, and its records may come from it
    """

    module_id: bytes
    counter: int
    collected: int
    unused: tuple[int, ...]
    unresolved: tuple[int, ...]


class Whose(NamedTuple):
    """Which key of which card makes a MAC."""

    verb: Verb
    key_version: int
    card_id: bytes


class Module:
    """What security modules have in common. One thread of one process uses a module."""

    verbs: AbstractSet[Verb] = frozenset()

    def __init__(
        self,
        module_id: bytes,
        vault: KeyVault,
        kind: Kind,
        *,
        store: StateStore | None = None,
        killed: Iterable[int] = (),
        denied_cards: Iterable[bytes] = (),
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        if len(module_id) != ID_SIZE:
            raise ValueError(f"a module id of {ID_SIZE} bytes")
        self.id = module_id
        self.kind = kind
        self.killed = frozenset(killed)
        self.denied_cards = frozenset(denied_cards)
        self._keys = CardKeys(vault, kind)
        self._store = store or MemoryStore()
        self._random = random
        self._challenge = b""
        saved = self._store.load()
        self._state = ModuleState.parse(saved) if saved is not None else ModuleState()

    @property
    def counter(self) -> int:
        """Number of the last order."""
        return self._state.counter

    @property
    def pending(self) -> Pending | None:
        """The order whose outcome is not known: show the card again and ``resume``."""
        return self._state.pending

    @property
    def last_record(self) -> Record | None:
        """The record that answered the last order, so that a terminal can store it after a crash too."""
        return Record.parse(self._state.record) if self._state.record else None

    def challenge(self) -> bytes:
        """8 fresh bytes, for the transaction that begins now."""
        self._challenge = self._random(CHALLENGE_SIZE)
        return self._challenge

    def order(self, opening: Opening, lines: Sequence[Line], time: int, of_counter: int = 0) -> bytes:
        """An order with its MAC1. The counter has moved, and lasts, before it is given out.

        Raises Refused for a card that is not to be believed or not to be served, ValueError for lines that no
        card takes, OSError when the counter cannot be kept.
        """
        checked = check_lines(lines)
        self._admit(opening)
        self._check_order(opening, checked)
        order = Order(
            module_id=self.id,
            module_counter=self._next(),
            time=time,
            of_counter=of_counter,
            lines=checked,
        )
        data = order.encode()
        mac = self._mac(opening, protocol.order_input(opening.body(), data))
        self._keep(self._state.ordered(_pending(opening, order)))
        return data + mac

    def confirm(self, answer: bytes) -> Record:
        """The record in the card's answer, when its MAC2 is right and it is what was ordered.

        Raises Refused(bad_proof), EncodingError; the order stays pending then.
        """
        pending, (data, mac) = self._state.pending, wire.split_answer(answer)
        if pending is None:
            raise Refused("No order is open.", reason="wrong_state")
        self._prove(pending, protocol.done_input(self._challenge, data), mac)
        record = Record.parse(data)
        if not self._answers(pending, record):
            raise Refused("The card proves another transaction than the one ordered.", reason="bad_proof")
        self._keep(replace(self._state, record=data))
        return record

    def expect(self, card_id: bytes) -> Pending:
        """The newest open order to a card. Raises Refused(wrong_state) when there is none."""
        found = self._state.open_order(card_id)
        if found is None:
            raise Refused("No order to this card is open.", reason="wrong_state")
        return found

    def inquire(self, card_id: bytes) -> tuple[Verb, bytes]:
        """P1 and data field of GET LAST PROOF for the open order to a card. Raises Refused(wrong_state)."""
        order = self.expect(card_id)
        return order.verb, wire.question(self.challenge(), order.counter)

    def settle(self, card_id: bytes, answer: bytes) -> Record | None:
        """What became of the open order to a card, by the answer to GET LAST PROOF: its record, or None.

        Raises Refused: bad_proof when the proof is not this card's; counter_gap when the number of the order
        is taken and the card does not know any more by whom.
        """
        order, proof = self.expect(card_id), wire.Proof.parse(answer)
        question = wire.question(self._challenge, order.counter)
        self._prove(order, protocol.last_input(question, card_id, proof.body()), proof.mac)
        record = proof.record
        if record and self._answers(order, record):
            # An older order stays listed until it is collected, so that it can be asked for again.
            if order == self._state.pending:
                self._keep(replace(self._state, record=record.encode()))
            return record
        taken = proof.load_counter if order.verb in (Verb.LOAD, Verb.UNLOAD) else proof.counter
        if record is None and taken >= order.counter:
            raise Refused("The card has gone on and cannot tell any more.", reason="counter_gap")
        self._keep(self._state.without(order))
        return None

    def report(self) -> ModuleReport:
        """What to hand in with the records."""
        state = self._state
        return ModuleReport(
            module_id=self.id,
            counter=state.counter,
            collected=state.collected,
            unused=state.unused,
            unresolved=tuple(order.module_counter for order in state.unresolved),
        )

    def _answers(self, pending: Pending, record: Record) -> bool:
        return record.application is self.kind and record.module_id == self.id and pending.matches(record)

    def _prove(self, order: Pending | Whose, data: bytes, mac: bytes) -> None:
        """Check a MAC of the card; the challenge is used up."""
        challenge, self._challenge = self._challenge, b""
        expected = self._mac(order, data)
        if not challenge or not protocol.same(expected, mac):
            raise Refused("The MAC of the card is wrong.", reason="bad_proof")

    def _admit(self, opening: Opening) -> None:
        if opening.application is not self.kind or opening.verb not in self.verbs:
            raise Refused("This module does not do that.", reason="invalid_request")
        if opening.key_version in self.killed:
            raise Refused("Keys of this version are not used any more.", reason="card_revoked")
        if opening.card_id in self.denied_cards:
            raise Refused("The card is on the denylist.", reason="denylisted")
        if not self._challenge:
            raise Refused("The transaction was not begun here.", reason="wrong_state")
        expected = self._mac(opening, protocol.opening_input(self._challenge, opening.body()))
        if not protocol.same(expected, opening.mac):
            raise Refused("The card is not one of the issuer's.", reason="bad_proof")

    def _mac(self, of: Opening | Pending | Whose, data: bytes) -> bytes:
        try:
            return self._keys.mac(PURPOSE_OF[of.verb], of.key_version, of.card_id, data)
        except KeyError:
            raise Refused("There is no key of this version here.", reason="card_revoked") from None

    def _check_order(self, opening: Opening, lines: Sequence[Line]) -> None:
        if opening.verb in (Verb.DEBIT, Verb.UNLOAD):
            short = any(opening.balances.get(line.slot, 0) < line.amount for line in lines)
            if short:
                raise Refused("There is not enough on the card.", reason="insufficient")

    def _next(self) -> int:
        if self._state.counter >= MAX_COUNTER:
            raise Refused("The counter of this module is at its end.", reason="module_batch_full")
        if len(self._state.unresolved) >= MAX_UNRESOLVED:
            raise Refused(
                "Too many orders are open.", reason="module_batch_full", remedy="Collect its records."
            )
        return self._state.counter + 1

    def _keep(self, state: ModuleState) -> None:
        self._store.save(state.dump())
        self._state = state

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id.hex()}, {self.kind.word}, counter={self.counter})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a security module is not copied or pickled")


def _pending(opening: Opening, order: Order) -> Pending:
    return Pending(
        verb=opening.verb,
        key_version=opening.key_version,
        card_id=opening.card_id,
        counter=opening.counter,
        module_counter=order.module_counter,
        time=order.time,
        of_counter=order.of_counter,
        lines=order.lines,
    )
