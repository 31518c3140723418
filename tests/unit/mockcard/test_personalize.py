from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from smartid.identity import lds, lds_details, lds_security
from smartid.identity.model import Field, Identity
from smartid.iso7816 import tlv
from smartid.mockcard.certificate_files import serial_number
from smartid.mockcard.citizens import CITIZENS, Citizen
from smartid.mockcard.image import CardImage
from smartid.mockcard.personalize import issue_citizen, personalize
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.base import CardProfile, Content
from smartid.profiles.decoders import decode
from smartid.profiles.iran_nid import IRAN_NID, IRAN_NID_OMID, IRAN_NID_PARDIS
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from smartid.profiles.registry import PROFILES

pytest.importorskip("PIL", reason="Pillow draws the portraits")

TODAY = date(2026, 6, 1)
PKI = ThrowAwayPKI.fresh()
SARA = CITIZENS["sara"]


def content(image: CardImage, name: str) -> bytes:
    value = image.files[name]
    assert isinstance(value, bytes)
    return value


def told(image: CardImage) -> dict[str, object]:
    """What the files and data objects say, in the words of ``Identity.as_dict``."""
    values: dict[Field, object] = {}
    for application in image.profile.applications:
        for file in application.files:
            values |= decode(file.content, content(image, file.name), today=TODAY)
        for item in application.data_objects:
            values |= decode(item.content, image.data_objects[item.name], today=TODAY)
    values.pop(Field.PORTRAIT, None)
    return dict(Identity(**{field.value: value for field, value in values.items()}).as_dict())


def digests(image: CardImage) -> dict[int, bool]:
    """Number of each signed data group, and whether its file has the signed digest."""
    signed = cms.ContentInfo.load(lds_security.parse_sod(content(image, "EF.SOD")))["content"]
    value = lds_security.parse_lds_security_object(signed["encap_content_info"]["content"].native)
    return {
        number: hashlib.new(value.hash_name, content(image, f"DG{number}")).digest() == digest
        for number, digest in value.digests.items()
    }


def public_keys(image: CardImage, key: str) -> tuple[bytes, bytes]:
    """The public key of the chip's key, and of the certificate that goes with it."""
    spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    private = serialization.load_der_private_key(image.keys[key], None)
    file = content(image, f"{key} certificate")
    _, header, length = tlv.read_header(file)
    certificate = x509.load_der_x509_certificate(file[: header + length])
    return private.public_key().public_bytes(*spki), certificate.public_key().public_bytes(*spki)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_file_pin_and_key_of_a_profile_is_made(profile: CardProfile) -> None:
    image = personalize(profile, holder=SARA, pki=PKI)
    applications = profile.applications
    applets = [app.name for app in applications if app.stored_value]
    memories = {f"{name} {part}" for name in applets for part in ("state", "records")}
    purposes = ("load", "unload", "debit", "tac", "admin")
    applet_keys = {f"{name} {purpose} key" for name in applets for purpose in purposes}
    assert set(image.files) == {file.name for app in applications for file in app.files} | memories
    assert set(image.keys) == {key.name for app in applications for key in app.keys} | applet_keys
    assert set(image.pins) == {pin.name for app in applications for pin in app.pins}
    sizes = {item.name: item.size for app in applications for item in app.data_objects}
    assert {name: len(value) for name, value in image.data_objects.items()} == sizes
    assert CardImage.from_json(image.to_json()) == image


@pytest.mark.parametrize("citizen", CITIZENS.values(), ids=tuple(CITIZENS))
def test_the_reference_card_tells_what_is_known_of_its_holder(citizen: Citizen) -> None:
    image = personalize(NATIONAL_REFERENCE, holder=citizen, pki=PKI)
    expected = citizen.identity.as_dict()
    del expected["registration_number"]
    latin = {"given_names_latin", "family_name_latin"}
    found = told(image)
    assert {name: found[name] for name in expected.keys() - latin} == {
        name: expected[name] for name in expected.keys() - latin
    }
    words = expected["family_name_latin"].upper().replace("-", " ").split()
    printed = str(found["family_name_latin"]).split()
    assert all(word.startswith(short) for word, short in zip(words, printed, strict=True))
    assert image.holder == citizen.identity.as_dict()
    assert image.citizen == citizen.id


def test_the_iranian_card_tells_numbers_and_dates_only() -> None:
    image = personalize(IRAN_NID, holder=SARA, pki=PKI)
    found = told(image)
    assert found.pop("card_serial_number").startswith("FFFFFFFFFFFFFFFFFFFF9018364714234537")
    assert found == {
        "registration_number": "9084644488",
        "issue_date": "2025-10-05",
        "expiry_date": "2032-10-05",
    }
    assert image.data_objects["CPLC"][:3].hex() == "9f7f2a"
    assert "1404/07/13".encode("utf-16-be") in content(image, "dates")


def test_the_iranian_certificates_have_the_published_layout_and_filling() -> None:
    image = personalize(IRAN_NID, holder=SARA, pki=PKI)
    names = {}
    for key in ("signature", "authentication"):
        file = content(image, f"{key} certificate")
        _, header, length = tlv.read_header(file)
        assert len(file) > header + length
        assert not any(file[header + length :])
        subject = x509.load_der_x509_certificate(file[: header + length]).subject
        names[key] = [(item.rfc4514_attribute_name, item.value) for item in subject]
    assert [value for _, value in names["signature"]][2:] == ["سارا", "احمدی", "9084644488"]
    assert [value for _, value in names["authentication"]][2:] == ["9084644488"]
    assert set(personalize(IRAN_NID_PARDIS, holder=SARA, pki=PKI).files) == {"signature certificate"}
    assert not personalize(IRAN_NID_OMID, holder=SARA, pki=PKI).files


