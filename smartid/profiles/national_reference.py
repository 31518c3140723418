"""A complete national card built from published standards alone: something whole to work with.

Travel-document data structure of ICAO Doc 9303-10:2021, a directory of ISO/IEC 7816-15:2016, commands of
ISO/IEC 7816-4:2020 and 7816-8:2021. An issuer changes it with ``dataclasses.replace``.

Where the standards leave a number to the card (algorithm references, operating-system data objects), the
values of the open card operating system OsEID are used, so that programs for PKCS#11 and PKCS#15 that know it
need no driver of ours.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import xor

from smartid.crypto.signature import SignatureAlgorithm
from smartid.identity.model import Field, Purpose
from smartid.iso7816.atr import ATRPattern
from smartid.iso7816.files import AID
from smartid.profiles.base import (
    AccessMethod,
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
    after_pin,
)
from smartid.profiles.stored_value import FUEL, PURSE

LDS_AID = AID.parse("A0000002471001")
PKCS15_AID = AID.parse("A000000063504B43532D3135")
SERVICES_AID = AID.parse("F0534D415254494401")
"""Proprietary, without registration (ISO/IEC 7816-5:2004): F0, "SMARTID", 01."""


def _atr(generation: int) -> bytes:
    """An ATR for T=1 whose country object ends with the generation of the card.

    Historical bytes (ISO/IEC 7816-4:2020, 12.1.1)::

        80           category: compact-TLV objects
        73 F6 21 D3  selection by name, path, identifier; chaining, extended length, 4 channels
        12 36 4g     country 364 (Iran, ISO 3166-1 numeric), national data g = generation
        55 "OsEID"   issuer's data
    """
    historical = bytes.fromhex("80 73F621D3 1236") + bytes((0x40 | generation,)) + b"\x55OsEID"
    body = bytes.fromhex("9E968131FE45") + historical
    return b"\x3b" + body + bytes((reduce(xor, body),))


ATR_P384 = _atr(1)
ATR_RSA = _atr(2)


def _lds(name: str, short_id: int, content: Content, *fields: Field, file_id: int | None = None) -> FileSpec:
    return FileSpec(
        name=name,
        file_id=file_id or 0x0100 | short_id,
        short_id=short_id,
        content=content,
        method=ReadMethod.SHORT_ID,
        fields=frozenset(fields),
    )


LDS = Application(
    name="lds",
    aid=LDS_AID,
    title="ICAO travel-document application (LDS 1.7)",
    contactless=AccessMethod.PACE,
    files=(
        _lds("EF.COM", 0x1E, Content.EF_COM, file_id=0x011E),
        _lds("EF.SOD", 0x1D, Content.EF_SOD, file_id=0x011D),
        _lds(
            "DG1",
            0x01,
            Content.DG1,
            Field.DOCUMENT_NUMBER,
            Field.FAMILY_NAME_LATIN,
            Field.GIVEN_NAMES_LATIN,
            Field.BIRTH_DATE,
            Field.SEX,
            Field.EXPIRY_DATE,
            Field.NATIONALITY,
        ),
        _lds("DG2", 0x02, Content.DG2, Field.PORTRAIT),
        _lds(
            "DG11",
            0x0B,
            Content.DG11_FATHER,
            Field.FAMILY_NAME,
            Field.GIVEN_NAMES,
            Field.FATHER_NAME,
            Field.BIRTH_PLACE,
            Field.BIRTH_DATE,
            Field.NATIONAL_NUMBER,
        ),
        _lds("DG12", 0x0C, Content.DG12, Field.ISSUING_AUTHORITY, Field.ISSUE_DATE),
        replace(
            _lds("DG13", 0x0D, Content.DG13, Field.ADDRESS, Field.POSTAL_CODE, Field.REGISTRATION_NUMBER),
            read=after_pin("identity"),
        ),
        _lds("DG14", 0x0E, Content.DG14),
        _lds("DG15", 0x0F, Content.DG15),
    ),
    keys=(
        KeySpec(
            name="chip",
            title="Chip authentication key",
            title_fa="کلید اصالت تراشه",
            purpose=Purpose.CARD_AUTHENTICATION,
            type=KeyType.P384,
            reference=0x0F,
            signing=Signing.ACTIVE_AUTHENTICATION,
            algorithms={SignatureAlgorithm.ES384: 0x00},
        ),
    ),
)

MASTER_FILE = Application(
    name="master file",
    aid=None,
    title="Master file",
    files=(FileSpec(name="EF.DIR", file_id=0x2F00, content=Content.EF_DIR, framed=False),),
    data_objects=(
        DataObjectSpec(
            name="applet info",
            tag=0x01A0,
            content=Content.APPLET_INFO,
            size=20,
            fields=frozenset({Field.CARD_SERIAL_NUMBER}),
        ),
        DataObjectSpec(name="card capabilities", tag=0x01AA, content=Content.CARD_CAPABILITIES, size=11),
    ),
    pins=(
        PINSpec(
            name="identity",
            title="Identity PIN",
            title_fa="رمز هویت",
            reference=0x01,
            min_length=4,
            max_length=8,
            block_size=8,
            unblocked_by="puk",
        ),
        PINSpec(
            name="signature",
            title="Signature PIN",
            title_fa="رمز امضا",
            reference=0x02,
            min_length=6,
            max_length=8,
            block_size=8,
            unblocked_by="puk",
        ),
        PINSpec(
            name="puk",
            title="PUK",
            title_fa="رمز بازگشایی",
            reference=0x03,
            min_length=8,
            max_length=8,
            block_size=8,
            tries=10,
        ),
    ),
)


def _certificate(key: str, file_id: int) -> FileSpec:
    return FileSpec(
        name=f"{key} certificate",
        file_id=file_id,
        content=Content.CERTIFICATE,
        key=key,
        fields=frozenset({Field.CERTIFICATES}),
    )


EC = {SignatureAlgorithm.ES384: 0x04}
RSA = {SignatureAlgorithm.RS256: 0x02, SignatureAlgorithm.RS384: 0x02, SignatureAlgorithm.RS512: 0x02}

AUTHENTICATION = KeySpec(
    name="authentication",
    title="Authentication key",
    title_fa="کلید احراز هویت",
    purpose=Purpose.AUTHENTICATION,
    type=KeyType.P384,
    reference=0x01,
    file_id=0x4B01,
    signing=Signing.INTERNAL_AUTHENTICATE,
    algorithms=EC,
    pin="identity",
)
SIGNATURE = KeySpec(
    name="signature",
    title="Signature key",
    title_fa="کلید امضا",
    purpose=Purpose.SIGNATURE,
    type=KeyType.P384,
    reference=0x02,
    file_id=0x4B02,
    algorithms=EC,
    pin="signature",
    pin_each_use=True,
)
DECIPHERMENT = KeySpec(
    name="decipherment",
    title="Decipherment key",
    title_fa="کلید رمزگشایی",
    purpose=Purpose.KEY_MANAGEMENT,
    type=KeyType.P384,
    reference=0x03,
    file_id=0x4B03,
    signing=Signing.NONE,
    decipher_ref=0x04,
    pin="identity",
)

PKCS15 = Application(
    name="pkcs15",
    aid=PKCS15_AID,
    file_id=0x5015,
    title="Cryptographic information application (ISO/IEC 7816-15)",
    files=(
        FileSpec(name="EF.ODF", file_id=0x5031, content=Content.EF_ODF, framed=False),
        FileSpec(name="EF.CIAInfo", file_id=0x5032, content=Content.EF_TOKEN_INFO),
        FileSpec(name="EF.AOD", file_id=0x4401, content=Content.EF_AODF, framed=False),
        FileSpec(name="EF.PrKD", file_id=0x4402, content=Content.EF_PRKDF, framed=False),
        FileSpec(name="EF.CD", file_id=0x4403, content=Content.EF_CDF, framed=False),
        _certificate("authentication", 0x4331),
        _certificate("signature", 0x4332),
        _certificate("decipherment", 0x4333),
    ),
    keys=(AUTHENTICATION, SIGNATURE, DECIPHERMENT),
)

TRANSACTION = KeySpec(
    name="transaction",
    title="Transaction key",
    title_fa="کلید تراکنش",
    purpose=Purpose.TRANSACTION,
    type=KeyType.P256,
    reference=0x04,
    algorithms={SignatureAlgorithm.ES256: 0x04},
    pin="identity",
)
SERVICES = Application(
    name="services",
    aid=SERVICES_AID,
    title="Services: the key that agrees to transactions",
    files=(_certificate("transaction", 0x4341),),
    keys=(TRANSACTION,),
)
"""Outside of the directory of ISO/IEC 7816-15: no PKCS#11 program offers its key for logins or documents."""

