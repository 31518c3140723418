"""Worked examples of ICAO Doc 9303-10, 8th edition (2021), appendix A, and of part 11, typed."""

from __future__ import annotations

import pytest

from smartid.errors import EncodingError
from smartid.identity import lds, lds_details, lds_security

COM = bytes.fromhex("6016 5F01 04 30313037 5F36 06 303430303030 5C 04 61 75 76 6C")
DG1 = bytes.fromhex("61 4B 5F1F 48") + (
    b"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6"
)
DG11 = (
    bytes.fromhex("6B 60 5C 0A 5F0E 5F11 5F42 5F12 5F13 5F0E 0D")
    + b"SMITH<<JOHN<J"
    + bytes.fromhex("5F11 0A")
    + b"ANYTOWN<MN"
    + bytes.fromhex("5F42 17")
    + b"123 MAPLE RD<ANYTOWN<MN"
    + bytes.fromhex("5F12 0B")
    + b"16125551212"
    + bytes.fromhex("5F13 0C")
    + b"TRAVEL<AGENT"
)
DG12 = (
    bytes.fromhex("6C 45 5C 06 5F19 5F26 5F1A 5F19 18")
    + b"UNITED STATES OF AMERICA"
    + bytes.fromhex("5F26 08")
    + b"20020531"
    + bytes.fromhex("A0 15 02 01 01 5F1A 0F")
    + b"SMITH<<BRENDA<P"
)
# EF.CardAccess of part 11, appendix G.1: PACE-ECDH-GM-AES-CBC-CMAC-128, version 2, parameters 13.
CARD_ACCESS = bytes.fromhex("3114 3012 060A 04007F00070202040202 020102 02010D")


def test_ef_com() -> None:
    assert lds.parse_com(COM) == lds.CommonData(
        data_groups=(1, 2, 4, 12), lds_version="0107", unicode_version="040000"
    )
    assert lds.build_com(lds.parse_com(COM)) == COM


def test_dg1() -> None:
    assert lds.parse_dg1(DG1).family_name == "ERIKSSON"
    assert lds.build_dg1(lds.parse_dg1(DG1)) == DG1


def test_dg11() -> None:
    """The printed example has 63 and 0E where its own content needs 60 and 0B."""
    details = lds_details.parse_dg11(DG11)
    assert (details.family_name, details.given_names) == ("SMITH", "JOHN J")
    assert (details.birth_place, details.address) == ("ANYTOWN, MN", "123 MAPLE RD, ANYTOWN, MN")
    assert (details.telephone, details.profession) == ("16125551212", "TRAVEL AGENT")


def test_dg12() -> None:
    details = lds_details.parse_dg12(DG12)
    assert details.issuing_authority == "UNITED STATES OF AMERICA"
    assert str(details.issue_date) == "2002-05-31"
    assert details.endorsements is None


def test_chinese_dg11_puts_the_other_name_outside() -> None:
    """As observed in the field (gmrtd, document/dg11_test.go): 5F0F stands beside 5F0E, not in A0."""
    details = lds_details.parse_dg11(
        bytes.fromhex("6B1B5C045F0E5F0F5F0E06E8B5B5E5BDAC5F0F095A48414F3C3C42494E")
    )
    assert (details.family_name, details.given_names) == ("赵彬", None)
    assert details.other_names == ("ZHAO BIN",)


def test_pace_info_of_card_access() -> None:
    (info,) = lds_security.parse_security_infos(CARD_ACCESS)
    assert info.protocol == "0.4.0.127.0.7.2.2.4.2.2"
    assert (info.required, info.optional) == (bytes.fromhex("020102"), bytes.fromhex("02010D"))
    assert lds_security.build_security_infos((info,)) == CARD_ACCESS


@pytest.mark.parametrize(
    "data",
    ["", "6000", "60165F01", "60075F0104303130375C00", "600F5F0104303130375F36063034303030305C0101", "6B00"],
)
def test_broken_ef_com_is_refused(data: str) -> None:
    with pytest.raises(EncodingError):
        lds.parse_com(bytes.fromhex(data))
