"""Why a service says no, in Persian and in English, with what a person can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from smartid.services.reasons import Reason


@dataclass(frozen=True, slots=True)
class Words:
    """One reason in one language: what happened, and what can be done."""

    sentence: str
    remedy: str


def sentence(reason: str) -> tuple[str, str]:
    """Give what happened, in Persian and in English."""
    persian, english = _WORDS[Reason(reason)]
    return persian.sentence, english.sentence


def remedy(reason: str) -> tuple[str, str]:
    """Give what a person can do, in Persian and in English."""
    persian, english = _WORDS[Reason(reason)]
    return persian.remedy, english.remedy


def table() -> str:
    """Draw all reasons as a table in Markdown, for ``docs/reference/refusals.md``."""
    lines = ["| code | English | Persian |", "|---|---|---|"]
    for reason in Reason:
        persian, english = _WORDS[reason]
        lines.append(
            f"| `{reason}` | {english.sentence} {english.remedy}"
            f' | <span dir="rtl" lang="fa">{persian.sentence} {persian.remedy}</span> |'
        )
    return "\n".join(lines)


_TEXTS = {
    Reason.DECLINED: (
        ("درخواست پذیرفته نشد.", "با پذیرنده یا بانک خود تماس بگیرید."),
        ("The request was declined.", "Ask the service or the bank."),
    ),
    Reason.NEEDS_ONLINE: (
        ("این کار بدون ارتباط با مرکز انجام نمی‌شود.", "جایی که ارتباط برقرار است دوباره امتحان کنید."),
        ("This cannot be done without a connection.", "Try again where there is one."),
    ),
    Reason.NEEDS_PIN: (
        ("کارت و رمز آن لازم است.", "کارت را در دستگاه بگذارید و رمز را وارد کنید."),
        ("The card and its PIN are needed.", "Put in the card and enter the PIN."),
    ),
    Reason.NEEDS_CONSENT: (
        ("دارندهٔ کارت هنوز موافقت نکرده است.", "متن روی صفحه را بخوانید و با کارت تأیید کنید."),
        ("The holder has not agreed yet.", "Read the sentence on the screen and agree with the card."),
    ),
    Reason.CARD_REMOVED: (
        ("کارت پیش از پایان کار برداشته شد.", "همان کارت را دوباره بگذارید تا کار تمام شود."),
        ("The card was removed too early.", "Put in the same card again, so that it can be finished."),
    ),
    Reason.CARD_BLOCKED: (
        ("کارت مسدود است.", "به صادرکنندهٔ کارت مراجعه کنید."),
        ("The card is blocked.", "Ask its issuer."),
    ),
    Reason.CARD_REVOKED: (
        ("گواهی کارت باطل شده است.", "کارت تازه‌ای بگیرید."),
        ("The certificate of the card was revoked.", "Get a new card."),
    ),
    Reason.CARD_EXPIRED: (
        ("اعتبار کارت تمام شده یا هنوز آغاز نشده است.", "تاریخ کارت را ببینید و آن را تمدید کنید."),
        ("The card is not valid at this time.", "Look at its dates, and renew it."),
    ),
    Reason.STATUS_STALE: (
        ("وضعیت کارت معلوم نیست، چون فهرست‌ها کهنه‌اند.", "پس از به‌روز شدن فهرست‌ها دوباره امتحان کنید."),
        ("The status of the card is not known: the lists are too old.", "Try again when they are renewed."),
    ),
    Reason.DENYLISTED: (
        ("این کارت در فهرست کارت‌های ردشده است.", "به صادرکنندهٔ کارت مراجعه کنید."),
        ("The card is on the list of those to refuse.", "Ask its issuer."),
    ),
    Reason.LIMIT_EXCEEDED: (
        ("این مبلغ یا مقدار از سقف مجاز بیشتر است.", "مقدار کمتری بخواهید یا تا باز شدن سقف صبر کنید."),
        ("It is more than the limit allows.", "Ask for less, or wait until the limit opens again."),
    ),
    Reason.COOL_DOWN: (
        ("از استفادهٔ پیشین این کارت زمان کافی نگذشته است.", "کمی صبر کنید."),
        ("The card was used too short a time ago.", "Wait a little."),
    ),
    Reason.INSUFFICIENT: (
        ("موجودی کافی نیست.", "موجودی را افزایش دهید یا مقدار کمتری بخواهید."),
        ("There is not enough left.", "Top up, or ask for less."),
    ),
    Reason.CONFLICT: (
        ("این شناسه پیش‌تر برای درخواست دیگری به کار رفته است.", "برای درخواست تازه شناسهٔ تازه بسازید."),
        ("The key was used for something else.", "Use a new key for a new request."),
    ),
    Reason.IN_PROGRESS: (
        ("همین درخواست هنوز در حال انجام است.", "چند لحظه صبر کنید و نتیجه را بپرسید."),
        ("The same request is still being carried out.", "Wait a moment and ask for its outcome."),
    ),
    Reason.WRONG_STATE: (
        ("این کار در وضعیت کنونی ممکن نیست.", "نخست وضعیت پرونده را ببینید."),
        ("This is not possible in the present state.", "Look at the case first."),
    ),
    Reason.QUOTE_EXPIRED: (
        ("مهلت این پیشنهاد گذشته است.", "دوباره قیمت بگیرید."),
        ("The offer does not stand any more.", "Ask for a new one."),
    ),
    Reason.PEER_TIMEOUT: (
        ("طرف مقابل پاسخ نداد و نتیجه معلوم نیست.", "دوباره پرداخت نکنید؛ نتیجه خودکار روشن می‌شود."),
        (
            "The other side did not answer; the outcome is not known.",
            "Do not pay again; it clears up.",
        ),
    ),
    Reason.PEER_REJECTED: (
        ("طرف مقابل درخواست را رد کرد.", "علت را از بانک یا سازمان مربوط بپرسید."),
        ("The other side rejected the request.", "Ask the bank or the office for the cause."),
    ),
    Reason.BAD_PROOF: (
        ("تأیید کارت درست نیست یا برای درخواست دیگری است.", "با همان کارت از نو آغاز کنید."),
        ("The card's agreement is wrong, or is for something else.", "Begin again with the same card."),
    ),
    Reason.POLICY_UNKNOWN: (
        ("برای این روز مقرراتی تعریف نشده است.", "پروندهٔ مقررات را به‌روز کنید."),
        ("There are no rules for this day.", "Renew the policy file."),
    ),
    Reason.INVALID_REQUEST: (
        ("درخواست نادرست است.", "مقدارها را بررسی کنید."),
        ("The request is not right.", "Check its values."),
    ),
    Reason.UNKNOWN_CASE: (
        ("چنین پرونده‌ای نیست.", "شماره را بررسی کنید."),
        ("There is no such case.", "Check the number."),
    ),
    Reason.PURSE_FULL: (
        ("کیف پول بیش از این جا ندارد.", "مبلغ کمتری شارژ کنید."),
        ("The purse holds no more.", "Load less."),
    ),
    Reason.PURSE_LOCKED: (
        ("کیف پول قفل است.", "برای باز کردن آن به صادرکننده مراجعه کنید."),
        ("The purse is locked.", "Ask its issuer to unlock it."),
    ),
    Reason.COUNTER_GAP: (
        ("شماره‌ای در میان تراکنش‌ها کم است.", "تراکنش‌های جامانده را بفرستید."),
        ("A number is missing between the transactions.", "Send those that were left behind."),
    ),
    Reason.MODULE_BATCH_FULL: (
        ("ماژول امنیتی پایانه پر شده است.", "نخست تراکنش‌های پایانه را تخلیه کنید."),
        ("The security module of the terminal is full.", "Collect its transactions first."),
    ),
    Reason.OFFLINE_LIMIT: (
        ("سقف تراکنش‌های بدون ارتباط پر شده است.", "یک بار با ارتباط برقرار استفاده کنید."),
        ("The limit for use without a connection is reached.", "Use the card once with a connection."),
    ),
    Reason.NO_QUOTA: (
        ("سهمیه‌ای باقی نمانده است.", "تا دورهٔ بعد صبر کنید یا با نرخ آزاد ادامه دهید."),
        ("No quota is left.", "Wait for the next period, or go on at the free rate."),
    ),
    Reason.WRONG_PRODUCT: (
        ("این کالا برای این کارت نیست.", "کالای دیگری انتخاب کنید."),
        ("This product is not for this card.", "Choose another one."),
    ),
    Reason.VEHICLE_MISMATCH: (
        ("کارت برای این خودرو نیست.", "کارت همان خودرو را به کار ببرید."),
        ("The card is not that of the vehicle.", "Use the card of this vehicle."),
    ),
    Reason.OUT_OF_CASH: (
        ("دستگاه پول کافی ندارد.", "مبلغ کمتر یا دستگاه دیگری را امتحان کنید."),
        ("The machine has not enough notes.", "Try a smaller amount or another machine."),
    ),
    Reason.NOT_ELIGIBLE: (
        (
            "نام شما در فهرست رأی‌دهندگان نیست یا کلید رأی شما ثبت نشده است.",
            "به حوزهٔ رأی‌گیری مراجعه کنید.",
        ),
        (
            "The person is not on the list of voters, or this voting key is not theirs.",
            "Ask the polling office.",
        ),
    ),
    Reason.LIST_FROZEN: (
        ("مهلت ثبت کلید رأی گذشته و فهرست نهایی شده است.", "می‌توانید روی کاغذ رأی بدهید."),
        ("Registration is over: the list is final.", "Vote on paper."),
    ),
    Reason.NOT_OPEN: (
        ("رأی‌گیری هنوز آغاز نشده است.", "پس از آغاز رأی‌گیری دوباره امتحان کنید."),
        ("Voting has not begun.", "Try again when it has."),
    ),
    Reason.VOTING_CLOSED: (
        ("رأی‌گیری پایان یافته است.", "آخرین رأی پذیرفته‌شدهٔ شما شمرده می‌شود."),
        ("Voting is over.", "The last ballot that was accepted counts."),
    ),
    Reason.BALLOT_INVALID: (
        ("برگهٔ رأی درست ساخته نشده است.", "برگهٔ تازه‌ای بسازید یا از دستگاه دیگری رأی بدهید."),
        ("The ballot is not well made.", "Make a new one, or vote with another device."),
    ),
    Reason.BALLOT_REPEATED: (
        ("همین برگهٔ رأی پیش‌تر به صندوق انداخته شده است.", "برای رأی دوباره برگهٔ تازه‌ای بسازید."),
        ("This very ballot was cast before.", "Make a new ballot to vote again."),
    ),
    Reason.OUT_OF_SEQUENCE: (
        (
            "شمارهٔ این رأی یا ثبت با شمارهٔ پیشین شما نمی‌خواند.",
            "فهرست رأی‌های خود را ببینید؛ اگر رأیی از شما نیست خبر دهید.",
        ),
        (
            "The number does not follow the last one of this person.",
            "Look at the list of your ballots; report one that is not yours.",
        ),
    ),
    Reason.VOTED_ON_PAPER: (
        ("شما روی کاغذ رأی داده‌اید.", "همان رأی کاغذی شمرده می‌شود."),
        ("The person voted on paper.", "The paper vote counts."),
    ),
    Reason.TOO_FEW_BALLOTS: (
        (
            "شمار رأی‌ها چنان کم است که نتیجه رأی تک‌تک افراد را آشکار می‌کند.",
            "این حوزه را با حوزهٔ دیگری یکی کنید.",
        ),
        (
            "There are so few ballots that the result would tell who voted how.",
            "Count this constituency together with another.",
        ),
    ),
}
_WORDS: Mapping[Reason, tuple[Words, Words]] = MappingProxyType(
    {reason: (Words(*persian), Words(*english)) for reason, (persian, english) in _TEXTS.items()}
)
