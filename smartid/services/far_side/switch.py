"""A bank's switch, simulated: ``python -m smartid.services.far_side.switch --database URL``.

It answers each trace once and repeats its answer. A reversal of what it never saw is accepted, and what it
reverses is refused when it comes later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from smartid.errors import EncodingError
from smartid.services.far_side.frame import Arguments, Handler, Switchboard, start
from smartid.services.far_side.switch_bank import Till, acquirer_of, name_of
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.messages import cash_machine
from smartid.services.messages.cash_machine import RIAL, Answer, Processing

SEEN = "switch/seen"
DONE = "switch/done"
_ECHOED = ("2", "3", "4", "7", "11", "32", "37", "41", "49", "70", "90", "95")
_BODY = ("2", "3", "4", "90", "95", "103")
Fields = Mapping[str, str]


class Switch:
    """Answers messages of cash machines."""

    def __init__(self, book: Book, faults: Switchboard | None = None) -> None:
        self._book = book
        self._faults = faults or Switchboard()

    def handle(self, data: bytes) -> bytes | None:
        """Answer one message; None for one that cannot be read."""
        try:
            fields = cash_machine.decode(data)
        except EncodingError:
            return None
        if not {"7", "11", "41"} <= fields.keys():
            return _reply(fields, {"39": Answer.FORMAT_ERROR})
        if fields["t"] == "0800":
            return _reply(fields, {"39": Answer.APPROVED})
        work = {"0200": self._financial, "0420": _reverse, "0421": _reverse}.get(fields["t"])
        if work is None:
            return _reply(fields, {"39": Answer.INVALID})
        declined = self._faults.decline() if fields["t"] == "0200" else ""

        def once(entry: Entry) -> bytes:
            # Written here, so that an answer that cannot be written undoes what it would tell.
            return _reply(fields, _once(entry, fields, lambda: work(Till(entry), fields, declined)))

        try:
            return self._book.run(once)
        except EncodingError:
            return _reply(fields, {"39": Answer.FORMAT_ERROR})

    def _financial(self, till: Till, fields: Fields, declined: str) -> dict[str, str]:
        original = _original(fields)
        if till.entry.load(DONE, original) is not None:
            return {"39": Answer.REVERSED_BEFORE}
        answer = {"39": declined} if declined else _carry_out(till, fields, original)
        kept = {name: fields[name] for name in ("2", "3", "4", "103") if name in fields}
        done = {"approved": answer["39"] == Answer.APPROVED, "old_pin": answer.pop("old_pin", "")}
        content = {**done, "fields": kept, "standing": int(fields.get("4", "0"))}
        till.entry.keep(Record(kind=DONE, key=original, content=content))
        return answer


def _once(entry: Entry, fields: Fields, work: Any) -> dict[str, str]:
    """Answer a trace for the first time, or as the first time."""
    key = "/".join((fields["t"][:2], fields["41"], fields["11"], fields["7"]))
    body = hashlib.sha256("|".join(fields.get(name, "") for name in _BODY).encode()).hexdigest()
    known = entry.load(SEEN, key)
    if known is not None:
        answer: dict[str, str] = dict(known.content["answer"])
        return answer if known.content["body"] == body else {"39": Answer.INVALID}
    answer = work()
    entry.keep(Record(kind=SEEN, key=key, content={"body": body, "answer": answer}))
    return answer


def _carry_out(till: Till, fields: Fields, key: str) -> dict[str, str]:
    account, amount = fields.get("2", ""), int(fields.get("4", "0"))
    if not till.knows(account):
        return {"39": Answer.NO_SUCH_ACCOUNT}
    if "52" in fields:
        checked = till.check_pin(account, bytes.fromhex(fields["52"]), bytes.fromhex(fields.get("53", "")))
        if checked is not Answer.APPROVED:
            return {"39": checked}
    return _serve(till, fields, key, account, amount)


def _serve(till: Till, fields: Fields, key: str, account: str, amount: int) -> dict[str, str]:
    match fields.get("3"):
        case Processing.BALANCE:
            return {"39": Answer.APPROVED, "54": _amount(till.available(account))}
        case Processing.STATEMENT:
            return {"39": Answer.APPROVED, "48": ";".join(till.lines(account))}
        case Processing.PIN_CHANGE:
            return _change_pin(till, fields, account)
        case Processing.WITHDRAWAL | Processing.TRANSFER | Processing.DEPOSIT:
            return _move(till, fields, key, account, amount)
    return {"39": Answer.INVALID}


def _move(till: Till, fields: Fields, key: str, account: str, amount: int) -> dict[str, str]:
    other = fields.get("103", "").strip()
    if not amount:
        return {"39": Answer.INVALID_AMOUNT}
    if fields["3"] == Processing.TRANSFER and not till.knows(other):
        return {"39": Answer.NO_SUCH_ACCOUNT}
    if fields["3"] != Processing.DEPOSIT and till.available(account) < amount:
        return {"39": Answer.INSUFFICIENT}
    debit, credit = _ends(fields, fields["41"])
    till.move(key, debit, credit, amount)
    till.note(account, f"{fields['7']} {'C' if credit == name_of(account) else 'D'} {amount}")
    return {"39": Answer.APPROVED, "38": fields["11"], "54": _amount(till.available(account))}


def _change_pin(till: Till, fields: Fields, account: str) -> dict[str, str]:
    if "52" not in fields or "125" not in fields:
        return {"39": Answer.FORMAT_ERROR}
    old = till.change_pin(account, bytes.fromhex(fields["125"]), bytes.fromhex(fields["53"]))
    return {"39": Answer.SECURITY} if old is None else {"39": Answer.APPROVED, "old_pin": old}


def _reverse(till: Till, fields: Fields, declined: str) -> dict[str, str]:
    del declined  # a reversal is advice: it is not refused
    if "90" not in fields:
        return {"39": Answer.FORMAT_ERROR}
    original = f"{fields['41'].strip()}/{fields['90'][:20]}"
    known = till.entry.load(DONE, original)
    done: dict[str, Any] = dict(known.content) if known else {"approved": False}
    if done["approved"]:
        done["standing"] = _take_back(till, fields, original, done)
    till.entry.keep(Record(kind=DONE, key=original, content=done))
    return {"39": Answer.APPROVED}


def _take_back(till: Till, fields: Fields, original: str, done: Mapping[str, Any]) -> int:
    """Move back what does not stand any more; gives what stands."""
    first: Fields = done["fields"]
    if first["3"] == Processing.PIN_CHANGE:
        till.restore_pin(first["2"], done["old_pin"])
        return 0
    standing: int = done["standing"]
    left = min(standing, cash_machine.replaced_amount(fields))
    debit, credit = _ends(first, fields["41"])
    till.move(f"{original}/{left}", credit, debit, standing - left)
    if left < standing:
        sign = "D" if credit == name_of(first["2"]) else "C"
        till.note(first["2"], f"{fields['7']} {sign} {standing - left}")
    return left


def _ends(fields: Fields, terminal: str) -> tuple[str, str]:
    account, till = name_of(fields["2"]), acquirer_of(terminal)
    if fields["3"] == Processing.TRANSFER:
        return account, name_of(fields["103"].strip())
    return (till, account) if fields["3"] == Processing.DEPOSIT else (account, till)


def _original(fields: Fields) -> str:
    return f"{fields['41'].strip()}/{fields['t']}{fields['11']}{fields['7']}"


def _amount(rials: int) -> str:
    """Field 54: account type, amount type (available), currency, sign, 12 digits."""
    return f"0002{RIAL}{'C' if rials >= 0 else 'D'}{abs(rials):012}"


def _reply(fields: Fields, answer: Mapping[str, str]) -> bytes:
    kind = fields["t"][:2] + ("30" if fields["t"][2] == "2" and fields["t"][1] == "4" else "10")
    echoed = {name: fields[name] for name in _ECHOED if name in fields}
    return cash_machine.encode({**echoed, **answer, "t": kind})


def make(arguments: Arguments, faults: Switchboard) -> Handler:
    """Open the switch's book."""
    return Switch(open_book(arguments.database), faults).handle


if __name__ == "__main__":
    start(make)
