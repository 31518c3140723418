"""What the person at a screen is told when something was not done, in Persian or in English."""

from __future__ import annotations

from smartid import errors
from smartid.identity.persian import to_persian_digits
from smartid.services.spine.words import remedy, sentence

_CARD: tuple[tuple[type[errors.SmartIDError], tuple[str, str]], ...] = (
    (errors.WrongPIN, ("رمز درست نیست.", "The PIN is wrong.")),
    (errors.PINBlocked, ("رمز کارت بسته شده است.", "The PIN of the card is blocked.")),
    (
        errors.LastTryRefused,
        (
            "تنها یک بار دیگر می‌توان رمز را وارد کرد؛ برای این‌که کارت بسته نشود، این‌جا نمی‌شود.",
            "Only one try of the PIN is left; so that the card is not blocked, it is not made here.",
        ),
    ),
    (errors.PINFormatError, ("رمز چهار تا دوازده رقم است.", "A PIN has four to twelve digits.")),
    (
        errors.CardRemoved,
        ("کارت برداشته شد؛ دوباره آغاز کنید.", "The card was taken away; please begin again."),
    ),
    (errors.NoCard, ("کارتی در دستگاه نیست.", "There is no card in the reader.")),
    (errors.NotTrusted, ("اصالت این کارت تأیید نشد.", "The card was not found to be genuine.")),
    (errors.SmartIDError, ("این کار انجام نشد.", "This was not done.")),
)


def why(error: errors.SmartIDError, lang: str = "fa") -> str:
    """Say why something was not done and what can be done about it; nothing that only programmers read."""
    place = 0 if lang == "fa" else 1
    if isinstance(error, errors.ServiceError):
        return f"{sentence(error.reason)[place]} {remedy(error.reason)[place]}"
    text = next(words[place] for kind, words in _CARD if isinstance(error, kind))
    left = getattr(error, "tries_left", None)
    return text if left is None or not isinstance(error, errors.WrongPIN) else f"{text} {_tries(left)[place]}"


def _tries(left: int) -> tuple[str, str]:
    persian = f"{to_persian_digits(str(left))} بار دیگر می‌توانید رمز را وارد کنید."
    return persian, "1 try is left." if left == 1 else f"{left} tries are left."
