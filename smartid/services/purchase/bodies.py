"""Bodies of requests: which members there are, and what they may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError
from smartid.services.purchase.values import MAX_AMOUNT, MAX_TEXT, Capture
from smartid.services.spine.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a body, as in JSON Schema."""

    kind: str
    needed: bool = True
    least: int = 0
    most: int = MAX_TEXT
    values: type[StrEnum] | None = None

    def schema(self) -> dict[str, Any]:
        """Give its JSON Schema."""
        if self.values:
            return {"type": "string", "enum": [item.value for item in self.values]}
        if self.kind == "integer":
            return {"type": "integer", "minimum": self.least, "maximum": self.most}
        if self.kind == "moment":
            return {"type": "string", "format": "date-time"}
        return {"type": "string", "minLength": self.least, "maxLength": self.most}

    def read(self, name: str, value: object) -> Any:
        """Read a value. Raises EncodingError."""
        if self.values:
            if not isinstance(value, str) or value not in set(self.values):
                raise _broken(name, "one of: " + ", ".join(self.values))
            return self.values(value)
        if self.kind == "integer":
            if type(value) is not int or not self.least <= value <= self.most:
                raise _broken(name, f"a whole number from {self.least} to {self.most}")
            return value
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            raise _broken(name, f"a text of {self.least} to {self.most} characters")
        return _moment(name, value) if self.kind == "moment" else value


class Lang(StrEnum):
    """In which language the holder is shown the sentence."""

    FA = "fa"
    EN = "en"


_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
AMOUNT = Member(kind="integer", least=1, most=MAX_AMOUNT)
ORDER = Member(kind="string", least=1)
CERTIFICATE = Member(kind="string", least=1, most=12_000)
Body = Mapping[str, Member]
NOTHING: Body = {}
INTENT: Body = {
    "amount": AMOUNT,
    "order": ORDER,
    "capture": Member(kind="string", needed=False, values=Capture),
}
PREPARE: Body = {"certificate": CERTIFICATE, "lang": Member(kind="string", needed=False, values=Lang)}
AGREEMENT: Body = {
    "transaction": Member(kind="string", least=2, most=8192),
    "certificate": CERTIFICATE,
    "algorithm": Member(kind="string", least=5, most=5),
    "signature": Member(kind="string", least=4, most=2048),
}
CAPTURE: Body = {"amount": Member(kind="integer", needed=False, least=1, most=MAX_AMOUNT)}
REFUND: Body = {"amount": AMOUNT}
DISPUTE: Body = {"why": ORDER}
MANDATE: Body = {
    "ceiling": AMOUNT,
    "order": ORDER,
    "period": Member(kind="string", values=Period),
    "until": Member(kind="moment", least=20, most=35),
}
DRAW: Body = {"amount": AMOUNT, "order": ORDER}


def read_body(body: Body, data: bytes) -> dict[str, Any]:
    """Read a body: these members and no other. Raises EncodingError."""
    members = strict_json.parse_object(data or b"{}", "request")
    unknown = members.keys() - body.keys()
    missing = {name for name, member in body.items() if member.needed} - members.keys()
    if unknown or missing:
        raise _broken(", ".join(sorted(unknown | missing))[:80], "exactly the members of this request")
    return {name: body[name].read(name, value) for name, value in members.items()}


def _moment(name: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise _broken(name, "a time of RFC 3339 with its offset")
    return found


def _broken(name: str, expected: str) -> EncodingError:
    return EncodingError(name, offset=0, expected=expected)
