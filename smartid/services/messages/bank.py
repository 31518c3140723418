"""What a purse scheme and a bank say to each other: one JSON object each way.

``{"verb": "debit", "key": "7f3a…", "account": "IR062960000000100324200001", "amount": 500000}`` is answered
by ``{"verb": "debit", "key": "7f3a…", "code": "00", "amount": 500000, "replayed": false}``.

==========  ====================================================================================
debit       take from the customer's account, for the scheme
credit      give to the customer's account, from the scheme
reverse     undo the debit of this key; if it did not come yet, it is refused when it comes
inquire     say what became of the key
balance     say what the account holds; the scheme's own account is called "scheme"
==========  ====================================================================================

Codes are those of ISO 8583:1987, field 39, as far as it has them: 00 done, 12 the key was reversed, 14 no
such account, 25 nothing is known of the key, 30 no message of this format, 51 not enough, 94 the key was used
for something else. The bank acts once on a key, and says the same again to the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from smartid.crypto import strict_json
from smartid.errors import EncodingError

DEBIT, CREDIT, REVERSE, INQUIRE, BALANCE = VERBS = ("debit", "credit", "reverse", "inquire", "balance")
DONE, REVERSED, NO_ACCOUNT, UNKNOWN_KEY, BROKEN, NOT_ENOUGH, USED = "00", "12", "14", "25", "30", "51", "94"
CODES = (DONE, REVERSED, NO_ACCOUNT, UNKNOWN_KEY, BROKEN, NOT_ENOUGH, USED)
SCHEME = "scheme"
"""The scheme's own account at the bank."""
MAX_MESSAGE = 1024
_KEY = re.compile("[0-9a-zA-Z:/-]{1,80}")
_ACCOUNT = re.compile("[0-9A-Za-z]{1,34}")
_STANDARD = "smartid bank message 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRequest:
    """What the bank is asked. ``amount`` in rials, 0 where it does not matter."""

    verb: str
    key: str
    account: str
    amount: int = 0

    def encode(self) -> bytes:
        """Give the message."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> BankRequest:
        """Read a message. Raises EncodingError."""
        members = _members(data, {"verb", "key", "account", "amount"})
        if members["verb"] not in VERBS or not _matches(_KEY, members["key"]):
            raise _broken("a verb and a key")
        if not _matches(_ACCOUNT, members["account"]) or not _is_amount(members["amount"]):
            raise _broken("an account and an amount")
        return cls(**members)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankReply:
    """What the bank says. ``amount`` is what moved, or the balance; ``replayed``: it was done before."""

    verb: str
    key: str
    code: str
    amount: int = 0
    replayed: bool = False

    def encode(self) -> bytes:
        """Give the message."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def parse(cls, data: bytes) -> BankReply:
        """Read a message. Raises EncodingError."""
        members = _members(data, {"verb", "key", "code", "amount", "replayed"})
        if members["verb"] not in VERBS or members["code"] not in CODES:
            raise _broken("a verb and a code")
        if not _matches(_KEY, members["key"]) or type(members["replayed"]) is not bool:
            raise _broken("a key and a flag")
        if type(members["amount"]) is not int:
            raise _broken("a whole amount")
        return cls(**members)


def name_of(message: bytes) -> tuple[str, str]:
    """Give (verb, key), by which a reply is told to belong to a request. Raises EncodingError."""
    members = strict_json.parse_object(message, "bank message")
    verb, key = members.get("verb"), members.get("key")
    if verb not in VERBS or not _matches(_KEY, key):
        raise _broken("a verb and a key")
    return str(verb), str(key)


def _members(data: bytes, names: set[str]) -> dict[str, Any]:
    if len(data) > MAX_MESSAGE:
        raise _broken(f"at most {MAX_MESSAGE} bytes")
    members = strict_json.parse_object(data, "bank message")
    if members.keys() != names:
        raise _broken("the members " + ", ".join(sorted(names)))
    return members


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_amount(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 53


def _broken(expected: str) -> EncodingError:
    return EncodingError("bank message", offset=0, expected=expected, standard=_STANDARD)
