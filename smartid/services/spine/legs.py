"""Names of transfers, and the ledger template of a plain service."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from smartid.services.ledger.values import Kind, Transfer
from smartid.services.spine.states import Step
from smartid.services.spine.values import Case

_RESOLVES = {Step.COMPLETE: Kind.POST, Step.VOID: Kind.VOID, Step.EXPIRE: Kind.VOID}
"""What expires is voided: the clock of the desk decides, and the book only moves."""
_BACK = {Step.REFUND, Step.UPHOLD}


def leg(case: Case, step: Step, name: str = "") -> bytes:
    """Name one transfer of a step: 16 bytes derived from the case, so that a repeat is the same transfer.

    name  tells apart the transfers of one step: "fee", "tier1"
    """
    nth = case.refunded if step is Step.REFUND or step is Step.UPHOLD else 0
    return hashlib.sha256(f"smartid leg 1\n{case.id}\n{step}\n{nth}\n{name}".encode()).digest()[:16]


def two_account(
    case: Case, step: Step, amount: int, *, debit: str, credit: str, name: str = ""
) -> Sequence[Transfer]:
    """Give the transfers of a step where value goes from one account to another.

    RESERVE holds it, COMPLETE posts all or part of what was held (or moves it directly where nothing was),
    VOID and EXPIRE let it go, REFUND and UPHOLD move it back. Other steps move nothing.
    """
    note = f"{case.service} {step} {case.transaction.fingerprint.hex()[:32]}"
    mine = leg(case, step, name)
    if step is Step.COMPLETE and not case.reserved:
        return (Transfer(id=mine, debit=debit, credit=credit, amount=amount, note=note),)
    if step is Step.RESERVE:
        kind = Kind.PENDING
        return (Transfer(id=mine, debit=debit, credit=credit, amount=amount, kind=kind, note=note),)
    if step in _RESOLVES:
        kind, held = _RESOLVES[step], leg(case, Step.RESERVE, name)
        move = Transfer(
            id=mine, debit=debit, credit=credit, amount=amount, kind=kind, pending=held, note=note
        )
        return (move,)
    if step in _BACK:
        return (Transfer(id=mine, debit=credit, credit=debit, amount=amount, note=note),)
    return ()
