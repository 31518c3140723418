"""What is said to the acquirer about a case, as fields of ISO 8583:1987.

::

    0100 → 0110   may this amount be held           intents that are captured later
    0200 → 0210   take this amount                  intents that are captured at once, draws
    0220 → 0230   this was captured, or given back  advice: it is told until it is acknowledged
    0420 → 0430   undo what you know of this case   advice: also when nobody knows whether it was done

Repeats have a 1 at the end of the type (0221, 0421). All messages of a case carry the same field 37; field
11 tells them apart. Everything follows from the case alone, so a repeat is the same message. An advice on
what was given back carries the total so far: in whichever order they arrive, the highest total is the truth.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from smartid.services.messages.iso8583 import SPEC_1987
from smartid.services.purchase.values import Verb
from smartid.services.spine.outbox import Message
from smartid.services.spine.periods import IRAN
from smartid.services.spine.states import Step
from smartid.services.spine.values import Case

SPEC = SPEC_1987.extend("102 ans ..28 Account of the payer", name="acquirer")
QUEUE = "acquirer"
PURCHASE = "000000"
REFUND = "200000"
RIAL = "364"
"""ISO 4217:2015."""
INSTITUTION = "999999"
"""No real one."""
_BACK = frozenset({Step.REFUND, Step.UPHOLD})
_LET_GO = frozenset({Step.VOID, Step.EXPIRE})
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def question(case: Case) -> dict[str, str]:
    """Ask for the amount of a case: 0100 when it is captured later, else 0200."""
    kind = "0100" if case.terms.verb == Verb.AUTHORISE else "0200"
    return _message(case, kind, PURCHASE, case.terms.amount)


def reversal(case: Case) -> Message:
    """Undo a case at the acquirer, whatever it knows of it."""
    asked = question(case)
    fields = _message(case, "0420", PURCHASE, case.terms.amount)
    fields["90"] = original(asked)
    return Message(queue=QUEUE, key=f"{case.id}/reversal", payload=fields, repeat_of=case.id)


def advices(case: Case, step: Step) -> Sequence[Message]:
    """Tell the acquirer what a step did, where it does not know."""
    if case.terms.verb in {Verb.MANDATE, Verb.PARTS}:
        return []
    if step is Step.COMPLETE and case.terms.verb == Verb.AUTHORISE:
        return [_advice(case, "capture", PURCHASE, case.completed)]
    if step in _BACK and case.refunded:
        return [_advice(case, f"refund/{case.refunded}", REFUND, case.refunded)]
    if step in _LET_GO and not case.original:
        return [reversal(case)]
    return []


def repeated(fields: dict[str, str]) -> dict[str, str]:
    """Mark a message as one that was sent before."""
    return {**fields, "t": fields["t"][:3] + "1"}


def original(fields: dict[str, str]) -> str:
    """Give field 90: type, trace number, time and institution of the message that is meant."""
    return fields["t"] + fields["11"] + fields["7"] + fields["32"].rjust(11, "0") + "0" * 11


def reference(case_id: str) -> str:
    """Give field 37 of a case: 12 letters and digits."""
    return _base36(int(case_id, 16) % 36**12, 12)


def _advice(case: Case, name: str, code: str, amount: int) -> Message:
    fields = _message(case, "0220", code, amount, name)
    fields["90"] = original(question(case))
    return Message(queue=QUEUE, key=f"{case.id}/{name}", payload=fields, repeat_of=case.id)


def _message(case: Case, kind: str, code: str, amount: int, name: str = "") -> dict[str, str]:
    local = case.opened.astimezone(IRAN)
    return {
        "t": kind,
        "3": code,
        "4": f"{amount:012d}",
        "7": _utc(case.opened).strftime("%m%d%H%M%S"),
        "11": _trace(case, kind + name),
        "12": local.strftime("%H%M%S"),
        "13": local.strftime("%m%d"),
        "22": "051",
        "25": "00",
        "32": INSTITUTION,
        "37": reference(case.id),
        "41": _terminal(case),
        "42": case.terms.payee.ljust(15),
        "48": case.transaction.fingerprint.hex().upper(),
        "49": RIAL,
        "102": case.holder.pseudonym[:28],
    }


def _trace(case: Case, name: str) -> str:
    digest = hashlib.sha256(f"{case.id}/{name}".encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 999_999 + 1:06d}"


def _terminal(case: Case) -> str:
    kept = "".join(letter for letter in case.transaction.terminal if letter.isascii() and letter.isalnum())
    return kept[-8:].ljust(8)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _base36(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 36)
        letters.append(_LETTERS[rest])
    return "".join(reversed(letters))
