"""What a voter's computer keeps: receipts, and the one ballot whose answer is missing. Nothing shows choices."""

from __future__ import annotations

import json
from pathlib import Path

from smartid.files import write_whole
from smartid.services.voting.receipts import BallotReceipt

Sent = dict[str, str]
"""What was sent: "ballot", "statement", "signature" (base64)."""


class Kept:
    """A folder of one voter, for nobody else to read."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._receipts = folder / "receipts.json"
        self._pending = folder / "pending.json"

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

    def remember(self, sent: Sent) -> None:
        """Write down what is about to be sent, before it is. Raises OSError."""
        write_whole(self._pending, json.dumps(sent).encode())

    def forget(self) -> None:
        """Nothing waits: it was answered, or refused."""
        self._pending.unlink(missing_ok=True)
