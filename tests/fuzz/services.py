"""Samples of what the services read: cards, terminals, receipts, banks, policies."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import Refused, SignatureInvalid
from smartid.identity.transaction import Transaction
from smartid.services.fuel.fill_log import FillLog
from smartid.services.fuel.policy import parse_fuel_policy
from smartid.services.fuel.tiers import parse_lines
from smartid.services.journal.keys import public_pem
from smartid.services.journal.receipt import receipt_json, verify_receipt
from smartid.services.messages import cash_machine, fuel, iso8583
from smartid.services.messages.bank import DONE, BankReply, BankRequest
from smartid.services.messages.dukpt import KSN
from smartid.services.purchase import bodies
from smartid.services.purchase.webhooks import sign, verify_webhook
from smartid.services.purchase.wire import authorization_json, read_authorization
from smartid.services.purse.log import TerminalLog
from smartid.services.purse.upload import OpenPayment, TerminalBatch
from smartid.services.spine.denylist import Denylist
from smartid.services.spine.policies import all_versions
from smartid.services.spine.values import Prepared
from smartid.stored_value import wire
from smartid.stored_value.model import MAC_SIZE, RANDOM_SIZE, Kind, Line, Record
from smartid.stored_value.module_state import ModuleState
from tests import stored_value_world as cards
from tests.fuzz import mutators
from tests.fuzz.mutators import Mutator
from tests.fuzz.target import Target
from tests.fuzz.world import World
from tests.unit.services.spine import world as pool
from tests.unit.trust.country import NOW

BITS = (mutators.raw,)
TEXT = (mutators.raw, mutators.tokens, mutators.tokens)
JSON = (mutators.raw, mutators.jose, mutators.tokens)
_SHARE = 120


def services(_: World) -> tuple[Target, ...]:
    """All of them. They have a country of their own."""
    with tempfile.TemporaryDirectory(prefix="smartid-fuzz-") as folder, pool.world(Path(folder)) as desk:
        return (*_stored_value(), *_terminals(), *_messages(), *_proofs(desk), *_policies(), *_web())


def _only_read(read: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    """What is only read convinces nobody."""

    def ask(data: bytes) -> bool:
        read(data)
        return False

    return ask


def _canonical(read: Callable[[bytes], Any]) -> Callable[[bytes], bool]:
    """What is read is written back byte for byte: two spellings would be two records of one payment."""

    def ask(data: bytes) -> bool:
        return bool(read(data).encode() != data)

    return ask


def _quiet(name: str, sample: bytes, ask: Callable[[bytes], bool], mutate: tuple[Mutator, ...]) -> Target:
    return Target(name=name, sample=sample, ask=ask, mutate=mutate, believed=False, signed=None, share=_SHARE)


def _certain(name: str, sample: bytes, ask: Callable[[bytes], bool], mutate: tuple[Mutator, ...]) -> Target:
    """Every byte counts."""
    return Target(name=name, sample=sample, ask=ask, mutate=mutate, signed=None, share=_SHARE)


def _accepts(check: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    def ask(data: bytes) -> bool:
        try:
            check(data)
        except (Refused, SignatureInvalid):
            return False
        return True

    return ask


def _stored_value() -> tuple[Target, ...]:
    world = cards.purse(5000)
    record = world.debit(700)
    state = world.state()
    order = wire.Order(
        module_id=cards.MERCHANT_ID, module_counter=3, time=cards.NOON, of_counter=0, lines=(Line(1, 5),)
    )
    proof = wire.Proof(counter=1, load_counter=1, record=record, mac=bytes(8))
    opening = wire.Opening(
        application=Kind.PURSE,
        verb=record.verb,
        key_version=1,
        card_id=record.card_id,
        counter=2,
        balances={1: 4300},
        random=bytes(RANDOM_SIZE),
    )
    readers: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
        "card state": (wire.encode_state(state, 0), wire.parse_state),
        "card slot": (wire.encode_slot(state.slots[0]), wire.parse_slot),
        "card limits": (wire.encode_limits(state.limits), wire.parse_limits),
        "card denylist": (wire.encode_denylist(7, [cards.OTHER_ID]), wire.parse_denylist),
        "card opening": (opening.body() + bytes(MAC_SIZE), wire.Opening.parse),
        "card answer": (record.encode() + bytes(MAC_SIZE), wire.split_answer),
        "card proof": (proof.body() + proof.mac, wire.Proof.parse),
    }
    return (
        _certain("card record", record.encode(), _accepts(world.host.verify), BITS),
        _quiet("card record, unverified", record.encode(), _canonical(Record.parse), BITS),
        _quiet("card order", order.encode(), _canonical(wire.Order.parse), BITS),
        *(_quiet(name, sample, _only_read(read), BITS) for name, (sample, read) in readers.items()),
    )


def _terminals() -> tuple[Target, ...]:
    purse, car = cards.purse(5000), cards.fuel(60_000)
    taken = car.debit(20_000)
    fill = FillLog(pump=3, flowed=15_000, beyond=0, debit=taken, given_back=car.give_back(taken, 5000))
    pending = OpenPayment(card_id=b"CARD0001", card_counter=4, module_counter=9, amount=70, time=cards.NOON)
    records = tuple(purse.debit(amount).encode() for amount in (5, 6))
    batch = TerminalBatch(
        module_id=cards.MERCHANT_ID, number=1, upto=9, records=records, unused=(7,), open=(pending,)
    )
    key = bytes(range(16))
    state = ModuleState(counter=3, collected=1, batch_total=700)
    return (
        _certain(
            "terminal batch", batch.seal(key), _accepts(lambda data: TerminalBatch.unseal(data, key)), BITS
        ),
        _quiet("terminal batch, unsealed", batch.encode(), _canonical(TerminalBatch.parse), BITS),
        _quiet("open payment", pending.encode(), _canonical(OpenPayment.parse), BITS),
        _quiet("terminal log", _log(records), _only_read(_read_log), BITS),
        _quiet("fill log", fill.encode(), _canonical(FillLog.parse), BITS),
        _quiet("module state", state.dump(), _only_read(ModuleState.parse), JSON),
        _quiet("fuel lines", b"first@1404-09:25000*15000", _text(parse_lines), TEXT),
    )


def _text(read: Callable[[str], object]) -> Callable[[bytes], bool]:
    return _only_read(lambda data: read(data.decode("utf-8", "replace")))


def _log(entries: tuple[bytes, ...]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log")
        with TerminalLog(path) as log:
            log.append(*((1, entry) for entry in entries))
        return path.read_bytes()


def _read_log(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log")
        path.write_bytes(data)
        with TerminalLog(path) as log:
            list(log.read())


def _messages() -> tuple[Target, ...]:
    withdrawal: dict[str, str | bytes] = {
        "t": "0200",
        "3": "010000",
        "4": "1250",
        "11": "7",
        "41": "T1",
        "49": "364",
    }
    full = {**withdrawal, "2": "6037991234567893", "52": bytes(16), "95": "0" * 42}
    plain = iso8583.encode(iso8583.SPEC_1987, withdrawal)
    lines = fuel.products([fuel.Product(code="001", millilitres=5000, price=15_000, amount=75_000)])
    fuelling = iso8583.encode(fuel.SPEC, {"t": "1200", "3": "000000", "4": "75000", "11": "7", "63": lines})
    bank = BankRequest(verb="debit", key="1:2", account="IR01", amount=5)
    reply = BankReply(verb="debit", key="1:2", code=DONE, amount=5)
    return (
        _quiet("ISO 8583", plain, _only_read(lambda data: iso8583.decode(iso8583.SPEC_1987, data)), TEXT),
        _quiet("cash machine message", cash_machine.encode(full), _only_read(_read_amounts), TEXT),
        _quiet("fuel message", fuelling, _only_read(lambda data: iso8583.decode(fuel.SPEC, data)), TEXT),
        _quiet("fuel products", lines.encode(), _text(fuel.parse_products), TEXT),
        _quiet("bank request", bank.encode(), _only_read(BankRequest.parse), JSON),
        _quiet("bank reply", reply.encode(), _only_read(BankReply.parse), JSON),
        _quiet("key serial number", KSN(bytes(8), 1).encode(), _canonical(KSN.parse), BITS),
    )


def _read_amounts(data: bytes) -> None:
    cash_machine.replaced_amount(cash_machine.decode(data))
    cash_machine.conversation(data)


def _proofs(desk: pool.World) -> tuple[Target, ...]:
    prepared = desk.prepared()
    agreed = pool.agree(prepared.transaction)
    authorized = desk.desk.authorize(prepared, agreed)
    receipt = desk.desk.commit(authorized, key="fuzz")
    key = pool.JOURNAL_KEY.public_key()

    def other_receipt(data: bytes) -> bool:
        """A receipt that verifies, and does not say what the sample says."""
        with suppress(SignatureInvalid):
            read = verify_receipt(data, key)
            return read.body != receipt.body or (bool(read.details) and read.details != receipt.details)
        return False

    body, agreement = prepared.transaction.encode(), json.dumps(authorization_json(agreed)).encode()
    denied = Denylist(version=4, issued=NOW, max_age=timedelta(days=1), entries=["0012345679", "card/7"])
    return (
        _quiet("transaction", body, _canonical(Transaction.parse), JSON),
        _quiet("authorization", agreement, _other(desk, prepared), JSON),
        _quiet("receipt", receipt_json(receipt).encode(), other_receipt, JSON),
        _quiet("receipt, QR code", receipt.qr.encode(), other_receipt, TEXT),
        _certain(
            "denylist",
            denied.sign(pool.JOURNAL_KEY),
            _accepts(lambda data: Denylist.parse(data, key)),
            TEXT,
        ),
        _quiet("public key", public_pem(key), _only_read(_read_key), TEXT),
    )


def _other(desk: pool.World, prepared: Prepared) -> Callable[[bytes], bool]:
    """Tells whether an agreement passes that is not about what was prepared, or not the holder's."""

    def ask(data: bytes) -> bool:
        read = read_authorization(strict_json.parse_object(data, "authorization"))
        try:
            desk.desk.authorize(prepared, read)
        except Refused:
            return False
        return read.transaction != prepared.transaction or read.certificate != pool.card().certificate

    return ask


