"""Why a request of a page was not done: one code for programs, one sentence in two languages for people."""

from __future__ import annotations

from enum import StrEnum

CANCELLED = "ERR_WEBEID_USER_CANCELLED"
INVALID_ARGUMENT = "ERR_WEBEID_NATIVE_INVALID_ARGUMENT"
FATAL = "ERR_WEBEID_NATIVE_FATAL"
"""The three codes that a host of Web eID may answer; add-ons turn any other into an unknown error."""


class AgentReason(StrEnum):
    """One code for each way in which a request fails. It stands beside the code of the protocol."""

    CANCELLED = "cancelled"
    """The holder said no, or the browser went away."""
    TIMED_OUT = "timed_out"
    """Nobody answered in time."""
    INVALID_ARGUMENT = "invalid_argument"
    """The page or the add-on asked in a way that the protocol does not know."""
    CALLER_REFUSED = "caller_refused"
    """The program that started the agent is not on its list. Nothing is answered then."""
    NO_SERVICE = "no_service"
    """No PC/SC service answers."""
    READER_ABSENT = "reader_absent"
    """No reader is plugged in."""
    CARD_ABSENT = "card_absent"
    """No reader holds a card, or the card does not answer."""
    CARD_UNKNOWN = "card_unknown"
    """The card is none that is known here."""
    CARD_REMOVED = "card_removed"
    """The card was taken out, or another program reset it."""
    READER_BUSY = "reader_busy"
    """Another program holds the card."""
    PIN_WRONG = "pin_wrong"
    """The PIN was wrong; ``retries_left`` tells what is left."""
    PIN_BLOCKED = "pin_blocked"
    """The PIN has no tries left."""
    PIN_MALFORMED = "pin_malformed"
    """The card could never accept such a PIN; no try was spent."""
    LAST_TRY = "last_try"
    """One try is left and nobody said that it may be spent."""
    CERTIFICATE_MISSING = "certificate_missing"
    """The card has no certificate for this."""
    CERTIFICATE_CHANGED = "certificate_changed"
    """The certificate that the page named is not that of the card's signature key."""
    UNSUPPORTED = "unsupported"
    """This kind of card cannot do that."""
    NO_WINDOW = "no_window"
    """No window can be opened to ask the holder."""
    CARD_ERROR = "card_error"
    """Card or reader answered something wrong."""


CODES = {
    AgentReason.CANCELLED: CANCELLED,
    AgentReason.TIMED_OUT: CANCELLED,
    AgentReason.INVALID_ARGUMENT: INVALID_ARGUMENT,
}
"""Codes of the protocol; every other reason is fatal there."""

SENTENCES = {
    AgentReason.CANCELLED: (
        "You cancelled. Nothing was sent to the site.",
        "شما لغو کردید. چیزی به سایت فرستاده نشد.",
    ),
    AgentReason.TIMED_OUT: (
        "The time was over before you answered. Try again.",
        "زمان پاسخ تمام شد. دوباره تلاش کنید.",
    ),
    AgentReason.INVALID_ARGUMENT: (
        "The site asked in a wrong way. Tell its operator.",
        "درخواست سایت درست نیست. به گردانندهٔ سایت خبر دهید.",
    ),
    AgentReason.CALLER_REFUSED: (
        "The card program does not work for this add-on. Allow it with: smartid agent install --allow ORIGIN",
        "برنامهٔ کارت‌خوان برای این افزونه کار نمی‌کند. اجازه با: smartid agent install --allow ORIGIN",
    ),
    AgentReason.NO_SERVICE: (
        "The card service is not running. Install or start pcscd.",
        "سرویس کارت‌خوان اجرا نمی‌شود. pcscd را نصب یا روشن کنید.",
    ),
    AgentReason.READER_ABSENT: (
        "No card reader is plugged in. Plug one in.",
        "کارت‌خوانی وصل نیست. کارت‌خوان را وصل کنید.",
    ),
    AgentReason.CARD_ABSENT: (
        "No card is in the reader. Put it in, chip first.",
        "کارتی در کارت‌خوان نیست. کارت را از سمت تراشه وارد کنید.",
    ),
    AgentReason.CARD_UNKNOWN: (
        "This card is not known here. Put in your national card.",
        "این کارت شناخته نشد. کارت ملی خود را وارد کنید.",
    ),
    AgentReason.CARD_REMOVED: (
        "The card was taken out. Put it in and try again.",
        "کارت بیرون آمد. آن را وارد کنید و دوباره تلاش کنید.",
    ),
    AgentReason.READER_BUSY: (
        "Another program uses the card. Close it and try again.",
        "برنامهٔ دیگری کارت را در دست دارد. آن را ببندید و دوباره تلاش کنید.",
    ),
    AgentReason.PIN_WRONG: ("The PIN is wrong.", "رمز نادرست است."),
    AgentReason.PIN_BLOCKED: (
        "The PIN is blocked. Unblock it with the PUK, or ask the issuer.",
        "رمز مسدود است. آن را با رمز بازگشایی (PUK) باز کنید یا به صادرکننده مراجعه کنید.",
    ),
    AgentReason.PIN_MALFORMED: (
        "The PIN has a wrong number of digits. No try was spent.",
        "تعداد رقم‌های رمز درست نیست. از دفعات مجاز چیزی کم نشد.",
    ),
    AgentReason.LAST_TRY: (
        "One try is left for the PIN; nothing was sent to the card.",
        "تنها یک بار دیگر می‌توان رمز را وارد کرد؛ چیزی به کارت فرستاده نشد.",
    ),
    AgentReason.CERTIFICATE_MISSING: (
        "The card has no certificate for this.",
        "روی کارت گواهی لازم برای این کار نیست.",
    ),
    AgentReason.CERTIFICATE_CHANGED: (
        "This is another card than the one the site asked for. Put that one in, or start again.",
        "این کارت همان کارتی نیست که سایت خواسته است. همان کارت را وارد کنید یا از نو آغاز کنید.",
    ),
    AgentReason.UNSUPPORTED: ("This kind of card cannot do that.", "این نوع کارت این کار را نمی‌تواند بکند."),
    AgentReason.NO_WINDOW: (
        "No window can be opened to ask you. Install tkinter: sudo apt install python3-tk",
        "پنجره‌ای برای پرسش از شما باز نشد. tkinter را نصب کنید: sudo apt install python3-tk",
    ),
    AgentReason.CARD_ERROR: (
        "Card or reader made an error. Take the card out, put it in and try again.",
        "کارت یا کارت‌خوان خطا داد. کارت را بیرون بیاورید، دوباره وارد کنید و باز تلاش کنید.",
    ),
}
"""What people read: English, Persian."""
