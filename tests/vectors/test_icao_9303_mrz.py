"""Specimens printed in ICAO Doc 9303, 8th edition (2021), typed from parts 3, 4, 5, 6, 7 and 11."""

from __future__ import annotations

from datetime import date

import pytest

from smartid.errors import EncodingError
from smartid.identity.model import Sex
from smartid.identity.mrz import MRZ, build, mrz_information, parse
from smartid.identity.mrz_layout import Layout, check_digit
from smartid.identity.mrz_names import join_names, transliterate

TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
MRV_A = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"
MRV_B = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<"
# Part 11, appendix D.2: a document number of eleven characters.
LONG_TD1 = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"
LONG_TD2 = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8"
SPECIMENS = [TD1, TD2, TD3, MRV_A, MRV_B, LONG_TD1, LONG_TD2]
TODAY = date(2021, 1, 1)


@pytest.mark.parametrize(
    ("text", "layout"),
    [(TD1, "TD1"), (TD2, "TD2"), (TD3, "TD3"), (MRV_A, "MRV_A"), (MRV_B, "MRV_B"), (LONG_TD1, "TD1")],
)
def test_the_shape_tells_the_layout(text: str, layout: str) -> None:
    assert parse(text).layout is Layout[layout]


@pytest.mark.parametrize("text", SPECIMENS)
def test_specimens_are_written_as_they_are_printed(text: str) -> None:
    assert build(parse(text)) == text
    assert parse(text.replace("\n", "")) == parse(text.replace("\n", "\r\n") + "\n")


