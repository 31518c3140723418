"""The words of a verdict in Persian, for screens. Names in JSON stay the English ones of the standard."""

from __future__ import annotations

import re

from smartid.identity.persian import to_persian_digits
from smartid.trust.verdict import CheckStatus, Indication, SubIndication

INDICATIONS = {
    Indication.TOTAL_PASSED: "معتبر است",
    Indication.INDETERMINATE: "قطعی نیست",
    Indication.TOTAL_FAILED: "معتبر نیست",
}

SUB_INDICATIONS = {
    SubIndication.FORMAT_FAILURE: "ساختار داده‌ها درست نیست.",
    SubIndication.HASH_FAILURE: "داده‌ها پس از صدور تغییر کرده‌اند.",
    SubIndication.SIG_CRYPTO_FAILURE: "امضا با کلید صادرکننده یا تراشه نمی‌خواند.",
    SubIndication.REVOKED: "گواهی باطل شده است.",
    SubIndication.EXPIRED: "مدت اعتبار گذشته است.",
    SubIndication.NOT_YET_VALID: "مدت اعتبار هنوز آغاز نشده است.",
    SubIndication.SIG_CONSTRAINTS_FAILURE: "گواهی و مدرک یک شخص را نشان نمی‌دهند.",
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: "زنجیرهٔ گواهی‌ها شرط‌های لازم را ندارد.",
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: "زنجیرهٔ گواهی‌ها بررسی‌پذیر نیست.",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: "الگوریتم یا طول کلید به اندازهٔ کافی امن نیست.",
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: "گواهی امضاکننده پیدا نشد.",
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: "گواهی ریشهٔ مورد اعتمادی برای این کارت معرفی نشده است.",
    SubIndication.SIGNED_DATA_NOT_FOUND: "نشانهٔ امضاشده‌ای که کارت اصلی را از رونوشت جدا کند در دست نیست.",
    SubIndication.REVOKED_NO_POE: "گواهی امضاکننده باطل شده است و ثابت نیست که امضا پیش از ابطال بوده باشد.",
    SubIndication.REVOKED_CA_NO_POE: "گواهی یکی از مراجع صدور باطل شده است و زمان امضا پیش از آن ثابت نیست.",
    SubIndication.OUT_OF_BOUNDS_NO_POE: "مدت اعتبار گواهی گذشته است و ثابت نیست که امضا پیش از آن بوده باشد.",
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: "مدت گواهی گذشته است؛ گواهی باطل نشده، ولی زمان امضا ثابت نیست.",
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: "دادهٔ ابطال پس از پایان اعتبار گواهی صادر شده است.",
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "الگوریتم اکنون امن نیست و زمان امضا ثابت نیست.",
    SubIndication.TIMESTAMP_ORDER_FAILURE: "ترتیب مهرهای زمانی درست نیست.",
    SubIndication.NO_POE: "ثابت نیست که امضا پیش از آن زمان وجود داشته باشد.",
    SubIndication.TRY_LATER: "وضعیت ابطال گواهی دانسته نیست؛ فهرست ابطال تازه بدهید یا بعداً بیازمایید.",
}

STATUSES = {
    CheckStatus.PASSED: "درست",
    CheckStatus.FAILED: "نادرست",
    CheckStatus.NOT_CHECKED: "بررسی نشده",
}

_CHECKS = {
    "trust_anchors": "گواهی‌های ریشهٔ مورد اعتماد",
    "document_security_object": "امضای صادرکننده بر داده‌های کارت",
    "hash_algorithm": "الگوریتم چکیدهٔ داده‌ها",
    "document_signer_chain": "زنجیرهٔ گواهی صادرکنندهٔ مدرک",
    "issuing_state": "یکی بودن کشور صادرکننده و کشور امضاکننده",
    "master_list": "امضای فهرست مراجع کشورها",
    "master_list_signer": "زنجیرهٔ گواهی امضاکنندهٔ فهرست",
    "chip_response": "پاسخ تراشه به پرسش تصادفی",
    "chip_authentication": "اصالت تراشه",
    "certificate_authentication": "گواهی احراز هویت",
    "certificate_signature": "گواهی امضا",
    "certificate_key_management": "گواهی رمزگشایی",
    "certificate_card_authentication": "گواهی اصالت کارت",
    "identity_matches_certificate": "یکی بودن دارندهٔ گواهی و دارندهٔ کارت",
    "document_expiry": "تاریخ اعتبار کارت",
    "revocation": "باطل نشدن گواهی‌ها",
    "throw_away_pki": "گواهی‌های آزمایشی بی‌ارزش",
    "format": "ساختار امضا",
    "byte_range": "بخش امضاشدهٔ فایل",
    "signed_content": "تغییر نکردن سند",
    "coverage": "آنچه امضا در بر دارد",
    "container": "محتوای پوشه",
    "file_beside": "فایل کنار امضا",
    "signing_certificate": "گواهی امضاکننده",
    "signature": "درستی خود امضا",
    "baseline": "شرط‌های سطح پایه",
    "older_attributes": "ویژگی‌های کهنهٔ امضا",
    "unsigned_properties": "ویژگی‌های امضانشده",
    "later_changes": "تغییرهای پس از امضا",
    "time_stamp_order": "ترتیب مهرهای زمانی",
    "certificate_chain": "زنجیرهٔ گواهی‌ها",
    "recording": "خوانده‌شده از گفت‌وگوی ضبط‌شده",
}
_NUMBERED = re.compile(r"(content_time_stamp|time_stamp|archive_time_stamp|counter_signature)_([0-9]{1,4})")
_NUMBERED_CHECKS = {
    "content_time_stamp": "مهر زمانی محتوا،",
    "time_stamp": "مهر زمانی امضا،",
    "archive_time_stamp": "مهر زمانی بایگانی،",
    "counter_signature": "امضای تأیید،",
}
_DATA_GROUP = re.compile(r"(hash|format)_DG([0-9]{1,2})")
_DATA_GROUP_CHECKS = {"hash": "درستی گروه دادهٔ", "format": "ساختار گروه دادهٔ"}


def check_name(name: str) -> str:
    """Give the Persian name of a check, or its own name when it has none."""
    group = _DATA_GROUP.fullmatch(name)
    if group:
        return f"{_DATA_GROUP_CHECKS[group[1]]} {to_persian_digits(group[2])}"
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        return f"{_NUMBERED_CHECKS[numbered[1]]} {to_persian_digits(numbered[2])}"
    return _CHECKS.get(name, name)


def verdict_sentence(indication: Indication, sub_indication: SubIndication | None) -> str:
    """Give the answer and its reason in Persian, one or two sentences."""
    answer = f"این مدرک {INDICATIONS[indication]}."
    return f"{answer} {SUB_INDICATIONS[sub_indication]}" if sub_indication else answer
