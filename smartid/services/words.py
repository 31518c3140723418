"""What people are told when a service says no, in Persian and in English."""

from __future__ import annotations

from collections.abc import Mapping

from smartid.services.reasons import Reason

WORDS: Mapping[Reason, tuple[str, str]] = {
    Reason.DECLINED: ("پذیرفته نشد.", "It was declined."),
    Reason.NEEDS_ONLINE: ("برای این کار باید به شبکه وصل شد.", "This needs a connection."),
    Reason.NEEDS_PIN: ("رمز کارت لازم است.", "The card's PIN is needed."),
    Reason.NEEDS_CONSENT: ("دارندهٔ کارت هنوز موافقت نکرده است.", "The holder has not agreed yet."),
    Reason.CARD_REMOVED: ("کارت زود برداشته شد؛ دوباره بگذارید.", "The card was taken away; put it back."),
    Reason.CARD_BLOCKED: ("این کارت بسته است.", "The card is blocked."),
    Reason.CARD_REVOKED: ("گواهی این کارت باطل شده است.", "The card was revoked."),
    Reason.CARD_EXPIRED: ("اعتبار این کارت گذشته است.", "The card has expired."),
    Reason.STATUS_STALE: ("وضعیت کارت را اکنون نمی‌توان پرسید.", "The card's status is not known now."),
    Reason.DENYLISTED: ("در فهرست منع است.", "It is on a list of the refused."),
    Reason.LIMIT_EXCEEDED: ("از سقف مجاز بیشتر است.", "It is above a limit."),
    Reason.COOL_DOWN: ("باید مدتی صبر کرد.", "Some time has to pass first."),
    Reason.INSUFFICIENT: ("موجودی کافی نیست.", "There is not enough."),
    Reason.CONFLICT: ("این کلید پیش‌تر برای کار دیگری به کار رفته است.", "This was used for something else."),
    Reason.IN_PROGRESS: ("در دست انجام است؛ کمی بعد بپرسید.", "It is under way; ask again soon."),
    Reason.WRONG_STATE: ("در این مرحله نمی‌شود.", "This is not possible at this stage."),
    Reason.QUOTE_EXPIRED: ("مهلت این پیشنهاد گذشته است.", "The offer is over."),
    Reason.PEER_TIMEOUT: ("طرف دیگر پاسخ نداد؛ نتیجه هنوز روشن نیست.", "The other side gave no answer yet."),
    Reason.PEER_REJECTED: ("طرف دیگر نپذیرفت.", "The other side refused."),
    Reason.BAD_PROOF: ("امضای کارت با این تراکنش نمی‌خواند.", "The card did not agree to this."),
    Reason.POLICY_UNKNOWN: ("برای این روز مقرراتی در دست نیست.", "No rules are known for this day."),
    Reason.INVALID_REQUEST: ("درخواست درست نیست.", "The request is not right."),
    Reason.UNKNOWN_CASE: ("چنین چیزی نیست.", "There is no such thing."),
    Reason.PURSE_FULL: ("کیف پول پر است.", "The purse is full."),
    Reason.PURSE_LOCKED: ("کیف پول بسته است.", "The purse is locked."),
    Reason.COUNTER_GAP: ("یک شماره جا افتاده است.", "A number is missing."),
    Reason.MODULE_BATCH_FULL: ("دستگاه باید نخست تخلیه شود.", "The terminal must be collected first."),
    Reason.OFFLINE_LIMIT: ("سقف پرداخت بی‌شبکه پر شده است.", "The limit without a connection is reached."),
    Reason.NO_QUOTA: ("سهمیه‌ای نمانده است.", "No quota is left."),
    Reason.WRONG_PRODUCT: ("این کالا با کارت نمی‌خواند.", "The card is not for this product."),
    Reason.VEHICLE_MISMATCH: ("کارت از آنِ این خودرو نیست.", "The card belongs to another vehicle."),
    Reason.OUT_OF_CASH: ("اسکناس کافی نیست.", "There are not enough notes."),
}
"""By reason: Persian, English. Complete, which a test looks after."""
