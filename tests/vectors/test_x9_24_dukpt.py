"""Worked examples: Supplement to ANSI X9.24-3-2017, Test Vectors (2018-01-29); ANSI X9.24-1:2009, A.4."""

from __future__ import annotations

import pytest

from smartid.services.messages import dukpt_tdes
from smartid.services.messages.dukpt import (
    UPDATE_COUNTER,
    InitialKey,
    KeyType,
    Usage,
    derivation_data,
)
from smartid.services.messages.pin_blocks import Format, decrypt_pin, encrypt_pin

KEY_ID = bytes.fromhex("1234567890123456")
BDK_128 = bytes.fromhex("FEDCBA9876543210F1F1F1F1F1F1F1F1")
BDK_256 = BDK_128 * 2
IK_128 = "1273671EA26AC29AFA4D1084127652A1"
IK_256 = "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F"

DERIVATION_DATA = [
    (Usage.PIN_ENCRYPTION, KeyType.AES_128, 1, "01011000000200809012345600000001"),
    (Usage.MAC_GENERATION, KeyType.AES_128, 1, "01012000000200809012345600000001"),
    (Usage.DATA_ENCRYPT, KeyType.AES_128, 1, "01013000000200809012345600000001"),
    (Usage.KEY_ENCRYPTION, KeyType.AES_128, UPDATE_COUNTER, "010100020002008090123456FFFFFFFF"),
    (Usage.PIN_ENCRYPTION, KeyType.TDES_2KEY, 1, "01011000000000809012345600000001"),
]
SECOND_BLOCKS = [
    (Usage.PIN_ENCRYPTION, KeyType.AES_256, 1, "01021000000401009012345600000001"),
    (Usage.PIN_ENCRYPTION, KeyType.TDES_3KEY, 1, "01021000000100C09012345600000001"),
    (Usage.KEY_ENCRYPTION, KeyType.AES_256, UPDATE_COUNTER, "010200020004010090123456FFFFFFFF"),
]
DERIVATION_KEYS = [
    (BDK_128, 1, "4F21B565BAD9835E112B6465635EAE44"),
    (BDK_128, 2, "2F34D68DE10F68D38091A73B9E7C437C"),
    (BDK_128, 3, "031504E530365CF81264238540518318"),
    (BDK_128, 8, "718EE6CF0B27E53D5F7AF99C4D8146A2"),
    (BDK_128, 0xFFFE4000, "396C2C7CA1EA701C03B86B7D41F0C562"),
    (BDK_128, 0xFFFE8000, "0387625F189B58AE03EF0E8CCA41105E"),
    (BDK_128, 0xFFFF0000, "F6BA59389BD14A9855BE9727E7C52E3C"),
    (BDK_128, UPDATE_COUNTER, "36C6EBBCC0536FC91C1D50660D4F82AE"),
    (BDK_256, 1, "54AC2B32B145EA4A554CB8BC44B17467063A799856B1CCC2A138D36E8DBF78B3"),
    (BDK_256, 0xFFFF0000, "6D6DB7AAAE8B3EA90E57A39E4BBA71E173B21B446B30A78D64BFC6A8806C55EE"),
    (BDK_256, UPDATE_COUNTER, "39064FDC8373D710AFAA823E757E59190C92DD8FBF86B87B673632F4E04C97D2"),
]
WORKING_KEYS = [
    (BDK_128, KeyType.AES_128, 1, Usage.PIN_ENCRYPTION, "AF8CB133A78F8DC2D1359F18527593FB"),
    (BDK_128, KeyType.AES_128, 2, Usage.PIN_ENCRYPTION, "D30BDC73EC9714B000BEC66BDB7B6D09"),
    (BDK_128, KeyType.AES_128, 3, Usage.PIN_ENCRYPTION, "7D69F01F3B45449F62C7816ECE723268"),
    (BDK_128, KeyType.AES_128, 8, Usage.PIN_ENCRYPTION, "4D9DF3FBEE3448FC3E676D04320A90F5"),
    (BDK_128, KeyType.AES_128, 8675309, Usage.PIN_ENCRYPTION, "D1DDA386AA4A556AF0119FDCB5D132C6"),
    (BDK_128, KeyType.AES_128, 0xFFFE4000, Usage.PIN_ENCRYPTION, "6239A27F572DEDB17BCA1AC413EF9FE9"),
    (BDK_128, KeyType.AES_128, 0xFFFF0000, Usage.PIN_ENCRYPTION, "27EFAC1D158632588F4AC69E45C247C4"),
    (BDK_128, KeyType.AES_128, 1, Usage.MAC_GENERATION, "A2DC23DE6FDE0824A2BC321E08E4B8B7"),
    (BDK_128, KeyType.AES_128, 1, Usage.MAC_VERIFICATION, "DBB463945B286C07CD3AD82EE96FD9C9"),
    (BDK_128, KeyType.AES_128, 1, Usage.MAC_BOTH, "85675439D18D7F1158BD8E3EAA3D502B"),
    (BDK_128, KeyType.AES_128, 1, Usage.DATA_ENCRYPT, "A35C412EFD41FDB98B69797C02DCD08F"),
    (BDK_128, KeyType.AES_128, 1, Usage.DATA_DECRYPT, "16292C6EA8F64C5420A0584BFBC577BE"),
    (BDK_128, KeyType.AES_128, 1, Usage.DATA_BOTH, "A308E080DD15A1B741F1721BF67DE11C"),
    (BDK_128, KeyType.AES_128, 1, Usage.KEY_ENCRYPTION, "36A724B7BEFA5A25F5E7B5782A4554A2"),
    (BDK_128, KeyType.AES_128, 8, Usage.MAC_GENERATION, "6FD572E5D59E618875F193484F9178FB"),
    (BDK_128, KeyType.AES_128, 8, Usage.DATA_ENCRYPT, "650F34204ABD4E57764D61AC3D266FB1"),
    (BDK_128, KeyType.TDES_2KEY, 1, Usage.PIN_ENCRYPTION, "630C706D9546E47D4449313F61C4D4AB"),
    (BDK_128, KeyType.TDES_2KEY, 1, Usage.MAC_GENERATION, "5D8FD787E8A796D07035FFCA9B5800BB"),
    (
        BDK_128,
        KeyType.TDES_3KEY,
        1,
        Usage.PIN_ENCRYPTION,
        "EA8B3F37EB9B15831167EF2977FD8762D9B5913F35766F6A",
    ),
    (
        BDK_128,
        KeyType.TDES_3KEY,
        1,
        Usage.DATA_ENCRYPT,
        "F716DFBC6B2D2D5825B694EEEE181A013F2F1C09380BBE0C",
    ),
    (
        BDK_256,
        KeyType.AES_256,
        1,
        Usage.PIN_ENCRYPTION,
        "8C1AB7BEE973829E30242E0BBBDD4946D540C98FC1B5BDCF94790001A23FD502",
    ),
    (
        BDK_256,
        KeyType.AES_256,
        1,
        Usage.MAC_GENERATION,
        "61DABDF4B340CF461EE860B1D1AB55357142BD2D6977306859CF49AEFE8F1549",
    ),
    (
        BDK_256,
        KeyType.AES_256,
        0xFFFF0000,
        Usage.PIN_ENCRYPTION,
        "88B82556AEF4A681E0687F443A4C4F305AF9203B114470DFC77C7F08BC43F9DA",
    ),
]
TDES_PIN_BLOCKS = [
    ("FFFF9876543210E00001", "1B9C1845EB993A7A"),
    ("FFFF9876543210E00002", "10A01C8D02C69107"),
    ("FFFF9876543210E00003", "18DC07B94797B466"),
    ("FFFF9876543210E00004", "0BC79509D5645DF7"),
    ("FFFF9876543210E00005", "5BC0AF22AD87B327"),
    ("FFFF9876543210E00010", "D5D9638559EF53D6"),
    ("FFFF9876543210E00015", "72105C22EBC791E6"),
    ("FFFF9876543210EFF800", "33365F5CC6F23C35"),
    ("FFFF9876543210EFF801", "3A86BF003F835C9D"),
    ("FFFF9876543210EFFA00", "849763B43E5F9CFF"),
    ("FFFF9876543210EFFC00", "DEFC6F09F8927B71"),
    ("FFFF9876543210F00000", "73EC88AD0AC5830E"),
]
TDES_BDK = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


