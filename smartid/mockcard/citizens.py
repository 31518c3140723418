"""Ten invented people for whom mock cards are made.

Nobody here exists. The national numbers are well formed and begin with 99, which stands for no place of
issue; postal codes, document and registration numbers are as invented as the names. What is drawn, written
and signed for these people comes from ``portrait``, ``personalize`` and ``pki``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from smartid.identity.dates import PartialDate
from smartid.identity.model import Identity, Sex

AUTHORITY = "ادارهٔ ثبت نمونه"
"""Issuing authority of every sample card: "Sample registry office"; no office of this name exists."""


class Flaw(StrEnum):
    """What is wrong with a card on purpose."""

    NONE = "nothing"
    PIN_BLOCKED = "the identity PIN has no tries left"
    REVOKED = "the certificates are revoked"
    COPIED = "the files come from another card, the keys do not"
    TAMPERED = "DG11 was changed after signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A sample citizen.

    id           short Latin name, as the command line takes it
    kind         what sets the card apart, as one word for programs
    identity     who the person is; on the card of a forger, that of the person it was copied from
    story        what the card is good for, in English; ``story_fa`` says it in Persian
    flaw         what ``issue_citizen`` does to the card
    copied_from  id of the citizen whose files a forged card carries
    """

    id: str
    kind: str = "ordinary"
    identity: Identity
    story: str
    story_fa: str
    flaw: Flaw = Flaw.NONE
    copied_from: str = ""

    @property
    def name(self) -> str:
        """Given names and family name in Latin letters."""
        return f"{self.identity.given_names_latin} {self.identity.family_name_latin}"

    @property
    def name_fa(self) -> str:
        """Given names and family name in Persian."""
        return f"{self.identity.given_names} {self.identity.family_name}"


def _person(
    names: str,
    *,
    numbers: str,
    sex: Sex,
    born: str,
    place: str,
    address: str,
    issued: str,
    expires: str,
) -> Identity:
    """A person from compact notes.

    names    given and family name in Persian, in Latin letters, and the father's name, separated by " | "
    numbers  national number, postal code, document number, registration number, card serial number
    """
    given, family, given_latin, family_latin, father = names.split(" | ")
    national, postal, document, registration, serial = numbers.split()
    return Identity(
        national_number=national,
        given_names=given,
        family_name=family,
        given_names_latin=given_latin,
        family_name_latin=family_latin,
        father_name=father,
        birth_date=PartialDate.of(date.fromisoformat(born)),
        birth_place=place,
        sex=sex,
        nationality="IRN",
        document_number=document,
        card_serial_number=serial,
        registration_number=registration,
        issue_date=date.fromisoformat(issued),
        expiry_date=date.fromisoformat(expires),
        issuing_authority=AUTHORITY,
        address=address,
        postal_code=postal,
    )


