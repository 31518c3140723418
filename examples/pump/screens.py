"""The pages of the pump, Persian and English."""

from __future__ import annotations

from html import escape
from typing import Any

from smartid.identity.persian import to_persian_digits
from smartid.services.fuel.receipts import litres
from smartid.services.journal.qr import svg

WORDS = {
    "title": ("پمپ بنزین", "Petrol pump"),
    "mock": ("کارت آزمایشی؛ سوختی جابه‌جا نمی‌شود", "Mock card; no fuel is moved"),
    "quota": ("سهمیهٔ این ماه روی کارت", "This month's quota on the card"),
    "first": ("سهمیهٔ اول، لیتری ۱۵٬۰۰۰ ریال", "First tier, 15,000 rials a litre"),
    "second": ("سهمیهٔ دوم، لیتری ۳۰٬۰۰۰ ریال", "Second tier, 30,000 rials a litre"),
    "how much": ("چند لیتر؟", "How many litres?"),
    "begin": ("برداشت از کارت و آغاز", "Take from the card and begin"),
    "flowing": ("نازل را نگه دارید", "Hold the nozzle"),
    "press": ("فشردن نازل", "Press the nozzle"),
    "stop": ("پایان و بازگشت مانده به کارت", "Stop and return the rest to the card"),
    "of": ("لیتر از", "litres of"),
    "receipt": ("رسید", "Receipt"),
    "volume": ("حجم", "Volume"),
    "pump_price": ("نرخ پمپ، هر لیتر", "Pump price a litre"),
    "full": ("ارزش به نرخ پمپ", "Value at pump price"),
    "subsidy": ("پرداخت دولت", "Paid by the state"),
    "paid": ("پرداخت شما", "You pay"),
    "used": ("سهمیهٔ مصرف‌شده", "Quota used"),
    "left": ("سهمیهٔ مانده", "Quota left"),
    "litre": ("لیتر", "litres"),
    "rial": ("ریال", "rials"),
    "again": ("سوخت‌گیری دیگر", "Another fill"),
    "qr": ("رسید امضاشده در قالب کد QR", "The signed receipt as a QR code"),
    "no": ("انجام نشد", "Not done"),
    "no_quota": ("سهمیه‌ای روی کارت نیست.", "The card holds no quota."),
    "offline_limit": (
        "سقف سوخت‌گیری بدون ارتباط پر شده است.",
        "The limit for fills without a line is reached.",
    ),
    "online": ("کارت را به جایگاه برخط ببرید", "Bring the card to a pump with a line"),
    "cool_down": ("این کارت همین حالا به کار رفت.", "The card was used a moment ago."),
    "invalid_request": ("از ۱ تا ۱۰۰ لیتر بنویسید.", "Write 1 to 100 litres."),
    "wrong_state": ("سوخت‌گیری پیشین بسته نشده است.", "The fill before is not closed."),
}
FULL = {"first": 60_000, "second": 100_000}


def page(screen: str, lang: str, **facts: Any) -> str:
    """Make a whole page."""
    fa = lang == "fa"
    body = {"home": _home, "flow": _flow, "receipt": _receipt}[screen](lang, **facts)
    other, name = ("en", "English") if fa else ("fa", "فارسی")
    switch = f'<a lang="{other}" href="/?lang={other}">{name}</a>' if screen != "flow" else ""
    return (
        f'<!doctype html><html lang="{lang}" dir="{"rtl" if fa else "ltr"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{_say("title", lang)}</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/look.css"><link rel="stylesheet" href="/pump.css">'
        f'<script src="/pump.js" defer></script></head><body><header><h1>{_say("title", lang)}</h1>{switch}'
        f"</header><main>{body}</main><footer>{_say('mock', lang)}</footer></body></html>"
    )


def _home(lang: str, *, held: dict[str, int], refused: str = "") -> str:
    bars = "".join(_bar(tier, amount, lang) for tier, amount in held.items())
    reason = _say(refused if refused in WORDS else "no", lang)
    alarm = f'<p class="alarm" role="alert">{reason}</p>' if refused else ""
    if refused == "offline_limit":
        button = f"<button>{_say('online', lang)}</button>"
        alarm += f'<form method="post" action="/online?lang={lang}">{button}</form>'
    return (
        f'{alarm}<section aria-labelledby="quota"><h2 id="quota">{_say("quota", lang)}</h2>{bars}</section>'
        f'<form method="post" action="/take?lang={lang}"><label for="litres">{_say("how much", lang)}</label>'
        '<input id="litres" name="litres" inputmode="numeric" maxlength="3" autocomplete="off" required '
        f'dir="ltr" value="{_number("30", lang)}">'
        f"<button>{_say('begin', lang)}</button></form>"
    )


def _bar(tier: str, amount: int, lang: str) -> str:
    shown = f"{_number(litres(amount), lang)} {_say('litre', lang)}"
    return (
        f'<div class="tier {tier}"><span>{_say(tier, lang)}</span><strong>{shown}</strong>'
        f'<meter min="0" max="{FULL[tier]}" value="{amount}" aria-label="{_say(tier, lang)}">{shown}</meter>'
        "</div>"
    )


def _flow(lang: str, *, litres: int) -> str:
    asked = _number(str(litres), lang)
    return (
        f'<p class="hint">{_say("flowing", lang)}</p>'
        f'<p class="counter"><output id="flowed" data-all="{litres * 1000}">{_number("0.0", lang)}</output>'
        f"<small>{_say('of', lang)} {asked}</small></p>"
        f'<button id="press" type="button">{_say("press", lang)}</button>'
        f'<form method="post" action="/stop?lang={lang}">'
        f'<button class="plain">{_say("stop", lang)}</button></form>'
    )


def _receipt(lang: str, *, fill: Any, bill: Any, receipt: Any) -> str:
    rials = [(name, f"{getattr(bill, name):,}", "rial") for name in ("pump_price", "full", "subsidy", "paid")]
    left = [(name, litres(getattr(bill, name)), "litre") for name in ("used", "left")]
    rows = [
        (name, f"{_number(text, lang)} {_say(unit, lang)}")
        for name, text, unit in [("volume", litres(fill.flowed), "litre"), *rials, *left]
    ]
    lines = "".join(f"<div><dt>{_say(name, lang)}</dt><dd>{text}</dd></div>" for name, text in rows)
    return (
        f"<h2>{_say('receipt', lang)} {_number(str(receipt.number), lang)}</h2><dl>{lines}</dl>"
        f'<div class="qr" role="img" aria-label="{_say("qr", lang)}">{svg(receipt.qr, scale=3)}</div>'
        f'<a class="button" href="/?lang={lang}">{_say("again", lang)}</a>'
    )


def _say(word: str, lang: str) -> str:
    return escape(WORDS[word][lang == "en"])


def _number(text: str, lang: str) -> str:
    if lang == "en":
        return text
    return to_persian_digits(text.replace(",", "٬").replace(".", "٫"))
