"""Who a certificate names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.auth.holder import holder_identity
from smartid.trust.certificate import DistinguishedName
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import Country

CITIZEN = parse_certificate(Country().citizen().der)
ATTRIBUTES = {
    "COUNTRY_NAME": "2.5.4.6",
    "COMMON_NAME": "2.5.4.3",
    "SURNAME": "2.5.4.4",
    "GIVEN_NAME": "2.5.4.42",
    "SERIAL_NUMBER": "2.5.4.5",
}


def identity(**subject: str) -> dict[str, str]:
    attributes = tuple((ATTRIBUTES[kind], value) for kind, value in subject.items())
    certificate = replace(CITIZEN, subject=DistinguishedName(attributes, ""))
    return holder_identity(certificate).as_dict()


def test_the_subject_is_where_the_person_is() -> None:
    assert holder_identity(CITIZEN).as_dict() == {
        "national_number": "0012345679",
        "given_names": "زهرا",
        "family_name": "كريمي",
    }


@pytest.mark.parametrize(
    ("country", "number", "expected"),
    [
        ("IR", "PNOIR-9942400801", {"national_number": "9942400801"}),
        ("IR", "PNOIR-۹۹۴۲۴۰۰۸۰۱", {"national_number": "9942400801"}),
        ("IR", "9942400801", {"national_number": "9942400801"}),
        ("IR", "٩٩٤٢٤٠٠٨٠١", {"national_number": "9942400801"}),
        ("EE", "PNOEE-38001085718", {"national_number": "PNOEE-38001085718"}),
        ("IR", "PNOEE-9942400801", {"national_number": "PNOEE-9942400801"}),
        ("FI", "99902037G", {"national_number": "FI-99902037G"}),
        ("BE", "9942400801", {"national_number": "BE-9942400801"}),
        ("IR", "IDCIR-K55764546", {"document_number": "K55764546"}),
        ("IR", "PASIR-K55764546", {"document_number": "K55764546"}),
        ("EE", "IDCEE-AA1234567", {"document_number": "IDCEE-AA1234567"}),
        (None, "9942400801", {"document_number": "9942400801"}),
        ("IR", "PNOir-9942400801", {"national_number": "PNOir-9942400801"}),
        ("IR", None, {}),
    ],
)
def test_the_number_keeps_its_country_unless_it_is_at_home(country, number, expected) -> None:
    subject = {"COUNTRY_NAME": country, "COMMON_NAME": "x", "SERIAL_NUMBER": number}
    assert identity(**{key: value for key, value in subject.items() if value}) == expected


def test_no_number_of_another_country_reads_like_one_of_ours() -> None:
    ours = identity(COUNTRY_NAME="IR", SERIAL_NUMBER="9942400801")["national_number"]
    for theirs in ("9942400801", "PNOTR-9942400801", "PNOAF-9942400801"):
        found = identity(COUNTRY_NAME="TR", SERIAL_NUMBER=theirs)
        assert found["national_number"] != ours


def test_names_are_what_the_certificate_says_in_nfc() -> None:
    found = identity(COUNTRY_NAME="IR", GIVEN_NAME="فاطمه\u200cزهرا", SURNAME="علي\u200cاكبري")
    assert found == {"given_names": "فاطمه\u200cزهرا", "family_name": "علي\u200cاكبري"}
    assert identity(COUNTRY_NAME="EE", GIVEN_NAME="Jo\u0303") == {"given_names": "Jõ"}


def test_a_common_name_is_no_name_of_a_person() -> None:
    assert identity(COUNTRY_NAME="IR", COMMON_NAME="Sara Ahmadi") == {}
