"""The screens of the cash machine: Persian from right to left, and English. No script runs in them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from smartid.services.journal.qr import svg
from smartid.services.journal.words import receipt_rows
from smartid.services.spine.values import Prepared, Receipt

PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")
AMOUNTS = (500_000, 1_000_000, 2_000_000, 3_000_000, 5_000_000)
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
WORDS = {
    "fa": {
        "title": "خودپرداز نمونه",
        "welcome": "کارت ملی خود را در دستگاه بگذارید",
        "insert": "کارت را گذاشتم",
        "menu": "چه خدمتی می‌خواهید؟",
        "withdraw": "برداشت وجه",
        "balance": "مانده حساب",
        "amount": "چه مبلغی؟",
        "other": "مبلغ دیگر (ریال)",
        "go": "ادامه",
        "pin": "رمز کارت",
        "confirm": "می‌پذیرم",
        "back": "بازگشت",
        "end": "پایان و دریافت کارت",
        "counting": "در حال شمارش اسکناس…",
        "wait": "لطفاً شکیبا باشید",
        "take": "لطفاً پول خود را بردارید",
        "none": "پولی پرداخت نشد",
        "pending": "نتیجه روشن نیست؛ پیگیری می‌شود",
        "receipt": "رسید",
        "account": "حساب",
        "rial": "ریال",
        "agree": "با رمز کارت، این جمله را امضا می‌کنید:",
        "your_balance": "ماندهٔ حساب شما",
        "qr": "رسید امضاشده: با هر تلفن می‌توان آن را وارسی کرد",
        "switch": "English",
    },
    "en": {
        "title": "Sample cash machine",
        "welcome": "Put your national card into the machine",
        "insert": "The card is in",
        "menu": "What would you like to do?",
        "withdraw": "Withdraw cash",
        "balance": "Balance",
        "amount": "How much?",
        "other": "Another amount (rials)",
        "go": "Continue",
        "pin": "PIN of the card",
        "confirm": "I agree",
        "back": "Back",
        "end": "Finish and take the card",
        "counting": "Counting notes…",
        "wait": "One moment, please",
        "take": "Please take your money",
        "none": "No money was paid out",
        "pending": "The outcome is not known yet; the bank follows it up",
        "receipt": "Receipt",
        "account": "Account",
        "rial": "rials",
        "agree": "With the PIN of your card you sign this sentence:",
        "your_balance": "Your balance",
        "qr": "Signed receipt: any phone can check it",
        "switch": "فارسی",
    },
}
REFUSALS = {
    "fa": {
        "insufficient": "موجودی حساب کافی نیست.",
        "limit_exceeded": "از سقف مجاز بیشتر است.",
        "out_of_cash": "با اسکناس‌های دستگاه نمی‌توان این مبلغ را پرداخت.",
        "invalid_request": "مبلغ باید مضربی از ۱۰۰٬۰۰۰ ریال باشد.",
        "peer_timeout": "بانک پاسخ نداد؛ اگر مبلغی کم شده باشد برمی‌گردد.",
        "quote_expired": "مهلت این درخواست گذشت؛ دوباره آغاز کنید.",
        "card_blocked": "رمز کارت بسته شده است.",
        "last_try": "تنها یک بار دیگر می‌توان رمز را زد؛ به بانک بروید.",
        "card_removed": "کارت از دستگاه بیرون آمد؛ دوباره آغاز کنید.",
        "pin_format": "رمز چهار تا دوازده رقم است.",
        "other": "این کار انجام نشد.",
    },
    "en": {
        "insufficient": "The account has too little for this.",
        "limit_exceeded": "This is more than is allowed.",
        "out_of_cash": "The notes in the machine cannot make this amount.",
        "invalid_request": "An amount is a multiple of 100,000 rials.",
        "peer_timeout": "The bank did not answer; what it may have booked comes back.",
        "quote_expired": "This took too long; please begin again.",
        "card_blocked": "The PIN of the card is blocked.",
        "last_try": "Only one try of the PIN is left; please see your bank.",
        "card_removed": "The card left the machine; please begin again.",
        "pin_format": "A PIN has four to twelve digits.",
        "other": "This was not done.",
    },
}
WRONG_PIN = {
    "fa": "رمز درست نیست. {tries} بار دیگر می‌توانید بکوشید.",
    "en": "The PIN is wrong. You have {tries} tries left.",
}
STYLE = """
:root { color-scheme: light; font-family: Vazirmatn, "DejaVu Sans", Tahoma, sans-serif; }
body { margin: 0; min-height: 100vh; background: #0b3d4f; color: #10242c; display: grid;
  place-items: center; }