@pytest.mark.parametrize(("number", "rows"), [(1, DERIVATION_DATA), (2, SECOND_BLOCKS)])
def test_derivation_data(number, rows):
    for usage, type_, counter, expected in rows:
        context = KEY_ID[4:] + counter.to_bytes(4, "big")
        assert derivation_data(number, usage, type_, context).hex().upper() == expected


@pytest.mark.parametrize(("bdk", "expected"), [(BDK_128, IK_128), (BDK_256, IK_256)])
def test_initial_keys(bdk, expected):
    assert InitialKey.derive(bdk, KEY_ID).key.hex().upper() == expected


@pytest.mark.parametrize(("bdk", "counter", "expected"), DERIVATION_KEYS)
def test_derivation_keys(bdk, counter, expected):
    assert InitialKey.derive(bdk, KEY_ID).derivation_key(counter).hex().upper() == expected


@pytest.mark.parametrize(("bdk", "type_", "counter", "usage", "expected"), WORKING_KEYS)
def test_working_keys(bdk, type_, counter, usage, expected):
    assert InitialKey.derive(bdk, KEY_ID).working_key(counter, usage, type_).hex().upper() == expected


@pytest.mark.parametrize(
    ("bdk", "expected"),
    [
        (BDK_128, "9A9770AEE1ACD1B13473D0463A1883B9"),
        (BDK_256, "AEFB210C136278A1279F7C8815F446DB8EBE2AA910B157AA4E6484D8DE9C4807"),
    ],
)
def test_update_keys(bdk, expected):
    assert InitialKey.derive(bdk, KEY_ID).update_key().hex().upper() == expected


