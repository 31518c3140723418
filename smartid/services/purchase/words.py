"""What the holder reads before he enters his PIN. The card signs its hash."""

from __future__ import annotations

from datetime import date, datetime

from smartid.identity.dates import to_jalali_long
from smartid.identity.persian import to_persian_digits
from smartid.services.purchase.values import Capture, Intent, Mandate, Payee
from smartid.services.spine.periods import IRAN, Period

_PAY_FA = {
    Capture.NOW: "{sum} ریال به «{payee}» بابت «{order}» پرداخت می‌کنم.",
    Capture.LATER: "{sum} ریال برای «{payee}» بابت «{order}» کنار می‌گذارم تا حداکثر همین مبلغ را بردارد.",
    Capture.PARTS: "«{payee}» می‌تواند بابت «{order}» در چند نوبت روی هم تا {sum} ریال بردارد.",
}
_PAY_EN = {
    Capture.NOW: "I pay {sum} rials to “{payee}” for “{order}”.",
    Capture.LATER: "I set {sum} rials aside for “{payee}”, which may take up to that sum for “{order}”.",
    Capture.PARTS: "“{payee}” may take up to {sum} rials in all, in several parts, for “{order}”.",
}
_PERIOD_FA = {Period.DAY: "در هر روز", Period.MONTH: "در هر ماه", Period.EVER: "در مجموع"}
_PERIOD_EN = {Period.DAY: "a day", Period.MONTH: "a month", Period.EVER: "in all"}


def rials_fa(amount: int) -> str:
    """Write an amount in Persian digits, in groups of three."""
    return to_persian_digits(f"{amount:,}".replace(",", "٬"))


def payment(intent: Intent, payee: Payee) -> tuple[str, str]:
    """Say what an intent asks for, in Persian and in English."""
    fa = _PAY_FA[intent.capture].format(sum=rials_fa(intent.amount), payee=payee.name_fa, order=intent.order)
    en = _PAY_EN[intent.capture].format(sum=f"{intent.amount:,}", payee=payee.name_en, order=intent.order)
    return fa, en


def mandate(found: Mandate, payee: Payee) -> tuple[str, str]:
    """Say what a mandate allows, in Persian and in English."""
    day = _day(found.until)
    fa = (
        f"«{payee.name_fa}» می‌تواند تا {to_jalali_long(day)} {_PERIOD_FA[found.period]} تا سقف "
        f"{rials_fa(found.ceiling)} ریال بابت «{found.order}» از حساب من بردارد."
    )
    en = (
        f"Until {day.isoformat()}, “{payee.name_en}” may take up to {found.ceiling:,} rials "
        f"{_PERIOD_EN[found.period]} from my account for “{found.order}”."
    )
    return fa, en


def draw(amount: int, order: str, payee: Payee) -> tuple[str, str]:
    """Say what was taken on a mandate, in Persian and in English."""
    fa = f"«{payee.name_fa}» {rials_fa(amount)} ریال بابت «{order}» برداشت."
    return fa, f"“{payee.name_en}” took {amount:,} rials for “{order}”."


def _day(moment: datetime) -> date:
    return moment.astimezone(IRAN).date()
