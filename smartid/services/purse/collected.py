"""From a record of a card to what it moves: the purse's half of collection."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from smartid.errors import Refused
from smartid.services.ledger.values import Account, Posting, Transfer, transfer_ids
from smartid.services.purse import accounts
from smartid.services.reasons import Reason
from smartid.services.spine.collection import Collected
from smartid.stored_value.model import Kind, Record, Verb

_CACHED = 100_000


@dataclass(frozen=True, slots=True)
class _Side:
    """A card or a module: its number in hexadecimal, its series, the account that it moves, its ids."""

    name: str
    series: str
    account: Account
    ids: Callable[[int], bytes]

    @classmethod
    def of_card(cls, card_id: bytes) -> _Side:
        ids = transfer_ids(accounts.SERVICE, card_id)
        return cls(card_id.hex(), f"card/{card_id.hex()}", accounts.shadow(card_id), ids)

    @classmethod
    def of_merchant(cls, module_id: bytes, merchant: str) -> _Side:
        account = accounts.merchant_account(merchant)
        return cls(module_id.hex(), f"module/{module_id.hex()}", account, transfer_ids(module_id))


class RecordReader:
    """Reads records and checks their TACs.

    verify     reads and checks: ``IssuerModule.verify``
    merchants  who runs a security module, by module id
    """

    def __init__(self, verify: Callable[[bytes], Record], merchants: Mapping[bytes, str]) -> None:
        self._verify = verify
        self._payees = {module: _Side.of_merchant(module, name) for module, name in merchants.items()}
        self._cards: dict[bytes, _Side] = {}

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
        return _collected(record, raw, self._card(record.card_id), payee)

    def _card(self, card_id: bytes) -> _Side:
        found = self._cards.get(card_id)
        if found is None:
            if len(self._cards) >= _CACHED:
                self._cards.clear()
            found = self._cards[card_id] = _Side.of_card(card_id)
        return found


def _collected(record: Record, raw: bytes, card: _Side, module: _Side) -> Collected:
    id_, amount = card.ids(record.counter), record.total
    # The note is the record itself: the ledger's chain covers the evidence.
    note = b2a_base64(raw, newline=False).decode()
    payee = module.account.name
    debit, credit = (card.account.name, payee) if record.verb is Verb.DEBIT else (payee, card.account.name)
    moved = Transfer(id=id_, debit=debit, credit=credit, amount=amount, note=note)
    return Collected(
        id=id_,
        series=((card.series, record.counter), (module.series, record.module_counter)),
        postings=(moved,),
        late=partial(_late, moved, payee),
        accounts=(card.account, module.account, accounts.LATE),
        time=record.time,
        evidence={"card": card.name, "counter": record.counter, "module": module.name, "amount": amount},
    )


def _late(moved: Transfer, payee: str) -> Posting:
    if moved.credit == payee:
        return (replace(moved, credit=accounts.LATE.name),)
    return (replace(moved, debit=accounts.LATE.name),)
