"""The files of a travel-document application for one holder (ICAO Doc 9303-10:2021, LDS 1.7).

The address is in DG13, which a PIN guards, and therefore not in DG11.
"""

from __future__ import annotations

from asn1crypto import core

from smartid.identity import lds, lds_details, lds_face, lds_security, mrz
from smartid.identity.dates import PartialDate, format_yymmdd
from smartid.identity.model import Purpose, Sex
from smartid.identity.mrz_layout import Layout
from smartid.mockcard.cms import document_security_object
from smartid.mockcard.draft import Draft
from smartid.mockcard.key_pairs import subject_public_key_info
from smartid.profiles.base import AccessMethod, Content

DATA_GROUPS = {
    Content.DG1: 1,
    Content.DG2: 2,
    Content.DG11: 11,
    Content.DG11_FATHER: 11,
    Content.DG12: 12,
    Content.DG13: 13,
    Content.DG14: 14,
    Content.DG15: 15,
}

_ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3"
_ECDSA_PLAIN_SHA384 = "0.4.0.127.0.7.1.1.4.1.4"
_PACE_ECDH_GM_AES_256 = "0.4.0.127.0.7.2.2.4.2.4"
_PACE_VERSION = 2
_NIST_P384 = 15
_ECDSA_HASHES = {"sha256": _ECDSA_PLAIN_SHA256, "sha384": _ECDSA_PLAIN_SHA384}


def ef_com(draft: Draft) -> bytes:
    """EF.COM: which data groups there are."""
    numbers = sorted(DATA_GROUPS[content] for content in draft.contents if content in DATA_GROUPS)
    return lds.build_com(lds.CommonData(data_groups=tuple(numbers)))


def dg1(draft: Draft) -> bytes:
    """DG1: a zone of layout TD1 whose optional data are the national number."""
    return lds.build_dg1(
        mrz.MRZ(
            layout=Layout.TD1,
            document_code="I",
            issuing_state=draft.profile.country,
            document_number=draft.text("document_number"),
            nationality=draft.text("nationality"),
            birth_yymmdd=format_yymmdd(draft.birth_date),
            sex=draft.identity.sex or Sex.UNSPECIFIED,
            expiry_yymmdd=format_yymmdd(draft.expiry_date),
            family_name=draft.text("family_name_latin"),
            given_names=draft.text("given_names_latin"),
            optional_data=draft.text("national_number"),
        )
    )


def dg2(draft: Draft) -> bytes:
    """DG2: the drawn portrait."""
    if draft.portrait is None:
        raise ValueError("this card needs the holder's portrait")
    return lds_face.build_dg2(draft.portrait)


def dg11(draft: Draft) -> bytes:
    """DG11: names as printed, national number, birth; the father's name is the other name."""
    person = draft.identity
    return lds_details.build_dg11(
        lds_details.AdditionalPersonalDetails(
            family_name=person.family_name,
            given_names=person.given_names,
            other_names=(person.father_name,) if person.father_name else (),
            personal_number=person.national_number,
            birth_date=person.birth_date,
            birth_place=person.birth_place,
        )
    )


def dg12(draft: Draft) -> bytes:
    """DG12: issuing authority and date."""
    return lds_details.build_dg12(
        lds_details.AdditionalDocumentDetails(
            issuing_authority=draft.identity.issuing_authority, issue_date=PartialDate.of(draft.issue_date)
        )
    )


def dg13(draft: Draft) -> bytes:
    """DG13 of the reference card: address, postal code, numbers of request and card."""
    person = draft.identity
    return lds_details.build_dg13(
        lds_details.NationalDetails(
            postal_code=person.postal_code,
            address=person.address,
            registration_number=person.registration_number,
            card_serial_number=person.card_serial_number,
        )
    )


def dg14(draft: Draft) -> bytes:
    """DG14: how the chip proves itself when its key is elliptic, and PACE where the profile has it."""
    infos: list[lds_security.SecurityInfo] = []
    found = draft.profile.key(Purpose.CARD_AUTHENTICATION)
    if found and (hashes := [name.hash_name for name in found[1].algorithms if name.key_type == "EC"]):
        infos.append(lds_security.active_authentication_info(_ECDSA_HASHES[hashes[0]]))
    if any(app.contactless is AccessMethod.PACE for app in draft.profile.applications):
        infos.append(pace_info())
    return lds_security.build_dg14(tuple(infos))


def pace_info() -> lds_security.SecurityInfo:
    """PACEInfo: generic mapping on P-384 with AES-256 (ICAO Doc 9303-11:2021, 9.2.1)."""
    return lds_security.SecurityInfo(
        protocol=_PACE_ECDH_GM_AES_256,
        required=core.Integer(_PACE_VERSION).dump(),
        optional=core.Integer(_NIST_P384).dump(),
    )


def dg15(draft: Draft) -> bytes:
    """DG15: the public key of the chip."""
    found = draft.profile.key(Purpose.CARD_AUTHENTICATION)
    if found is None:
        raise ValueError("a card with DG15 needs a key for card authentication")
    return lds_security.build_dg15(subject_public_key_info(draft.keys[found[1].name]))


def ef_sod(draft: Draft) -> bytes:
    """EF.SOD over the data groups that have been made."""
    return document_security_object(draft.data_groups, draft.pki.document_signer)
