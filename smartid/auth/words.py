"""What people are told when a login is refused, in Persian and English, and what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from smartid.auth.reasons import LoginReason
from smartid.errors import AuthenticationError

E = TypeVar("E", bound=AuthenticationError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One reason in two languages: what happened, and the next step; a remedy is empty when there is none."""

    fa: str
    en: str
    remedy_fa: str = ""
    remedy_en: str = ""


_UPDATE_FA = "برنامهٔ کارت‌خوان روی رایانه را به‌روز کنید و دوباره وارد شوید."
_UPDATE = "Update the card program on your computer and log in again."
_OTHER_FA = "کارت دیگری به کار ببرید، یا از صادرکنندهٔ کارت بپرسید."
_OTHER = "Use another card, or ask whoever issued this one."
_RENEW_FA = "گواهی‌های کارت را در دفتر صدور تازه کنید."
_RENEW = "Have the certificates of the card renewed where it was issued."
_AGAIN_FA = "ورود را از نو آغاز کنید."
_AGAIN = "Begin the login again."

WORDS: Mapping[LoginReason, Words] = {
    LoginReason.TOKEN_MALFORMED: Words(
        fa="پاسخ کارت به شکل درست به سایت نرسید.",
        en="What came from the card is not in the form of a login.",
        remedy_fa=_UPDATE_FA,
        remedy_en=_UPDATE,
    ),
    LoginReason.FORMAT_UNSUPPORTED: Words(
        fa="سایت این نسخه از پاسخ ورود را نمی‌شناسد.",
        en="The login came in a format that this site does not know.",
        remedy_fa=_UPDATE_FA,
        remedy_en=_UPDATE,
    ),
    LoginReason.ALGORITHM_UNSUPPORTED: Words(
        fa="الگوریتم یا کلید این کارت برای ورود به این سایت پذیرفته نیست.",
        en="This site does not take the algorithm or the key that the card used.",
        remedy_fa=_OTHER_FA,
        remedy_en=_OTHER,
    ),
    LoginReason.KEY_MISMATCH: Words(
        fa="الگوریتم پاسخ با کلید گواهی نمی‌خواند.",
        en="The algorithm of the answer does not fit the key of the certificate.",
        remedy_fa=_UPDATE_FA,
        remedy_en=_UPDATE,
    ),
    LoginReason.CERTIFICATE_MALFORMED: Words(
        fa="گواهی کارت خوانده نمی‌شود.",
        en="The certificate of the card cannot be read.",
        remedy_fa=_OTHER_FA,
        remedy_en=_OTHER,
    ),
    LoginReason.CERTIFICATE_PURPOSE: Words(
        fa="این گواهی برای ورود نیست؛ گواهی امضا یا کار دیگری است.",
        en="This certificate is not for logins: it is for signatures, or for something else.",
        remedy_fa="گواهی ورود (احراز هویت) کارت را برگزینید.",
        remedy_en="Choose the certificate for logins (authentication) of the card.",
    ),
    LoginReason.CERTIFICATE_POLICY: Words(
        fa="گواهی‌هایی از این دست در این سایت پذیرفته نیستند.",
        en="This site does not take certificates of this kind.",
        remedy_fa=_OTHER_FA,
        remedy_en=_OTHER,
    ),
    LoginReason.CERTIFICATE_EXPIRED: Words(
        fa="زمان اعتبار گواهی کارت، یا گواهی صادرکنندهٔ آن، به پایان رسیده است.",
        en="The certificate of the card, or of an authority above it, has expired.",
        remedy_fa=_RENEW_FA,
        remedy_en=_RENEW,
    ),
    LoginReason.CERTIFICATE_NOT_YET_VALID: Words(
        fa="زمان اعتبار گواهی کارت، یا گواهی صادرکنندهٔ آن، هنوز آغاز نشده است.",
        en="The certificate of the card, or of an authority above it, is not valid yet.",
        remedy_fa="پس از آغاز اعتبار گواهی دوباره بیایید.",
        remedy_en="Come back when the certificate has become valid.",
    ),
    LoginReason.CERTIFICATE_UNTRUSTED: Words(
        fa="این سایت صادرکنندهٔ این گواهی را معتبر نمی‌داند.",
        en="This site does not trust whoever issued the certificate.",
        remedy_fa=_OTHER_FA,
        remedy_en=_OTHER,
    ),
    LoginReason.CERTIFICATE_REVOKED: Words(
        fa="گواهی کارت، یا گواهی صادرکنندهٔ آن، باطل شده است.",
        en="The certificate of the card, or of an authority above it, was revoked.",
        remedy_fa="اگر خودتان آن را باطل نکرده‌اید، به دفتر صدور کارت بروید.",
        remedy_en="If you did not have it revoked yourself, go where the card was issued.",
    ),
    LoginReason.REVOCATION_UNKNOWN: Words(
        fa="اکنون نمی‌توان دانست که گواهی کارت باطل شده است یا نه.",
        en="Whether the certificate of the card was revoked cannot be known at the moment.",
        remedy_fa="چند دقیقهٔ دیگر دوباره تلاش کنید.",
        remedy_en="Try again in a few minutes.",
    ),
    LoginReason.SIGNING_CERTIFICATE: Words(
        fa="گواهی امضایی که همراه ورود آمده است درست نیست.",
        en="The signing certificate that came with the login is missing, or is not to be believed.",
        remedy_fa=_UPDATE_FA,
        remedy_en=_UPDATE,
    ),
    LoginReason.SIGNATURE_INVALID: Words(
        fa="کارت این درخواست ورود را برای این سایت امضا نکرده است.",
        en="The key of the certificate did not sign this login at this site.",
        remedy_fa="نشانی سایت را بررسی کنید و ورود را از نو آغاز کنید.",
        remedy_en="Check the address of the site and begin the login again.",
    ),
    LoginReason.CHALLENGE_UNKNOWN: Words(
        fa="درخواست ورودی باز نیست: پیش‌تر به کار رفته، یا هرگز آغاز نشده است.",
        en="No login is open here: it was used before, or never began.",
        remedy_fa=_AGAIN_FA,
        remedy_en=_AGAIN,
    ),
    LoginReason.CHALLENGE_EXPIRED: Words(
        fa="زمان این درخواست ورود به پایان رسیده است.",
        en="The time for this login is over.",
        remedy_fa=_AGAIN_FA,
        remedy_en=_AGAIN,
    ),
    LoginReason.ORIGIN_MISMATCH: Words(
        fa="این درخواست از سایت دیگری آمده است.",
        en="The request came from another site.",
        remedy_fa="نشانی سایت را بررسی کنید و از صفحهٔ ورود همان سایت آغاز کنید.",
        remedy_en="Check the address of the site and begin at its own login page.",
    ),
}
"""Every reason has its words."""


def sentence(reason: str) -> tuple[str, str]:
    """Say in Persian and English what happened. ``reason``: a ``LoginReason`` or its text."""
    words = WORDS[LoginReason(reason)]
    return words.fa, words.en


def remedy(reason: str) -> tuple[str, str]:
    """Say in Persian and English what to do next."""
    words = WORDS[LoginReason(reason)]
    return words.remedy_fa, words.remedy_en


def refusal(kind: type[E], reason: LoginReason, detail: str = "") -> E:
    """Make the error for a reason.

    detail  more of it, for logs: one sentence that names no person
    """
    words = WORDS[reason]
    message = f"{words.en} {detail}" if detail else words.en
    return kind(message, reason=reason.value, remedy=words.remedy_en)
