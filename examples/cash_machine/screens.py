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
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; "
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
        "balance": "ماندهٔ حساب",
        "amount": "چه مبلغی؟",
        "other": "مبلغ دیگر (ریال)",
        "go": "ادامه",
        "pin": "رمز کارت",
        "confirm": "می‌پذیرم",
        "back": "بازگشت",
        "end": "پایان و دریافت کارت",
        "counting": "در حال شمارش اسکناس…",
        "wait": "لطفاً صبر کنید",
        "take": "لطفاً پول خود را بردارید",
        "none": "پولی پرداخت نشد",
        "pending": "نتیجه روشن نیست؛ پیگیری می‌شود",
        "receipt": "رسید",
        "account": "حساب",
        "rial": "ریال",
        "agree": "با رمز کارت، این جمله را امضا می‌کنید:",
        "your_balance": "ماندهٔ حساب شما",
        "qr": "رسید امضاشده: هر کسی می‌تواند آن را بدون شبکه وارسی کند.",
        "switch": "English",
        "sample": "نمونه است: کارت آزمایشی، بانک شبیه‌سازی‌شده، پول ساختگی.",
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
        "qr": "A signed receipt: anybody can verify it without a network.",
        "switch": "فارسی",
        "sample": "A sample: mock card, simulated bank, invented money.",
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
    "fa": "رمز درست نیست. {tries} بار دیگر می‌توانید رمز را وارد کنید.",
    "en": "The PIN is wrong. Tries left: {tries}.",
}


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
        """The device is at work; the page asks at once for the outcome, which answers when there is one."""
        return self._page("counting", f'<p role="status">{self._words["wait"]}</p>', refresh=True)

    def done(self, receipt: Receipt) -> str:
        """What became of it, and the receipt."""
        says = {"completed": "take", "unknown": "pending"}.get(receipt.state, "none")
        rows = "".join(
            f"<div><dt>{escape(self._words.get(name, name))}</dt><dd>{_bdi(value)}</dd></div>"
            for name, value in receipt_rows(receipt, self.lang)
        )
        amount = f'<p class="money">{self.rials(receipt.amount)}</p>' if says == "take" else ""
        figure = f'<p>{self._words["qr"]}</p><figure class="qr">{svg(receipt.qr)}</figure>'
        body = f"{amount}<h2>{self._words['receipt']}</h2><dl>{rows}</dl>{figure}{self._foot()}"
        return self._page(says, body)

    def balance(self, rials: int) -> str:
        """What the account holds."""
        return self._page("your_balance", f'<p class="money">{self.rials(rials)}</p>' + self._foot())

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
        again = '<meta http-equiv="refresh" content="0;url=/result">' if refresh else ""
        head = f'<meta charset="utf-8">{again}<meta name="viewport" content="width=device-width">'
        look = '<link rel="stylesheet" href="/look.css"><link rel="icon" href="data:,">'
        title = f"<title>{self._words['title']}</title>{look}"
        turn = self._button("/language", "switch", "plain")
        top = f"<header><strong>{self._words['title']}</strong>{turn}</header>"
        main = f"{top}<main><h1>{self._words[heading]}</h1>{body}</main>"
        return (
            f'<!doctype html><html lang="{self.lang}" dir="{direction}"><head>{head}{title}</head>'
            f"<body>{main}<footer>{self._words['sample']}</footer></body></html>"
        )

    def _foot(self) -> str:
        return f'<div class="row">{self._button("/menu", "back", "plain")}{self._end()}</div>'

    def _end(self) -> str:
        return self._button("/end", "end", "plain")

    def _keys(self, inner: str) -> str:
        return f'<div class="keys">{inner}</div>'

    def _error(self, text: str) -> str:
        return f'<p class="alarm" role="alert">{escape(text)}</p>' if text else ""

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
