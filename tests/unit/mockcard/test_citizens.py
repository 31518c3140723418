from __future__ import annotations

from datetime import date

import pytest

from smartid.identity import mrz_names, national_numbers
from smartid.identity.persian import normalise, same
from smartid.mockcard.citizens import CITIZENS, Citizen, Flaw, list_citizens

EVERYONE = pytest.mark.parametrize("citizen", CITIZENS.values(), ids=tuple(CITIZENS))
PUBLISHED_EXAMPLES = {"0499370899", "0790419904", "0684159414", "0013542419", "3240175800", "1234567890"}


def test_ten_people_of_whom_one_is_a_copy() -> None:
    numbers = [citizen.identity.national_number for citizen in list_citizens()]
    assert len(numbers) == 10
    assert len(set(numbers)) == 9
    assert CITIZENS["kaveh"].identity == CITIZENS["reza"].identity


@EVERYONE
def test_numbers_are_well_formed_and_nobodys(citizen: Citizen) -> None:
    person = citizen.identity
    assert person.national_number
    assert person.postal_code
    assert person.card_serial_number
    assert national_numbers.national_number(person.national_number) == person.national_number
    assert person.national_number.startswith("99")
    assert person.national_number not in PUBLISHED_EXAMPLES
    assert national_numbers.postal_code(person.postal_code) == person.postal_code
    assert len(bytes.fromhex(person.card_serial_number)) == 10


@EVERYONE
def test_every_field_of_an_identity_is_set_and_every_story_is_told(citizen: Citizen) -> None:
    assert len(citizen.identity.as_dict()) == 18
    assert citizen.story.endswith(".")
    assert citizen.story_fa.endswith(".")
    assert citizen.id == citizen.id.lower()


@EVERYONE
def test_cards_are_valid_until_2032_but_for_the_expired_one(citizen: Citizen) -> None:
    issued, expires = citizen.identity.issue_date, citizen.identity.expiry_date
    assert issued
    assert expires
    assert (issued.month, issued.day, issued.year + 7) == (expires.month, expires.day, expires.year)
    assert (issued <= date(2026, 1, 1) and expires >= date(2032, 1, 1)) is (citizen.id != "hamid")


@EVERYONE
def test_only_the_long_name_is_shortened_in_the_zone(citizen: Citizen) -> None:
    person = citizen.identity
    assert person.family_name_latin
    assert person.given_names_latin
    field = mrz_names.join_names(person.family_name_latin, person.given_names_latin, 30)
    assert (field[-1] != "<") is (citizen.id == "amin")


def test_the_minor_is_a_minor_for_the_whole_of_2026_and_was_15_at_issue() -> None:
    person = CITIZENS["nika"].identity
    assert person.birth_date
    assert person.birth_date.full
    assert person.issue_date
    assert person.birth_date.full.replace(year=person.birth_date.year + 18) > date(2026, 12, 31)
    assert person.birth_date.full.replace(year=person.birth_date.year + 15) <= person.issue_date


def test_the_spelling_of_zahra_differs_until_it_is_normalised() -> None:
    family = CITIZENS["zahra"].identity.family_name
    assert family
    assert family != normalise(family)
    assert same(family, "علی‌اکبری")
    assert same(family, "علیاکبری")


def test_each_flaw_has_one_citizen() -> None:
    flaws = [citizen.flaw for citizen in CITIZENS.values() if citizen.flaw is not Flaw.NONE]
    assert sorted(flaws) == sorted(set(Flaw) - {Flaw.NONE})
    assert CITIZENS["sara"].name == "Sara Ahmadi"
    assert CITIZENS["sara"].name_fa == "سارا احمدی"


def test_every_branch_of_a_program_meets_a_card() -> None:
    kinds = {person.kind for person in CITIZENS.values()}
    assert {"ordinary", "blocked-pin", "expired", "revoked", "clone", "minor", "long-name"} <= kinds
