"""ISO/IEC 7816-15:2016: bytes worked out by hand; OpenSC reads the same files in tests/peers."""

from __future__ import annotations

import pytest

from smartid.iso7816 import tlv
from smartid.mockcard import card_data, pkcs15
from smartid.mockcard.pkcs15 import directory_file
from smartid.profiles.base import Content
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA

SERIAL = bytes.fromhex("36401234567890123456")


def made(content: Content, profile=NATIONAL_REFERENCE) -> bytes:
    return directory_file(profile, content, serial=SERIAL)


def test_ef_dir_names_the_applications_and_the_path_of_the_one_with_a_df() -> None:
    assert made(Content.EF_DIR).startswith(
        bytes.fromhex(
            "61 0E 4F07A0000002471001 5003 6C6473"
            "61 1C 4F0CA000000063504B43532D3135 5006706B63733135 51043F005015"
            "61 15 4F09F0534D415254494401 50087365727669636573"
        )
    )


def test_ef_odf_points_to_pins_keys_and_certificates() -> None:
    assert made(Content.EF_ODF).hex().upper() == (
        "A80A300804063F0050154401A00A300804063F0050154402A40A300804063F0050154403"
    )


def test_ef_ciainfo_has_serial_number_and_label() -> None:
    info = tlv.parse_one(made(Content.EF_TOKEN_INFO), 0x30)
    values = {item.tag: item.value for item in info.children()}
    assert values[0x02] == b"\x01"
    assert values[0x04] == SERIAL
    assert values[0x80] == b"National reference card"
    assert values[0x03].hex() == "0520"


def test_the_signature_key_wants_consent_each_time_and_names_its_pin() -> None:
    keys = tlv.parse(made(Content.EF_PRKDF))
    assert [key.tag for key in keys] == [0xA0, 0xA0, 0xA0]
    common, attributes, typed = keys[1].children()
    assert [item.value.hex() for item in common.children()][1:] == ["0780", "02", "01"]
    values = [item.value.hex() for item in attributes.children()]
    assert values == ["02", "062040", "04b0", "02"]
    assert keys[2].children()[1].children()[1].value.hex() == "070080"
    assert tlv.find(typed.value, 0x30, 0x30, 0x04) == bytes.fromhex("3F0050154B02")
    assert tlv.find(typed.value, 0x30, 0x02) == (384).to_bytes(2, "big")


def test_rsa_keys_are_another_choice_with_the_length_of_their_modulus() -> None:
    keys = tlv.parse(made(Content.EF_PRKDF, NATIONAL_REFERENCE_RSA))
    assert [key.tag for key in keys] == [0x30, 0x30, 0x30]
    assert tlv.find(keys[2].value, 0xA1, 0x30, 0x02) == (2048).to_bytes(2, "big")
    usage = keys[2].children()[1].children()[1]
    assert usage.value.hex() == "0244"


def test_a_pin_names_the_puk_that_unblocks_it() -> None:
    identity, signature, puk = tlv.parse(made(Content.EF_AODF))
    for number, pin in ((1, identity), (2, signature)):
        common, own, _ = pin.children()
        assert common.children()[2].value == b"\x03"
        assert tlv.find(own.value, 0x04) == bytes((number,))
    assert tlv.find(puk.children()[1].value, 0x04) == b"\x03"
    attributes = tlv.parse(tlv.find(signature.value, 0xA1, 0x30) or b"")
    assert [item.value.hex() for item in attributes] == [
        "020c",
        "01",
        "06",
        "08",
        "08",
        "02",
        "ff",
        "04023f00",
    ]


def test_a_content_that_is_no_directory_is_refused() -> None:
    with pytest.raises(KeyError):
        made(Content.DG1)


@pytest.mark.parametrize(("positions", "expected"), [((), "030100"), ((0,), "03020780"), ((7,), "03020001")])
def test_named_bits_have_no_trailing_zeros(positions: tuple[int, ...], expected: str) -> None:
    assert pkcs15._bits(*positions).hex() == expected


def test_card_capabilities_follow_from_the_keys_of_the_profile() -> None:
    class Draft:
        profile = NATIONAL_REFERENCE

    assert card_data.card_capabilities(Draft).hex() == "0100080000000000000180"  # type: ignore[arg-type]
    Draft.profile = NATIONAL_REFERENCE_RSA
    assert card_data.card_capabilities(Draft).hex() == "0100010800000000000000"  # type: ignore[arg-type]
