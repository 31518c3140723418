"""What a voter takes home: the collector's signed word that a ballot stands on the board, and where.

Text for a QR code, in the alphabet of its alphanumeric mode: ``SVR1:`` and base45 (RFC 9285 (2022)) of::

    offset  length  content
    0       1       n, length of the uuid
    1       n       uuid, ASCII
    1+n     32      tracker: SHA-256 of the ballot
    33+n    32      SHA-256 of the Ballot event
    65+n    4       height of that event
    69+n    4       sequence: which ballot of this person it is
    73+n    5       time of the collector, seconds since 1970
    78+n    4       number in the acceptance log
    82+n    5       time of the acceptance log
    87+n    32      hash of the acceptance before
    119+n   64      Ed25519 signature of the acceptance log
    183+n   64      Ed25519 signature of the collector, over ``smartid ballot receipt 1``, a line feed and
                    everything above

Numbers are big-endian. About 400 letters: a QR code of version 12 at level M. It names nobody.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from smartid.crypto import strict_json
from smartid.errors import ElectionInvalid, EncodingError, SignatureInvalid
from smartid.services.journal import base45
from smartid.services.voting.acceptance import Acceptance
from smartid.services.voting.board.archive import Archive
from smartid.services.voting.board.entries import entries
from smartid.services.voting.board.records import ballot_head
from smartid.services.voting.values import EventType
from smartid.services.voting.verify.checks import Check

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = b"smartid ballot receipt 1\n"
QR_PREFIX = "SVR1:"
STANDARD = "smartid ballot receipt 1"
MAX_TEXT = 4096
_FIXED = 247
_NUMBERS = ((65, 4), (69, 4), (73, 5), (78, 4), (82, 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotReceipt:
    """A receipt. Nothing in it is verified before ``verify_receipt``.

    uuid, tracker  the election, and the ballot's SHA-256 in base64 without padding
    height, event  the Ballot event on the board, and its SHA-256 in hexadecimal
    sequence       which ballot of this person it is, from 1
    time           seconds since 1970-01-01 UTC
    acceptance     the word of the acceptance log
    signature      of the collector, 64 bytes
    """

    uuid: str
    tracker: str
    height: int
    event: str
    sequence: int
    time: int
    acceptance: Acceptance
    signature: bytes = b""

    def message(self) -> bytes:
        """Give the bytes that the collector signs."""
        return PREFIX + self._packed()

    def sign(self, key: Ed25519PrivateKey) -> Self:
        """Give the receipt with the collector's signature; Ed25519 signs the same the same."""
        members = {name: getattr(self, name) for name in _NAMES}
        return type(self)(**{**members, "signature": key.sign(self.message())})

    @property
    def qr(self) -> str:
        """Text of the QR code."""
        return QR_PREFIX + base45.encode(self._packed() + self.signature)

    def as_dict(self) -> dict[str, Any]:
        """JSON form; ``qr`` holds everything."""
        return {
            "uuid": self.uuid,
            "tracker": self.tracker,
            "height": self.height,
            "event": self.event,
            "sequence": self.sequence,
            "time": self.time,
            "acceptance": self.acceptance.as_dict(),
            "qr": self.qr,
        }

    def to_json(self) -> str:
        """Write a receipt as a file."""
        return json.dumps(self.as_dict(), indent=2) + "\n"

    @classmethod
    def parse(cls, data: str | bytes) -> Self:
        """Read the text of a QR code, or a file. Raises EncodingError."""
        text = data.decode("ascii", "replace") if isinstance(data, bytes) else data
        if len(text) > MAX_TEXT:
            raise _broken("receipt", f"at most {MAX_TEXT} characters")
        if text.lstrip().startswith("{"):
            return cls._from_file(strict_json.parse_object(text.encode(errors="replace"), "receipt"))
        text = text.strip("\r\n")
        if not text.startswith(QR_PREFIX):
            raise _broken("receipt", f"{QR_PREFIX} and base45, or an object of JSON")
        found = cls._unpack(base45.decode(text[len(QR_PREFIX) :].encode(errors="replace")))
        if found.qr != text:
            raise _broken("receipt", "its one spelling")
        return found

    @classmethod
    def _from_file(cls, members: dict[str, Any]) -> Self:
        qr = members.get("qr")
        if not isinstance(qr, str) or not qr.startswith(QR_PREFIX):
            raise _broken("receipt", "a member qr")
        found = cls.parse(qr)
        if found.as_dict() != members:
            raise _broken("receipt", "members that say what the QR code says")
        return found

    @classmethod
    def _unpack(cls, data: bytes) -> Self:
        size = data[0] if data else 0
        if len(data) != _FIXED + size:
            raise _broken("receipt", f"{_FIXED} bytes and those of the uuid")
        uuid = data[1 : 1 + size].decode("ascii", "replace")
        fixed = data[size:]
        height, sequence, time, number, accepted = (
            int.from_bytes(fixed[start : start + width], "big") for start, width in _NUMBERS
        )
        tracker = base64.b64encode(fixed[1:33]).rstrip(b"=").decode()
        acceptance = Acceptance(
            election=uuid,
            number=number,
            previous=fixed[87:119].hex(),
            time=accepted,
            tracker=tracker,
            signature=fixed[119:183],
        )
        return cls(
            uuid=uuid,
            tracker=tracker,
            height=height,
            event=fixed[33:65].hex(),
            sequence=sequence,
            time=time,
            acceptance=acceptance,
            signature=fixed[183:],
        )

    def _packed(self) -> bytes:
        uuid = self.uuid.encode()
        found = self.acceptance
        numbers = (self.height, self.sequence, self.time, found.number, found.time)
        packed = [number.to_bytes(width, "big") for number, (_, width) in zip(numbers, _NUMBERS, strict=True)]
        return b"".join(
            [
                bytes([len(uuid)]),
                uuid,
                base64.b64decode(self.tracker + "="),
                bytes.fromhex(self.event),
                *packed,
                bytes.fromhex(found.previous),
                found.signature,
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptKeys:
    """Who signs receipts: the collector, and the acceptance log."""

    collector: Ed25519PublicKey
    acceptance: Ed25519PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptStanding:
    """What a board says about a receipt that is good.

    counted        it is the last ballot of its credential on this copy of the board, and was not revoked
    superseded_by  height of the last ballot of that credential, None when it is this one
    revoked        its owner voted on paper
    board_height   height of the last event of this copy
    """

    counted: bool
    superseded_by: int | None
    revoked: bool
    board_height: int


def verify_receipt(
    receipt: BallotReceipt, board_path: Path, keys: ReceiptKeys, *, revoked: Collection[str] = ()
) -> ReceiptStanding:
    """Check a receipt against a copy of the board: both signatures, and the event at that height.

    board_path  the board with every ballot (``ElectionFolder.whole_board``)
    revoked     credentials of ``Revocations``

    An event's hash stands for everything before it, so a board that has this event at this height begins with
    the board on which the receipt was given.

    Raises SignatureInvalid; ElectionInvalid (receipt) when the board does not have the ballot: keep the
    receipt, it proves that the collector accepted it. Raises EncodingError, OSError.
    """
    verify_signatures(receipt, keys)
    credential, last, height = None, receipt.height, -1
    for height, digest, payload, owner in _ballots(board_path):
        if height == receipt.height:
            if digest != receipt.event or payload != _payload(receipt.tracker):
                raise _missing("the board has another event at this height", receipt.height)
            credential = owner
        elif credential is not None and owner == credential:
            last = height
    if credential is None:
        raise _missing("the board does not reach this height", receipt.height)
    latest = last == receipt.height
    return ReceiptStanding(
        counted=latest and credential not in revoked,
        superseded_by=None if latest else last,
        revoked=credential in revoked,
        board_height=height,
    )


def verify_signatures(receipt: BallotReceipt, keys: ReceiptKeys) -> None:
    """Check the collector's and the acceptance log's signature, without a board. Raises SignatureInvalid."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    try:
        keys.collector.verify(receipt.signature, receipt.message())
    except InvalidSignature:
        raise SignatureInvalid("The receipt was not signed by this collector, or it was changed.") from None
    receipt.acceptance.require(keys.acceptance)


def _ballots(path: Path) -> Iterator[tuple[int, str, str, str]]:
    """Give height, hash, payload and credential of each event, its credential empty unless it is a ballot."""
    with path.open("rb") as file:
        for entry in entries(Archive(file)):
            event = entry.event
            ballot = event.type is EventType.BALLOT
            owner = ballot_head(entry.contents[0])[2] if ballot else ""
            yield event.height, entry.digest, event.payload, owner


def _payload(tracker: str) -> str:
    return base64.b64decode(tracker + "=").hex()


def _missing(why: str, height: int) -> ElectionInvalid:
    return ElectionInvalid(Check.RECEIPT, why, where=f"event {height}")


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard=STANDARD)


_NAMES = ("uuid", "tracker", "height", "event", "sequence", "time", "acceptance")
