"""What a holder agrees to with the transaction key of a card, as a value.

The card signs the whole of it: whoever changes one member, or one letter of the sentence that was shown, has
another transaction (dynamic linking as in Commission Delegated Regulation (EU) 2018/389, article 5).

Signed bytes: ``smartid transaction 1`` and a line feed, then the body as JSON in canonical form (RFC 8785
(2020)): names sorted, no blanks, UTF-8, whole numbers only. The digest of the
signature algorithm is taken over both.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError

PREFIX = b"smartid transaction 1\n"
"""Sets these signatures apart from logins, documents and whatever else a key may sign."""
MAX_BODY = 8192
"""Longest body, in bytes."""
MAX_NUMBER = (1 << 53) - 1
"""Largest number that every JSON reader keeps exactly (RFC 8259 (2017), 6)."""
MAX_TIME = (1 << 37) - 1
"""In the year 6325, in seconds since 1970: every time up to it has a date in both calendars."""
_STANDARD = "smartid transaction 1"
_NAME = re.compile("[a-z][a-z0-9_]{0,63}")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, line ends, direction controls, halves of characters. The joiners of Persian are letters here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One thing that a holder agrees to.

    service, verb      what is done: "purchase", "authorise"
    amount, unit       how much, in whole units: 1250000 "IRR"; 40000 "ml"
    payee              who receives it, an identifier of the service
    terminal           where: identifier of the terminal, or of the shop's program
    terminal_counter   number of this transaction at that terminal, from 0
    holder             the holder's pseudonym at this service
    time, expires      when it was shown, until when it may be carried out; seconds since 1970-01-01 UTC
    nonce              16 random bytes in hexadecimal
    policy             name and version of the rules that were applied
    display            SHA-256 of the sentence that the holder was shown (``displayed``), in hexadecimal
    details            what else the service needs, texts and whole numbers by name
    """

    service: str
    verb: str
    amount: int
    unit: str
    payee: str
    terminal: str
    terminal_counter: int
    holder: str
    time: int
    expires: int
    nonce: str
    policy: str
    display: str
    details: Mapping[str, str | int] = field(default_factory=dict)
    _body: bytes = field(init=False, repr=False, compare=False)
    _fingerprint: bytes = field(init=False, repr=False, compare=False, default=b"")

    def __post_init__(self) -> None:
        for name in _TEXTS:
            _require_text(name, getattr(self, name))
        for name in _NUMBERS:
            _require_number(name, getattr(self, name))
        if max(self.time, self.expires) > MAX_TIME:
            raise _broken("time", "a time before the year 6325")
        for name, value in self.details.items():
            if not _NAME.fullmatch(name):
                raise _broken("details", "names of a-z, 0-9 and _")
            (_require_text if isinstance(value, str) else _require_number)(name, value)
        body = _CANONICAL(self.as_dict()).encode()
        if len(body) > MAX_BODY:
            raise _broken("transaction", f"at most {MAX_BODY} bytes")
        object.__setattr__(self, "_body", body)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**{name: getattr(self, name) for name in _SCALARS}, "details": dict(self.details)}

    def encode(self) -> bytes:
        """Give the body in its one canonical form."""
        return self._body

    def message(self) -> bytes:
        """Give the bytes that are hashed and signed."""
        return PREFIX + self.encode()

    def digest(self, algorithm: SignatureAlgorithm) -> bytes:
        """Hash the message as ``algorithm`` does."""
        return hashlib.new(algorithm.hash_name, self.message()).digest()

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the message, 32 bytes: names this transaction."""
        if not self._fingerprint:
            object.__setattr__(self, "_fingerprint", hashlib.sha256(self.message()).digest())
        return self._fingerprint

    @property
    def expires_at(self) -> datetime:
        """Until when it may be carried out."""
        return datetime.fromtimestamp(self.expires, UTC)

    @classmethod
    def parse(cls, body: bytes) -> Transaction:
        """Read a body. Only its canonical form is one. Raises EncodingError."""
        if len(body) > MAX_BODY:
            raise _broken("transaction", f"at most {MAX_BODY} bytes")
        try:
            members = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _broken("transaction", "JSON") from error
        if not isinstance(members, dict) or members.keys() != _MEMBERS:
            raise _broken("transaction", "an object of exactly the members of the format")
        if not isinstance(members["details"], dict):
            raise _broken("details", "an object")
        found = cls(**members)
        # Members twice, blanks, floats and other spellings all end here.
        if found.encode() != body:
            raise _broken("transaction", "the canonical form (RFC 8785)")
        return found


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Authorization:
    """A holder's agreement to a transaction. Nobody has checked anything in it.

    certificate  of the transaction key, X.509 in DER
    signature    in X.509 form: a DER sequence for ECDSA, big-endian octets for RSA
    """

    transaction: Transaction
    certificate: bytes
    algorithm: SignatureAlgorithm
    signature: bytes

    def __repr__(self) -> str:
        return f"Authorization({self.transaction.service} {self.transaction.verb}, {self.algorithm})"


def displayed(sentence: str) -> str:
    """SHA-256 of a sentence in normal form C, in hexadecimal: what you see is what you sign."""
    return hashlib.sha256(unicodedata.normalize("NFC", sentence).encode()).hexdigest()


_NUMBERS = ("amount", "terminal_counter", "time", "expires")
_TEXTS = ("service", "verb", "unit", "payee", "terminal", "holder", "nonce", "policy", "display")
_SCALARS = (*_TEXTS, *_NUMBERS)
_MEMBERS = {*_SCALARS, "details"}
# Python sorts by code point, RFC 8785 by UTF-16 unit: they agree on the ASCII names used here.
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def _require_text(name: str, value: object) -> None:
    if not isinstance(value, str) or len(value) > 1024:
        raise _broken(name, "a text of at most 1024 characters")
    if value.isascii():
        if value.isprintable():
            return
    elif not _UNSEEN.search(value) and unicodedata.is_normalized("NFC", value):
        return
    raise _broken(name, "text in normal form C, without controls")


def _require_number(name: str, value: object) -> None:
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise _broken(name, "a whole number from 0 to 2^53 - 1")


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard=_STANDARD)