NATIONAL_REFERENCE = CardProfile(
    name="national_reference",
    title="National reference card (P-384 keys)",
    title_fa="کارت ملی مرجع (کلیدهای P-384)",
    country="IRN",
    atrs=(ATRPattern(ATR_P384.hex().upper()),),
    probes=("lds", "pkcs15"),
    applications=(LDS, PKCS15, SERVICES, PURSE, FUEL, MASTER_FILE),
    mock_atr=ATR_P384,
    quirks=(
        "DG13 (address, postal code, registration number) is readable after the identity PIN only.",
        "The signature key wants the signature PIN before each signature.",
        "The transaction key is outside of the directory: it agrees to transactions and does nothing else.",
        "Over the air the travel-document application opens with PACE; on the contacts it is free.",
        "Purse and fuel quota tell their balances to anybody; docs/reference/purse.md has their commands.",
    ),
    sources=(
        "ICAO Doc 9303 parts 3, 5, 10, 11 and 12, 8th edition (2021)",
        "ISO/IEC 7816-4:2020, 7816-8:2021 and 7816-15:2016",
        "OsEID card operating system, public documentation (algorithm references, GET DATA 01A0 and 01AA)",
    ),
)


def _rsa(key: KeySpec) -> KeySpec:
    algorithms = RSA if key.algorithms else {}
    return replace(
        key,
        type=KeyType.RSA2048,
        algorithms=algorithms,
        decipher_ref=0x02 if key.decipher_ref is not None else None,
    )


_TRANSACTION_RSA = replace(TRANSACTION, type=KeyType.RSA2048, algorithms={SignatureAlgorithm.RS256: 0x02})
_CHIP_RSA = replace(LDS.keys[0], type=KeyType.RSA2048, algorithms={SignatureAlgorithm.RS256: 0x00})

NATIONAL_REFERENCE_RSA = replace(
    NATIONAL_REFERENCE,
    name="national_reference_rsa",
    title="National reference card (RSA-2048 keys)",
    title_fa="کارت ملی مرجع (کلیدهای RSA-2048)",
    atrs=(ATRPattern(ATR_RSA.hex().upper()),),
    mock_atr=ATR_RSA,
    applications=(
        replace(LDS, keys=(_CHIP_RSA,)),
        replace(PKCS15, keys=tuple(_rsa(key) for key in PKCS15.keys)),
        replace(SERVICES, keys=(_TRANSACTION_RSA,)),
        PURSE,
        FUEL,
        MASTER_FILE,
    ),
)
