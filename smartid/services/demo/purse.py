"""The purse demo: cards, terminals, a bank; torn, lost, repeated, forged and cloned whatever can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

from smartid.errors import CardRemoved, GatewayUnavailable, Refused
from smartid.mockcard.faults import Moment, Tear
from smartid.services.demo.frame import Audit, World
from smartid.services.demo.purse_audit import audit
from smartid.services.demo.purse_cards import PurseCard
from smartid.services.demo.purse_notes import Notes
from smartid.services.demo.purse_world import CARDS, KEY, ROGUE, TERMINALS, Scheme, module_id
from smartid.services.far_side.frame import FarSide, Fault
from smartid.services.ledger.values import transfer_id
from smartid.services.purse.adapter import LOAD, UNLOAD, LoadRequest
from smartid.services.purse.upload import TerminalBatch
from smartid.services.reasons import Reason
from smartid.stored_value.model import RECORD_SIZE

OPERATIONS = 2000
"""How many, when nobody says."""
MAX_TRIES = 100
_LOST = (Fault.LOSE_REQUEST, Fault.LOSE_REPLY, Fault.DUPLICATE_REPLY, Fault.HANG_UP, Fault.DOWN)
_EXPECTED = {
    Reason.INSUFFICIENT,
    Reason.NEEDS_ONLINE,
    Reason.OFFLINE_LIMIT,
    Reason.PURSE_FULL,
    Reason.WRONG_STATE,
    Reason.LIMIT_EXCEEDED,
    Reason.PEER_REJECTED,
    Reason.IN_PROGRESS,
    Reason.MODULE_BATCH_FULL,
}
"""Refusals that belong to ordinary life."""


class PurseDemo:
    """The scenario."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.scheme = Scheme(world)
        self.notes = Notes(world.folder)
        self._verbs: list[tuple[int, Callable[[Random, int], None]]] = [
            (62, self._pay),
            (70, self._cancel),
            (79, self._load),
            (82, self._unload),
            (93, self._upload),
            (98, self._visit),
            (99, self._settle),
            (100, self._defraud),
        ]

    def setup(self) -> None:
        """Issue the cards."""
        for number in range(CARDS):
            PurseCard.issue(self.world.folder / f"purse-{number}.card", self.scheme.pki)

    def step(self, number: int) -> None:
        """Do something at random; the cards and terminals of a step are chosen before anything is done."""
        chance = self.world.random(number)
        draw = chance.randrange(100)
        verb = next(verb for limit, verb in self._verbs if draw < limit)
        try:
            verb(chance, number)
        except Refused as refused:
            if refused.reason not in _EXPECTED:
                raise

    def recover(self) -> None:
        """Start again: what needs no card is settled; cards and terminals settle their own when they meet."""
        self._settle_bank()

    def finish(self) -> None:
        """Let every card come once more, every terminal hand in, and the bank hear everything."""
        scheme = self.scheme
        for number in range(CARDS):
            card = scheme.card(number)
            self._meet(card)
            self._one_more(card)
        for number in range(CARDS):
            scheme.loads.bring_home(scheme.card(number), scheme.now)
        for terminal in range(TERMINALS + 1):
            while self._hand_in(terminal):
                pass
        # A forger who was killed on his way comes again; the same record is reported once.
        scheme.office.collector.collect(sorted(self.notes.all_forged()), scheme.now)
        scheme.office.close_open_payments(scheme.now)
        self._settle_bank()
        scheme.office.settle(scheme.now.date(), scheme.now)
        self._settle_bank()

    def audit(self) -> Audit:
        """Count all money there is."""
        return audit(self.scheme, self.notes)

    def close(self) -> None:
        """Close books, terminals and bank."""
        self.scheme.close()

    def _pay(self, chance: Random, number: int) -> None:
        terminal = self.scheme.terminals[chance.randrange(TERMINALS)]
        with self._card(chance) as card:
            try:
                terminal.pay(card, chance.randrange(1, 30_000), self.scheme.now)
            except CardRemoved:
                self.world.count("torn")
                if chance.randrange(4):
                    self._again(card)
            except Refused as refused:
                if refused.reason not in {Reason.NEEDS_ONLINE, Reason.OFFLINE_LIMIT}:
                    raise
                self._upload(chance, number)
                card.insert()
                self.scheme.loads.bring_home(card, self.scheme.now)

    def _cancel(self, chance: Random, number: int) -> None:
        del number
        terminal = self.scheme.terminals[chance.randrange(TERMINALS)]
        with self._card(chance) as card:
            try:
                terminal.cancel_last(card, self.scheme.now)
            except CardRemoved:
                self.world.count("torn")
                self._again(card)

    def _load(self, chance: Random, number: int, verb: str = LOAD) -> None:
        loads = self.scheme.loads
        amount = chance.randrange(1, 60) * 10_000
        with self._card(chance) as card:
            request = LoadRequest(
                card_id=card.state().card_id, amount=amount, account="IR99" + "1" * 22, verb=verb
            )
            prepared = loads.desk.prepare(request, self.scheme.holder)
            agreed = self.scheme.citizen.agree(prepared.transaction)
            authorized = loads.desk.authorize(prepared, agreed)
            if isinstance(self.scheme.bank, FarSide) and self.world.faults and not chance.randrange(8):
                self.scheme.bank.inject(chance.choice(_LOST))
            try:
                loads.carry_out(card, authorized, self.scheme.now, key=f"step {number}")
                if not chance.randrange(5):
                    self.world.count("replayed")
                    loads.carry_out(card, authorized, self.scheme.now, key=f"step {number}")
            except CardRemoved:
                self.world.count("torn")
                if chance.randrange(4):
                    self._again(card)
            except GatewayUnavailable:
                self._settle_bank()

    def _unload(self, chance: Random, number: int) -> None:
        self._load(chance, number, UNLOAD)

    def _upload(self, chance: Random, number: int) -> None:
        """Hand in a terminal's batch, now and then twice, an old one, or with a record less."""
        del number
        terminal = chance.randrange(TERMINALS)
        self._hand_in(terminal, replay=self.world.faults and not chance.randrange(3))
        if self.world.faults and not chance.randrange(3) and (old := self.notes.some_batch(chance)):
            self.world.count("replayed")
            self.scheme.office.take(old, self.scheme.now)

    def _hand_in(self, terminal: int, *, replay: bool = False) -> bool:
        scheme = self.scheme
        message = scheme.terminals[terminal].batch()
        if message is None:
            return False
        self.notes.sent(message)
        answer = scheme.office.take(message, scheme.now)
        if replay:
            self.world.count("replayed")
            answer = scheme.office.take(message, scheme.now)
        before = scheme.terminals[terminal].records
        scheme.terminals[terminal].acknowledge(answer)
        return scheme.terminals[terminal].records != before

    def _visit(self, chance: Random, number: int) -> None:
        del number
        with self._card(chance) as card:
            try:
                self._meet(card)
                self.scheme.loads.bring_home(card, self.scheme.now)
            except CardRemoved:
                self.world.count("torn")

    def _settle(self, chance: Random, number: int) -> None:
        del chance, number
        self.scheme.office.settle(self.scheme.now.date(), self.scheme.now)
        self._settle_bank()

    def _defraud(self, chance: Random, number: int) -> None:
        """Bring a forged record, or a clone of a card."""
        if not self.world.faults:
            return
        if chance.randrange(2):
            self._forge(number)
        else:
            self._clone(chance)

    def _forge(self, number: int) -> None:
        """A merchant makes up a payment: everything is right but the proof of the card."""
        known = self.notes.some_record(self.world.random("forge", number))
        if known is None:
            return
        forged = known[: RECORD_SIZE - 8] + transfer_id("forged", number)[:8]
        self.notes.forged(forged)
        batch = TerminalBatch(
            module_id=module_id(ROGUE), number=1_000_000 + number, upto=0, records=(forged,)
        ).seal(KEY)
        self.scheme.office.take(batch, self.scheme.now)

    def _clone(self, chance: Random) -> None:
        """Somebody got at the keys of a card: its copy pays, and then the card itself."""
        number = chance.randrange(CARDS)
        card = self.scheme.card(number)
        self._meet(card)
        path = self.world.folder / "clone.card"
        card.copy(path)
        self.scheme.terminals[ROGUE].pay(
            PurseCard(path, self.world.crashes), chance.randrange(1, 20_000), self.scheme.now
        )
        self.scheme.terminals[chance.randrange(TERMINALS)].pay(card, 1, self.scheme.now)

    @contextmanager
    def _card(self, chance: Random) -> Iterator[PurseCard]:
        """Take a card, which may leave the reader in the middle. What it left open is settled first."""
        card = self.scheme.card(chance.randrange(CARDS))
        self._meet(card)
        if self.world.faults and not chance.randrange(6):
            card.insert([Tear(at=chance.randrange(1, 5), moment=chance.choice(list(Moment)))])
        yield card

    def _again(self, card: PurseCard) -> None:
        """Show the card once more, at once."""
        card.insert()
        self._meet(card)

    def _meet(self, card: PurseCard) -> None:
        """Whatever was open with this card is settled: at the desk, and at terminals."""
        for terminal in self.scheme.terminals:
            if terminal.pending is not None or terminal.open:
                terminal.meet(card)
        self.scheme.loads.resume(card)

    def _one_more(self, card: PurseCard) -> None:
        """Pay one rial, so that a clone's number is used by the card itself too."""
        state = card.state()
        if not state.slots[0].balance:
            return
        try:
            self.scheme.terminals[0].pay(card, 1, self.scheme.now)
        except Refused as refused:
            if refused.reason not in _EXPECTED:
                raise

    def _settle_bank(self) -> None:
        scheme = self.scheme
        for _ in range(MAX_TRIES):
            scheme.loads.recover(scheme.now, patience=timedelta(0))
            if not scheme.loads.undecided():
                return


def scenario(world: World) -> PurseDemo:
    """Make the scenario of a world."""
    return PurseDemo(world)
