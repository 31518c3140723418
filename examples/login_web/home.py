"""The home page of the four example sites, and their options. Each site is a program beside this file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from html import escape

from persiantools.digits import en_to_fa
from persiantools.jdatetime import JalaliDate

from smartid.web.headers import SECURITY_HEADERS
from smartid.web.sessions import SignedIn

HEADERS = {**dict(SECURITY_HEADERS), "Cache-Control": "no-store"}

PERSIAN = {
    "national_number": "شمارهٔ ملی",
    "given_names": "نام",
    "family_name": "نام خانوادگی",
    "given_names_latin": "نام به لاتین",
    "family_name_latin": "نام خانوادگی به لاتین",
    "father_name": "نام پدر",
    "birth_date": "تاریخ تولد",
    "birth_place": "محل تولد",
    "sex": "جنسیت",
    "nationality": "تابعیت",
    "document_number": "شمارهٔ سند",
    "card_serial_number": "شمارهٔ سریال کارت",
    "registration_number": "شمارهٔ درخواست",
    "issue_date": "تاریخ صدور",
    "expiry_date": "تاریخ پایان اعتبار",
    "issuing_authority": "صادرکننده",
    "address": "نشانی",
    "postal_code": "کد پستی",
    "portrait": "عکس",
}


def options() -> Namespace:
    """--trust DIR, --tls DIR, --port N."""
    parser = ArgumentParser()
    parser.add_argument("--trust", required=True, help="folder of trust anchors: smartid mock trust DIR")
    parser.add_argument("--tls", required=True, help="folder of the certificate: smartid mock tls DIR")
    parser.add_argument("--port", type=int, default=8443)
    return parser.parse_args()


def page(person: SignedIn | None, csrf: str, lang: str) -> str:
    """The home page in Persian, or in English with ``?lang=en``."""
    fa = lang != "en"

    def say(persian: str, english: str) -> str:
        return persian if fa else english

    def fields(names: list[str]) -> str:
        return escape("، ".join(PERSIAN[n] for n in names) if fa else ", ".join(names).replace("_", " "))

    title, log_in = say("سایت نمونه", "Example site"), say("ورود با کارت ملی", "Log in with your card")
    body = f'<p><a href="/members?lang={"fa" if fa else "en"}">{log_in}</a></p>'
    if person:
        known = person.identity.as_dict()
        received = [name for name in PERSIAN if name in known]
        missing = [name for name in PERSIAN if name not in known]
        last, hour = person.certificate_end.date(), f"{person.expires:%H:%M}"
        valid_until = say(en_to_fa(f"{JalaliDate(last):%Y/%m/%d}"), last.isoformat())
        body = f"""<p><strong>{escape(person.name)}</strong></p><dl>
<dt>{say("این سایت دریافت کرد", "This site received")}</dt><dd>{fields(received)}</dd>
<dt>{say("این سایت دریافت نکرد", "It did not receive")}</dt><dd>{fields(missing)}</dd>
<dt>{say("گواهی کارت معتبر است تا", "The card's certificate is valid until")}</dt>
<dd><bdi>{valid_until}</bdi></dd>
<dt>{say("نشست پایان می‌یابد در (UTC)", "The session ends at (UTC)")}</dt>
<dd>{say(en_to_fa(hour), hour)}</dd></dl>
<p>{say("کارت آزمایشی است.", "This is a test card.") if person.throw_away else ""}</p>
<form method="post" action="/auth/logout"><input type="hidden" name="csrf" value="{escape(csrf)}">
<button>{say("خروج", "Log out")}</button></form>"""
    return f"""<!doctype html><html lang="{say("fa", "en")}" dir="{say("rtl", "ltr")}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/auth/static/page.css">
<title>{title}</title><main><h1>{title}</h1>{body}
<p><a href="?lang={say("en", "fa")}">{say("English", "فارسی")}</a></p></main></html>"""
