"""A program that posts and tells what is done, until it is ended: ``poster.py URL WAY SEED FIRST COUNT``.

Batch number n has the same content at every run, so a batch that was begun before can be posted again. One
line for each batch that is on the disk: its number.
"""

from __future__ import annotations

import random
import sys

from smartid.services.ledger import open_book
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.values import Account, Guard, Kind, Posting, Transfer, transfer_id

PURSES = 40
SIZES = {"single": 1, "entry": 3, "submit": 50, "batch": 1000}


def open_all(book: Book) -> None:
    accounts = [Account(name=f"purse/{n}", unit="IRR") for n in range(PURSES)]
    book.run(lambda entry: entry.open_account(Account(name="bank", unit="IRR", guard=Guard.NONE), *accounts))


def batch(seed: int, number: int, size: int) -> list[Posting]:
    """Give random groups: loads, payments of two legs, reservations, and resolutions of those of before."""
    chance = random.Random(seed * 1_000_003 + number)
    return [_group(chance, (seed, number), n, size) for n in range(size)]


def _group(chance: random.Random, where: tuple[int, int], n: int, size: int) -> Posting:
    seed, number = where
    first, second, third = (f"purse/{each}" for each in chance.sample(range(PURSES), 3))
    amount = chance.randrange(1, 100)
    ids = [transfer_id(seed, number, n, leg) for leg in range(2)]
    kind = chance.randrange(10)
    if kind < 4:
        return (Transfer(id=ids[0], debit="bank", credit=first, amount=amount),)
    if kind < 6:
        return (Transfer(id=ids[0], debit=first, credit=second, amount=amount),)
    if kind < 8:
        return (
            Transfer(id=ids[0], debit=first, credit=second, amount=amount),
            Transfer(id=ids[1], debit=second, credit=third, amount=amount // 2 + 1),
        )
    # A reservation by number alone, so that a later batch can resolve it.
    giver, taker = f"purse/{n % PURSES}", f"purse/{(n + 1) % PURSES}"
    name = transfer_id(seed, number, n, "reserved")
    if kind == 8 or number == 0:
        return (Transfer(id=name, debit=giver, credit=taker, amount=amount, kind=Kind.PENDING),)
    reserved = transfer_id(seed, chance.randrange(max(0, number - 3), number), n, "reserved")
    how = chance.choice([Kind.POST, Kind.VOID])
    return (Transfer(id=ids[0], debit=giver, credit=taker, amount=1, kind=how, pending=reserved),)


def carry_out(book: Book, way: str, groups: list[Posting], number: int) -> None:
    if way == "entry":

        def work(entry: Entry) -> None:
            entry.post(Transfer(id=transfer_id("entry", number), debit="bank", credit="purse/0", amount=1))
            entry.keep(
                Record(kind="batch", key=str(number), content={"receipt": entry.next_number("receipt")})
            )

        book.run(work)
    elif way == "submit":
        for future in [book.submit(group) for group in groups]:
            future.result()
    else:
        book.post(groups)


def main(url: str, way: str, seed: str, first: str, count: str) -> None:
    with open_book(url) as book:
        open_all(book)
        for number in range(int(first), int(first) + int(count)):
            carry_out(book, way, batch(int(seed), number, SIZES[way]), number)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
