"""The body of a login: JSON with the token, as Web eID's front ends send it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from smartid.auth.reasons import LoginReason
from smartid.crypto.strict_json import parse_object
from smartid.errors import EncodingError
from smartid.web.http import MAX_BODY, Request
from smartid.web.refusals import Refusal

_CERTIFICATE = "unverifiedCertificate"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Submission:
    """What came in: ``{"auth-token": {…}}``, and ``"next"`` if the page names a place to go on to.

    token        JSON text of the token
    certificate  the certificate in it, base64 as it came; empty without one
    """

    token: str = field(repr=False)
    certificate: str = field(repr=False)
    next: str | None = None


def read_submission(request: Request) -> Submission:
    """Read the body. Raises Refusal: 413 over 64 KiB, 415 unless JSON is announced, 400 unless it is."""
    if len(request.body) > MAX_BODY:
        raise Refusal(413, "body_too_large")
    media_type = request.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() != "application/json":
        raise Refusal(415, "media_type")
    try:
        members = parse_object(request.body, "login")
    except EncodingError as error:
        raise Refusal(400, LoginReason.TOKEN_MALFORMED) from error
    token, place = members.get("auth-token"), members.get("next")
    if not isinstance(token, dict) or not isinstance(place, str | None):
        raise Refusal(400, LoginReason.TOKEN_MALFORMED)
    certificate = token.get(_CERTIFICATE)
    return Submission(
        token=json.dumps(token, ensure_ascii=True),
        certificate=certificate if isinstance(certificate, str) else "",
        next=place,
    )
