"""Answers to reset of cards in the field (public lists of ATRs), read by us and by pyscard."""

import pytest

from smartid.errors import EncodingError
from smartid.iso7816.atr import ATR, ATRPattern, CardCapabilities
from smartid.profiles.registry import PROFILES

FIELD = {
    "Estonia 2018": "3BDB960080B1FE451F830012233F536549440F9000F1",
    "Estonia 2025": "3BFF9600008031FE438031B85365494464B085051012233F1D",
    "Finland v3": "3B7F9600008031B865B08504021B1200F6829000",
    "Belgium 1.8": "3B7F96000080318065B085040120120FFF829000",
    "Serbia": "3BFF9400008131804380318065B0850201F3120FFF82900079",
    "Latvia v2": "3BDB960080B1FE451F830012428F536549440F900020",
    "Iran": "3BDB97008131FE85801349524E7396715B91302F",
    "Croatia": "3BFF1300008131FE450031B9640444ECC17394018082900012",
    "nothing but T0": "3B00",
}


@pytest.mark.parametrize("text", FIELD.values(), ids=FIELD)
def test_pyscard_reads_the_same(text):
    pyscard = pytest.importorskip("smartcard.ATR", reason="pyscard is not installed")
    raw = bytes.fromhex(text)
    theirs = pyscard.ATR(list(raw))
    ours = ATR.parse(raw)
    assert list(ours.historical) == theirs.getHistoricalBytes()
    assert {t for t in (0, 1) if theirs.__getattribute__(f"isT{t}Supported")()} == set(ours.protocols)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "2 to 33"),
        ("3B", "2 to 33"),
        ("3A00", "TS"),
        ("3B80", "TD1"),
        ("3B02AA", "historical"),
        ("3B01AABB", "no byte after"),
        ("3B8001", "TCK"),
        ("3BDB97008131FE85801349524E7396715B913030", "exclusive-or"),
        ("3B" + "F0" * 32, "T"),
    ],
)
def test_a_broken_atr_is_named(text, expected):
    with pytest.raises(EncodingError, match=expected):
        ATR.parse(bytes.fromhex(text))


def test_card_capabilities_come_from_the_historical_bytes():
    reference = ATR.parse(bytes.fromhex("3B9E968131FE458073F621D3123641554F73454944B0"))
    assert reference.capabilities == CardCapabilities(chaining=True, extended_length=True, channels=4)
    assert reference.compact_tlv()[5] == b"OsEID"
    assert ATR.parse(bytes.fromhex("3B00")).capabilities == CardCapabilities()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_profile_has_well_formed_atrs(profile):
    for pattern in profile.atrs:
        if "?" not in pattern.text and "*" not in pattern.text:
            ATR.parse(bytes.fromhex(pattern.text))
    assert any(pattern.matches(profile.mock_atr) for pattern in profile.atrs)


def test_patterns_match_digit_by_digit():
    pattern = ATRPattern("3B7F96000080318065B085????????????829000")
    assert pattern.matches(bytes.fromhex("3B7F96000080318065B0850300EF120FFF829000"))
    assert not pattern.matches(bytes.fromhex("3B7F96000080318065B0860300EF120FFF829000"))
    assert not pattern.matches(bytes.fromhex("3B7F96000080318065B0850300EF120FFF8290"))
    assert ATRPattern("3B6?00*").matches(bytes.fromhex("3B6A00AABB"))