def _read_key(data: bytes) -> None:
    from smartid.services.journal.keys import load_public_key

    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        load_public_key(Path(file.name))


def _policies() -> tuple[Target, ...]:
    folder = resources.files("smartid.services") / "policies"
    names = ("fuel-ir.toml", "purchase.toml")
    fuel_rules, purchase_rules = (folder.joinpath(name).read_bytes() for name in names)

    def read(data: bytes) -> None:
        with tempfile.NamedTemporaryFile(suffix=".toml") as file:
            Path(file.name).write_bytes(data)
            all_versions(Path(file.name))

    return (
        _quiet("fuel policy", fuel_rules, _only_read(parse_fuel_policy), TEXT),
        _quiet("policy", purchase_rules, _only_read(read), TEXT),
    )


def _web() -> tuple[Target, ...]:
    event = b'{"id":"1","type":"captured"}'
    header = sign("secret", event, NOW)
    mandate = {"ceiling": 500, "order": "rent", "period": "month", "until": NOW.isoformat()}
    return (
        _quiet(
            "mandate",
            json.dumps(mandate).encode(),
            _only_read(lambda data: bodies.read_body(bodies.MANDATE, data)),
            JSON,
        ),
        _certain(
            "webhook", event, _accepts(lambda data: verify_webhook("secret", header, data, now=NOW)), JSON
        ),
        _quiet(
            "webhook, header",
            header.encode(),
            _accepts_other(header, lambda text: verify_webhook("secret", text, event, now=NOW)),
            TEXT,
        ),
    )


def _accepts_other(header: str, check: Callable[[str], object]) -> Callable[[bytes], bool]:
    def ask(data: bytes) -> bool:
        text = data.decode("latin-1")
        return text.strip() != header and _accepts(lambda _: check(text))(data)

    return ask
