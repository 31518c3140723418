"""A receipt in words, Persian and English. Digits change for the eye only: what was signed stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from smartid.identity.dates import to_jalali_long
from smartid.identity.persian import to_persian_digits
from smartid.services.spine.periods import IRAN
from smartid.services.spine.states import State
from smartid.services.spine.values import Receipt

Pair = tuple[str, str]

SERVICES: Mapping[str, Pair] = {
    "purse": ("کیف پول", "Purse"),
    "purchase": ("خرید", "Purchase"),
    "atm": ("خودپرداز", "Cash machine"),
    "fuel": ("سوخت", "Fuel"),
}
VERBS: Mapping[str, Pair] = {
    "load": ("شارژ", "load"),
    "unload": ("برداشت به حساب", "unload"),
    "pay": ("پرداخت", "pay"),
    "cancel_last": ("لغو آخرین پرداخت", "cancel the last payment"),
    "authorise": ("پرداخت", "authorise"),
    "capture": ("برداشت", "capture"),
    "void": ("ابطال", "void"),
    "refund": ("بازگشت وجه", "refund"),
    "mandate": ("برداشت مستمر", "standing mandate"),
    "withdraw": ("برداشت وجه", "withdraw"),
    "deposit": ("واریز وجه", "deposit"),
    "transfer": ("انتقال وجه", "transfer"),
    "balance": ("مانده", "balance"),
    "change_pin": ("تغییر رمز", "change of PIN"),
    "fill": ("سوخت‌گیری", "fill"),
    "dispense": ("سوخت‌گیری", "fill"),
}
STATES: Mapping[State, Pair] = {
    State.QUOTED: ("پیشنهاد شد", "quoted"),
    State.CONSENTED: ("پذیرفته شد", "consented"),
    State.PROVED: ("تأیید شد", "proved"),
    State.RESERVED: ("کنار گذاشته شد", "reserved"),
    State.UNKNOWN: ("در انتظار", "pending"),
    State.COMPLETED: ("انجام شد", "completed"),
    State.VOIDED: ("باطل شد", "voided"),
    State.EXPIRED: ("مهلتش گذشت", "expired"),
    State.REFUNDED: ("بازگردانده شد", "refunded"),
    State.DISPUTED: ("مورد اعتراض", "disputed"),
    State.UPHELD: ("اعتراض پذیرفته شد", "dispute upheld"),
    State.REJECTED: ("اعتراض رد شد", "dispute rejected"),
    State.SETTLED: ("تسویه شد", "settled"),
    State.CAPTURED: ("ثبت شد", "captured"),
    State.COLLECTED: ("گردآوری شد", "collected"),
    State.ACCEPTED: ("پذیرفته شد", "accepted"),
    State.DUPLICATE: ("تکراری", "duplicate"),
    State.GAP: ("شمارهٔ جاافتاده", "gap"),
    State.FORGED: ("جعلی", "forged"),
    State.LATE: ("دیررسیده", "late"),
}
LABELS: Mapping[str, Pair] = {
    "number": ("رسید شمارهٔ", "Receipt"),
    "service": ("خدمت", "Service"),
    "verb": ("کار", "Action"),
    "amount": ("مقدار", "Amount"),
    "state": ("وضعیت", "State"),
    "payee": ("گیرنده", "Payee"),
    "time": ("زمان", "Time"),
    "case": ("پرونده", "Case"),
}
DETAILS: Mapping[str, Pair] = {
    "account": ("حساب", "Account"),
    "order": ("بابت", "For"),
    "intent": ("درخواست", "Intent"),
    "pump_price": ("نرخ پمپ، ریال برای هر لیتر", "Pump price, rials a litre"),
    "full": ("ارزش به نرخ پمپ، ریال", "Value at pump price, rials"),
    "subsidy": ("پرداخت دولت، ریال", "Paid by the state, rials"),
    "paid": ("پرداخت شما، ریال", "Paid by you, rials"),
    "used": ("سهمیهٔ مصرف‌شده، میلی‌لیتر", "Quota used, millilitres"),
    "left": ("سهمیهٔ مانده، میلی‌لیتر", "Quota left, millilitres"),
}
"""Labels of what adapters add. What has none is shown under its own name."""


def amount_words(amount: int, unit: str) -> Pair:
    """Write an amount in Persian and English: rials with separators, fuel in litres."""
    if unit == "ml":
        litres, rest = divmod(amount, 1000)
        english = f"{litres:,}.{rest:03d}" if rest else f"{litres:,}"
        return _persian_number(english) + " لیتر", english + " L"
    english = f"{amount:,}"
    persian_unit, english_unit = ("ریال", "rials") if unit == "IRR" else (unit, unit)
    return f"{_persian_number(english)} {persian_unit}", f"{english} {english_unit}"


def time_words(time: datetime) -> Pair:
    """Write a time as clocks in Iran show it: Solar Hijri in Persian, Gregorian in English."""
    local = time.astimezone(IRAN)
    clock = f"{local:%H:%M:%S}"
    persian = f"{to_jalali_long(local.date())}، ساعت {to_persian_digits(clock)}"
    return persian, f"{local:%Y-%m-%d} {clock} (UTC+3:30)"


def receipt_rows(receipt: Receipt, lang: str = "fa") -> list[tuple[str, str]]:
    """Give label and value of each line of a receipt, in Persian ("fa") or English."""
    place = 0 if lang == "fa" else 1
    values = {
        "number": (to_persian_digits(str(receipt.number)), str(receipt.number)),
        "service": SERVICES.get(receipt.service, (receipt.service, receipt.service)),
        "verb": VERBS.get(receipt.verb, (receipt.verb, receipt.verb)),
        "amount": amount_words(receipt.amount, receipt.unit),
        "state": STATES[receipt.state],
        "payee": (receipt.payee, receipt.payee),
        "time": time_words(receipt.time),
        "case": (receipt.case, receipt.case),
    }
    rows = [(LABELS[name][place], pair[place]) for name, pair in values.items()]
    details = (
        (DETAILS.get(name, (name, name))[place], str(value)) for name, value in receipt.details.items()
    )
    return [*rows, *details]


def receipt_text(receipt: Receipt, lang: str = "fa") -> str:
    """Write a receipt as lines of text."""
    return "\n".join(f"{label}: {value}" for label, value in receipt_rows(receipt, lang))


def _persian_number(digits: str) -> str:
    return to_persian_digits(digits).replace(",", "٬").replace(".", "٫")
