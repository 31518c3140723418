"""The back office of the fuel card, simulated: approves, takes down what flowed, undoes, each once.

Its own book has one document for each authorisation, named by the number in field 37: "approved",
"completed", "reversed" or "declined". A message that comes again is answered as the first time. A reversal of
something that never arrived is taken down too, and what it reverses is refused afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from smartid.errors import EncodingError
from smartid.services.far_side.frame import Arguments, Handler, Switchboard, start
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.opening import open_book
from smartid.services.messages import fuel as messages
from smartid.services.messages.iso8583 import decode, encode

KIND, BLOCKED = "office/fill", "office/blocked"
_ECHOED = ("3", "4", "11", "12", "26", "37", "41", "42", "49")
APPROVED, COMPLETED, REVERSED, DECLINED = "approved", "completed", "reversed", "declined"


class FuelOffice:
    """Answers messages, on a book of its own."""

    def __init__(self, book: Book, faults: Switchboard) -> None:
        self._book = book
        self._faults = faults

    def answer(self, raw: bytes) -> bytes | None:
        """Answer one message; None for what cannot be read."""
        try:
            fields = decode(messages.SPEC, raw)
        except EncodingError:
            return None
        kind = fields["t"]
        if kind == messages.NETWORK:
            return self._reply(fields, {"39": "800"})
        if "37" not in fields or "63" not in fields:
            return self._reply(fields, {"39": messages.BROKEN})
        return self._reply(fields, self._decide(kind, fields))

    def block(self, card: str) -> None:
        """Put a card on the office's own list."""
        self._book.run(lambda entry: entry.keep(Record(kind=BLOCKED, key=card, content={})))

    def _decide(self, kind: str, fields: Mapping[str, str]) -> dict[str, str]:
        steps = {"11": self._authorise, "12": self._advise, "14": self._reverse}
        step = steps.get(kind[:2])
        if step is None:
            return {"39": messages.BROKEN}
        return self._book.run(lambda entry: step(entry, fields))

    def _authorise(self, entry: Entry, fields: Mapping[str, str]) -> dict[str, str]:
        known = entry.load(KIND, fields["37"])
        if known is not None:
            again = known.state in {APPROVED, COMPLETED}
            code = str(known.content["approval"])
            return {"39": messages.APPROVED, "38": code} if again else {"39": messages.CARD_BLOCKED}
        code = self._faults.decline()
        if not code and fields.get("2") and entry.load(BLOCKED, fields["2"]) is not None:
            code = messages.CARD_BLOCKED
        approval = "" if code else f"{entry.next_number('approvals'):06d}"
        self._keep(entry, fields, DECLINED if code else APPROVED, approval)
        return {"39": code or messages.APPROVED, **({"38": approval} if approval else {})}

    def _advise(self, entry: Entry, fields: Mapping[str, str]) -> dict[str, str]:
        known = entry.load(KIND, fields["37"])
        if known is None or known.state in {APPROVED, REVERSED}:
            self._keep(entry, fields, COMPLETED, str(known.content["approval"]) if known else "")
        return {"39": messages.ACCEPTED}

    def _reverse(self, entry: Entry, fields: Mapping[str, str]) -> dict[str, str]:
        known = entry.load(KIND, fields["37"])
        if known is None or known.state == APPROVED:
            self._keep(entry, fields, REVERSED, str(known.content["approval"]) if known else "")
        return {"39": messages.ACCEPTED}

    def _keep(self, entry: Entry, fields: Mapping[str, str], state: str, approval: str) -> None:
        lines = messages.parse_products(fields["63"])
        flowed = sum(line.millilitres for line in lines) if state == COMPLETED else 0
        content = {
            "approval": approval,
            "millilitres": flowed,
            "amount": int(fields["4"]) if state == COMPLETED else 0,
            "card": fields.get("2", ""),
        }
        entry.keep(Record(kind=KIND, key=fields["37"], content=content, state=state))

    def _reply(self, fields: Mapping[str, str], own: Mapping[str, str]) -> bytes:
        kind = fields["t"]
        answer = {"t": f"{kind[:2]}{int(kind[2]) + 1}0"}
        echoed = {name: fields[name] for name in _ECHOED if name in fields}
        return encode(messages.SPEC, {**answer, **echoed, **own})


def totals(book: Book) -> dict[str, tuple[int, int]]:
    """Give how many fills stand in each state, and the millilitres that flowed in them."""
    found = {}
    for state in (APPROVED, COMPLETED, REVERSED, DECLINED):
        items = book.run(partial(_in_state, state))
        found[state] = (len(items), sum(int(item.content["millilitres"]) for item in items))
    return found


def _in_state(state: str, entry: Entry) -> list[Record]:
    return entry.find(KIND, state=state, limit=1_000_000)


def handler(arguments: Arguments, faults: Switchboard) -> Handler:
    """Make the back office for a process of its own."""
    return FuelOffice(open_book(arguments.database), faults).answer


if __name__ == "__main__":
    start(handler)
