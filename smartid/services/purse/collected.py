"""From a record of a card to what it moves: the purse's half of collection."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from smartid.errors import Refused
from smartid.services.ledger.values import Account, Posting, Transfer, transfer_id
from smartid.services.purse import accounts
from smartid.services.reasons import Reason
from smartid.services.spine.collection import Collected
from smartid.stored_value.model import Kind, Record, Verb

_CACHED = 100_000


class RecordReader:
    """Reads records and checks their TACs.

    verify     reads and checks: ``IssuerModule.verify``
    merchants  who runs a security module, by module id
    """

    def __init__(self, verify: Callable[[bytes], Record], merchants: Mapping[bytes, str]) -> None:
        self._verify = verify
        self._payees = {module: accounts.merchant_account(name) for module, name in merchants.items()}
        self._shadows: dict[bytes, Account] = {}

    def read(self, raw: bytes) -> Collected:
        """Read one record.

        Raises EncodingError; Refused: bad_proof, invalid_request (no payment, no purse), denylisted (a module
        that the scheme does not know).
        """
        record = self._verify(raw)
        payee = self._payees.get(record.module_id)
        if record.application is not Kind.PURSE or record.verb not in {Verb.DEBIT, Verb.RETURN}:
            raise Refused("The record is no payment of a purse.", reason=Reason.INVALID_REQUEST)
        if payee is None:
            raise Refused("No merchant has this security module.", reason=Reason.DENYLISTED)
        return _collected(record, raw, self._shadow(record.card_id), payee)

    def _shadow(self, card_id: bytes) -> Account:
        found = self._shadows.get(card_id)
        if found is None:
            if len(self._shadows) >= _CACHED:
                self._shadows.clear()
            found = self._shadows[card_id] = accounts.shadow(card_id)
        return found


def _collected(record: Record, raw: bytes, shadow: Account, payee: Account) -> Collected:
    card, module = record.card_id.hex(), record.module_id.hex()
    id_, amount = transfer_id(accounts.SERVICE, record.card_id, record.counter), record.total
    # The note is the record itself: the ledger's chain covers the evidence.
    note = base64.b64encode(raw).decode()

    def moved(other: Account) -> Posting:
        debit, credit = (shadow, other) if record.verb is Verb.DEBIT else (other, shadow)
        return (Transfer(id=id_, debit=debit.name, credit=credit.name, amount=amount, note=note),)

    return Collected(
        id=id_,
        series=((f"card/{card}", record.counter), (f"module/{module}", record.module_counter)),
        postings=moved(payee),
        late=lambda: moved(accounts.LATE),
        accounts=(shadow, payee, accounts.LATE),
        time=record.time,
        evidence={"card": card, "counter": record.counter, "module": module, "amount": amount},
    )
