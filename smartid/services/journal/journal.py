"""The journal of a service: receipts without gaps, each signed and chained to the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from smartid.services.journal.body import FIRST, Body, broken, details_digest
from smartid.services.journal.keys import key_id
from smartid.services.journal.receipt import make_receipt, verify_receipt
from smartid.services.ledger.book import Book, Entry, Record
from smartid.services.ledger.opening import utc_now
from smartid.services.spine.states import State
from smartid.services.spine.values import Receipt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KIND = "journal/receipt"
HEAD = "journal/head"
SERIES = "journal"
_DIGITS = 16

__all__ = ["Journal", "verify_chain", "verify_receipt"]


class Journal:
    """Writes receipts into a book, in the same entry as what they attest. Threads share it."""

    def __init__(
        self, book: Book, key: Ed25519PrivateKey, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._book = book
        self._key = key
        self._clock = clock
        self.public_key: Ed25519PublicKey = key.public_key()
        """For those who verify."""
        self._key_id = key_id(self.public_key)

    def __repr__(self) -> str:
        return f"Journal(key {self._key_id})"

    def write(
        self,
        entry: Entry,
        *,
        service: str,
        verb: str,
        state: State,
        amount: int,
        unit: str,
        payee: str,
        case: str,
        details: Mapping[str, str | int] | None = None,
    ) -> Receipt:
        """Write the next receipt inside of an entry: it is there if and only if the entry is kept.

        case  identifier of the case, 32 hexadecimal digits
        Raises EncodingError for values that no receipt holds.
        """
        kept = details or {}
        head = entry.load(HEAD, "")
        body = Body(
            amount=amount,
            case=case,
            details=details_digest(kept),
            key=self._key_id,
            number=entry.next_number(SERIES),
            payee=payee,
            previous=FIRST if head is None else str(head.content["digest"]),
            service=service,
            state=state,
            time=int(self._clock().timestamp()),
            unit=unit,
            verb=verb,
        )
        receipt = make_receipt(body, self._key.sign(body.message()), kept)
        entry.keep(
            Record(kind=KIND, key=_place(body.number), state=case, content=_content(receipt)),
            Record(kind=HEAD, key="", content={"digest": body.digest().hex(), "number": body.number}),
        )
        return receipt

    def receipt(self, number: int) -> Receipt | None:
        """Give a receipt by its number."""
        found = self._book.run(lambda entry: entry.load(KIND, _place(number)))
        return None if found is None else _receipt(found.content)

    def receipts_of(self, case: str) -> list[Receipt]:
        """Give the receipts of a case, in order."""
        found = self._book.run(lambda entry: entry.find(KIND, state=case, limit=1000))
        return [_receipt(record.content) for record in found]

    def receipts(self) -> Iterator[Receipt]:
        """Give all receipts in order."""
        number = 1
        while (found := self.receipt(number)) is not None:
            yield found
            number += 1

    def verify_chain(self) -> int:
        """Check every receipt and the chain; give how many there are. Raises as ``verify_chain``."""
        return verify_chain(self.receipts(), self.public_key)


def verify_chain(receipts: Iterator[Receipt], public_key: Ed25519PublicKey) -> int:
    """Check the signatures of receipts from number 1 on, and that none is missing or exchanged.

    Raises SignatureInvalid for one that was not signed by the key, EncodingError for a break in the chain.
    """
    previous, count = FIRST, 0
    for receipt in receipts:
        count += 1
        verified = verify_receipt(receipt.body, public_key, signature=receipt.signature)
        body = Body.parse(verified.body)
        if (body.number, body.previous) != (count, previous):
            raise broken(f"receipt {count}", "the number and the hash that follow from the receipt before")
        previous = body.digest().hex()
    return count


def _place(number: int) -> str:
    return f"{number:0{_DIGITS}d}"


def _content(receipt: Receipt) -> dict[str, Any]:
    return {
        "body": receipt.body.decode(),
        "signature": receipt.signature.hex(),
        "details": dict(receipt.details),
    }


def _receipt(content: Mapping[str, Any]) -> Receipt:
    body = Body.parse(str(content["body"]).encode())
    return make_receipt(body, bytes.fromhex(content["signature"]), content["details"])
