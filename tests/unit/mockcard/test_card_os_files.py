"""Files, records and data objects: status words as ISO/IEC 7816-4:2020 gives them, clause by clause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.iso7816.files import AID, FileControl, Structure
from smartid.mockcard.card_os import CardOS
from smartid.mockcard.image import CardImage
from smartid.profiles.base import ALWAYS, NEVER, Application, CardProfile, Content, FileSpec, ReadMethod
from smartid.profiles.iran_nid import IRAN_NID
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from tests.sample_card import Talker

LDS = "00A4040C07A0000002471001"
PKCS15 = "00A4040C0CA000000063504B43532D3135"


def content(talk: Talker, name: str) -> bytes:
    image: CardImage = talk.image
    found = image.files[name]
    assert isinstance(found, bytes)
    return found


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (LDS, "9000"),
        ("00A4040C05A000000247", "9000"),  # right-truncated name
        ("00A4040E05A000000247", "9000"),  # next occurrence, from the MF: the first
        ("00A4040C05A000000308", "6A82"),
        ("00A4000C023F00", "9000"),
        ("00A4000C025015", "9000"),
        ("00A4000C", "9000"),
        ("00A4010C025015", "9000"),
        ("00A4020C022F00", "9000"),
        ("00A4020C024331", "6A82"),
        ("00A4030C", "6A82"),  # the MF has no parent
        ("00A4080C0450154331", "9000"),
        ("00A4080C063F0050154331", "9000"),
        ("00A4090C0450154331", "9000"),
        ("00A4080C0450159999", "6A82"),
        ("00A4080C0443314331", "6A82"),
        ("00A4080C03500000", "6A80"),
        ("00A4050C023F00", "6A86"),
        ("00A4001C023F00", "6A86"),
        ("00A4000C0111", "6A80"),
    ],
)
def test_select(talk: Talker, command: str, answer: str) -> None:
    assert talk(command) == answer


def test_next_occurrence_walks_through_the_applications(talk: Talker) -> None:
    names = []
    answer = talk("00A40400 01 A0 00")
    while answer.endswith("9000"):
        names.append(FileControl.parse(bytes.fromhex(answer)[:-2]).df_name)
        answer = talk("00A40402 01 A0 00")
    assert names == [
        app.aid.value for app in NATIONAL_REFERENCE.applications if app.aid and app.aid.value[0] == 0xA0
    ]
    assert answer == "6A82"


def test_control_parameters_of_a_file(talk: Talker) -> None:
    control = FileControl.parse(talk.data(LDS) or talk.data("00A4020402 010D 00"))
    assert control.size == len(content(talk, "DG13"))
    assert control.structure is Structure.TRANSPARENT
    assert control.short_id == 0x0D
    assert control.security == bytes.fromhex("1FFFFF")  # read after PIN 1, update never
    assert control.life_cycle == 5


def test_control_parameters_of_a_folder_and_a_key(talk: Talker) -> None:
    folder = FileControl.parse(talk.data("00A40804025015 00"))
    assert folder.structure is Structure.DF
    assert folder.df_name == bytes.fromhex("A000000063504B43532D3135")
    key = FileControl.parse(talk.data("00A4020402 4B02 00"))
    assert key.structure is Structure.INTERNAL
    assert key.security == bytes.fromhex("2FFFFF")
    assert talk("00B0000000") == "6981"


def test_a_plain_df_of_a_path_is_no_application() -> None:
    card = Talker(CardOS(iran_image()))
    assert card("00A40400 0C A0000000180C000001634200 00").endswith("9000")
    assert card("00A4000C023F00") == "9000"
    assert card("00A4000C025000") == "9000"
    assert card("00A4020C025040") == "9000"
    assert card.data("00B0000000") == b"authentication"
    assert card("00A4000C025100") == "9000"  # a sibling folder
    assert card("00A4020C025040") == "9000"
    assert card.data("00B0000000") == b"signature"


def iran_image() -> CardImage:
    return CardImage(
        profile=IRAN_NID,
        files={
            "authentication certificate": b"authentication",
            "signature certificate": b"signature",
            "dates": bytes(range(40)),
        },
        data_objects={"CPLC": bytes(45)},
    )


def test_an_applet_that_counts_offsets_in_fours() -> None:
    card = Talker(CardOS(iran_image()))
    card("00A40400 10 A0000000183003010000000000000000")
    assert card("00A4000C020300") == "9000"
    assert card("00A4020C020303") == "9000"
    assert card.data("00B0000304") == bytes(range(12, 16))
    assert card("00B0000A04") == "6B00"


def test_proprietary_class_serves_its_data_objects_only() -> None:
    card = Talker(CardOS(iran_image()))
    assert card("80CA9F7F2D") == "00" * 45 + "9000"
    assert card("00CA9F7F2D") == "6A88"
    assert card("80A4000C023F00") == "6E00"
    assert card("80CA01012D") == "6A88"  # in the profile, not on this card


def test_read_binary(talk: Talker) -> None:
    talk(LDS)
    com = content(talk, "EF.COM")
    assert talk.data("00B09E0000") == com[:256]
    assert talk.data("00B0000A10") == com[10:26]
    assert talk.data("00B00000 000000") == com
    last = len(com) - 4
    assert talk(f"00B0{last:04X}04") == com[-4:].hex().upper() + "9000"
    assert talk(f"00B0{last:04X}00") == com[-4:].hex().upper() + "9000"
    assert talk(f"00B0{last:04X}05") == com[-4:].hex().upper() + "6282"
    assert talk(f"00B0{len(com):04X}01") == "6B00"
    assert talk("00B08C0000").endswith("9000")
    assert talk("00B0820000") == content(talk, "DG2")[:256].hex().upper() + "9000"
    assert talk("00B0850000") == "6A82"
    assert talk("00B0E10000") == "6A86"
    assert talk("00B00000") == "6700"


def test_read_binary_without_a_current_file(talk: Talker) -> None:
    assert talk("00B0000000") == "6986"
    assert talk("00A4000C022F00") == "9000"
    assert talk("00A4000C023F00") == "9000"
    assert talk("00B0000000") == "6986"


def test_odd_read_binary_wraps_its_answer(talk: Talker) -> None:
    talk(LDS)
    com = content(talk, "EF.COM")
    assert talk.data("00B1001E 04 54020100 00") == bytes((0x53, len(com) - 256)) + com[256:]
    assert talk.data("00B10000 03 540105 0A") == b"\x53\x08" + com[5:13]
    assert talk.data("00B10000 03 540100 82") == b"\x53\x7f" + com[:127]
    assert talk.data("00B10000 03 540100 83") == b"\x53\x81\x80" + com[:128]
    assert talk("00B10000 02 5400 00") == "6A80"
    assert talk("00B10000 03 550100 00") == "6A80"
    assert talk("00B10000 06 5404FFFFFFFF 00") == "6B00"
    assert talk("00B17777 03 540100 00") == "6A82"


def test_a_file_behind_a_pin(talk: Talker) -> None:
    talk(LDS)
    assert talk("00B08D0000") == "6982"
    assert talk("00200001 08 31323334FFFFFFFF") == "9000"
    assert talk("00B08D0000") == content(talk, "DG13")[:256].hex().upper() + "9000"
    assert talk("00D6000001AA") == "6982"  # update never


def test_get_data(talk: Talker) -> None:
    info: bytes = talk.image.data_objects["applet info"]
    assert talk.data("00CA01A000") == info
    talk(PKCS15)
    assert talk.data("00CA01A000") == info  # of the MF, from any application
    assert talk("00CA01A010") == info[:16].hex().upper() + "6104"
    assert talk("00C0000004") == info[16:].hex().upper() + "9000"
    assert talk("00CA020000") == "6A88"
    assert talk("00CB3FFF 03 5C0144 00") == "6A88"
    assert talk("00CB3FFF 02 5C00 00") == "6A80"
    assert talk("00CB1234 03 5C0144 00") == "6A86"


def test_an_object_longer_than_a_frame_is_fetched_in_pieces(talk: Talker) -> None:
    talk.image.data_objects["applet info"] = bytes(range(256)) * 300
    first = talk.card.transmit(bytes.fromhex("00CA01A0000000"))
    assert (len(first), first[-2:]) == (65_535, b"\x61\x00")
    rest = talk.data("00C00000 000000")
    assert first[:-2] + rest == talk.image.data_objects["applet info"]


RECORD_AID = AID.parse("F0000000000001")


def _records(structure: Structure, records: list[bytes]) -> Talker:
    spec = FileSpec(
        name="log", file_id=0x0101, short_id=1, content=Content.OPAQUE, structure=structure, update=ALWAYS
    )
    closed = replace(spec, name="closed", file_id=0x0102, short_id=2, update=NEVER)
    profile = CardProfile(
        name="records",
        title="Records",
        title_fa="رکوردها",
        country="IRN",
        atrs=(),
        probes=(),
        applications=(Application(name="a", aid=RECORD_AID, title="A", files=(spec, closed)),),
        mock_atr=NATIONAL_REFERENCE.mock_atr,
    )
    image = CardImage(profile=profile, files={"log": list(records), "closed": list(records)})
    talk = Talker(CardOS(image))
    talk("00A4040C07F0000000000001")
    return talk


def test_linear_records() -> None:
    talk = _records(Structure.LINEAR_VARIABLE, [b"one", b"three", b"two"])
    assert talk.data("00B2020C00") == b"three"
    assert talk.data("00B2000400") == b"three"  # the current record
    assert talk.data("00B2000200") == b"two"  # next
    assert talk("00B2000200") == "6A83"
    assert talk.data("00B2000300") == b"three"  # previous
    assert talk.data("00B2000000") == b"one"
    assert talk.data("00B2000100") == b"two"
    assert talk.data("00B2020500") == b"threetwo"
    assert talk("00B2040400") == "6A83"
    assert talk("00B2010600") == "6A86"
    assert talk("00B0000000") == "6981"
    assert talk("00DC0204 02 4142") == "9000"
    assert talk.data("00B2020400") == b"AB"
    assert talk("00E20000 04 66697665") == "9000"
    assert talk.data("00B2040400") == b"five"
    assert talk("00DC0214 02 4142") == "6982"
    assert talk("00DC010C", bytes.fromhex("001001"), bytes(4097)) == "6700"
    control = FileControl.parse(talk.data("00A40204 02 0101 00"))
    assert (control.structure, control.record_count) == (Structure.LINEAR_VARIABLE, 4)


def test_fixed_records_keep_their_length() -> None:
    talk = _records(Structure.LINEAR_FIXED, [b"aaa", b"bbb"])
    assert talk("00DC010C 02 4142") == "6700"
    assert talk("00E20000 03 414243") == "9000"
    for _ in range(251):
        assert talk("00E20000 03 414243") == "9000"
    assert talk("00E20000 03 414243") == "6A84"


def test_cyclic_records_forget_the_oldest() -> None:
    talk = _records(Structure.CYCLIC, [b"3", b"2", b"1"])
    assert talk("00E20008 01 34") == "9000"
    assert talk("00DC0003 01 35") == "9000"
    assert talk.data("00B2010500") == b"543"
    assert talk("00E20000 02 3434") == "6700"


def test_update_binary(image: CardImage) -> None:
    commits: list[int] = []
    app = NATIONAL_REFERENCE.application("master file")
    spec = replace(app.files[0], update=ALWAYS)
    image.profile = replace(NATIONAL_REFERENCE, applications=(replace(app, files=(spec,)),))
    image.files = {"EF.DIR": bytes(8)}
    talk = Talker(CardOS(image, commit=lambda: commits.append(1)))
    talk("00A4000C022F00")
    assert talk("00D60002 02 AABB") == "9000"
    assert talk("00D70000 07 540105 5302CCDD") == "9000"
    assert talk.data("00B0000000") == bytes.fromhex("0000AABB00CCDD00")
    assert talk("00D60007 02 AABB") == "6A84"
    assert talk("00D60000") == "6700"
    assert len(commits) == 2


def test_a_path_from_the_mf_in_one_command() -> None:
    spec = FileSpec(
        name="deep",
        file_id=0x4031,
        path=(0x3F00, 0xDF01),
        method=ReadMethod.FULL_PATH,
        content=Content.OPAQUE,
    )
    profile = replace(
        IRAN_NID,
        applications=(Application(name="a", aid=AID.parse("A000000177"), title="A", files=(spec,)),),
    )
    talk = Talker(CardOS(CardImage(profile=profile, files={"deep": b"found"})))
    assert talk("00A4080C 06 3F00DF014031") == "9000"
    assert talk.data("00B0000000") == b"found"
