"""What the holder is asked, as a value: who asks, what for, and what the card says of the PIN."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Task(Enum):
    """What the page wants."""

    LOGIN = "log in"
    CERTIFICATE = "give the signing certificate"
    SIGNATURE = "sign a digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class PINRequest:
    """The PIN that is wanted.

    tries_left  None when the card does not tell
    wrong       the last one that was given was wrong
    on_pad      the holder types it on the reader
    """

    title: str
    title_fa: str
    min_digits: int
    max_digits: int
    tries_left: int | None = None
    wrong: bool = False
    on_pad: bool = False

    @property
    def is_last_try(self) -> bool:
        """Whether a wrong PIN would block it."""
        return self.tries_left == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to the holder.

    origin         of the page, as the browser names it
    lang           "fa" or "en"
    card_title     what kind of card it is, English and Persian
    holder         name in the certificate, empty when it has none
    test           the card is a mock card, or one of the throw-away PKI: its signatures bind nobody
    pin            None where consent is enough
    hash_function  of the digest that is to be signed, empty for other tasks
    """

    task: Task
    origin: str
    lang: str
    card_title: tuple[str, str]
    holder: str = ""
    test: bool = False
    pin: PINRequest | None = None
    hash_function: str = ""
    digest: bytes = field(default=b"")
