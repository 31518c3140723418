"""Whether a certificate on a card names the person that the card's signed files name."""

from __future__ import annotations

import re
import unicodedata

from smartid.identity import persian
from smartid.identity.model import Identity
from smartid.trust.certificate import GIVEN_NAME, SERIAL_NUMBER, SURNAME, Certificate
from smartid.trust.findings import Finding, failed, not_checked, passed
from smartid.trust.verdict import SubIndication

NAME = "identity_matches_certificate"

_PERSONAL_NUMBER = re.compile(r"(?:PNO|IDC)[A-Z]{2}-(?P<number>.+)")
"""Natural person semantics identifier (ETSI EN 319 412-1 V1.5.1, 5.1.3)."""
_MRZ_NAME_WIDTH = 10
"""A name of a machine readable zone may be cut; so many letters of it have to agree."""


def match_holder(identity: Identity, certificates: tuple[Certificate, ...]) -> Finding:
    """Compare personal number and names of each certificate with the signed files, in normalised form.

    Names are compared within one script: Persian with data group 11, Latin with the machine readable zone.
    """
    if not certificates:
        return not_checked(NAME, "No certificate of the holder was read.")
    outcomes = [outcome for certificate in certificates for outcome in _compare(identity, certificate)]
    if not outcomes:
        return not_checked(NAME, "The certificates and the signed files have nothing in common to compare.")
    if not all(outcomes):
        detail = "A certificate on the card names another person than the signed files do."
        return failed(NAME, SubIndication.SIG_CONSTRAINTS_FAILURE, detail)
    return passed(NAME, "The certificates name the person that the signed files name.")


def _compare(identity: Identity, certificate: Certificate) -> list[bool]:
    subject = certificate.subject
    number = _PERSONAL_NUMBER.fullmatch(subject.get(SERIAL_NUMBER) or "")
    pairs = (
        _same_number(number and number["number"], identity.national_number),
        _same_name(subject.get(SURNAME), identity.family_name, identity.family_name_latin),
        _same_name(subject.get(GIVEN_NAME), identity.given_names, identity.given_names_latin),
    )
    return [outcome for outcome in pairs if outcome is not None]


def _same_number(claimed: str | None, signed: str | None) -> bool | None:
    if not claimed or not signed:
        return None
    return persian.normalise(claimed) == persian.normalise(signed)


def _same_name(claimed: str | None, national: str | None, latin: str | None) -> bool | None:
    """Compare with the name of the same script; None when there is none."""
    if not claimed:
        return None
    if not _is_latin(claimed):
        return persian.same(claimed, national) if national else None
    if national and _is_latin(national):
        return _latin(claimed) == _latin(national)
    if latin:
        return _same_latin(_latin(claimed), _latin(latin))
    return None


def _same_latin(claimed: str, zone: str) -> bool:
    return claimed == zone or (len(zone) >= _MRZ_NAME_WIDTH and claimed.startswith(zone))


def _is_latin(text: str) -> bool:
    return not any("ARABIC" in unicodedata.name(char, "") for char in text)


def _latin(text: str) -> str:
    """Fold case and accents, and keep letters only: a machine readable zone has no others."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in folded if char.isalpha())
