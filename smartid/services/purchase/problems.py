"""Errors of the programming interface: problem details (RFC 9457 (2023)), Persian and English."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from smartid.errors import EncodingError, GatewayUnavailable, Refused, ServiceError
from smartid.services.reasons import Reason
from smartid.services.spine.words import sentence
from smartid.web.http import NO_STORE, Response

_CONFLICTS = (Reason.CONFLICT, Reason.IN_PROGRESS, Reason.WRONG_STATE)
_FORBIDDEN = (
    Reason.DENYLISTED,
    Reason.BAD_PROOF,
    Reason.NEEDS_CONSENT,
    Reason.NEEDS_PIN,
    Reason.LIMIT_EXCEEDED,
)
STATUS = {
    **dict.fromkeys(_CONFLICTS, 409),
    **dict.fromkeys(_FORBIDDEN, 403),
    Reason.COOL_DOWN: 403,
    Reason.UNKNOWN_CASE: 404,
    Reason.QUOTE_EXPIRED: 410,
    Reason.INVALID_REQUEST: 400,
    Reason.STATUS_STALE: 503,
    Reason.POLICY_UNKNOWN: 503,
    Reason.PEER_TIMEOUT: 504,
}
"""By reason. Everything else is 402: somebody will not pay."""


def problem(error: ServiceError | EncodingError, *, now: datetime) -> Response:
    """Give the answer for an error of a service, or of its input."""
    if isinstance(error, EncodingError):
        return answer(400, Reason.INVALID_REQUEST, str(error))
    reason = Reason(error.reason)
    more: dict[str, object] = {}
    if isinstance(error, Refused):
        named = {"original": error.original, "limit": error.limit, "remaining": error.remaining}
        more = {name: value for name, value in named.items() if value not in ("", None)}
        if error.resets_at:
            more["resets_at"] = error.resets_at.astimezone(UTC).isoformat()
    found = answer(STATUS.get(reason, 402), reason, error.message, **more)
    seconds = _wait(error, now)
    return found.having(("retry-after", str(seconds))) if seconds else found


def answer(status: int, reason: Reason, detail: str, **more: object) -> Response:
    """Make an answer of the type ``application/problem+json``."""
    fa, en = sentence(reason)
    members = {
        "type": f"urn:smartid:reason:{reason}",
        "title": en,
        "title_fa": fa,
        "status": status,
        "detail": detail,
        "reason": reason.value,
        **more,
    }
    body = json.dumps(members, ensure_ascii=False).encode()
    return Response(
        status=status, body=body, headers=(("content-type", "application/problem+json"), NO_STORE)
    )


def _wait(error: ServiceError, now: datetime) -> int:
    if isinstance(error, GatewayUnavailable):
        return max(1, int(error.retry_after))
    if isinstance(error, Refused) and error.resets_at:
        return max(1, int((error.resets_at - now).total_seconds()))
    return 0
