from __future__ import annotations

import pytest

from smartid.errors import PINFormatError
from smartid.mockcard.pins import is_trivial, new_pins
from smartid.profiles.iran_nid import IRAN_NID, IRAN_NID_OMID
from smartid.profiles.national_reference import NATIONAL_REFERENCE


@pytest.mark.parametrize("digits", ["1111", "12345", "54321", "890123", "121212", "0000000", "32109"])
def test_what_everybody_tries_first_is_trivial(digits: str) -> None:
    assert is_trivial(digits)


@pytest.mark.parametrize("digits", ["12346", "19283", "2580"])
def test_other_digits_are_not(digits: str) -> None:
    assert not is_trivial(digits)


def test_random_pins_are_long_enough_and_differ_between_cards() -> None:
    cards = [new_pins(NATIONAL_REFERENCE) for _ in range(20)]
    lengths = {name: {len(card[name].value) for card in cards} for name in cards[0]}
    assert lengths == {"identity": {5}, "signature": {6}, "puk": {8}}
    assert len({card["puk"].value for card in cards}) == 20
    assert not any(is_trivial(pin.value) for card in cards for pin in card.values())
    assert {name: pin.max_tries for name, pin in cards[0].items()} == {
        "identity": 3,
        "signature": 3,
        "puk": 10,
    }
    assert new_pins(IRAN_NID_OMID) == {}


def test_given_pins_are_taken_and_the_others_stay_random() -> None:
    pins = new_pins(IRAN_NID, {"identity": "1234"})
    assert (pins["identity"].value, pins["identity"].tries_left) == ("1234", 3)


@pytest.mark.parametrize("digits", ["123", "123456789", "12a4", "۱۲۳۴", ""])
def test_digits_that_the_card_does_not_take_are_refused_without_being_shown(digits: str) -> None:
    with pytest.raises(PINFormatError, match="4 to 8 digits") as error:
        new_pins(NATIONAL_REFERENCE, {"identity": digits})
    assert not digits or digits not in str(error.value)


def test_a_pin_that_the_card_does_not_have_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no PIN puk"):
        new_pins(IRAN_NID, {"puk": "12345678"})
