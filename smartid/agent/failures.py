"""Failures as the browser gets them: code of the protocol, reason, sentences, tries left."""

from __future__ import annotations

from typing import Any

from smartid import errors
from smartid.agent.reasons import CODES, FATAL, SENTENCES, AgentReason
from smartid.identity.persian import to_persian_digits

_MAX_DETAIL = 300
"""Longest part of a message that comes from elsewhere, in characters."""

_REASONS: tuple[tuple[type[errors.SmartIDError], AgentReason], ...] = (
    (errors.NoService, AgentReason.NO_SERVICE),
    (errors.NoReader, AgentReason.READER_ABSENT),
    (errors.NoCard, AgentReason.CARD_ABSENT),
    (errors.CardRemoved, AgentReason.CARD_REMOVED),
    (errors.ReaderBusy, AgentReason.READER_BUSY),
    (errors.WrongPIN, AgentReason.PIN_WRONG),
    (errors.PINBlocked, AgentReason.PIN_BLOCKED),
    (errors.LastTryRefused, AgentReason.LAST_TRY),
    (errors.PINFormatError, AgentReason.PIN_MALFORMED),
    (errors.PINEntryCancelled, AgentReason.CANCELLED),
    (errors.FileNotFound, AgentReason.CERTIFICATE_MISSING),
    (errors.ReferenceNotFound, AgentReason.CERTIFICATE_MISSING),
    (errors.UnsupportedCard, AgentReason.CARD_UNKNOWN),
    (errors.UnsupportedFeature, AgentReason.UNSUPPORTED),
)


class RequestFailed(errors.SmartIDError):
    """A request was not done.

    reason        why, for programs
    detail        what exactly, in English, for who builds the page; may be empty
    retries_left  tries that the PIN has left, None when it does not matter or is not known
    """

    def __init__(self, reason: AgentReason, detail: str = "", *, retries_left: int | None = None) -> None:
        super().__init__(" ".join(filter(None, (SENTENCES[reason][0], detail[:_MAX_DETAIL]))))
        self.reason = reason
        self.retries_left = retries_left

    def as_dict(self) -> dict[str, Any]:
        """The answer for the browser."""
        english, persian = self.message, SENTENCES[self.reason][1]
        if self.reason is AgentReason.PIN_WRONG and self.retries_left is not None:
            english = f"{english} {tries_sentence(self.retries_left)[0]}"
            persian = f"{persian} {tries_sentence(self.retries_left)[1]}"
        members: dict[str, Any] = {
            "code": CODES.get(self.reason, FATAL),
            "message": english,
            "message_fa": persian,
            "reason": self.reason.value,
        }
        if self.retries_left is not None:
            members["retries_left"] = self.retries_left
        return {"error": members}


def tries_sentence(left: int) -> tuple[str, str]:
    """How many tries are left, in English and Persian."""
    number = to_persian_digits(str(left))
    return (
        "1 try is left." if left == 1 else f"{left} tries are left.",
        f"{number} بار دیگر می‌توانید رمز را وارد کنید.",
    )


def failure_of(error: errors.SmartIDError) -> RequestFailed:
    """Any error of this library as an answer. What a stranger may not see (ATRs, file names) is left out."""
    if isinstance(error, RequestFailed):
        return error
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), AgentReason.CARD_ERROR)
    left: int | None = 0 if isinstance(error, errors.PINBlocked) else getattr(error, "tries_left", None)
    return RequestFailed(reason, retries_left=left)
