"""Security modules: who may order a card to pay, and who may order it to take.

``SecurityModule`` is what a merchant or a pump has (a PSAM): it can debit, and return the last debit.
``IssuerModule`` is what the issuer has: it loads, unloads, manages cards, and tells real records from forged
ones. Both keep a counter, and it is on the disk before an order leaves.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from smartid.errors import EncodingError, Refused
from smartid.stored_value import protocol, wire
from smartid.stored_value.keys import KeyPurpose, KeyVault
from smartid.stored_value.model import Kind, Line, Verb
from smartid.stored_value.module import Module, Whose
from smartid.stored_value.module_state import MAX_UNRESOLVED, StateStore
from smartid.stored_value.protocol import Task
from smartid.stored_value.record import BODY_SIZE, RECORD_SIZE, Record
from smartid.stored_value.wire import Opening


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """What a module orders between two collections: number of orders, and sum of the debits."""

    count: int = 10_000
    total: int = 10**12


class SecurityModule(Module):
    """The module of a merchant or a pump, in software.

    module_id     8 bytes, stands in every record
    vault         has the debit master keys, "purse/debit/1"
    store         where the counter lasts; in memory when None
    limits        how much it orders before it is collected
    killed        key versions that are not served any more
    denied_cards  ids of cards that are not served
    """

    verbs = frozenset({Verb.DEBIT, Verb.RETURN})

    def __init__(
        self,
        module_id: bytes,
        vault: KeyVault,
        kind: Kind,
        *,
        store: StateStore | None = None,
        limits: BatchLimits | None = None,
        killed: Iterable[int] = (),
        denied_cards: Iterable[bytes] = (),
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        super().__init__(
            module_id, vault, kind, store=store, killed=killed, denied_cards=denied_cards, random=random
        )
        self.limits = limits or BatchLimits()

    def acknowledge(self, counter: int) -> None:
        """The issuer has everything up to this number: the batch is empty again, or as long as what is left.

        The sum starts again once nothing is left. Raises ValueError for a number that is not of this batch.
        """
        state = self._state
        settled = state.pending is None and state.record is None
        if not state.collected <= counter <= state.counter:
            raise ValueError("a number between the last collection and the last order")
        self._keep(
            replace(
                state,
                collected=counter,
                batch_total=0 if counter == state.counter else state.batch_total,
                last=None if settled and counter == state.counter else state.last,
                unused=tuple(number for number in state.unused if number > counter),
                unresolved=tuple(order for order in state.unresolved if order.module_counter > counter),
            )
        )

    def recall(self, card_id: bytes, key_version: int, number: int, answer: bytes) -> Record | None:
        """The debit or return of a number, by the answer to GET LAST PROOF; None when the card has none.

        For orders that were collected, which the module has forgotten. Raises Refused(bad_proof) when the
        proof is not this card's.
        """
        proof, question = wire.Proof.parse(answer), wire.question(self._challenge, number)
        whose = Whose(Verb.DEBIT, key_version, card_id)
        self._prove(whose, protocol.last_input(question, card_id, proof.body()), proof.mac)
        return proof.record

    def _check_order(self, opening: Opening, lines: Sequence[Line]) -> None:
        super()._check_order(opening, lines)
        if opening.verb is Verb.RETURN:
            return
        total = self._state.batch_total + sum(line.amount for line in lines)
        if self._state.counter - self._state.collected >= self.limits.count or total > self.limits.total:
            raise Refused(
                "The module has as many records as it may hold.",
                reason="module_batch_full",
                remedy="Collect its records.",
            )


class IssuerModule(Module):
    """The issuer's own module: loads, unloads, manages, verifies.

    vault   has the master keys of all purposes
    killed  key versions whose cards are not served and whose records are not believed any more
    """

    verbs = frozenset({Verb.LOAD, Verb.UNLOAD, Verb.ADMIN})

    def order(self, opening: Opening, lines: Sequence[Line], time: int, of_counter: int = 0) -> bytes:
        """As ``Module.order``. Of orders whose outcome is not known it remembers the newest only.

        Nobody collects the issuer: torn cards must not make it refuse the others. Who loads cards writes down
        what he orders.
        """
        newest = self._state.unresolved[1 - MAX_UNRESOLVED :]
        self._state = replace(self._state, unresolved=newest)
        return super().order(opening, lines, time, of_counter)

    def believe(self, opening: Opening) -> None:
        """Check what a card says of itself, and order nothing. Raises Refused."""
        self._admit(opening)
        self._challenge = b""

    def authorize_task(self, opening: Opening, task: Task, data: bytes) -> bytes:
        """MAC1 of MANAGE. Raises Refused."""
        self._admit(opening)
        return self._mac(opening, protocol.manage_input(opening.body(), task, data))

    def confirm_task(self, opening: Opening, task: Task, data: bytes, answer: bytes) -> None:
        """Check MAC2 of MANAGE. Raises Refused(bad_proof)."""
        challenge, self._challenge = self._challenge, b""
        expected = self._mac(opening, protocol.managed_input(challenge, opening.card_id, task, data))
        if not protocol.same(expected, answer):
            raise Refused("The MAC of the card is wrong.", reason="bad_proof")

    def verify(self, data: bytes) -> Record:
        """The record in 113 bytes, when a card of this issuer made it.

        Raises EncodingError, Refused(bad_proof).
        """
        record = Record.parse(data)
        if record.application is not self.kind or record.key_version in self.killed:
            raise Refused("A record of this kind and key version is not taken.", reason="bad_proof")
        try:
            right = self._keys.check(
                KeyPurpose.TAC,
                record.key_version,
                record.card_id,
                protocol.tac_input(data[:BODY_SIZE]),
                record.tac,
            )
        except KeyError:
            right = False
        if not right:
            raise Refused("The TAC is wrong: no card of this issuer made the record.", reason="bad_proof")
        return record

    def verify_many(self, records: Iterable[bytes]) -> list[Record | None]:
        """For each of them the record, None where ``verify`` would raise."""
        return [self._verified(data) for data in records]

    def _verified(self, data: bytes) -> Record | None:
        if len(data) != RECORD_SIZE:
            return None
        try:
            return self.verify(data)
        except (EncodingError, Refused):
            return None
