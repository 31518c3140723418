"""The words for every reason that a verdict on a signature can have, English and Persian."""

from __future__ import annotations

from dataclasses import dataclass

from smartid.trust.verdict import Indication, SubIndication


@dataclass(frozen=True, slots=True)
class Words:
    """One reason in both languages: what it means, and what a person can do next."""

    why: str
    todo: str
    why_fa: str
    todo_fa: str


REASONS: dict[SubIndication, Words] = {
    SubIndication.FORMAT_FAILURE: Words(
        "The bytes of the signature break the format, so nothing can be concluded from it.",
        "Ask the sender for the file again.",
        "ساختار امضا درست نیست و از آن چیزی برنمی‌آید.",
        "فایل را دوباره از فرستنده بخواهید.",
    ),
    SubIndication.HASH_FAILURE: Words(
        "The document was changed after it was signed, or it is not the one that was signed.",
        "Do not rely on it; ask the signer for the original.",
        "سند پس از امضا تغییر کرده است، یا سندی نیست که امضا شده بود.",
        "به آن تکیه نکنید و اصل سند را از امضاکننده بخواهید.",
    ),
    SubIndication.SIG_CRYPTO_FAILURE: Words(
        "The key in the certificate did not make this signature.",
        "Do not rely on it; ask the signer to sign again.",
        "این امضا با کلید این گواهی ساخته نشده است.",
        "به آن تکیه نکنید و از امضاکننده بخواهید دوباره امضا کند.",
    ),
    SubIndication.REVOKED: Words(
        "The certificate was revoked before the document was signed.",
        "Do not rely on it; ask the signer to sign again with a valid certificate.",
        "گواهی پیش از امضای سند باطل شده بود.",
        "به آن تکیه نکنید و امضای تازه‌ای با گواهی معتبر بخواهید.",
    ),
    SubIndication.EXPIRED: Words(
        "The certificate had expired before the document was signed.",
        "Ask the signer to sign again with a valid certificate.",
        "مدت گواهی پیش از امضای سند گذشته بود.",
        "امضای تازه‌ای با گواهی معتبر بخواهید.",
    ),
    SubIndication.NOT_YET_VALID: Words(
        "The document was signed before the certificate became valid.",
        "Ask the signer to sign again, and check the clocks.",
        "سند پیش از آغاز اعتبار گواهی امضا شده است.",
        "ساعت دستگاه‌ها را بررسی کنید و امضای تازه بخواهید.",
    ),
    SubIndication.SIG_CONSTRAINTS_FAILURE: Words(
        "The signature itself is sound, but it is not of the kind that the rules ask for.",
        "Ask for a signature that was made for this purpose.",
        "خود امضا درست است، ولی از آن گونه نیست که قواعد می‌خواهند.",
        "امضایی بخواهید که برای همین کار ساخته شده باشد.",
    ),
    SubIndication.CHAIN_CONSTRAINTS_FAILURE: Words(
        "A certificate on the way to the trust anchor may not be used for this.",
        "Ask the signer for a signature with a certificate meant for documents.",
        "یکی از گواهی‌های مسیر اعتماد برای این کار صادر نشده است.",
        "امضایی بخواهید که گواهی آن برای امضای سند صادر شده باشد.",
    ),
    SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE: Words(
        "The certificates that lead to the trust anchor could not be checked.",
        "Ask the issuer of the certificate about it.",
        "گواهی‌هایی که به ریشهٔ اعتماد می‌رسند بررسی‌پذیر نبودند.",
        "از صادرکنندهٔ گواهی بپرسید.",
    ),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE: Words(
        "It rests on an algorithm or a key that is no longer strong enough.",
        "Ask for a new signature with a present-day algorithm.",
        "بر الگوریتم یا کلیدی استوار است که دیگر به اندازهٔ کافی امن نیست.",
        "امضای تازه‌ای با الگوریتم امروزی بخواهید.",
    ),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: Words(
        "The certificate of the signer is not in the document.",
        "Ask the signer for the certificate, or for a signature that holds it.",
        "گواهی امضاکننده در سند نیست.",
        "گواهی را از امضاکننده بخواهید، یا امضایی که گواهی در آن باشد.",
    ),
    SubIndication.NO_CERTIFICATE_CHAIN_FOUND: Words(
        "The certificate does not lead to any anchor that you trust.",
        "If you do trust its issuer, put the issuer's certificates, the root and those below it, into your "
        "trust store (--trust DIR).",
        "گواهی به هیچ ریشه‌ای که به آن اعتماد دارید نمی‌رسد.",
        "اگر به صادرکننده اعتماد دارید، گواهی‌های آن، ریشه و میانی، را به انبار اعتماد بیفزایید "
        "(\u2068--trust DIR\u2069).",
    ),
    SubIndication.SIGNED_DATA_NOT_FOUND: Words(
        "The signature stands alone: the document that it is about is not here.",
        "Give the document too (--content FILE).",
        "این امضا جدا از سند است و خود سند در دست نیست.",
        "سند را هم بدهید (\u2068--content FILE\u2069).",
    ),
    SubIndication.REVOKED_NO_POE: Words(
        "The certificate is revoked, and nothing proves that the signature was made before that. "
        "It may have been.",
        "Look for a time stamp from before the revocation, or ask for a new signature.",
        "گواهی باطل شده است و چیزی ثابت نمی‌کند که امضا پیش از ابطال بوده است؛ شاید بوده باشد.",
        "مهر زمانی پیش از ابطال را بجویید، یا امضای تازه بخواهید.",
    ),
    SubIndication.REVOKED_CA_NO_POE: Words(
        "An authority's certificate is revoked, and nothing proves that the signature was made before that.",
        "Ask the authority from when on its certificates do not count, or ask for a new signature.",
        "گواهی یکی از مراجع صدور باطل شده است و ثابت نیست که امضا پیش از آن بوده باشد.",
        "از مرجع صدور بپرسید گواهی‌هایش از چه زمانی بی‌اعتبارند، یا امضای تازه بخواهید.",
    ),
    SubIndication.OUT_OF_BOUNDS_NO_POE: Words(
        "The certificate is not valid at this time, and nothing proves that it was at the time of signing.",
        "Look for a time stamp from the time of signing, or ask for a new signature.",
        "گواهی در این زمان اعتبار ندارد و ثابت نیست که امضا در مدت اعتبار آن ساخته شده باشد.",
        "مهر زمانی هنگام امضا را بجویید، یا امضای تازه بخواهید.",
    ),
    SubIndication.OUT_OF_BOUNDS_NOT_REVOKED: Words(
        "The certificate was not revoked, but it has expired, and the time of signing is not proved.",
        "Look for a time stamp from the time of signing, or ask for a new signature.",
        "گواهی باطل نشده، ولی مدت آن گذشته است و زمان امضا ثابت نیست.",
        "مهر زمانی هنگام امضا را بجویید، یا امضای تازه بخواهید.",
    ),
    SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE: Words(
        "What is known of revocation was signed with a certificate that is out of its time.",
        "Get a fresh revocation list or answer and verify again.",
        "دادهٔ ابطال با گواهی‌ای امضا شده که مدت آن گذشته است.",
        "فهرست ابطال تازه‌ای بگیرید و دوباره وارسی کنید.",
    ),
    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: Words(
        "An algorithm is too weak by now, and nothing proves that the signature is from before that.",
        "Look for a time stamp from that time, or ask for a new signature.",
        "الگوریتم دیگر امن نیست و ثابت نیست که امضا از زمانی باشد که امن بود.",
        "مهر زمانی آن دوره را بجویید، یا امضای تازه بخواهید.",
    ),
    SubIndication.TIMESTAMP_ORDER_FAILURE: Words(
        "The time stamps contradict each other: a later one is dated before an earlier one.",
        "Ask the signer how the file came about; do not rely on its times.",
        "مهرهای زمانی با هم نمی‌خوانند: مهر پسین تاریخی پیش از مهر پیشین دارد.",
        "از امضاکننده بپرسید فایل چگونه ساخته شده است و به زمان‌های آن تکیه نکنید.",
    ),
    SubIndication.NO_POE: Words(
        "Nothing proves that this object existed at the time for which it is needed.",
        "Look for a time stamp over it, or ask for a new signature.",
        "چیزی ثابت نمی‌کند که این داده در زمان لازم وجود داشته است.",
        "مهر زمانی آن را بجویید، یا امضای تازه بخواهید.",
    ),
    SubIndication.TRY_LATER: Words(
        "Whether the certificate was revoked is not known: nothing fresh says so.",
        "Verify again with --online, or put a fresh revocation list beside the anchors.",
        "دانسته نیست که گواهی باطل شده است یا نه؛ دادهٔ تازه‌ای در دست نیست.",
        "با \u2068--online\u2069 دوباره وارسی کنید، یا فهرست ابطال تازه را کنار ریشه‌ها بگذارید.",
    ),
}
"""Every reason that a verdict can have."""

ANSWERS: dict[Indication, tuple[str, str]] = {
    Indication.TOTAL_PASSED: ("The signature is valid.", "امضا معتبر است."),
    Indication.INDETERMINATE: (
        "It cannot be decided whether the signature is valid.",
        "نمی‌توان گفت که امضا معتبر است یا نه.",
    ),
    Indication.TOTAL_FAILED: ("The signature is not valid.", "امضا معتبر نیست."),
}
"""The answers alone, English and Persian."""
