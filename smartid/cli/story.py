"""The words of the tour, in English and Persian."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Title and text of one step, in both languages."""

    title: str
    title_fa: str
    text: str
    text_fa: str


STORY: dict[str, Part] = {
    "cards": Part(
        "Two cards are made",
        "دو کارت ساخته می‌شود",
        "A throw-away national PKI is drawn at random. It issues a card to Sara, who does not exist, and "
        "a forger copies every file of Reza's card onto a chip of his own.",
        "یک زیرساخت کلید ملی دورریختنی به تصادف ساخته می‌شود و برای سارا، که وجود خارجی ندارد، "
        "کارتی صادر می‌کند. جاعلی هم همهٔ فایل‌های کارت رضا را روی تراشهٔ خودش رونویسی می‌کند.",
    ),
    "reader": Part(
        "Sara's card goes into a reader",
        "کارت سارا در کارت‌خوان",
        "A private pcscd is started, with a virtual reader and without root. The card dials the reader over "
        "TCP; any PC/SC program sees it as a real one.",
        "یک سرویس pcscd خصوصی با کارت‌خوان مجازی و بدون دسترسی مدیر آغاز می‌شود. هر برنامهٔ PC/SC این کارت را "
        "مانند کارتی واقعی می‌بیند.",
    ),
    "read": Part(
        "The card is read and judged",
        "کارت خوانده و سنجیده می‌شود",
        "What a card says is a claim. The issuer's signature, a digest for each file and a challenge to the "
        "chip make it evidence; an anchor that you trust makes it a fact.",
        "آنچه کارت می‌گوید ادعاست. امضای صادرکننده، چکیدهٔ هر فایل و پاسخ تراشه به پرسش تصادفی آن را به مدرک "
        "بدل می‌کند و ریشه‌ای که به آن اعتماد دارید، به واقعیت.",
    ),
    "login": Part(
        "Sara logs in",
        "سارا وارد می‌شود",
        "A site sends 32 random bytes. The identity PIN permits the authentication key to sign them together "
        "with the site's address; the certificate tells whose answer it is, and the answer is good once.",
        "سایت ۳۲ بایت تصادفی می‌فرستد. با رمز هویت، کلید احراز هویت آن را همراه نشانی سایت امضا می‌کند. گواهی "
        "می‌گوید پاسخ از آنِ کیست و هر پاسخ تنها یک بار پذیرفته می‌شود.",
    ),
    "sign": Part(
        "Sara signs a sentence",
        "سارا جمله‌ای را امضا می‌کند",
        "Another PIN, another key: the signature key signs once for each time its PIN is presented.",
        "رمزی دیگر و کلیدی دیگر: کلید امضا با هر بار وارد کردن رمز، تنها یک بار امضا می‌کند.",
    ),
    "verify": Part(
        "Anyone verifies it, without a card",
        "هر کسی آن را وارسی می‌کند، بی‌نیاز به کارت",
        "The signature leads to Sara's certificate, and that to an anchor. Then one digit is changed, "
        "and the same signature is about another text.",
        "امضا به گواهی سارا می‌رسد و گواهی به ریشهٔ اعتماد. سپس یک رقم تغییر می‌کند و همان امضا دیگر از آنِ "
        "این متن نیست.",
    ),
    "wrong_pin": Part(
        "A wrong PIN is counted",
        "رمز نادرست شمرده می‌شود",
        "The chip takes a try away before it compares. smartid asks how many are left without spending one, "
        "and never spends the last one by itself.",
        "تراشه پیش از مقایسه یکی از فرصت‌ها را کم می‌کند. smartid شمار فرصت‌ها را بی‌هزینه می‌پرسد و هرگز آخرین "
        "فرصت را سرخود خرج نمی‌کند.",
    ),
    "pay": Part(
        "Sara pays for bread",
        "سارا نان می‌خرد",
        "A third key is for transactions alone. It signs amount, payee and the hash of the sentence that "
        "Sara was shown; nobody can turn that into a login, a contract or another amount.",
        "کلید سوم تنها برای تراکنش است. مبلغ، گیرنده و چکیدهٔ جمله‌ای را که سارا دیده است امضا می‌کند و هیچ‌کس "
        "نمی‌تواند از آن ورود، قرارداد یا مبلغ دیگری بسازد.",
    ),
    "clone": Part(
        "The copy is caught",
        "رونوشت شناخته می‌شود",
        "Sara's card leaves the reader and the forger's comes in. Every file on it is Reza's, byte for byte, "
        "and signed by the issuer; only the chip cannot answer.",
        "کارت سارا بیرون می‌آید و کارت جاعل وارد می‌شود. هر فایل آن، بایت به بایت، از آنِ رضاست و امضای "
        "صادرکننده را دارد؛ تنها تراشه نمی‌تواند پاسخ بدهد.",
    ),
}

LABELS_FA: dict[str, str] = {
    "anchors": "ریشه‌های اعتماد",
    "reader": "کارت‌خوان",
    "atr": "ATR",
    "profile": "نوع کارت",
    "name": "نام",
    "national_number": "شمارهٔ ملی",
    "portrait": "تصویر",
    "verdict": "نتیجه",
    "throw_away": "هشدار",
    "challenge": "پرسش تصادفی",
    "algorithm": "پاسخ",
    "holder": "سایت می‌داند",
    "replayed": "همان پاسخ، بار دوم",
    "sentence": "جمله",
    "signature": "امضا",
    "document": "سند",
    "changed": "با یک رقم دیگر",
    "changed_document": "سند تغییریافته",
    "wrong": "کارت",
    "tries_left": "پس از رمز درست",
    "asked": "سارا می‌بیند",
    "agreed": "کارت",
    "ten_times": "ده برابر",
    "receipt": "رسید",
    "paid_once": "همان پرداخت، بار دوم",
    "chip_response": "پاسخ تراشه",
    "chip_authentication": "اصالت تراشه",
}
"""Persian labels of the outcomes."""
CAUGHT_FA: dict[str, str] = {
    "chip_response": "کار کلید امضاشده نیست: این تراشه آن نیست که صادر شد",
    "chip_authentication": "تراشه نشان نداد که کلید امضاشده را دارد",
}
"""What the checks say that catch the copy."""
FAREWELL = (
    "The cards are out of the reader, and nothing is left running. Next: smartid mock list, "
    "smartid mock new sara, smartid doctor.",
    "کارت‌ها بیرون‌اند و چیزی در حال اجرا نیست. گام بعدی: smartid mock list",
)
KEPT = ("The cards and the trust anchors are in", "کارت‌ها و ریشه‌های اعتماد اینجاست:")
SENTENCE = "سارا احمدی با انتقال ۱۲۳٬۴۵۶ ریال موافق است."
"""What the tour signs: "Sara Ahmadi agrees to the transfer of 123,456 rials"."""
