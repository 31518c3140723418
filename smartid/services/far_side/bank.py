"""The customers' bank, simulated: ``python -m smartid.services.far_side.bank --database URL``.

It keeps its own book and knows nothing of cards. An account is opened when it is first named, with
1,000,000,000 rials in it; names that end in 000 have nothing in them.
"""

from __future__ import annotations

from smartid.errors import EncodingError, Refused
from smartid.services.far_side.faults import Switchboard
from smartid.services.far_side.server import Arguments, Handler, start
from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.values import Account, Guard, Transfer, transfer_id
from smartid.services.messages import bank
from smartid.services.messages.bank import BankReply, BankRequest
from smartid.services.reasons import Reason

OPENING = 1_000_000_000
"""Rials in an account that is first named."""
_WORLD = "bank/world"
_KIND = "bank/key"


class Bank:
    """Accounts of customers and of the scheme. The same key is carried out once."""

    def __init__(self, book: Book, faults: Switchboard) -> None:
        self._book = book
        self._faults = faults
        world = Account(name=_WORLD, unit="IRR", guard=Guard.NONE)
        scheme = Account(name=_name(bank.SCHEME), unit="IRR", guard=Guard.NONE)
        book.run(lambda entry: entry.open_account(world, scheme))

    def answer(self, message: bytes) -> bytes:
        """Answer one message; what is no message is answered with code 30."""
        try:
            request = BankRequest.parse(message)
        except EncodingError:
            return BankReply(verb=bank.INQUIRE, key="-", code=bank.BROKEN).encode()
        return self._book.run(lambda entry: self._act(entry, request)).encode()

    def _act(self, entry: Entry, request: BankRequest) -> BankReply:
        if request.verb == bank.BALANCE:
            _open(entry, request.account)
            return _reply(request, bank.DONE, entry.balance(_name(request.account)).posted)
        known = entry.load(_KIND, request.key)
        if request.verb == bank.INQUIRE:
            return _told(request, known)
        if request.verb == bank.REVERSE:
            return _reverse(entry, request, known)
        if known is not None:
            return _again(request, known)
        return self._move(entry, request)

    def _move(self, entry: Entry, request: BankRequest) -> BankReply:
        code = self._faults.decline() or _moved(entry, request)
        members = {"verb": request.verb, "account": request.account, "amount": request.amount, "code": code}
        state = "done" if code == bank.DONE else "declined"
        entry.keep(Record(kind=_KIND, key=request.key, content=members, state=state))
        return _reply(request, code, request.amount if code == bank.DONE else 0)


def _moved(entry: Entry, request: BankRequest) -> str:
    customer, scheme = _name(request.account), _name(bank.SCHEME)
    _open(entry, request.account)
    giver, taker = (customer, scheme) if request.verb == bank.DEBIT else (scheme, customer)
    if not request.amount:
        return bank.BROKEN
    if request.verb == bank.DEBIT and entry.balance(customer).available < request.amount:
        return bank.NOT_ENOUGH
    id_ = transfer_id("bank", request.verb, request.key)
    entry.post(Transfer(id=id_, debit=giver, credit=taker, amount=request.amount, note=request.key))
    return bank.DONE


def _reverse(entry: Entry, request: BankRequest, known: Record | None) -> BankReply:
    """Undo the debit; what did not come yet will find that it was reversed."""
    if known is not None and known.state in ("reversed", "declined"):
        return _reply(request, bank.DONE, replayed=True)
    content = {
        "verb": bank.DEBIT,
        "account": request.account,
        "amount": request.amount,
        "code": bank.REVERSED,
    }
    amount = 0
    if known is not None:
        if known.content["verb"] != bank.DEBIT:
            return _reply(request, bank.USED)
        content, amount = {**known.content, "code": bank.REVERSED}, known.content["amount"]
        entry.post(
            Transfer(
                id=transfer_id("bank", "reverse", request.key),
                debit=_name(bank.SCHEME),
                credit=_name(known.content["account"]),
                amount=amount,
                note=request.key,
            )
        )
    entry.keep(Record(kind=_KIND, key=request.key, content=content, state="reversed"))
    return _reply(request, bank.DONE, amount)


def _again(request: BankRequest, known: Record) -> BankReply:
    asked = {"verb": request.verb, "account": request.account, "amount": request.amount}
    if asked != {name: known.content[name] for name in asked}:
        return _reply(request, bank.USED)
    code = known.content["code"]
    return _reply(request, code, request.amount if code == bank.DONE else 0, replayed=True)


def _told(request: BankRequest, known: Record | None) -> BankReply:
    if known is None:
        return _reply(request, bank.UNKNOWN_KEY)
    return _reply(request, known.content["code"], known.content["amount"], replayed=True)


def _reply(request: BankRequest, code: str, amount: int = 0, *, replayed: bool = False) -> BankReply:
    return BankReply(verb=request.verb, key=request.key, code=code, amount=amount, replayed=replayed)


def _name(account: str) -> str:
    return f"bank/{account}"


def _open(entry: Entry, account: str) -> None:
    """Open an account with what is in it, unless it is open."""
    try:
        entry.balance(_name(account))
    except Refused as error:
        if error.reason != Reason.UNKNOWN_CASE:
            raise
    else:
        return
    entry.open_account(Account(name=_name(account), unit="IRR"))
    if account.endswith("000"):
        return
    id_ = transfer_id("bank", "opening", account)
    entry.post(Transfer(id=id_, debit=_WORLD, credit=_name(account), amount=OPENING, note="opening"))


def make(arguments: Arguments, faults: Switchboard) -> Handler:
    """Make the bank of a process."""
    return Bank(open_book(arguments.database), faults).answer


if __name__ == "__main__":
    start(make)
