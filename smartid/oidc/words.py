"""What the provider's pages say, in Persian and English."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "fa": {
        "sign_in_title": "ورود با کارت ملی",
        "sign_in_heading": "ورود به {client}",
        "asks": "این سایت می‌خواهد شما را بشناسد:",
        "client": "نام ثبت‌شده",
        "host": "پس از پایان به اینجا برمی‌گردید",
        "host_note": "اگر این نشانی را نمی‌شناسید، ادامه ندهید.",
        "sign_in_note": "با کارت خود نزد {site} وارد می‌شوید. پیش از دادن هر چیزی به {client} آن را می‌بینید.",
        "origin": "نشانی {site}",
        "cancel": "انصراف و بازگشت",
        "consent_title": "اجازهٔ شما",
        "consent_heading": "چه چیزی به {client} داده شود؟",
        "consent_intro": "اگر اجازه دهید، درست همین‌ها و نه چیز دیگری به {client} داده می‌شود:",
        "consent_nothing": "هیچ مشخصه‌ای از شما داده نمی‌شود؛ تنها شناسه‌ای که ویژهٔ همین سایت است.",
        "field": "مشخصه",
        "value": "مقداری که داده می‌شود",
        "missing": "این‌ها نیز خواسته شده، ولی در گواهی ورود کارت شما نیست و داده نمی‌شود:",
        "subject": "شناسهٔ شما",
        "subject_note": "تنها ویژهٔ همین سایت است و سایت دیگری آن را نمی‌شناسد.",
        "withheld": "شمارهٔ ملی شما داده نمی‌شود.",
        "signed_in_as": "با کارت {name} وارد شده‌اید.",
        "allow": "اجازه می‌دهم",
        "deny": "اجازه نمی‌دهم",
        "problem_title": "ورود انجام نشد",
        "for_developers": "برای سازندگان سایت",
        "sign_out_title": "خروج",
        "sign_out_heading": "از {site} خارج می‌شوید؟",
        "sign_out_heading_client": "{client} می‌خواهد از {site} خارج شوید",
        "sign_out_note": "سایت‌هایی که در این نشست با کارت وارد آن‌ها شده‌اید نیز خبر می‌شوند.",
        "sign_out": "خارج می‌شوم",
        "stay": "می‌مانم",
        "signed_out_title": "خارج شدید",
        "signed_out_heading": "از {site} خارج شدید.",
        "signed_out_note": "اگر این رایانه از آنِ شما نیست، کارت را بردارید و مرورگر را ببندید.",
        "stayed_heading": "همچنان وارد {site} هستید.",
    },
    "en": {
        "sign_in_title": "Log in with a national card",
        "sign_in_heading": "Log in to {client}",
        "asks": "This site wants to know who you are:",
        "client": "Registered name",
        "host": "Afterwards you go back to",
        "host_note": "If you do not know this address, do not go on.",
        "sign_in_note": "You log in at {site} with your card. You see what {client} gets before it gets it.",
        "origin": "Address of {site}",
        "cancel": "Cancel and go back",
        "consent_title": "Your permission",
        "consent_heading": "What may {client} have?",
        "consent_intro": "If you allow it, {client} is given exactly this and nothing else:",
        "consent_nothing": "Nothing about you is given, only an identifier that is made for this site alone.",
        "field": "Field",
        "value": "The value that is given",
        "missing": "This was asked for too. It is not in your card's certificate for logins, and not given:",
        "subject": "Your identifier",
        "subject_note": "It is made for this site alone; no other site knows it.",
        "withheld": "Your national number is not given.",
        "signed_in_as": "You are logged in with the card of {name}.",
        "allow": "Allow",
        "deny": "Do not allow",
        "problem_title": "You were not logged in",
        "for_developers": "For the people who built the site",
        "sign_out_title": "Log out",
        "sign_out_heading": "Log out of {site}?",
        "sign_out_heading_client": "{client} asks you to log out of {site}",
        "sign_out_note": "The sites that you entered with your card in this session are told as well.",
        "sign_out": "Log out",
        "stay": "Stay logged in",
        "signed_out_title": "Logged out",
        "signed_out_heading": "You are logged out of {site}.",
        "signed_out_note": "If this is not your computer, take the card and close the browser.",
        "stayed_heading": "You are still logged in to {site}.",
    },
}
"""Language, then name. ``{client}``, ``{site}`` and ``{name}`` are put in by the pages."""

CLAIM_WORDS: Mapping[str, tuple[str, str]] = {
    "name": ("نام کامل", "Full name"),
    "given_name": ("نام", "Given names"),
    "family_name": ("نام خانوادگی", "Family name"),
    "birthdate": ("تاریخ تولد", "Date of birth"),
    "gender": ("جنسیت", "Sex"),
    "nationality": ("تابعیت", "Nationality"),
    "national_number": ("شمارهٔ ملی", "National number"),
}
"""What people call each claim: in Persian, in English."""

GENDERS: Mapping[str, tuple[str, str]] = {"female": ("زن", "female"), "male": ("مرد", "male")}

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "client": (
        "سایتی که شما را فرستاد، در اینجا ثبت نشده است.",
        "The site that sent you is not registered here.",
    ),
    "redirect": (
        "نشانی بازگشت با آنچه سایت ثبت کرده است یکی نیست. برای حفظ امنیت شما به آن نمی‌رویم.",
        "The address to go back to is not one that the site registered. For your safety it is not opened.",
    ),
    "expired": (
        "این درخواست ورود کهنه شده یا پیش‌تر به کار رفته است.",
        "This login is too old, or was used before.",
    ),
    "forged": (
        "این درخواست از صفحهٔ بازِ این سایت نیامده است.",
        "This request did not come from an open page of this site.",
    ),
    "request": (
        "سایتی که شما را فرستاد درخواست درستی نفرستاد.",
        "The site that sent you made a mistake in its request.",
    ),
    "page": (
        "چنین صفحه‌ای نیست.",
        "There is no such page.",
    ),
    "logout": (
        "درخواست خروج درست نبود؛ کسی خارج نشد.",
        "The request to log out was not right; nobody was logged out.",
    ),
}
"""What happened, for people, by the kind of the problem: in Persian, in English."""

REMEDIES: Mapping[str, tuple[str, str]] = {
    "page": (
        "برای ورود، از سایتی آغاز کنید که می‌خواهید به آن وارد شوید.",
        "To log in, begin at the site that you want to log in to.",
    ),
    "expired": (
        "به سایت برگردید و ورود را از نو آغاز کنید.",
        "Go back to the site and begin the login again.",
    ),
    "forged": (
        "به سایت برگردید و ورود را از نو آغاز کنید.",
        "Go back to the site and begin the login again.",
    ),
}
"""The next step, by the kind of the problem."""

TELL_THE_SITE = (
    "به آن سایت برگردید و از پشتیبانی‌اش بپرسید؛ کد زیر به آن‌ها کمک می‌کند.",
    "Go back to that site and ask its support; the code below helps them.",
)
"""The next step after any other problem."""