@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA], ids=lambda item: item.name)
def test_keys_certificates_and_signed_digests_belong_together(profile: CardProfile) -> None:
    image = personalize(profile, holder=SARA, pki=PKI)
    assert digests(image) == dict.fromkeys((1, 2, 11, 12, 13, 14, 15), True)
    assert lds.parse_com(content(image, "EF.COM")).data_groups == (1, 2, 11, 12, 13, 14, 15)
    for key in ("authentication", "signature", "decipherment"):
        chip, certified = public_keys(image, key)
        assert chip == certified
    chip_key = serialization.load_der_private_key(image.keys["chip"], None).public_key()
    assert lds_security.parse_dg15(content(image, "DG15")) == chip_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    algorithm = lds_security.active_authentication_algorithm(lds_security.parse_dg14(content(image, "DG14")))
    assert algorithm == (None if profile is NATIONAL_REFERENCE_RSA else "0.4.0.127.0.7.1.1.4.1.4")


def test_the_address_lies_behind_the_pin_and_nowhere_else() -> None:
    image = personalize(NATIONAL_REFERENCE, holder=SARA, pki=PKI)
    address = (SARA.identity.address or "").encode()
    assert [name for name, value in image.files.items() if value and address in value] == ["DG13"]
    guarded = [file for file in NATIONAL_REFERENCE.application("lds").files if file.read.pin]
    assert [file.content for file in guarded] == [Content.DG13]


def test_the_blocked_pin_has_no_tries_left() -> None:
    image = issue_citizen(CITIZENS["maryam"], NATIONAL_REFERENCE, PKI)
    assert {name: pin.tries_left for name, pin in image.pins.items()} == {
        "identity": 0,
        "signature": 3,
        "puk": 10,
    }


@pytest.mark.parametrize("profile", [NATIONAL_REFERENCE, IRAN_NID], ids=lambda profile: profile.name)
def test_the_lost_card_is_revoked_with_all_its_certificates(profile: CardProfile) -> None:
    pki = ThrowAwayPKI.fresh()
    image = issue_citizen(CITIZENS["leila"], profile, pki)
    issue_citizen(SARA, profile, pki)
    revoked = {entry.serial_number for entry in x509.load_der_x509_crl(pki.crls()[1])}
    assert revoked == {
        serial_number(content(image, name)) for name in image.files if name.endswith("certificate")
    }


def test_the_clone_has_the_files_of_another_card_and_none_of_its_keys() -> None:
    image = issue_citizen(CITIZENS["kaveh"], NATIONAL_REFERENCE, PKI)
    assert told(image)["national_number"] == CITIZENS["reza"].identity.national_number
    assert all(digests(image).values())
    for key in ("authentication", "signature", "decipherment"):
        chip, certified = public_keys(image, key)
        assert chip != certified
    genuine = personalize(NATIONAL_REFERENCE, holder=CITIZENS["reza"], pki=PKI)
    assert content(image, "DG2") == content(genuine, "DG2")


def test_the_tampered_card_fails_in_dg11_only() -> None:
    image = issue_citizen(CITIZENS["bahram"], NATIONAL_REFERENCE, PKI)
    assert [number for number, right in digests(image).items() if not right] == [11]
    assert lds_details.parse_dg11(content(image, "DG11")).birth_place != image.holder["birth_place"]


def test_the_expired_card_has_expired_certificates() -> None:
    image = issue_citizen(CITIZENS["hamid"], NATIONAL_REFERENCE, PKI)
    certificate = x509.load_der_x509_certificate(content(image, "signature certificate"))
    assert certificate.not_valid_after_utc == datetime(2025, 5, 20, 23, 59, 59, tzinfo=UTC)


def test_an_identity_without_numbers_and_dates_gets_them_from_the_issuer() -> None:
    bare = replace(
        SARA.identity, card_serial_number=None, registration_number=None, issue_date=None, expiry_date=None
    )
    leap_day = datetime(2028, 2, 29, 8, tzinfo=UTC)
    image = personalize(NATIONAL_REFERENCE, holder=bare, pki=PKI, now=leap_day)
    assert image.citizen == ""
    assert (image.holder["issue_date"], image.holder["expiry_date"]) == ("2028-02-29", "2035-02-28")
    assert len(image.holder["card_serial_number"]) == 20
    assert len(image.holder["registration_number"]) == 10


def test_what_a_holder_lacks_is_named() -> None:
    with pytest.raises(ValueError, match="national_number"):
        personalize(NATIONAL_REFERENCE, holder=replace(SARA.identity, national_number=None), pki=PKI)


def test_given_contents_are_taken_as_they_are_and_signed() -> None:
    image = personalize(NATIONAL_REFERENCE, holder=SARA, pki=PKI, contents={"DG2": b"\x75\x01\x00"})
    assert content(image, "DG2") == b"\x75\x01\x00"
    assert digests(image)[2]
    with pytest.raises(ValueError, match="no file DG3"):
        personalize(NATIONAL_REFERENCE, holder=SARA, pki=PKI, contents={"DG3": b""})


def test_opaque_bytes_have_to_be_given() -> None:
    applet = IRAN_NID.application("mpcos")
    opaque = replace(applet, files=(replace(applet.files[0], content=Content.OPAQUE),))
    profile = replace(IRAN_NID, applications=(opaque,))
    with pytest.raises(ValueError, match="dates"):
        personalize(profile, holder=SARA, pki=PKI)
    image = personalize(profile, holder=SARA, pki=PKI, contents={"dates": b"recorded"})
    assert image.files == {"dates": b"recorded"}
