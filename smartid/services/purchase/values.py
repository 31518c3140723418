"""Who is paid, what is asked for, and what a holder has allowed for later."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from smartid.errors import Refused
from smartid.services.messages.iban import check_iban
from smartid.services.reasons import Reason
from smartid.services.spine.periods import Period

UNIT = "IRR"
MAX_AMOUNT = 10**12 - 1
"""12 digits, as field 4 of ISO 8583."""
MAX_TEXT = 120
_ID = re.compile("[A-Za-z0-9]{1,15}")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class PayeeKind(StrEnum):
    """Who a payee is."""

    MERCHANT = "merchant"
    PERSON = "person"
    """Limits on incoming transfers and the delay of a first payment are for private persons."""


class Capture(StrEnum):
    """When the money of an intent is taken."""

    NOW = "now"
    LATER = "later"
    """Held at first; all or part of it is captured once, and the rest returns."""
    PARTS = "parts"
    """The holder agrees to a sum; it is captured in several parts, each asked of the acquirer by itself."""


class Verb(StrEnum):
    """What a holder's card signs."""

    PAY = "pay"
    AUTHORISE = "authorise"
    PARTS = "parts"
    MANDATE = "mandate"
    DRAW = "draw"
    """Signed by nobody again: it stands on a mandate."""


VERBS = {Capture.NOW: Verb.PAY, Capture.LATER: Verb.AUTHORISE, Capture.PARTS: Verb.PARTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Somebody who is paid. Raises Refused (invalid_request), EncodingError.

    id       1 to 15 letters and digits (field 42 of ISO 8583)
    iban     where settlements go
    allowed  False: nothing is paid to it (denylisted)
    webhook  where events are sent; empty for nowhere
    """

    id: str
    name_fa: str
    name_en: str
    iban: str
    kind: PayeeKind = PayeeKind.MERCHANT
    allowed: bool = True
    webhook: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise refused("payee", "1 to 15 letters and digits")
        require_text("name_fa", self.name_fa)
        require_text("name_en", self.name_en)
        check_iban(self.iban)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        texts = {name: getattr(self, name) for name in ("name_fa", "name_en", "iban", "webhook")}
        return {**texts, "kind": self.kind.value, "allowed": self.allowed}

    @classmethod
    def of(cls, id_: str, content: Mapping[str, Any]) -> Payee:
        """Read the JSON form."""
        return cls(id=id_, **{**content, "kind": PayeeKind(content["kind"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a merchant asks for. Raises Refused (invalid_request).

    order  the merchant's own reference; the holder is shown it
    """

    id: str
    payee: str
    amount: int
    order: str
    capture: Capture
    created: datetime
    expires: datetime

    def __post_init__(self) -> None:
        require_sum(self.amount)
        require_text("order", self.order)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "payee": self.payee,
            "amount": self.amount,
            "order": self.order,
            "capture": self.capture.value,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
        }

    @classmethod
    def of(cls, id_: str, content: Mapping[str, Any]) -> Intent:
        """Read the JSON form."""
        moments = {name: datetime.fromisoformat(content[name]) for name in ("created", "expires")}
        return cls(id=id_, **{**content, **moments, "capture": Capture(content["capture"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What a holder allows a payee to draw, until it ends. Raises Refused (invalid_request).

    ceiling  most that may be drawn in one ``period``; EVER: in all
    case     of the signature; empty while the card has not signed
    """

    id: str
    payee: str
    ceiling: int
    period: Period
    order: str
    until: datetime
    created: datetime
    case: str = ""
    revoked: bool = False

    def __post_init__(self) -> None:
        require_sum(self.ceiling)
        require_text("order", self.order)

    @property
    def unit(self) -> str:
        """Unit of what it allows: kept apart from money that moves."""
        return f"{UNIT} in all" if self.period is Period.EVER else f"{UNIT} per {self.period}"

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "payee": self.payee,
            "ceiling": self.ceiling,
            "period": self.period.value,
            "order": self.order,
            "until": self.until.isoformat(),
            "created": self.created.isoformat(),
            "case": self.case,
            "revoked": self.revoked,
        }

    @classmethod
    def of(cls, id_: str, content: Mapping[str, Any]) -> Mandate:
        """Read the JSON form."""
        moments = {name: datetime.fromisoformat(content[name]) for name in ("until", "created")}
        return cls(id=id_, **{**content, **moments, "period": Period(content["period"])})


def require_sum(amount: object) -> int:
    """Refuse what is no amount of money. Raises Refused (invalid_request)."""
    if type(amount) is not int or not 0 < amount <= MAX_AMOUNT:
        raise refused("amount", f"a whole number of rials from 1 to {MAX_AMOUNT}")
    return amount


def require_text(name: str, text: object) -> str:
    """Refuse what cannot be shown as it is. Raises Refused (invalid_request)."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_TEXT or _UNSEEN.search(text):
        raise refused(name, f"1 to {MAX_TEXT} characters without controls")
    if not unicodedata.is_normalized("NFC", text):
        raise refused(name, "text in normal form C")
    return text


def refused(what: str, expected: str) -> Refused:
    """The error for a request that is not built as it has to be."""
    return Refused(f"{what} is not {expected}.", reason=Reason.INVALID_REQUEST)