main { background: #fff; width: min(92vw, 44rem); border-radius: 1rem; padding: 1.5rem 2rem 2rem; }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
header b { font-size: 1.1rem; color: #0b3d4f; }
h1 { font-size: 1.8rem; margin: 1rem 0 1.5rem; }
.keys { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; }
form { margin: 0; }
button { width: 100%; font: inherit; font-size: 1.35rem; padding: 1.1rem .8rem; border: 0;
  border-radius: .7rem; background: #0b6b8a; color: #fff; cursor: pointer; }
button.plain { background: #e4eef1; color: #10242c; }
header button { width: auto; font-size: 1rem; padding: .5rem 1rem; }
button:focus-visible, input:focus-visible { outline: 4px solid #f2a900; outline-offset: 2px; }
label { display: block; font-size: 1.1rem; margin: 1rem 0 .4rem; }
input { font: inherit; font-size: 1.6rem; width: 100%; box-sizing: border-box; padding: .7rem; direction: ltr;
  text-align: center; letter-spacing: .2em; border: 2px solid #7d98a1; border-radius: .7rem; }
.sentence { background: #f1f6f8; border-inline-start: .4rem solid #0b6b8a; padding: 1rem; font-size: 1.3rem; }
.error { background: #fdecea; color: #7a1710; padding: 1rem; border-radius: .7rem; font-size: 1.15rem; }
.big { font-size: 2.4rem; font-weight: 700; text-align: center; margin: 1.5rem 0; }
.spin { width: 4rem; height: 4rem; margin: 2rem auto; border: .5rem solid #d5e3e8; border-top-color: #0b6b8a;
  border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .spin { animation: none; } }
table { width: 100%; border-collapse: collapse; font-size: 1.05rem; }
th, td { text-align: start; padding: .4rem; border-bottom: 1px solid #dde7ea; overflow-wrap: anywhere; }
figure { margin: 1.2rem auto; text-align: center; }
figure svg { width: 14rem; height: 14rem; direction: ltr; }
.row { display: grid; gap: 1rem; margin-top: 1.2rem; }
"""


class Screens:
    """Draws screens in one language. ``key`` goes into every form: nobody else's page can press a button."""

    def __init__(self, lang: str, key: str) -> None:
        self.lang = lang
        self._key = key
        self._words = WORDS[lang]

    def welcome(self) -> str:
        """Nobody is there."""
        return self._page("welcome", self._button("/insert", "insert"))

    def menu(self) -> str:
        """A card is in."""
        keys = self._button("/choose", "withdraw", what="withdraw") + self._button("/balance", "balance")
        return self._page("menu", self._keys(keys + self._end()))

    def amounts(self) -> str:
        """Ask for the amount."""
        keys = "".join(
            self._button("/quote", text=self.rials(amount), amount=str(amount)) for amount in AMOUNTS
        )
        other = (
            f'<label for="amount">{self._words["other"]}</label>'
            '<input id="amount" name="amount" inputmode="numeric" autocomplete="off" maxlength="12">'
        )
        form = self._form("/quote", other + f'<div class="row"><button>{self._words["go"]}</button></div>')
        return self._page("amount", self._keys(keys) + form + self._foot())

    def consent(self, prepared: Prepared, error: str = "") -> str:
        """Shows the sentence that the card signs, and asks for its PIN."""
        sentence = escape(prepared.terms.sentence(self.lang))
        fields = (
            f'<p>{self._words["agree"]}</p><p class="sentence">{sentence}</p>'
            f'<label for="pin">{self._words["pin"]}</label>'
            '<input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" '
            'maxlength="12" autofocus required>'
            f'<div class="row"><button>{self._words["confirm"]}</button></div>'
        )
        return self._page("withdraw", self._error(error) + self._form("/pay", fields) + self._foot())

    def counting(self) -> str:
        """The device is at work; the page asks again by itself."""
        return self._page("counting", f'<div class="spin"></div><p>{self._words["wait"]}</p>', refresh=True)

    def done(self, receipt: Receipt) -> str:
        """What became of it, and the receipt."""
        says = {"completed": "take", "unknown": "pending"}.get(receipt.state, "none")
        rows = "".join(
            f"<tr><th>{escape(self._words.get(name, name))}</th><td>{_bdi(value)}</td></tr>"
            for name, value in receipt_rows(receipt, self.lang)
        )
        amount = f'<p class="big">{self.rials(receipt.amount)}</p>' if says == "take" else ""
        figure = f"<figure>{svg(receipt.qr)}<figcaption>{self._words['qr']}</figcaption></figure>"
        body = f"{amount}<h2>{self._words['receipt']}</h2><table>{rows}</table>{figure}{self._foot()}"
        return self._page(says, body)

    def balance(self, rials: int) -> str:
        """What the account holds."""
        return self._page("your_balance", f'<p class="big">{self.rials(rials)}</p>' + self._foot())

    def sorry(self, text: str) -> str:
        """Something was refused."""
        return self._page("none", self._error(text) + self._foot())

    def refusal(self, code: str) -> str:
        """Why it was not done, in a sentence."""
        return REFUSALS[self.lang].get(code, REFUSALS[self.lang]["other"])

    def wrong_pin(self, tries: int | None) -> str:
        """How often the holder may still try."""
        text = WRONG_PIN[self.lang].format(tries=tries if tries is not None else "?")
        return text.translate(PERSIAN) if self.lang == "fa" else text

    def rials(self, amount: int) -> str:
        """An amount as people read it."""
        text = f"{amount:,}"
        shown = text.replace(",", "٬").translate(PERSIAN) if self.lang == "fa" else text
        return f"{shown} {self._words['rial']}"

    def _page(self, heading: str, body: str, *, refresh: bool = False) -> str:
        direction = "rtl" if self.lang == "fa" else "ltr"
        again = '<meta http-equiv="refresh" content="1;url=/result">' if refresh else ""
        head = f'<meta charset="utf-8">{again}<meta name="viewport" content="width=device-width">'
        title = f"<title>{self._words['title']}</title><style>{STYLE}</style>"
        top = f"<header><b>{self._words['title']}</b>{self._button('/language', 'switch', 'plain')}</header>"
        main = f"<main>{top}<h1>{self._words[heading]}</h1>{body}</main>"
        return (
            f'<!doctype html><html lang="{self.lang}" dir="{direction}"><head>{head}{title}</head>'
            f"<body>{main}</body></html>"
        )

    def _foot(self) -> str:
        return f'<div class="row">{self._button("/menu", "back", "plain")}{self._end()}</div>'

    def _end(self) -> str:
        return self._button("/end", "end", "plain")

    def _keys(self, inner: str) -> str:
        return f'<div class="keys">{inner}</div>'

    def _error(self, text: str) -> str:
        return f'<p class="error" role="alert">{escape(text)}</p>' if text else ""

    def _button(self, action: str, word: str = "", style: str = "", *, text: str = "", **fields: str) -> str:
        shown = text or self._words[word]
        hidden = _hidden(list(fields.items()))
        return self._form(action, f'{hidden}<button class="{style}">{shown}</button>')

    def _form(self, action: str, inner: str) -> str:
        key = _hidden([("key", self._key)])
        return f'<form method="post" action="{action}">{key}{inner}</form>'


def _bdi(value: str) -> str:
    """A value in its own direction: what has no Persian letters reads from left to right."""
    return f'<bdi dir="{"ltr" if value.isascii() else "auto"}">{escape(value)}</bdi>'


def _hidden(fields: Sequence[tuple[str, str]]) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields)
