"""The chip's side of the stored-value application (docs/reference/purse.md).

A command that changes something makes one new memory and commits it once, ring and all; a power cut leaves
the old memory or the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from smartid.iso7816.apdu import CommandAPDU
from smartid.mockcard.answer import Answer, Refusal
from smartid.mockcard.applets import names, rules, tasks
from smartid.mockcard.applets.memory import MAX_WRONG, Memory
from smartid.mockcard.channels import Channel
from smartid.mockcard.image import CardImage
from smartid.mockcard.keys import RandomBytes
from smartid.profiles.base import Application
from smartid.stored_value import protocol, wire
from smartid.stored_value.keys import PURPOSE_OF, KeyPurpose, cmac_of, cmac_under
from smartid.stored_value.model import CHALLENGE_SIZE, MAC_SIZE, MAX_COUNTER, RANDOM_SIZE, RING, Blocked, Verb
from smartid.stored_value.protocol import Task
from smartid.stored_value.record import Movement, Record
from smartid.stored_value.wire import Opening, Order, Proof

Handler = Callable[[Channel, CommandAPDU], Answer]
VERB_OF = {instruction: verb for verb, instruction in protocol.INSTRUCTIONS.items()}


@dataclass(frozen=True, slots=True)
class Session:
    """Between INITIALIZE and the next command."""

    opening: Opening
    challenge: bytes


class StoredValueApplet:
    """One application on one card.

    proprietary     handlers by instruction, for class 80
    interindustry   handlers by instruction, for class 00, before those of the card
    """

    def __init__(
        self, application: Application, image: CardImage, commit: Callable[[], None], random: RandomBytes
    ) -> None:
        self._application = application
        self._image = image
        self._commit = commit
        self._random = random
        self._opened: Session | None = None
        self.proprietary: dict[int, Handler] = {
            protocol.INITIALIZE: self._initialize,
            protocol.LAST_PROOF: self._last_proof,
            protocol.GET_STATE: self._get_state,
            protocol.MANAGE: self._manage,
            **dict.fromkeys(VERB_OF, self._transact),
        }
        self.interindustry: dict[int, Handler] = {0xB2: self._read_record}

    def _get_state(self, _channel: Channel, command: CommandAPDU) -> Answer:
        _check(command, p1=0, size=0)
        memory = self._memory()
        return Answer(wire.encode_state(memory.state, memory.wrong))

    def _read_record(self, _channel: Channel, command: CommandAPDU) -> Answer:
        if command.p2 != protocol.RING_FILE << 3 | 0x04:
            raise Refusal(0x6A86)
        if command.data or not command.ne:
            raise Refusal(0x6700)
        records = self._records()
        if not 1 <= command.p1 <= len(records):
            raise Refusal(0x6A83)
        return Answer(records[command.p1 - 1])

    def _last_proof(self, _channel: Channel, command: CommandAPDU) -> Answer:
        """GET LAST PROOF: the last record, or the one of a number if the card still has it."""
        verb = _verb(command)
        _check(command)
        if len(command.data) not in (CHALLENGE_SIZE, CHALLENGE_SIZE + 4):
            raise Refusal(0x6700)
        self._opened = None  # what it says it has not done, it does not do later on another channel
        memory, number = self._memory(), command.data[CHALLENGE_SIZE:]
        state = memory.state
        known = [memory.last_record] if memory.last else []
        if number:
            wanted = int.from_bytes(number, "big")
            known += [Record.parse(data) for data in self._records()]
            known = [record for record in known if record and _is(record, verb, wanted)]
        answer = Proof(
            counter=state.counter,
            load_counter=state.load_counter,
            record=known[0] if known else None,
            mac=b"",
        ).body()
        data = protocol.last_input(command.data, state.card_id, answer)
        return Answer(answer + self._mac(PURPOSE_OF[verb], data))

    def _initialize(self, channel: Channel, command: CommandAPDU) -> Answer:
        channel.session = None
        verb = _verb(command)
        _check(command, size=CHALLENGE_SIZE)
        memory = self._memory()
        _check_open(memory, verb)
        state = memory.state
        opening = Opening(
            application=state.application,
            verb=verb,
            key_version=state.key_version,
            card_id=state.card_id,
            counter=_next_counter(memory, verb),
            balances={slot.number: slot.balance for slot in state.slots},
            random=self._random(RANDOM_SIZE),
        )
        body = opening.body()
        channel.session = self._opened = Session(opening, command.data)
        return Answer(body + self._mac(PURPOSE_OF[verb], protocol.opening_input(command.data, body)))

    def _transact(self, channel: Channel, command: CommandAPDU) -> Answer:
        """LOAD, DEBIT, RETURN, UNLOAD."""
        verb = VERB_OF[command.ins]
        memory = self._memory()
        session = self._session(channel, verb, memory)
        _check(command, p1=0)
        order, mac = Order.parse(command.data[:-MAC_SIZE]), command.data[-MAC_SIZE:]
        if not self._right(verb, protocol.order_input(session.opening.body(), command.data[:-MAC_SIZE]), mac):
            self._wrong_mac(memory)
        changed = rules.after(memory, verb, order)
        record = self._record(changed, session.opening, order)
        self._write(replace(changed, last=record), [record, *self._records()][:RING])
        return Answer(record + self._mac(PURPOSE_OF[verb], protocol.done_input(session.challenge, record)))

    def _session(self, channel: Channel, verb: Verb, memory: Memory) -> Session:
        """What INITIALIZE left for this verb, used up by this. There is one for all channels, the newest."""
        session, channel.session = channel.session, None
        if not isinstance(session, Session) or session is not self._opened:
            raise Refusal(0x6985)
        self._opened = None
        if session.opening.verb is not verb:
            raise Refusal(0x6985)
        _check_open(memory, verb)
        return session

    def _record(self, memory: Memory, opening: Opening, order: Order) -> bytes:
        balances = {slot.number: slot.balance for slot in memory.state.slots}
        record = Record(
            application=opening.application,
            verb=opening.verb,
            key_version=opening.key_version,
            card_id=opening.card_id,
            counter=opening.counter,
            module_id=order.module_id,
            module_counter=order.module_counter,
            time=order.time,
            of_counter=order.of_counter,
            movements=tuple(
                Movement(slot=line.slot, amount=line.amount, balance=balances[line.slot])
                for line in order.lines
            ),
            tac=bytes(MAC_SIZE),
        )
        body = record.body()
        return body + self._mac(KeyPurpose.TAC, protocol.tac_input(body))

    def _manage(self, channel: Channel, command: CommandAPDU) -> Answer:
        """MANAGE: the issuer's tasks, by P1."""
        memory = self._memory()
        session = self._session(channel, Verb.ADMIN, memory)
        if command.p1 not in frozenset(Task) or command.p2:
            raise Refusal(0x6A86)
        if len(command.data) < MAC_SIZE:
            raise Refusal(0x6700)
        task, data, mac = Task(command.p1), command.data[:-MAC_SIZE], command.data[-MAC_SIZE:]
        if not self._right(Verb.ADMIN, protocol.manage_input(session.opening.body(), task, data), mac):
            self._write(replace(memory, wrong_admin=memory.wrong_admin + 1), self._records())
            raise _wrong(memory.wrong_admin + 1)
        changed = tasks.carry_out(memory, task, data)
        self._write(changed, [] if task is Task.MARK_UPLOADED else self._records())
        proof = protocol.managed_input(session.challenge, memory.state.card_id, task, data)
        return Answer(self._mac(KeyPurpose.ADMIN, proof))

    def _wrong_mac(self, memory: Memory) -> None:
        wrong = memory.wrong + 1
        state = memory.state
        if wrong >= MAX_WRONG:
            state = replace(state, blocked=Blocked.BY_WRONG_MACS)
        self._write(replace(memory, state=state, wrong=wrong), self._records())
        raise _wrong(wrong)

    def _right(self, verb: Verb, data: bytes, mac: bytes) -> bool:
        return protocol.same(self._mac(PURPOSE_OF[verb], data), mac)

    def _mac(self, purpose: KeyPurpose, data: bytes) -> bytes:
        key = self._image.keys.get(names.key(self._application, purpose), b"")
        if len(key) != 16:
            raise Refusal(0x6984)
        return cmac_of(cmac_under(key), data)[:MAC_SIZE]

    def _memory(self) -> Memory:
        content = self._image.files[names.state(self._application)]
        if not isinstance(content, bytes):
            raise Refusal(0x6984)
        return Memory.parse(content)

    def _records(self) -> list[bytes]:
        content = self._image.files.get(names.records(self._application))
        return list(content) if isinstance(content, list) else []

    def _write(self, memory: Memory, records: list[bytes]) -> None:
        """Commit once; when that fails, the memory is what it was."""
        files = self._image.files
        before = dict(files)
        files[names.state(self._application)] = memory.encode()
        files[names.records(self._application)] = list(records)
        try:
            self._commit()
        except OSError:
            files.update(before)
            raise


