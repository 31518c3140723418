"""Any bytes end in a value or in EncodingError: sixteen thousand inputs for each decoder.

Plain random bytes rarely get past the first tag. Each decoder is therefore also given its own valid file with
a few bytes changed, cut out or put in. One draw feeds every decoder, which keeps the run short.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.crypto import iso9796, padding, signature
from smartid.errors import EncodingError
from smartid.identity import dates, lds, lds_details, lds_face, lds_security, mrz, mrz_names
from smartid.identity.evidence import ActiveAuthentication, Evidence
from smartid.identity.model import Portrait
from smartid.identity.portrait import portrait_from_image
from tests.property.examples import MANY

TODAY = date(2026, 3, 21)
ZONE = "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<"
JPEG = bytes.fromhex("FFD8FFE000104A46494600010100000100010000FFC0000B080040003001011100FFDA")
JP2 = bytes.fromhex("0000000C6A5020200D0A870A0000001666747970000000166A703268696864720000004000000030000307")
MODULUS = (1 << 512) - 1
INFOS = (
    lds_security.active_authentication_info("0.4.0.127.0.7.1.1.4.1.3"),
    lds_security.SecurityInfo(protocol="0.4.0.127.0.7.2.2.4.2.2", required=b"\x02\x01\x02"),
)
OBJECT = lds_security.LDSSecurityObject(
    hash_name="sha1",
    digests={1: hashlib.sha1(b"").digest(), 2: bytes(20)},
    lds_version="0108",
    unicode_version="040000",
)
EVIDENCE = Evidence(
    profile="p",
    atr=b";",
    read_at=datetime(2026, 1, 1, tzinfo=UTC),
    files={"DG1": b"a"},
    active_authentication=ActiveAuthentication(challenge=b"c", response=b"r"),
)
PERSON = lds_details.AdditionalPersonalDetails(
    family_name="نمونه", given_names="علی", other_names=("ALI",), birth_date=dates.PartialDate(1990, 1, 2)
)
DOCUMENT = lds_details.AdditionalDocumentDetails(issuing_authority="ثبت", issue_date=dates.PartialDate(2025))
FACE = Portrait(media_type="image/jpeg", data=JPEG)


def as_text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Feed a decoder of text with bytes, one character each."""
    return lambda data: read(data.decode("latin-1"))


def algorithm(data: bytes) -> object:
    return lds_security.active_authentication_algorithm(lds_security.parse_dg14(data))


DECODERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "EF.COM": (lds.parse_com, lds.build_com(lds.CommonData(data_groups=(1, 2, 14)))),
    "DG1": (lds.parse_dg1, b"\x61\x5d\x5f\x1f\x5a" + ZONE.encode()),
    "DG2": (lds_face.parse_dg2, lds_face.build_dg2(FACE)),
    "facial record": (lds_face.parse_facial_record, lds_face.build_facial_record(FACE)),
    "DG11": (lds_details.parse_dg11, lds_details.build_dg11(PERSON)),
    "DG12": (lds_details.parse_dg12, lds_details.build_dg12(DOCUMENT)),
    "DG13": (lds_details.parse_dg13, lds_details.build_dg13(lds_details.NationalDetails(address="حسن آباد"))),
    "DG14": (algorithm, lds_security.build_dg14(INFOS)),
    "DG15": (lds_security.parse_dg15, lds_security.build_dg15(b"0\x03\x02\x01\x01")),
    "SOD": (lds_security.parse_sod, lds_security.build_sod(b"0\x03\x02\x01\x01")),
    "security object": (
        lds_security.parse_lds_security_object,
        lds_security.build_lds_security_object(OBJECT),
    ),
    "MRZ": (as_text(mrz.parse), ZONE.encode()),
    "MRZ name": (
        as_text(lambda text: mrz_names.join_names(text, text, 30)),
        "Müller-Lüdenscheid".encode("latin-1"),
    ),
    "evidence": (as_text(Evidence.from_json), EVIDENCE.to_json().encode()),
    "birth date": (as_text(lambda text: dates.parse_birth_yymmdd(text, today=TODAY)), b"900321"),
    "expiry date": (as_text(lambda text: dates.parse_expiry_yymmdd(text, today=TODAY)), b"30<<<<"),
    "eight digits": (as_text(dates.parse_yyyymmdd), b"19900321"),
    "BCD date": (dates.parse_bcd, bytes.fromhex("19900321")),
    "Solar Hijri date": (as_text(dates.from_jalali), b"1404/01/01"),
    "JPEG": (portrait_from_image, JPEG),
    "JPEG 2000": (portrait_from_image, JP2),
    "padding": (lambda data: padding.unpad(data, 8), b"12345\x80\x00\x00"),
    "ECDSA DER": (lambda data: signature.ecdsa_der_to_raw(data, 4), bytes.fromhex("3006020101020102")),
    "ECDSA raw": (signature.ecdsa_raw_to_der, bytes(range(8))),
    "ISO 9796-2": (
        lambda data: iso9796.recover(data, modulus=MODULUS, exponent=1),
        b"\x6b\xba" + bytes(61) + b"\xbc",
    ),
}

FAST = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def changed(data: bytes, program: bytes) -> bytes:
    """Change bytes as ``program`` says, five for each step: what, where (two), and the bytes to put there."""
    for start in range(0, len(program), 5):
        how, high, low, *piece = program[start : start + 5].ljust(5, b"\x00")
        at = (high << 8 | low) % (len(data) + 1)
        width = 1 + how // 3 % 2
        end = at if how % 3 == 0 else at + width
        data = data[:at] + (b"" if how % 3 == 1 else bytes(piece[:width])) + data[end:]
    return data


def feed(name: str, data: bytes) -> None:
    """Read; a refusal has to say where and what."""
    try:
        DECODERS[name][0](data)
    except EncodingError as error:
        if error.offset < 0 or not error.expected:
            raise AssertionError(f"{name} refuses without a reason") from error


@pytest.mark.parametrize("name", DECODERS)
def test_the_unchanged_example_is_read(name: str) -> None:
    read, example = DECODERS[name]
    read(example)


@settings(FAST, max_examples=MANY)
@given(program=st.binary(min_size=5, max_size=15))
def test_a_changed_file_ends_in_a_value_or_an_encoding_error(program: bytes) -> None:
    for name, (_, example) in DECODERS.items():
        feed(name, changed(example, program))


@settings(FAST, max_examples=MANY // 2)
@given(noise=st.binary(max_size=24))
def test_any_bytes_end_in_a_value_or_an_encoding_error(noise: bytes) -> None:
    for name, (_, example) in DECODERS.items():
        feed(name, noise)
        feed(name, example[: len(noise)] + noise)
