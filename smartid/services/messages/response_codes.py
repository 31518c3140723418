"""Response codes of ISO 8583:1987, field 39, and what they mean to a service."""

from __future__ import annotations

from smartid.errors import Refused
from smartid.services.reasons import Reason

APPROVED = frozenset({"00", "08", "11", "16"})
"""Approved in full. 10 approves a part, to which nobody agreed: it is reversed, like what is not sure."""
_REASONS = {
    "01": Reason.DECLINED,
    "03": Reason.INVALID_REQUEST,
    "04": Reason.CARD_BLOCKED,
    "05": Reason.DECLINED,
    "12": Reason.INVALID_REQUEST,
    "13": Reason.INVALID_REQUEST,
    "14": Reason.INVALID_REQUEST,
    "25": Reason.UNKNOWN_CASE,
    "30": Reason.INVALID_REQUEST,
    "33": Reason.CARD_EXPIRED,
    "36": Reason.CARD_BLOCKED,
    "38": Reason.CARD_BLOCKED,
    "41": Reason.CARD_BLOCKED,
    "43": Reason.CARD_BLOCKED,
    "51": Reason.INSUFFICIENT,
    "54": Reason.CARD_EXPIRED,
    "55": Reason.NEEDS_PIN,
    "57": Reason.DECLINED,
    "58": Reason.DECLINED,
    "59": Reason.BAD_PROOF,
    "61": Reason.LIMIT_EXCEEDED,
    "62": Reason.CARD_BLOCKED,
    "65": Reason.LIMIT_EXCEEDED,
    "68": Reason.PEER_TIMEOUT,
    "75": Reason.CARD_BLOCKED,
    "91": Reason.PEER_TIMEOUT,
    "94": Reason.CONFLICT,
}


_UNSURE = frozenset({"68", "91"})
"""The other side did not reach who decides, and cannot say what was done there."""


def is_final(code: str) -> bool:
    """Tell whether a refusal says that nothing was done. All else is reversed, also what we do not know."""
    return code in _REASONS and code not in _UNSURE


def reason_of(code: str) -> Reason:
    """Give the reason that a response code stands for; codes of one network only are ``peer_rejected``."""
    return _REASONS.get(code, Reason.PEER_REJECTED)


def refusal(code: str) -> Refused:
    """Make the error for a response code. The code stays in it (``original``)."""
    reason = reason_of(code)
    return Refused(f"The other side refused with code {code}.", reason=reason, original=code)