@pytest.mark.parametrize(
    ("counter", "expected"),
    [(1, "A912150391AB65A67E52883D81CE2D15"), (2, "52A00503BD34BA1383F6A7EE9FE2547F")],
)
def test_format_4_under_dukpt(counter, expected):
    key = InitialKey.derive(BDK_128, KEY_ID).working_key(counter, Usage.PIN_ENCRYPTION, KeyType.AES_128)
    fill = bytes.fromhex("2F69ADDE2E9E7ACE")
    block = encrypt_pin(Format.ISO_4, key, "1234", "4111111111111111", random=lambda _count: fill)
    assert block.hex().upper() == expected
    assert decrypt_pin(Format.ISO_4, key, block, "4111111111111111") == "1234"


@pytest.mark.parametrize(("ksn", "expected"), TDES_PIN_BLOCKS)
def test_tdes_pin_blocks(ksn, expected):
    """PIN 1234, PAN 4012345678909, format 0: the table of ANSI X9.24-1:2009, A.4.2."""
    initial = dukpt_tdes.initial_key(TDES_BDK, bytes.fromhex(ksn))
    assert initial.hex().upper() == "6AC292FAA1315B4D858AB3A3D7D5933A"
    key = dukpt_tdes.working_key(initial, bytes.fromhex(ksn), dukpt_tdes.Variant.PIN)
    block = encrypt_pin(Format.ISO_0, key, "1234", "4012345678909")
    assert block.hex().upper() == expected
    assert decrypt_pin(Format.ISO_0, key, block, "4012345678909") == "1234"


def test_tdes_data_key():
    """The data of A.4.2, "4012345678909D987" with zeros to three blocks, CBC."""
    ksn = bytes.fromhex("FFFF9876543210E00001")
    key = dukpt_tdes.working_key(dukpt_tdes.initial_key(TDES_BDK, ksn), ksn, dukpt_tdes.Variant.DATA_REQUEST)
    data, last, out = b"4012345678909D987".ljust(24, b"\0"), bytes(8), b""
    for start in range(0, 24, 8):
        mixed = bytes(a ^ b for a, b in zip(data[start : start + 8], last, strict=True))
        last = dukpt_tdes.tdes_encrypt(key, mixed)
        out += last
    assert out.hex().upper() == "FC0D53B7EA1FDA9EE68AAF2E70D9B9506229BE2AA993F04F"
