"""Transactions with one field changed, and what must come of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from hypothesis import strategies as st

from smartid.identity.transaction import MAX_NUMBER, Transaction
from smartid.services.reasons import Reason
from smartid.services.spine.values import Prepared, Terms
from tests.unit.services.spine.world import NOW, World, agree, card, refused

NUMBER = "0012345679"
_NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
_TEXTS = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=20)


@st.composite
def offers(draw: st.DrawFn) -> dict[str, Any]:
    """What an adapter of some service might offer."""
    return {
        "verb": draw(_NAMES),
        "amount": draw(st.integers(0, MAX_NUMBER)),
        "unit": draw(st.sampled_from(["IRR", "ml", "trip"])),
        "payee": draw(_TEXTS),
        "policy": draw(_TEXTS),
        "sentence_fa": f"پرداخت {draw(st.integers(0, 10**9))} ریال",
        "sentence_en": draw(_TEXTS),
        "details": draw(st.dictionaries(_NAMES, st.integers(0, MAX_NUMBER) | _TEXTS, max_size=5)),
    }


def prepare(pool: World, offer: dict[str, Any], number: int) -> Prepared:
    """Make the offer one of the pool's, without its adapter."""
    terms: Terms = replace(pool.pool.quote(1, pool.holder(), NOW), **offer)
    nonce = number.to_bytes(16, "big")
    holder = pool.holder()
    return pool.desk._counter.prepared(terms, holder, now=NOW, number=number, nonce=nonce, lang="fa")


def changed(transaction: Transaction) -> Iterator[tuple[str, Transaction]]:
    """Give the transaction with each single member changed, each detail too."""
    for item in fields(transaction):
        value = getattr(transaction, item.name)
        if isinstance(value, str):
            yield item.name, replace(transaction, **{item.name: value + "x" if value else "x"})
        elif isinstance(value, int):
            yield item.name, replace(transaction, **{item.name: value + 1 if value < MAX_NUMBER else 0})
    details = dict(transaction.details)
    yield "details", replace(transaction, details={**details, "more": 1})
    for name, value in details.items():
        other = value + "x" if isinstance(value, str) else str(value)
        yield f"details.{name}", replace(transaction, details={**details, name: other})
        yield (
            f"details.{name}",
            replace(transaction, details={key: each for key, each in details.items() if key != name}),
        )


def _adapted(prepared: Prepared, transaction: Transaction) -> Prepared:
    """An offer that says what the changed transaction says: only the signature stands against it."""
    names = ("verb", "amount", "unit", "payee", "policy", "details")
    terms = replace(prepared.terms, **{name: getattr(transaction, name) for name in names})
    return replace(prepared, transaction=transaction, terms=terms)


def refuse_every_change(pool: World, offer: dict[str, Any], number: int = 1) -> int:
    """Change each field on either side of a proof; give how many changes were refused."""
    prepared = prepare(pool, offer, number)
    agreed = agree(prepared.transaction, card(NUMBER))
    assert pool.proofs.verify(prepared, agreed).authorization == agreed
    count = 0
    for _, other in changed(prepared.transaction):
        for offered, signed in (
            (prepared, replace(agreed, transaction=other)),
            (replace(prepared, transaction=other), agreed),
            (replace(prepared, transaction=other), replace(agreed, transaction=other)),
            (_adapted(prepared, other), replace(agreed, transaction=other)),
        ):
            with refused(Reason.BAD_PROOF):
                pool.proofs.verify(offered, signed)
            count += 1
    return count
