"""The pages of the shop, Persian first."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

WORDS = {
    "fa": {
        "shop": "فروشگاه گلستان",
        "buy": "خرید",
        "rial": "ریال",
        "pay": "پرداخت با کارت ملی",
        "terminal": "کارت روی دستگاه کنار صندوق است. این جمله را بخوانید؛ امضای کارت فقط برای همین است.",
        "pin": "رمز کارت",
        "agree": "موافقم و امضا می‌کنم",
        "back": "بازگشت به فروشگاه",
        "receipt": "رسید پرداخت",
        "qr": "با این کد هر کسی می‌تواند درستی رسید را بدون اینترنت وارسی کند.",
        "merchant": "پرداخت‌ها",
        "refund": "بازگرداندن وجه",
        "paid": "پرداخت‌شده",
        "returned": "بازگردانده‌شده",
        "problem": "انجام نشد",
        "none": "هنوز پرداختی نیست.",
        "sample": "نمونه است: کارت آزمایشی، بانک شبیه‌سازی‌شده، پول ساختگی.",
    },
    "en": {
        "shop": "Golestan Shop",
        "buy": "Buy",
        "rial": "rials",
        "pay": "Pay with the national card",
        "terminal": "The card is on the terminal. Read this sentence: the card signs it and nothing else.",
        "pin": "Card PIN",
        "agree": "I agree and sign",
        "back": "Back to the shop",
        "receipt": "Receipt",
        "qr": "With this code anybody can check the receipt without a network.",
        "merchant": "Payments",
        "refund": "Give back",
        "paid": "paid",
        "returned": "given back",
        "problem": "Not done",
        "none": "There is no payment yet.",
        "sample": "A sample: mock card, simulated bank, invented money.",
    },
}


def page(title: str, body: str, lang: str, turned: str) -> str:
    """Put a page around a body; ``turned`` is its address in the other language."""
    other, name = ("en", "English") if lang == "fa" else ("fa", "فارسی")
    turn = "rtl" if lang == "fa" else "ltr"
    return (
        f'<!doctype html><html lang="{lang}" dir="{turn}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="/look.css"><link rel="icon" href="data:,"></head>'
        f"<body><header><h1>{escape(title)}</h1>"
        f'<a lang="{other}" href="{escape(turned)}">{name}</a></header>'
        f"<main>{body}</main><footer>{WORDS[lang]['sample']}</footer></body></html>"
    )


def products(items: Iterable[tuple[str, str, str]], lang: str) -> str:
    """Show what is for sale: identifier, name, price."""
    say = WORDS[lang]
    return "".join(
        f"<article><div><strong>{escape(name)}</strong><br><bdi>{escape(price)}</bdi> {say['rial']}</div>"
        f'<form method="post" action="/buy/{id_}?lang={lang}"><button>{say["buy"]}</button></form></article>'
        for id_, name, price in items
    )


def agreement(intent: str, sentence: str, lang: str) -> str:
    """Show what the card will sign, and ask for the PIN."""
    say = WORDS[lang]
    return (
        f'<p>{say["terminal"]}</p><p class="sentence">{escape(sentence)}</p>'
        f'<form method="post" action="/pay/{intent}?lang={lang}"><label for="pin">{say["pin"]}</label>'
        '<input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" required '
        'autofocus dir="ltr">'
        f"<button>{say['agree']}</button></form>"
        f'<a class="button plain" href="/?lang={lang}">{say["back"]}</a>'
    )


def receipt(rows: Iterable[tuple[str, str]], code: str, lang: str) -> str:
    """Show a receipt; ``code`` is the picture of its QR code."""
    say = WORDS[lang]
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd></div>" for name, value in rows
    )
    back = f'<p><a href="/?lang={lang}">{say["back"]}</a></p>'
    return f'<dl>{lines}</dl><p>{say["qr"]}</p><div class="qr">{code}</div>{back}'


def payments(items: Iterable[tuple[str, str, str, str, bool]], key: str, lang: str) -> str:
    """Show the merchant what was paid: identifier, order, paid, given back, whether more can go back."""
    say = WORDS[lang]
    shown = []
    for id_, order, paid, back, more in items:
        form = (
            f'<form method="post" action="/refund/{id_}?lang={lang}"><input type="hidden" name="key" '
            f'value="{escape(key)}"><button>{say["refund"]}</button></form>'
        )
        unit = say["rial"]
        amounts = f"{say['paid']}: <bdi>{paid}</bdi> {unit}<br>{say['returned']}: <bdi>{back}</bdi> {unit}"
        shown.append(
            f"<article><div><strong>{escape(order)}</strong><br>{amounts}</div>{form * more}</article>"
        )
    return "".join(shown) or f"<p>{say['none']}</p>"


def problem(text: str, lang: str) -> str:
    """Say why something was not done."""
    say = WORDS[lang]
    return f'<p class="alarm" role="alert">{escape(text)}</p><p><a href="/?lang={lang}">{say["back"]}</a></p>'