@pytest.mark.parametrize("text", [TD1, TD2])
def test_card_specimens_hold_anna_maria_eriksson(text: str) -> None:
    zone = parse(text)
    assert (zone.document_code, zone.issuing_state, zone.nationality) == ("I", "UTO", "UTO")
    assert (zone.family_name, zone.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (zone.document_number, zone.sex) == ("D23145890", Sex.FEMALE)
    assert (zone.optional_data, zone.optional_data_2, zone.truncated) == ("", "", False)
    assert zone.identity(today=TODAY).as_dict() == {
        "given_names_latin": "ANNA MARIA",
        "family_name_latin": "ERIKSSON",
        "birth_date": "1974-08-12",
        "sex": "F",
        "nationality": "UTO",
        "document_number": "D23145890",
        "expiry_date": "2012-04-15",
    }


def test_passport_specimen_has_a_personal_number() -> None:
    zone = parse(TD3)
    assert (zone.document_number, zone.optional_data) == ("L898902C3", "ZE184226B")


@pytest.mark.parametrize("digit", ["<", "0"])
def test_passport_without_a_personal_number_has_a_filler_or_zero_for_its_digit(digit: str) -> None:
    """Part 4, 4.2.2.2, position 43. Both count as 0, so that the composite digit is the same."""
    zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159<<<<<<<<<<<<<<"
    assert parse(f"{zone}{digit}8").optional_data == ""
    with pytest.raises(EncodingError) as error:
        parse(f"{zone}18")
    assert error.value.offset == 86


def test_personal_number_needs_its_digit() -> None:
    with pytest.raises(EncodingError) as error:
        parse(TD3.replace("<<<<<10", "<<<<<<0"))
    assert error.value.offset == 86


@pytest.mark.parametrize("text", [LONG_TD1, LONG_TD2])
def test_long_document_number_runs_on(text: str) -> None:
    zone = parse(text)
    assert (zone.document_number, zone.optional_data) == ("D23145890734", "")
    assert zone.information() == "D23145890734934071279507122"


def test_information_of_the_bac_worked_example() -> None:
    """Part 11, appendix D.2; the zone is the passport specimen of the 6th edition of part 1."""
    zone = parse("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C<3UTO6908061F9406236ZE184226B<<<<<14")
    assert zone.document_number == "L898902C"
    assert zone.information() == "L898902C<369080619406236"


def test_information_from_three_typed_values() -> None:
    assert mrz_information("L898902C", "690806", "940623") == "L898902C<369080619406236"


@pytest.mark.parametrize("values", [("L898902c", "690806", "940623"), ("L898902C", "69080", "940623")])
def test_information_refuses_what_no_zone_holds(values: tuple[str, str, str]) -> None:
    with pytest.raises(EncodingError):
        mrz_information(*values)


@pytest.mark.parametrize("text", SPECIMENS)
def test_one_wrong_digit_is_found_anywhere_it_is_protected(text: str) -> None:
    protected = text.replace("6ZE184226B", "?" * 10) if text == MRV_A else text
    for offset, char in enumerate(protected):
        if char.isdigit():
            wrong = text[:offset] + str((int(char) + 1) % 10) + text[offset + 1 :]
            with pytest.raises(EncodingError) as error:
                parse(wrong)
            assert error.value.what == "MRZ"


@pytest.mark.parametrize(
    ("offset", "position"),
    [(14, 14), (36, 36), (44, 44), (59, 59)],
)
def test_the_failing_check_digit_names_its_position(offset: int, position: int) -> None:
    zone = TD1.replace("\n", "")
    with pytest.raises(EncodingError, match="check digit") as error:
        parse(zone[:offset] + ("0" if zone[offset] != "0" else "1") + zone[offset + 1 :])
    assert error.value.offset == position


def test_check_digits_of_part_3() -> None:
    """Part 3, appendix A: date 520727, document number AB2134, and their composite in a TD2."""
    assert check_digit("520727") == "3"
    assert check_digit("AB2134<<<") == "5"
    assert check_digit("HA672242<658022549601086<<<<<<<<<<<<<<0") == "8"


@pytest.mark.parametrize(
    ("width", "family", "given", "field"),
    [
        (39, "van der Muellen", "Martinus Gerardus", "VAN<DER<MUELLEN<<MARTINUS<GERARDUS"),
        (39, "O'Connor", "Enya Siobhan", "OCONNOR<<ENYA<SIOBHAN"),
        (39, "Smith-Jones", "Susie Margaret", "SMITH<JONES<<SUSIE<MARGARET"),
        (39, "Arkfreith", "", "ARKFREITH"),
        (39, "Papandropoulous", "Jonathon Warren Trevor", "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"),
        (39, "Nilavadhanananda", "Chayapa Dejthamrong Krasuang", "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
        (39, "Nilavadhanananda", "Arnpol Petch Charonguang", "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU"),
        (31, "Nilavadhanananda", "Chayapa Dejthamrong Krasuang", "NILAVADHANANANDA<<CHAYAPA<DEJ<K"),
        (
            31,
            "Bennelong Wooloomooloo Warrandyte Warnambool",
            "Dingo Potoroo",
            "BENNELONG<WOOLOOMOOLOO<W<W<<D<P",
        ),
    ],
)
def test_names_of_parts_4_and_6(width: int, family: str, given: str, field: str) -> None:
    assert join_names(family, given, width) == field.ljust(width, "<")


def test_more_names_than_places_lose_the_last_given_ones() -> None:
    assert join_names("A B", "C D E F G", 9) == "A<B<<C<D<"
    assert join_names("Alpha Beta", "C D E F G", 9) == "AL<B<<C<D"
    assert join_names("Alpha Beta Gamma Delta", "C", 7) == "A<B<G<D"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Österreicher", "OESTERREICHER"),
        ("Müßig", "MUESSIG"),
        ("Åse", "AASE"),
        ("Þór", "THOR"),
        ("Łukasz", "LUKASZ"),
        ("Ñandú", "NANDU"),
        ("Đoković", "DOKOVIC"),
        ("Œuvre", "OEUVRE"),
        ("İpek Işık", "IPEK ISIK"),
        ("Jean-Pierre, d’Arc", "JEAN PIERRE DARC"),
        ("Mu\u0308ller", "MUELLER"),
    ],
)
def test_transliteration_of_part_3_section_6(name: str, letters: str) -> None:
    assert " ".join(transliterate(name)) == letters


@pytest.mark.parametrize("name", ["علی", "Anna2", "A<B", "Иванов", "名"])
def test_other_scripts_are_refused(name: str) -> None:
    with pytest.raises(EncodingError):
        transliterate(name)


def test_truncated_name_is_told() -> None:
    zone = parse(TD3)
    long = build(
        MRZ(
            layout=Layout.TD3,
            document_code="P",
            issuing_state="UTO",
            document_number=zone.document_number,
            nationality="UTO",
            birth_yymmdd=zone.birth_yymmdd,
            sex=Sex.UNSPECIFIED,
            expiry_yymmdd="<<<<<<",
            family_name="Nilavadhanananda",
            given_names="Arnpol Petch Charonguang",
        )
    )
    again = parse(long)
    assert again.truncated
    assert again.sex is Sex.UNSPECIFIED
    assert again.expiry_date(today=TODAY) is None


@pytest.mark.parametrize(
    "text", ["", "I<UTO", TD1.lower(), TD1 + "<", "É" * 90, "<" * 500, TD1.replace("F", "X")]
)
def test_broken_zones_are_refused(text: str) -> None:
    with pytest.raises(EncodingError):
        parse(text)