_SARA = Citizen(
    id="sara",
    story="An ordinary woman: everything on her card is in order.",
    story_fa="زنی با کارتی معمولی: همه‌چیز در کارت او درست است.",
    identity=_person(
        "سارا | احمدی | Sara | Ahmadi | محمود",
        numbers="9942400801 4333145663 G74610404 9084644488 36409018364714234537",
        sex=Sex.FEMALE,
        born="1991-07-14",
        place="تهران",
        address="تهران، خیابان نارون، کوچهٔ سوم، پلاک ۱۲",
        issued="2025-10-05",
        expires="2032-10-05",
    ),
)
_REZA = Citizen(
    id="reza",
    story="An ordinary man: everything on his card is in order.",
    story_fa="مردی با کارتی معمولی: همه‌چیز در کارت او درست است.",
    identity=_person(
        "رضا | کریمی | Reza | Karimi | حسین",
        numbers="9900407040 4163369534 K15744851 9011701417 36409619117248516076",
        sex=Sex.MALE,
        born="1978-02-11",
        place="اصفهان",
        address="اصفهان، خیابان چنار، بن‌بست یاس، پلاک ۷",
        issued="2025-11-16",
        expires="2032-11-16",
    ),
)
_MARYAM = Citizen(
    id="maryam",
    kind="blocked-pin",
    flaw=Flaw.PIN_BLOCKED,
    story="Her identity PIN is blocked after three wrong tries; the PUK unblocks it where the card has one.",
    story_fa="رمز هویت او پس از سه بار ورود نادرست بسته شده است؛ با رمز بازگشایی، اگر باشد، باز می‌شود.",
    identity=_person(
        "مریم | حسینی | Maryam | Hosseini | علی",
        numbers="9978796584 3331193765 N10240653 9013400909 36403819719456777062",
        sex=Sex.FEMALE,
        born="1985-03-21",
        place="شیراز",
        address="شیراز، بلوار بهار نارنج، ساختمان سرو، واحد ۴",
        issued="2025-09-23",
        expires="2032-09-23",
    ),
)
_HAMID = Citizen(
    id="hamid",
    kind="expired",
    story="His card expired in 2025, and with it the certificates.",
    story_fa="کارت او در سال ۱۴۰۴ منقضی شده است و گواهی‌ها هم با آن.",
    identity=_person(
        "حمید | رستمی | Hamid | Rostami | یوسف",
        numbers="9955176261 1176199614 M84163792 9074095434 36402188393104909563",
        sex=Sex.MALE,
        born="1959-12-30",
        place="کرمانشاه",
        address="کرمانشاه، میدان گندم، خیابان آسیاب، پلاک ۳۱",
        issued="2018-05-20",
        expires="2025-05-20",
    ),
)
_LEILA = Citizen(
    id="leila",
    kind="revoked",
    flaw=Flaw.REVOKED,
    story="Born abroad; she reported her card lost, so its certificates are revoked.",
    story_fa="زادهٔ خارج از کشور؛ گم شدن کارت را گزارش کرده و گواهی‌های آن در فهرست ابطال است.",
    identity=_person(
        "لیلا | جعفری | Leila | Jafari | منوچهر",
        numbers="9958957396 7167763365 L99072746 9018568072 36400230448120943035",
        sex=Sex.FEMALE,
        born="1966-08-02",
        place="هامبورگ",
        address="رشت، خیابان باران، کوچهٔ شالیزار، پلاک ۵",
        issued="2025-06-11",
        expires="2032-06-11",
    ),
)
_KAVEH = Citizen(
    id="kaveh",
    kind="clone",
    flaw=Flaw.COPIED,
    copied_from="reza",
    story="A clone: a forger's card with copies of Reza's files, whose chip does not hold Reza's keys.",
    story_fa="جاعل: کارت او رونوشت فایل‌های رضا را دارد، ولی کلیدهای رضا در تراشهٔ آن نیست.",
    identity=_REZA.identity,
)
_NIKA = Citizen(
    id="nika",
    kind="minor",
    story="A minor in 2026: her card is in order, but she may not enter every contract.",
    story_fa="در سال ۱۴۰۵ زیر ۱۸ سال است: کارت او درست است، ولی هر قراردادی را نمی‌تواند ببندد.",
    identity=_person(
        "نیکا | رحیمی | Nika | Rahimi | سعید",
        numbers="9979107413 9913461195 K55764546 9077253493 36401120462481299210",
        sex=Sex.FEMALE,
        born="2010-04-18",
        place="تبریز",
        address="تبریز، خیابان سهند، کوچهٔ آلاله، پلاک ۱۸",
        issued="2025-11-02",
        expires="2032-11-02",
    ),
)
_AMIN = Citizen(
    id="amin",
    kind="long-name",
    story="His name is longer than the 30 characters of a machine readable zone, which shortens it.",
    story_fa="نام او از ۳۰ نویسهٔ بخش ماشین‌خوان بلندتر است و آنجا کوتاه می‌شود.",
    identity=_person(
        "سید محمدامین علیرضا | حسینی‌نژاد طباطبایی یزدی"
        " | Seyed Mohammad-Amin Alireza | Hosseininejad Tabatabaei Yazdi | سید ابوالقاسم",
        numbers="9980769424 3191317519 L63874373 9013839425 36404312242236968480",
        sex=Sex.MALE,
        born="1971-10-27",
        place="یزد",
        address="یزد، محلهٔ بادگیر، کوچهٔ قنات، پلاک ۲۴",
        issued="2025-08-30",
        expires="2032-08-30",
    ),
)
_ZAHRA = Citizen(
    id="zahra",
    kind="spelling",
    story="Her name has a zero width non-joiner and Arabic yeh and kaf: compare it normalised.",
    story_fa="نام او نیم‌فاصله دارد و با «ي» و «ك» عربی نوشته شده است: شکل یکدست‌شده را مقایسه کنید.",
    identity=_person(
        "فاطمه\u200cزهرا | علي\u200cاكبري | Fatemeh-Zahra | Ali-Akbari | كاظم",
        numbers="9943877073 3133311937 N50890608 9077384244 36407517711473194943",
        sex=Sex.FEMALE,
        born="2001-01-05",
        place="اهواز",
        address="اهواز، خیابان نخلستان، کوچهٔ دوم، پلاک ۹",
        issued="2025-12-14",
        expires="2032-12-14",
    ),
)
_BAHRAM = Citizen(
    id="bahram",
    kind="tampered",
    flaw=Flaw.TAMPERED,
    story="Somebody changed the personal details (DG11) on his card after issuing: their hash is wrong.",
    story_fa="کسی پس از صدور، مشخصات فردی (DG11) کارت او را تغییر داده است: چکیدهٔ آن نادرست است.",
    identity=_person(
        "بهرام | شریفی | Bahram | Sharifi | داریوش",
        numbers="9982127896 7471665464 J60899638 9025382641 36401274520749734402",
        sex=Sex.MALE,
        born="1948-05-09",
        place="همدان",
        address="همدان، خیابان الوند، کوچهٔ گردو، پلاک ۶",
        issued="2025-07-21",
        expires="2032-07-21",
    ),
)

CITIZENS: Mapping[str, Citizen] = {
    citizen.id: citizen
    for citizen in (_SARA, _REZA, _MARYAM, _HAMID, _LEILA, _KAVEH, _NIKA, _AMIN, _ZAHRA, _BAHRAM)
}
"""The sample citizens by id."""


def list_citizens() -> tuple[Citizen, ...]:
    """Every sample citizen, the ordinary ones first."""
    return tuple(CITIZENS.values())
