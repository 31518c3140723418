"""What a site says when it refuses: a code for the log, a sentence and a remedy for the person."""

from __future__ import annotations

from smartid.auth.reasons import LoginReason
from smartid.auth.words import WORDS as LOGIN_WORDS
from smartid.auth.words import Words
from smartid.web.http import Response

_SITE_FA, _SITE = "این را به گردانندهٔ سایت بگویید.", "Tell the people who run this site."

WORDS = {
    "csrf": Words(
        fa="این درخواست از صفحهٔ بازِ این سایت نیامده است.",
        en="This request did not come from an open page of this site.",
        remedy_fa="صفحه را دوباره باز کنید و ورود را از نو آغاز کنید.",
        remedy_en="Open the page again and begin the login again.",
    ),
    "too_many_requests": Words(
        fa="در زمانی کوتاه درخواست‌های بسیاری رسید.",
        en="There were too many requests in a short time.",
        remedy_fa="چند دقیقه صبر کنید و دوباره تلاش کنید.",
        remedy_en="Wait a few minutes and try again.",
    ),
    "body_too_large": Words(
        fa="درخواست بیش از اندازه بزرگ است.",
        en="The request is too large.",
        remedy_fa=_SITE_FA,
        remedy_en=_SITE,
    ),
    "media_type": Words(
        fa="درخواست به شکل JSON نیست.", en="The request is not JSON.", remedy_fa=_SITE_FA, remedy_en=_SITE
    ),
    "method_not_allowed": Words(
        fa="این نشانی چنین درخواستی نمی‌پذیرد.",
        en="This address takes no such request.",
        remedy_fa=_SITE_FA,
        remedy_en=_SITE,
    ),
    "store_unavailable": Words(
        fa="سرویس ورود اکنون پاسخ نمی‌دهد.",
        en="The login service does not answer at the moment.",
        remedy_fa="کمی بعد دوباره تلاش کنید.",
        remedy_en="Try again in a moment.",
    ),
    "not_found": Words(
        fa="چنین صفحه‌ای نیست.",
        en="There is no such page.",
        remedy_fa="نشانی را بررسی کنید.",
        remedy_en="Check the address.",
    ),
}
"""Words for refusals that are no matter of the card. Those of ``LoginReason`` stand with the reasons."""


class Refusal(Exception):
    """A request is answered with an error.

    status       HTTP status code (RFC 9110 (2022), 15)
    reason       one code, a key of ``WORDS`` or a ``LoginReason``
    words        what the person reads, when it is not found by the reason
    headers      further headers of the answer: Allow, Retry-After
    """

    def __init__(
        self,
        status: int,
        reason: str,
        *,
        words: Words | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.words = words
        self.headers = headers

    def said(self) -> Words:
        """Give what the person reads."""
        return self.words or WORDS.get(self.reason) or LOGIN_WORDS[LoginReason(self.reason)]

    def response(self) -> Response:
        """Give the answer: JSON with ``reason``, ``message``, ``message_fa``, ``remedy``, ``remedy_fa``."""
        words = self.said()
        members = {
            "reason": self.reason,
            "message": words.en,
            "message_fa": words.fa,
            "remedy": words.remedy_en,
            "remedy_fa": words.remedy_fa,
        }
        return Response.json(members, self.status).having(*self.headers)