def _verb(command: CommandAPDU) -> Verb:
    if not Verb.LOAD <= command.p1 <= Verb.ADMIN:
        raise Refusal(0x6A86)
    return Verb(command.p1)


def _check(command: CommandAPDU, *, p1: int | None = None, size: int | None = None) -> None:
    if command.p2 or (p1 is not None and command.p1 != p1):
        raise Refusal(0x6A86)
    if not command.ne or (size is not None and len(command.data) != size):
        raise Refusal(0x6700)


def _check_open(memory: Memory, verb: Verb) -> None:
    shut = memory.wrong_admin >= MAX_WRONG if verb is Verb.ADMIN else memory.state.blocked
    if shut:
        raise Refusal(protocol.APPLICATION_BLOCKED)


def _is(record: Record, verb: Verb, number: int) -> bool:
    """Whether a record has this number in the series of a verb."""
    loads = (Verb.LOAD, Verb.UNLOAD)
    return record.counter == number and (record.verb in loads) is (verb in loads)


def _next_counter(memory: Memory, verb: Verb) -> int:
    """Number of the transaction that would follow. The issuer's commands have none of their own."""
    state = memory.state
    if verb is Verb.ADMIN:
        return state.counter
    here = state.load_counter if verb in (Verb.LOAD, Verb.UNLOAD) else state.counter
    if here >= MAX_COUNTER:
        raise Refusal(protocol.COUNTER_ENDED)
    return here + 1


def _wrong(count: int) -> Refusal:
    return Refusal(0x63C0 | max(0, MAX_WRONG - count))
