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
        "receipt": "رسید",
        "qr": "با این نشان هر کسی می‌تواند درستی رسید را بی‌اینترنت بیازماید.",
        "merchant": "پرداخت‌ها",
        "refund": "پس دادن",
        "paid": "پرداخت‌شده",
        "returned": "پس‌داده",
        "problem": "انجام نشد",
        "none": "هنوز پرداختی نیست.",
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
        "problem": "It was not done",
        "none": "There is no payment yet.",
    },
}
STYLE = """
:root { color-scheme: light dark; --line: #c4ccd4; --accent: #0b5d8a; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 40rem; padding: 1rem; font: 1.0625rem/1.7 system-ui, sans-serif; }
[lang="fa"] { font-family: Vazirmatn, "Noto Sans Arabic", "DejaVu Sans", Tahoma, system-ui, sans-serif; }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
h1 { font-size: 1.35rem; margin: .5rem 0; }
article, .sentence { border: 1px solid var(--line); border-radius: .6rem; padding: .75rem 1rem; }
article, .sentence { margin: 1rem 0; }
article { display: flex; justify-content: space-between; align-items: center; gap: 1rem; flex-wrap: wrap; }
.sentence { font-size: 1.2rem; border-inline-start: .4rem solid var(--accent); }
label { display: block; margin: 1rem 0 .25rem; }
input { font: inherit; padding: .5rem; min-height: 2.75rem; width: 12rem; max-width: 100%; direction: ltr; }
button { font: inherit; min-height: 2.75rem; padding: .4rem 1.1rem; border: 0; border-radius: .5rem;
  color: #fff; background: var(--accent); cursor: pointer; }
form { margin: 0; }
label + input { margin-block-end: .75rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; overflow-wrap: anywhere; }
dt { opacity: .75; } dd { margin: 0; }
svg { background: #fff; max-width: 100%; height: auto; border-radius: .5rem; }
.qr { text-align: center; }
"""


def page(title: str, body: str, lang: str, turned: str) -> str:
    """Put a page around a body; ``turned`` is its address in the other language."""
    other, name = ("en", "English") if lang == "fa" else ("fa", "فارسی")
    turn = "rtl" if lang == "fa" else "ltr"
    return (
        f'<!doctype html><html lang="{lang}" dir="{turn}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="/shop.css"></head><body><header><h1>{escape(title)}</h1>'
        f'<a lang="{other}" href="{escape(turned)}">{name}</a></header>'
        f"<main>{body}</main></body></html>"
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
        '<input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" required>'
        f" <button>{say['agree']}</button></form>"
    )


def receipt(rows: Iterable[tuple[str, str]], code: str, lang: str) -> str:
    """Show a receipt; ``code`` is the picture of its QR code."""
    say = WORDS[lang]
    lines = "".join(f"<dt>{escape(name)}</dt><dd><bdi>{escape(value)}</bdi></dd>" for name, value in rows)
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
        amounts = f"{say['paid']}: <bdi>{paid}</bdi><br>{say['returned']}: <bdi>{back}</bdi>"
        shown.append(
            f"<article><div><strong>{escape(order)}</strong><br>{amounts}</div>{form * more}</article>"
        )
    return "".join(shown) or f"<p>{say['none']}</p>"


def problem(text: str, lang: str) -> str:
    """Say why something was not done."""
    say = WORDS[lang]
    return (
        f'<p class="sentence" role="alert">{escape(text)}</p><p><a href="/?lang={lang}">{say["back"]}</a></p>'
    )
