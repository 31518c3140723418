"""Our reader on data of cards made by others: recorded contents, served by a mock card, read byte for byte.

The contents are read from the folder in SMARTID_VECTORS and are no part of this project.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.x509 import load_der_x509_certificate

from smartid.card.connect import connect
from smartid.iso7816 import tlv
from smartid.iso7816.atr import ATRPattern
from smartid.iso7816.exchange import Link
from smartid.iso7816.files import AID
from smartid.mockcard.card import MockCard
from smartid.mockcard.citizens import list_citizens
from smartid.mockcard.personalize import personalize
from smartid.profiles import procedures
from smartid.profiles.base import (
    Application,
    CardProfile,
    Content,
    DataObjectSpec,
    FileSpec,
    PINSpec,
    ReadMethod,
)
from smartid.transport.trace import Trace

VECTORS = Path(os.environ.get("SMARTID_VECTORS", Path(__file__).parents[3] / "shared" / "vectors"))
pytestmark = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the foreign vectors are absent; set SMARTID_VECTORS to their folder"
)


def serve(profile: CardProfile, contents: dict[str, bytes]) -> MockCard:
    return MockCard(personalize(profile, holder=list_citizens()[0], contents=contents))


def read(live, application, item):
    def exchange():
        yield from procedures.select(application)
        if isinstance(item, DataObjectSpec):
            return (yield from procedures.get_data_object(item))
        return (yield from procedures.read_file(item))

    return live.run(exchange())


# -- Belgium, applet 1.7: no FCI, selection by path, certificates with filling

BELGIUM = {
    "Identity.tlv": (0xDF01, 0x4031),
    "IdentitySignature.tlv": (0xDF01, 0x4032),
    "Address.tlv": (0xDF01, 0x4033),
    "AddressSignature.tlv": (0xDF01, 0x4034),
    "Photo.tlv": (0xDF01, 0x4035),
    "AuthentificationCertificate.tlv": (0xDF00, 0x5038),
    "SigningCertificate.tlv": (0xDF00, 0x5039),
    "CACertificate.tlv": (0xDF00, 0x503A),
    "RootCertificate.tlv": (0xDF00, 0x503B),
    "RRNCertificate.tlv": (0xDF00, 0x503C),
}


@pytest.fixture(scope="module")
def belgium():
    atr = (VECTORS / "belgium-alice" / "ATR.bin").read_bytes()
    files = tuple(
        FileSpec(
            name=name,
            file_id=fid,
            path=(0x3F00, df),
            method=ReadMethod.FULL_PATH,
            content=Content.OPAQUE,
            framed=False,
        )
        for name, (df, fid) in BELGIUM.items()
    )
    profile = CardProfile(
        name="belgium_test",
        title="Belgian test card",
        title_fa="کارت آزمایشی بلژیک",
        country="BEL",
        atrs=(ATRPattern(atr.hex()),),
        probes=("belpic",),
        applications=(
            Application(
                name="belpic", aid=AID.parse("A00000003029057000AD13100101FF"), title="BelPIC", files=files
            ),
        ),
        mock_atr=atr,
    )
    recorded = {name: (VECTORS / "belgium-alice" / name).read_bytes() for name in BELGIUM}
    return profile, recorded, serve(profile, recorded)


@pytest.mark.parametrize("name", BELGIUM)
@pytest.mark.parametrize("largest", [256, 0xC0, 65536])
def test_every_file_of_the_belgian_card_is_read_byte_for_byte(belgium, name, largest):
    profile, recorded, card = belgium
    with connect(transport=card.insert(), profiles=[profile]) as live:
        live._link = Link(max_response=largest)
        item = next(file for file in profile.applications[0].files if file.name == name)
        assert read(live, profile.applications[0], item) == recorded[name]


@pytest.mark.parametrize("name", [name for name in BELGIUM if name.endswith("Certificate.tlv")])
def test_a_belgian_certificate_ends_where_its_header_says(belgium, name):
    profile, recorded, card = belgium
    with connect(transport=card.insert(), profiles=[profile]) as live:
        item = next(file for file in profile.applications[0].files if file.name == name)
        certificate = read(live, profile.applications[0], replace(item, framed=True))
    assert recorded[name].startswith(certificate)
    assert not recorded[name][len(certificate) :].strip(b"\x00")
    load_der_x509_certificate(certificate)


def test_the_belgian_identity_is_simple_tlv():
    objects = {
        item.tag: item.value
        for item in tlv.parse_simple((VECTORS / "belgium-alice/Identity.tlv").read_bytes())
    }
    assert {6, 7, 8, 0x0C} <= objects.keys()
    assert objects[7].decode().isprintable()


# -- US PIV: data objects with tags of three bytes

PIV = {
    "8_-_CHUID_Object": 0x5FC102,
    "7_-_CCC": 0x5FC107,
    "2_-_Security_Object": 0x5FC106,
    "10_-_Face_Object": 0x5FC108,
    "9_-_Fingerprints": 0x5FC103,
    "11_-_Printed_Information": 0x5FC109,
}
PIV_CARDS = ["01_Golden_PIV", "04_Tampered_CHUID", "08_Tampered_Security_Object", "46_Golden_FIPS_201-2_PIV"]


@pytest.mark.parametrize("folder", PIV_CARDS)
@pytest.mark.parametrize("largest", [256, 65536])
def test_every_object_of_the_piv_test_cards_is_read_byte_for_byte(folder, largest):
    recorded = {name: (VECTORS / "piv" / folder / name).read_bytes() for name in PIV}
    profile = CardProfile(
        name="piv_test",
        title="PIV test card",
        title_fa="کارت آزمایشی PIV",
        country="USA",
        atrs=(ATRPattern("3B00"),),
        probes=("piv",),
        applications=(
            Application(
                name="piv",
                aid=AID.parse("A000000308000010000100"),
                title="PIV card application",
                select_p2=0x00,
                data_objects=tuple(
                    DataObjectSpec(name=name, tag=tag, content=Content.OPAQUE) for name, tag in PIV.items()
                ),
            ),
        ),
        mock_atr=bytes.fromhex("3B00"),
    )
    card = serve(profile, {name: tlv.encode(0x53, data) for name, data in recorded.items()})
    with connect(transport=card.insert(), profiles=[profile]) as live:
        live._link = Link(max_response=largest)
        for item in profile.applications[0].data_objects:
            answer = read(live, profile.applications[0], item)
            assert tlv.parse_one(answer, 0x53).value == recorded[item.name]


# -- Estonia, Finland, Latvia: what the traces recorded


@dataclass(frozen=True)
class Recorded:
    atr: bytes
    certificate: bytes
    pin_reference: int
    tries: int


def recorded(trace: Trace) -> Recorded:
    """The certificate, and the state of the PIN, as the card gave them."""
    blocks, certificate, reference = b"", b"", 0
    for turn in trace.turns:
        answer = bytes.fromhex(turn.response)
        if turn.command.startswith("00B0"):
            blocks += answer[:-2]
            continue
        if len(blocks) > 500:
            _, header, length = tlv.read_header(blocks)
            certificate = blocks[: header + length]
        blocks = b""
        if turn.command.startswith("0020"):
            reference = int(turn.command[6:8], 16)
    tries = 5 if trace.atr[:2] == b"\x3b\x7f" else 3
    return Recorded(trace.atr, certificate, reference, tries)


@pytest.mark.parametrize("largest", [256, 0xB5, 0xC0, 65536])
@pytest.mark.parametrize(
    "name",
    [f"{card}-{use}" for card in ("est-idemia", "fin-v4", "lat-v2") for use in ("authenticate", "sign")],
)
def test_certificates_and_counters_of_recorded_cards_are_read_back(name, largest):
    seen = recorded(Trace.load(VECTORS / "traces" / f"{name}.trace"))
    assert len(seen.certificate) > 900
    profile = CardProfile(
        name="recorded_test",
        title="A recorded card",
        title_fa="کارت ضبط‌شده",
        country="XXX",
        atrs=(ATRPattern(seen.atr.hex()),),
        probes=("main",),
        applications=(
            Application(
                name="main",
                aid=AID.parse("A000000077010800070000FE00000100"),
                title="Main application",
                files=(
                    FileSpec(
                        name="certificate",
                        file_id=0x3401,
                        path=(0x3F00, 0xADF1),
                        method=ReadMethod.FULL_PATH,
                        content=Content.OPAQUE,
                    ),
                ),
                pins=(
                    PINSpec(
                        name="identity",
                        title="PIN1",
                        title_fa="رمز ۱",
                        reference=seen.pin_reference,
                        min_length=4,
                        max_length=12,
                        block_size=12,
                        tries=seen.tries,
                    ),
                ),
            ),
        ),
        mock_atr=seen.atr,
    )
    card = serve(profile, {"certificate": seen.certificate + bytes(64)})
    with connect(transport=card.insert(), profiles=[profile]) as live:
        live._link = Link(max_response=largest)
        application = profile.applications[0]
        assert read(live, application, application.files[0]) == seen.certificate
        assert live.pin_status("identity").tries_left == seen.tries
