"""Files of the logical data structure, with Persian content, and the JPEG of a foreign encoder in DG2."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image, features

from smartid.errors import EncodingError
from smartid.identity import lds_details, lds_face, lds_security
from smartid.identity.dates import PartialDate
from smartid.identity.model import Portrait
from smartid.identity.portrait import portrait_from_image
from smartid.iso7816 import tlv

VECTORS = Path(os.environ.get("SMARTID_VECTORS", Path(__file__).parents[4] / "shared" / "vectors"))


def picture(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (48, 64), "steelblue").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_portrait_of_a_jpeg_encoder(progressive: bool) -> None:
    data = picture("JPEG", progressive=progressive)
    portrait = portrait_from_image(data)
    assert portrait == Portrait(media_type="image/jpeg", data=data, width=48, height=64)


@pytest.mark.skipif(not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000 encoder")
@pytest.mark.parametrize("no_jp2", [False, True])
def test_portrait_of_a_jpeg_2000_encoder(no_jp2: bool) -> None:
    data = picture("JPEG2000", no_jp2=no_jp2)
    portrait = portrait_from_image(data)
    assert portrait == Portrait(media_type="image/jp2", data=data, width=48, height=64)


def test_tables_before_the_frame_are_no_frame() -> None:
    """Huffman table (C4), restart marker (D0) and fill bytes may stand before the frame header (C1)."""
    data = bytes.fromhex("FFD8 FFC4 000A 08 1111 2222 00 0000 FFD0 FFFF C1 0011 08 0040 0030 0300 FFDA")
    portrait = portrait_from_image(data)
    assert portrait is not None
    assert (portrait.width, portrait.height) == (48, 64)


@pytest.mark.parametrize("size", range(3, 27))
def test_a_cut_picture_has_no_size(size: int) -> None:
    data = bytes.fromhex("FFD8 FFC4 000A 08 1111 2222 00 0000 FFD0 FFFF C1 0011 08 0040 0030")[:size]
    portrait = portrait_from_image(data)
    assert portrait is not None
    assert (portrait.width, portrait.height) == ((48, 64) if size == 26 else (None, None))


def test_other_pictures_are_no_portraits() -> None:
    assert portrait_from_image(picture("PNG")) is None
    assert portrait_from_image(b"") is None


def test_dg2_gives_the_picture_back() -> None:
    portrait = portrait_from_image(picture("JPEG"))
    assert portrait is not None
    file = lds_face.build_dg2(portrait)
    assert lds_face.parse_dg2(file) == portrait
    assert Image.open(io.BytesIO(lds_face.parse_dg2(file).data)).size == (48, 64)


def test_dg2_header_is_the_one_of_the_standard() -> None:
    """ICAO Doc 9303-10, 8th edition, table 37: format owner 0101, format type 0008."""
    file = lds_face.build_dg2(Portrait(media_type="image/jp2", data=b"x"))
    header = tlv.find(file, 0x75, 0x7F61, 0x7F60, 0xA1)
    assert header is not None
    assert {item.tag: item.value.hex() for item in tlv.parse(header)} == {
        0x81: "02",
        0x87: "0101",
        0x88: "0008",
    }
    assert tlv.find(file, 0x75, 0x7F61, 0x02) == b"\x01"


def test_the_image_decides_about_its_media_type() -> None:
    """The sample DG2 of ICAO Doc 9303-10 in circulation says JPEG 2000 and holds a JPEG."""
    jpeg = picture("JPEG")
    record = lds_face.build_facial_record(Portrait(media_type="image/jp2", data=jpeg))
    assert lds_face.parse_facial_record(record).media_type == "image/jpeg"


def test_facial_record_with_feature_points() -> None:
    plain = lds_face.build_facial_record(Portrait(media_type="image/jpeg", data=b"image"))
    points = bytes(16)
    size = (len(plain) + 16).to_bytes(4, "big")
    face = (len(plain) + 2).to_bytes(4, "big") + b"\x00\x02" + plain[20:34] + points + plain[34:]
    assert lds_face.parse_facial_record(plain[:8] + size + plain[12:14] + face).data == b"image"


@pytest.mark.parametrize(
    ("offset", "value"),
    [(0, 0), (4, 0), (11, 0), (13, 0), (17, 0xFF), (17, 32), (19, 9), (35, 2)],
)
def test_broken_facial_record_is_refused(offset: int, value: int) -> None:
    record = bytearray(lds_face.build_facial_record(Portrait(media_type="image/jpeg", data=b"image")))
    record[offset] = value
    with pytest.raises(EncodingError):
        lds_face.parse_facial_record(bytes(record))


def test_dg2_refuses_other_pictures_and_missing_records() -> None:
    with pytest.raises(ValueError, match="image/png"):
        lds_face.build_dg2(Portrait(media_type="image/png", data=b""))
    with pytest.raises(EncodingError):
        lds_face.parse_dg2(tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01"))))


def test_photo_of_the_belgian_test_card() -> None:
    photo = VECTORS / "belgium-alice" / "Photo.tlv"
    if not photo.exists():
        pytest.skip("the foreign vectors are absent; set SMARTID_VECTORS to their folder")
    portrait = portrait_from_image(photo.read_bytes())
    assert portrait is not None
    with Image.open(photo) as image:
        assert (portrait.width, portrait.height) == image.size


PERSON = lds_details.AdditionalPersonalDetails(
    family_name="حسینی نژاد",
    given_names="زهرا سادات",
    other_names=("سید علی",),
    personal_number="0013542419",
    birth_date=PartialDate(1990, 3),
    birth_place="شیراز",
    address="تهران، خیابان آزادی، پلاک ۱۲",
    telephone="02112345678",
    profession="مهندس نرم افزار",
    title="دکتر",
)


def test_persian_names_in_dg11() -> None:
    file = lds_details.build_dg11(PERSON)
    assert lds_details.parse_dg11(file) == PERSON
    assert tlv.find(file, 0x6B, 0x5F0E) == "حسینی<نژاد<<زهرا<سادات".encode()
    assert tlv.find(file, 0x6B, 0x5F2B) == b"19900300"


def test_packed_birth_date_in_dg11() -> None:
    file = tlv.encode(0x6B, tlv.encode(0x5C, b"\x5f\x2b"), tlv.encode(0x5F2B, bytes.fromhex("19740812")))
    assert lds_details.parse_dg11(file).birth_date == PartialDate(1974, 8, 12)


def test_dg12_and_dg13() -> None:
    document = lds_details.AdditionalDocumentDetails(
        issuing_authority="سازمان ثبت احوال کشور", issue_date=PartialDate(2025, 3, 21), endorsements="—"
    )
    assert lds_details.parse_dg12(lds_details.build_dg12(document)) == document
    national = lds_details.NationalDetails(
        postal_code="1619735744", address="تهران", registration_number="12", card_serial_number="AB1"
    )
    assert lds_details.parse_dg13(lds_details.build_dg13(national)) == national
    empty = lds_details.NationalDetails()
    assert lds_details.build_dg13(empty) == bytes.fromhex("6D06 5C01C0 C00101")
    assert lds_details.parse_dg13(lds_details.build_dg13(empty)) == empty


@pytest.mark.parametrize("details", [{"family_name": "a<b"}, {"address": "a<b"}, {"other_names": ("a<b",)}])
def test_separators_inside_a_text_are_refused(details: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="separator"):
        lds_details.build_dg11(lds_details.AdditionalPersonalDetails(**details))  # type: ignore[arg-type]


@pytest.mark.parametrize("data", ["6D00", "6D06 5C01C0 C00102", "6D03 C00101", "6D09 5C01C0 C00101 C00101"])
def test_other_dg13_structures_are_refused(data: str) -> None:
    with pytest.raises(EncodingError):
        lds_details.parse_dg13(bytes.fromhex(data))


@pytest.mark.parametrize("text", [b"\xff", b"\x1b[31m", b"a\x00b"])
def test_hostile_text_is_refused(text: bytes) -> None:
    with pytest.raises(EncodingError):
        lds_details.parse_dg13(tlv.encode(0x6D, bytes.fromhex("5C02C0C2 C00101"), tlv.encode(0xC2, text)))


def test_dg14_names_the_algorithm_of_the_chip() -> None:
    aa = lds_security.active_authentication_info("0.4.0.127.0.7.1.1.4.1.3")
    other = lds_security.SecurityInfo(protocol="0.4.0.127.0.7.2.2.2", required=bytes.fromhex("020101"))
    infos = lds_security.parse_dg14(lds_security.build_dg14((aa, other)))
    assert set(infos) == {aa, other}
    assert lds_security.active_authentication_algorithm(infos) == "0.4.0.127.0.7.1.1.4.1.3"
    assert lds_security.active_authentication_algorithm((other,)) is None
    assert lds_security.build_dg14((aa, other)) == lds_security.build_dg14((other, aa))


@pytest.mark.parametrize(
    "info",
    [
        lds_security.SecurityInfo(protocol=lds_security.ACTIVE_AUTHENTICATION_OID, required=b"\x02\x01\x02"),
        lds_security.SecurityInfo(protocol=lds_security.ACTIVE_AUTHENTICATION_OID, required=b"\x02\x01\x01"),
        lds_security.SecurityInfo(protocol=lds_security.ACTIVE_AUTHENTICATION_OID, required=b"\x05\x00"),
    ],
)
def test_broken_active_authentication_info_is_refused(info: lds_security.SecurityInfo) -> None:
    with pytest.raises(EncodingError):
        lds_security.active_authentication_algorithm((info,))


def test_dg15_holds_a_public_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert lds_security.parse_dg15(lds_security.build_dg15(der)) == der
    with pytest.raises(EncodingError):
        lds_security.parse_dg15(lds_security.build_dg15(der[:-1]))


def test_sod_holds_a_cms() -> None:
    assert lds_security.parse_sod(lds_security.build_sod(b"0\x00")) == b"0\x00"
    with pytest.raises(EncodingError):
        lds_security.parse_sod(b"\x77\x00")


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("versions", [(None, None), ("0108", "040000")])
def test_security_object_round_trip(hash_name: str, versions: tuple[str | None, str | None]) -> None:
    value = lds_security.LDSSecurityObject(
        hash_name=hash_name,
        digests={number: hashlib.new(hash_name, bytes((number,))).digest() for number in (1, 2, 11, 14)},
        lds_version=versions[0],
        unicode_version=versions[1],
    )
    assert lds_security.parse_lds_security_object(lds_security.build_lds_security_object(value)) == value


def test_security_object_byte_for_byte() -> None:
    """Typed from the ASN.1 of ICAO Doc 9303-10, 8th edition, 4.6.2.3: version 0, SHA-256, DG1 and DG2."""
    first, second = bytes(range(32)), bytes(32)
    der = (
        bytes.fromhex("3062 020100 300D 0609 608648016503040201 0500 304E 3025 020101 0420")
        + first
        + bytes.fromhex("3025 020102 0420")
        + second
    )
    value = lds_security.parse_lds_security_object(der)
    assert (value.hash_name, value.digests) == ("sha256", {1: first, 2: second})


def test_two_digests_of_one_data_group_are_refused() -> None:
    value = lds_security.LDSSecurityObject(hash_name="sha1", digests={1: bytes(20), 2: bytes(20)})
    der = lds_security.build_lds_security_object(value)
    twice = der.replace(bytes.fromhex("0201020414"), bytes.fromhex("0201010414"))
    assert twice != der
    with pytest.raises(EncodingError, match="one digest"):
        lds_security.parse_lds_security_object(twice)


@pytest.mark.parametrize(
    "changed",
    [
        {"digests": {17: bytes(32)}},
        {"digests": {1: bytes(31)}},
        {"hash_name": "md5", "digests": {1: bytes(16)}},
    ],
)
def test_wrong_security_objects_are_refused(changed: dict[str, object]) -> None:
    fields = {"hash_name": "sha256", "digests": {1: bytes(32)}} | changed
    der = lds_security.build_lds_security_object(lds_security.LDSSecurityObject(**fields))  # type: ignore[arg-type]
    with pytest.raises(EncodingError):
        lds_security.parse_lds_security_object(der)
