"""A bank that acquires purchases: a process with a book of its own.

``python -m smartid.services.far_side.acquirer --database URL [--port N] [--faults SEED]``

It answers 0100, 0200, 0220 and 0420 of ISO 8583:1987, repeats included, each of them once: the same message
again gets the same answer. Every payer has an account of ``OPENING`` rials; no real account is meant.
A reversal of something it never saw is accepted, and what comes after it is refused with code 94.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from smartid.errors import EncodingError, Refused
from smartid.services.far_side.frame import Arguments, Handler, Switchboard, start
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.opening import open_book
from smartid.services.ledger.values import Account, Guard, Kind, Transfer, transfer_id
from smartid.services.messages.iso8583 import SPEC_1987
from smartid.services.messages.mac import seal, unseal
from smartid.services.reasons import Reason
from smartid.services.spine.inbox import Inbox

SPEC = SPEC_1987.extend("102 ans ..28 Account of the payer", name="acquirer")
KEY = b"simulated lines!"
"""Message key of the simulator. It protects nothing."""
OPENING = 10_000_000_000
UNIT = "IRR"
EQUITY = "equity"
CASE = "acquirer/case"
_CODES = {Reason.INSUFFICIENT: "51", Reason.UNKNOWN_CASE: "25", Reason.CONFLICT: "94"}
_ECHOED = ("3", "4", "7", "11", "12", "13", "32", "37", "41", "42", "49")


class Acquirer:
    """The bank: what it does with each message."""

    def __init__(self, book: Book, faults: Switchboard, *, key: bytes = KEY) -> None:
        self._book = book
        self._faults = faults
        self._key = key
        self._inbox = Inbox(book, "acquirer")

    def answer(self, data: bytes) -> bytes | None:
        """Answer a message; none to what cannot be read or has a wrong code."""
        try:
            fields = unseal(SPEC, data, self._key)
            code = self._code(fields)
        except (EncodingError, KeyError):
            return None
        kind = f"{fields['t'][:2]}{int(fields['t'][2]) + 1}0"
        echoed = {name: fields[name] for name in _ECHOED if name in fields}
        approval = {"38": fields["11"]} if code == "00" else {}
        return seal(SPEC, {**echoed, **approval, "t": kind, "39": code}, self._key)

    def _code(self, fields: Mapping[str, str]) -> str:
        kind = fields["t"][:3] + "0"
        body = {**fields, "t": kind}
        key = "/".join(fields[name].strip() for name in ("37", "11", "41", "13")) + f"/{kind}"
        decline = self._faults.decline() if kind in {"0100", "0200"} else ""
        try:
            content, _ = self._inbox.answer(
                key, json.dumps(body, sort_keys=True).encode(), lambda entry: _work(entry, body, decline)
            )
        except Refused as error:
            return _CODES.get(Reason(error.reason), "96")
        return str(content["39"])


def _work(entry: Entry, fields: Mapping[str, str], decline: str) -> Mapping[str, Any]:
    known = entry.load(CASE, fields["37"])
    state = dict(known.content) if known else {"state": "", "taken": 0, "back": 0}
    code = decline or _STEPS[fields["t"], fields["3"]](entry, fields, state)
    if code == "25":  # an advice that came before what it is about: the next attempt is another matter
        raise Refused("It is not known here.", reason=Reason.UNKNOWN_CASE)
    if code == "00":
        entry.keep(Record(kind=CASE, key=fields["37"], content=state))
    return {"39": code}


def _hold(entry: Entry, fields: Mapping[str, str], state: dict[str, Any]) -> str:
    if state["state"]:
        return "94"
    code = _take(entry, fields, Kind.PENDING)
    state["state"] = "held"
    return code


def _buy(entry: Entry, fields: Mapping[str, str], state: dict[str, Any]) -> str:
    if state["state"]:
        return "94"
    code = _take(entry, fields, Kind.POSTED)
    state |= {"state": "taken", "taken": int(fields["4"])}
    return code


def _capture(entry: Entry, fields: Mapping[str, str], state: dict[str, Any]) -> str:
    if state["state"] != "held":
        return "25"
    amount = int(fields["4"])
    entry.post(_transfer(fields, "capture", amount, kind=Kind.POST))
    state |= {"state": "taken", "taken": amount}
    return "00"


def _refund(entry: Entry, fields: Mapping[str, str], state: dict[str, Any]) -> str:
    total = int(fields["4"])
    if state["state"] != "taken" or total > state["taken"]:
        return "25"
    if total > state["back"]:
        entry.post(_transfer(fields, f"back{total}", total - state["back"], back=True))
        state["back"] = total
    return "00"


def _reverse(entry: Entry, fields: Mapping[str, str], state: dict[str, Any]) -> str:
    if state["state"] == "held":
        entry.post(_transfer(fields, "reversal", 0, kind=Kind.VOID))
    elif state["state"] == "taken":
        left = state["taken"] - state["back"]
        if left:
            entry.post(_transfer(fields, "reversal", left, back=True))
    state |= {"state": "reversed", "taken": 0, "back": 0}
    return "00"


_STEPS = {
    ("0100", "000000"): _hold,
    ("0200", "000000"): _buy,
    ("0220", "000000"): _capture,
    ("0220", "200000"): _refund,
    ("0420", "000000"): _reverse,
}


def _take(entry: Entry, fields: Mapping[str, str], kind: Kind) -> str:
    payer, payee = _accounts(fields)
    entry.open_account(
        Account(name=payer, unit=UNIT),
        Account(name=payee, unit=UNIT, guard=Guard.NONE),
        Account(name=EQUITY, unit=UNIT, guard=Guard.NONE),
    )
    if entry.load("acquirer/account", payer) is None:
        entry.post(Transfer(id=transfer_id("opening", payer), debit=EQUITY, credit=payer, amount=OPENING))
        entry.keep(Record(kind="acquirer/account", key=payer, content={}))
    if int(fields["4"]) > entry.balance(payer).available:
        return "51"
    entry.post(_transfer(fields, "take", int(fields["4"]), kind=kind))
    return "00"


def _transfer(
    fields: Mapping[str, str], name: str, amount: int, *, kind: Kind = Kind.POSTED, back: bool = False
) -> Transfer:
    payer, payee = _accounts(fields)
    pending = transfer_id(fields["37"], "take") if kind in {Kind.POST, Kind.VOID} else b""
    debit, credit = (payee, payer) if back else (payer, payee)
    id_ = transfer_id(fields["37"], name)
    return Transfer(id=id_, debit=debit, credit=credit, amount=amount, kind=kind, pending=pending)


def _accounts(fields: Mapping[str, str]) -> tuple[str, str]:
    return f"payer/{fields['102']}", f"payee/{fields['42'].strip()}"


def make(arguments: Arguments, faults: Switchboard) -> Handler:
    """Open the bank's book."""
    return Acquirer(open_book(arguments.database), faults).answer


if __name__ == "__main__":
    start(make)
