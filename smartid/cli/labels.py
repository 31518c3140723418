"""Names of the fields of an identity, in English and Persian."""

from __future__ import annotations

from smartid.identity.model import Field

LABELS: dict[Field, tuple[str, str]] = {
    Field.NATIONAL_NUMBER: ("National number", "شمارهٔ ملی"),
    Field.GIVEN_NAMES: ("Given names", "نام"),
    Field.FAMILY_NAME: ("Family name", "نام خانوادگی"),
    Field.GIVEN_NAMES_LATIN: ("Given names (Latin)", "نام (لاتین)"),
    Field.FAMILY_NAME_LATIN: ("Family name (Latin)", "نام خانوادگی (لاتین)"),
    Field.FATHER_NAME: ("Father's name", "نام پدر"),
    Field.BIRTH_DATE: ("Date of birth", "تاریخ تولد"),
    Field.BIRTH_PLACE: ("Place of birth", "محل تولد"),
    Field.SEX: ("Sex", "جنسیت"),
    Field.NATIONALITY: ("Nationality", "تابعیت"),
    Field.DOCUMENT_NUMBER: ("Document number", "شمارهٔ سند"),
    Field.CARD_SERIAL_NUMBER: ("Card serial number", "شمارهٔ سریال کارت"),
    Field.REGISTRATION_NUMBER: ("Registration number", "شمارهٔ درخواست"),
    Field.ISSUE_DATE: ("Date of issue", "تاریخ صدور"),
    Field.EXPIRY_DATE: ("Date of expiry", "تاریخ انقضا"),
    Field.ISSUING_AUTHORITY: ("Issuing authority", "مرجع صدور"),
    Field.ADDRESS: ("Address", "نشانی"),
    Field.POSTAL_CODE: ("Postal code", "کد پستی"),
    Field.PORTRAIT: ("Portrait", "تصویر چهره"),
    Field.CERTIFICATES: ("Certificates", "گواهی‌ها"),
}
"""English and Persian label of each field."""

PURPOSES: dict[str, str] = {
    "authentication": "احراز هویت",
    "signature": "امضا",
    "key management": "رمزگشایی",
    "card authentication": "اصالت کارت",
}
"""Persian names of what a certificate is for."""
