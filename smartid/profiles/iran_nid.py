"""Iran's national smart card: exactly what is public, and nothing more.

No official specification exists. What stands here comes from one independent project that studied one family
of cards ("Mav4") and partly another ("Pardis"); no trace of a real card is public. Treat it as experimental.
No command of this profile changes a card, and only VERIFY can spend a try.
"""

from __future__ import annotations

from dataclasses import replace

from smartid.identity.model import Field, Purpose
from smartid.iso7816.atr import ATRPattern
from smartid.iso7816.files import AID
from smartid.profiles.base import (
    Application,
    CardProfile,
    Content,
    DataObjectSpec,
    FileSpec,
    KeySpec,
    KeyType,
    PINSpec,
    ReadMethod,
    Signing,
)

CARD_MANAGER_AID = AID.parse("A000000018434D00")
IAS_AID = AID.parse("A0000000180C000001634200")
MPCOS_AID = AID.parse("A0000000183003010000000000000000")
PARDIS_AID = AID(b"PARDIS,MATIRAN ")
PARDIS_CARD_MANAGER_AID = AID.parse("A000000003000000")
OMID_AID = AID(b"MATIRAN ID CARD ")

MF = 0x3F00

_NOT_PUBLIC = (
    "The card gives it only to a terminal whose keys the issuer's gateway delivers; they are not public."
)
UNSUPPORTED = {
    "personal data": _NOT_PUBLIC,
    "portrait": _NOT_PUBLIC,
    "signing": "The key and algorithm references of this card are not public.",
    "authentication": "The key and algorithm references of this card are not public.",
    "PIN change": "The commands are not public, and a guess could block the card. The issuer changes it.",
    "PIN unblock": "The commands are not public, and a guess could block the card. The issuer unblocks it.",
}


def _certificate(key: str, df: int) -> FileSpec:
    return FileSpec(
        name=f"{key} certificate",
        file_id=0x5040,
        path=(MF, df),
        method=ReadMethod.PATH,
        content=Content.CERTIFICATE,
        key=key,
        fields=frozenset({Field.CERTIFICATES}),
    )


def _key(name: str, title: str, title_fa: str, purpose: Purpose) -> KeySpec:
    return KeySpec(
        name=name,
        title=title,
        title_fa=title_fa,
        purpose=purpose,
        type=KeyType.RSA2048,
        reference=0,
        signing=Signing.NONE,
    )


KEYS = (
    _key("authentication", "Authentication key", "کلید احراز هویت", Purpose.AUTHENTICATION),
    _key("signature", "Signature key", "کلید امضا", Purpose.SIGNATURE),
)

CPLC = DataObjectSpec(
    name="CPLC",
    tag=0x9F7F,
    cla=0x80,
    size=0x2D,
    content=Content.CPLC,
    fields=frozenset({Field.CARD_SERIAL_NUMBER}),
)

CARD_MANAGER = Application(
    name="card manager",
    aid=CARD_MANAGER_AID,
    title="GlobalPlatform card manager",
    select_p2=0x00,
    data_objects=(
        CPLC,
        DataObjectSpec(
            name="CRN",
            tag=0x0101,
            cla=0x80,
            size=0x15,
            content=Content.IRAN_CRN,
            fields=frozenset({Field.REGISTRATION_NUMBER}),
        ),
    ),
)

IAS = Application(
    name="ias",
    aid=IAS_AID,
    title="IAS Classic signature application",
    select_p2=0x00,
    files=(_certificate("signature", 0x5100), _certificate("authentication", 0x5000)),
    pins=(
        PINSpec(
            name="identity",
            title="ID PIN",
            title_fa="رمز هویت",
            reference=0x81,
            min_length=4,
            max_length=8,
            block_size=16,
            pad=0x00,
            changeable=False,
        ),
    ),
    keys=KEYS,
)

MPCOS = Application(
    name="mpcos",
    aid=MPCOS_AID,
    title="MPCOS data application",
    select_p2=0x00,
    files=(
        FileSpec(
            name="dates",
            file_id=0x0303,
            path=(MF, 0x0300),
            method=ReadMethod.PATH,
            content=Content.IRAN_DATES,
            framed=False,
            unit=4,
            fields=frozenset({Field.ISSUE_DATE, Field.EXPIRY_DATE}),
        ),
    ),
)

SOURCES = (
    "Iranians-Vote-Digital-Democracy/INIDOSDK, docs/Report.md (read 2025-08), facts only",
    "Iranians-Vote-Digital-Democracy/INIDCA, lib (read 2025-07), facts only",
    "LudovicRousseau/pcsc-tools, smartcard_list.txt (read 2026-06): ATRs",
)

IRAN_NID = CardProfile(
    name="iran_nid",
    title="Iranian national smart card (Mav4 family)",
    title_fa="کارت هوشمند ملی ایران (خانوادهٔ Mav4)",
    country="IRN",
    experimental=True,
    atrs=tuple(
        map(
            ATRPattern,
            (
                "3BDB97008131FE85801349524E7396715B91302F",
                "3BDB96008131FE85801349524E7396715B91302E",
                "3B7F94000080318065B0850202ED120FFF829000",
                "3B7F96000080318065B0850300EF120FFF829000",
                "3BFF9600008131FE4380318065B085040011120FFF829000E0",
                "3B781800000073C84013009000",
                "3B7D95000080318065B0850101C883019000",
            ),
        )
    ),
    probes=("ias", "card manager"),
    applications=(CARD_MANAGER, IAS, MPCOS),
    unsupported=UNSUPPORTED,
    mock_atr=bytes.fromhex("3BDB97008131FE85801349524E7396715B91302F"),
    quirks=(
        "Four of the seven ATRs belong to other cards too: only the applications decide.",
        "MPCOS counts READ BINARY offsets in units of 4 bytes.",
        "The issuer's client checks the identity PIN in three places, so one wrong entry there may spend up "
        "to three tries; this profile asks the signature application alone.",
        "Certificates end where their DER length says; what follows in the file is filling.",
    ),
    sources=SOURCES,
)

_PARDIS_MAIN = replace(
    IAS,
    name="pardis",
    aid=PARDIS_AID,
    title="Pardis main application",
    files=(_certificate("signature", 0x5100),),
    pins=(),
    keys=KEYS[1:],
)

IRAN_NID_PARDIS = replace(
    IRAN_NID,
    name="iran_nid_pardis",
    title="Iranian national smart card (Pardis family)",
    title_fa="کارت هوشمند ملی ایران (خانوادهٔ پردیس)",
    probes=("pardis",),
    applications=(
        replace(CARD_MANAGER, aid=PARDIS_CARD_MANAGER_AID, data_objects=(CPLC,)),
        _PARDIS_MAIN,
    ),
    quirks=("Its PIN applets answer through a secure channel whose keys the issuer's gateway delivers.",),
)

IRAN_NID_OMID = replace(
    IRAN_NID,
    name="iran_nid_omid",
    title="Iranian national smart card (Omid family)",
    title_fa="کارت هوشمند ملی ایران (خانوادهٔ امید)",
    probes=("omid",),
    applications=(Application(name="omid", aid=OMID_AID, title="Omid main application", select_p2=0x00),),
    unsupported={
        **UNSUPPORTED,
        "certificates": "The paths of the certificates on this family are not public.",
        "PIN status": "Its PIN applet answers through a secure channel whose keys are not public.",
    },
    quirks=("Recognised only: nothing on this family is public but its application identifier.",),
)
