"""What a voter's computer keeps: receipts, keys, a ballot whose answer is missing. Nothing shows choices."""

from __future__ import annotations

import json
from pathlib import Path

from smartid import SmartIDError
from smartid.files import write_whole
from smartid.services.voting.receipts import BallotReceipt

Sent = dict[str, str]
"""What was sent: "ballot", "statement", "signature" (base64)."""


class NotTheSame(SmartIDError):
    """The other side is not the one of the first time."""


class Kept:
    """A folder of one voter, for nobody else to read."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._receipts = folder / "receipts.json"
        self._pending = folder / "pending.json"
        self._keys = folder / "keys.json"
        self._signed = folder / "signed.json"

    def receipts(self) -> list[BallotReceipt]:
        """The receipts in the order in which they came. Raises EncodingError, OSError."""
        if not self._receipts.exists():
            return []
        return [BallotReceipt.parse(text) for text in json.loads(self._receipts.read_text())]

    def keep(self, receipt: BallotReceipt) -> None:
        """Keep a receipt; the ballot that it is for waits no longer. Raises OSError."""
        texts = [*(found.qr for found in self.receipts()), receipt.qr]
        write_whole(self._receipts, json.dumps(list(dict.fromkeys(texts)), indent=2).encode())
        self.forget()

    def pending(self) -> Sent | None:
        """What was sent and not answered. Raises OSError."""
        if not self._pending.exists():
            return None
        found: Sent = json.loads(self._pending.read_text())
        return found

    def remember(self, sent: Sent, sequence: int) -> None:
        """Write down what is about to be sent, before it is, and the number that it has. Raises OSError."""
        write_whole(self._signed, json.dumps(max(sequence, self.signed())).encode())
        write_whole(self._pending, json.dumps(sent).encode())

    def signed(self) -> int:
        """The highest number of a ballot that the card ever signed here, whatever became of it."""
        return int(json.loads(self._signed.read_text())) if self._signed.exists() else 0

    def pin_keys(self, keys: dict[str, str]) -> None:
        """Keep the keys of the first time; other keys later are refused. Raises NotTheSame."""
        if not self._keys.exists():
            write_whole(self._keys, json.dumps(keys).encode())
        if json.loads(self._keys.read_text()) != keys:
            raise NotTheSame("The keys of the ballot box are not those of the first time.")

    def forget(self) -> None:
        """Nothing waits: it was answered, or refused."""
        self._pending.unlink(missing_ok=True)
