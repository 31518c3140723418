"""What the window says, in the language of the holder. No drawing here."""

from __future__ import annotations

from dataclasses import dataclass

from smartid.agent.origin_text import OriginText, origin_text
from smartid.agent.question import PINRequest, Question, Task
from smartid.identity.persian import to_persian_digits

_TITLES = {
    Task.LOGIN: ("Log in with your card", "ورود با کارت"),
    Task.CERTIFICATE: ("Your signing certificate", "گواهی امضای شما"),
    Task.SIGNATURE: ("Sign with your card", "امضا با کارت"),
}
_ASKS = {
    Task.LOGIN: ("This site wants to know who you are:", "این سایت می‌خواهد شما را بشناسد:"),
    Task.CERTIFICATE: (
        "This site wants the certificate of your signature key:",
        "این سایت گواهی کلید امضای شما را می‌خواهد:",
    ),
    Task.SIGNATURE: ("This site wants your signature:", "این سایت امضای شما را می‌خواهد:"),
}
_GIVES = {
    Task.LOGIN: (
        "It gets your certificate, with your name and national number.",
        "گواهی شما با نام و شماره ملی به سایت داده می‌شود.",
    ),
    Task.CERTIFICATE: (
        "It gets your certificate, with your name and national number. Nothing is signed.",
        "گواهی شما با نام و شماره ملی به سایت داده می‌شود. چیزی امضا نمی‌شود.",
    ),
    Task.SIGNATURE: (
        "The site shows only this digest; the document itself cannot be seen here. Sign only if you trust "
        "the site: your signature binds you.",
        "سایت تنها چکیده سند را نشان می‌دهد و خود سند در این‌جا دیده نمی‌شود. تنها اگر به سایت اطمینان دارید "
        "امضا کنید؛ امضا شما را متعهد می‌کند.",
    ),
}
_OK = {
    Task.LOGIN: ("Log in", "ورود"),
    Task.CERTIFICATE: ("Give", "موافقم"),
    Task.SIGNATURE: ("Sign", "امضا"),
}
_CANCEL = ("Cancel", "لغو")
_TEST = ("TEST CARD: no real person, binds nobody", "کارت آزمایشی: شخص واقعی نیست و تعهدی نمی‌آورد")
_DECEIVING = (
    "The name has foreign letters that can pass for others. Check it.",
    "این نام حرف‌هایی دارد که می‌توانند شبیه حرف‌های دیگر باشند. آن را بررسی کنید.",
)
_WRONG = ("The PIN is wrong.", "رمز نادرست است.")
_LAST = (
    "I know that a wrong PIN blocks it now.",
    "می‌دانم که با یک رمز نادرست دیگر، رمز مسدود می‌شود.",
)
_BUSY = ("Working with the card. Leave it in the reader.", "کارت در حال کار است. آن را بیرون نیاورید.")
_ON_PAD = ("Type the PIN on the keys of the reader.", "رمز را روی صفحه‌کلید کارت‌خوان وارد کنید.")
_THEN_ON_PAD = (
    "{title}: press the button, then type it on the keys of the reader.",
    "{title}: دکمه را بزنید، سپس رمز را روی صفحه‌کلید کارت‌خوان وارد کنید.",
)
_SHOWN_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The texts of one question, from top to bottom.

    test     mark of a test card, empty for others
    digest   what would be signed, shortened, from left to right; empty for other tasks
    warning  what could deceive in the name of the site, empty when nothing does
    pin      name of the PIN, and how it is typed on a PIN pad; empty where none is wanted
    tries    what is known of the tries, empty when nothing is
    wrong    the last PIN was wrong; else empty
    last     the sentence to be ticked before the last try is spent, else empty
    busy     shown while the card works
    """

    rtl: bool
    title: str
    test: str
    asks: str
    origin: OriginText
    warning: str
    digest: str
    gives: str
    holder: str
    card: str
    pin: str
    wrong: str
    tries: str
    last: str
    ok: str
    cancel: str
    busy: str


def screen_of(question: Question) -> Screen:
    """Put a question into words."""
    fa, pin = question.lang == "fa", question.pin
    origin = origin_text(question.origin)
    return Screen(
        rtl=fa,
        title=_TITLES[question.task][fa],
        test=_TEST[fa] if question.test else "",
        asks=_ASKS[question.task][fa],
        origin=origin,
        warning=_DECEIVING[fa] if origin.suspicious else "",
        digest=_digest(question),
        gives=_GIVES[question.task][fa],
        holder=question.holder,
        card=question.card_title[fa],
        pin=_pin(pin, fa=fa),
        wrong=_WRONG[fa] if pin and pin.wrong else "",
        tries=_tries(pin, fa=fa),
        last=_LAST[fa] if pin and pin.is_last_try else "",
        ok=_OK[question.task][fa],
        cancel=_CANCEL[fa],
        busy=_ON_PAD[fa] if pin and pin.on_pad else _BUSY[fa],
    )


def _pin(pin: PINRequest | None, *, fa: bool) -> str:
    """Name the PIN, and on a PIN pad what comes first."""
    if pin is None:
        return ""
    title = pin.title_fa if fa else pin.title
    return _THEN_ON_PAD[fa].format(title=title) if pin.on_pad else title


def _tries(pin: PINRequest | None, *, fa: bool) -> str:
    if pin is None or pin.tries_left is None:
        return ""
    if fa:
        return f"دفعات باقی‌مانده: {to_persian_digits(str(pin.tries_left))}"
    return f"Tries left: {pin.tries_left}"


def _digest(question: Question) -> str:
    """Name of the hash function, and both ends of the digest in groups of two bytes."""
    if not question.digest:
        return ""
    parts = (question.digest[:_SHOWN_BYTES], question.digest[-_SHOWN_BYTES:])
    return f"{question.hash_function}  {' … '.join(part.hex(' ', 2).upper() for part in parts)}"
