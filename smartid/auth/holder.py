"""Who a certificate names: the part of an identity that an authentication certificate proves."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from smartid.identity import persian
from smartid.identity.model import Identity
from smartid.trust.certificate import GIVEN_NAME, SERIAL_NUMBER, SURNAME, Certificate, DistinguishedName

_COUNTRY = "2.5.4.6"
_HOME = "IR"
_SEMANTIC = re.compile(r"(?P<kind>[A-Z]{3})(?P<country>[A-Z]{2})-(?P<number>.+)", re.DOTALL)
"""Natural person semantics identifier (ETSI EN 319 412-1 V1.5.1, 5.1.3)."""
_PERSONAL_NUMBER = "PNO"


def holder_identity(certificate: Certificate) -> Identity:
    """Give the names and the number in the subject of a certificate; nothing else in it names a person.

    PNOIR-9942400801 and a bare number of an Iranian subject are the national number 9942400801. The number of
    another country keeps what says so, for two countries may give the same one: PNOEE-38001085718 as it
    stands, a bare one with the country of the subject in front, BE-71715100070. Identifiers of other kinds
    (IDC, PAS, TIN), and a bare number of no country, are numbers of documents.
    """
    subject = certificate.subject
    return Identity(
        given_names=_name(subject.get(GIVEN_NAME)),
        family_name=_name(subject.get(SURNAME)),
        **_number(subject),
    )


def _number(subject: DistinguishedName) -> dict[str, Any]:
    text = persian.to_latin_digits(unicodedata.normalize("NFC", subject.get(SERIAL_NUMBER) or "")).strip()
    found = _SEMANTIC.fullmatch(text)
    if found:
        number = found["number"] if found["country"] == _HOME else text
        return {"national_number" if found["kind"] == _PERSONAL_NUMBER else "document_number": number}
    country = (subject.get(_COUNTRY) or "").upper()
    if not text or not country:
        return {"document_number": text} if text else {}
    return {"national_number": text if country == _HOME else f"{country}-{text}"}


def _name(text: str | None) -> str | None:
    return unicodedata.normalize("NFC", text) if text else None
