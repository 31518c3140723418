"""What is written is read back as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from smartid.crypto.padding import pad, unpad
from smartid.identity import dates, lds_details
from smartid.identity.evidence import ActiveAuthentication, Evidence
from smartid.identity.model import Sex
from smartid.identity.mrz import MRZ, build, parse
from smartid.identity.mrz_layout import Layout
from smartid.identity.mrz_names import join_names, split_names

NAME = st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12), min_size=1, max_size=4)
STATE = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=3)
NUMBER = st.text("ABC0123456789", min_size=1, max_size=9)
DAY = st.dates(min_value=date(1927, 1, 1), max_value=date(2026, 3, 21))
PERSIAN = st.lists(st.text("ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی\u200c", min_size=1), min_size=1, max_size=3)
WORDS = PERSIAN.map(" ".join) | st.none()


@given(
    layout=st.sampled_from(Layout),
    state=STATE,
    number=NUMBER,
    more=st.text("ABC0123456789", min_size=1, max_size=4),
    birth=DAY,
    expiry=DAY,
    sex=st.sampled_from(Sex),
    family=NAME,
    given_names=NAME,
)
def test_machine_readable_zones(
    layout: Layout,
    state: str,
    number: str,
    more: str,
    birth: date,
    expiry: date,
    sex: Sex,
    family: list[str],
    given_names: list[str],
) -> None:
    long = layout in {Layout.TD1, Layout.TD2}
    visa = layout in {Layout.MRV_A, Layout.MRV_B}
    zone = MRZ(
        layout=layout,
        document_code="V" if visa else "I",
        issuing_state=state,
        document_number=number.ljust(9, "7") + more if long else number,
        nationality=state,
        birth_yymmdd=dates.format_yymmdd(birth),
        sex=sex,
        expiry_yymmdd=dates.format_yymmdd(expiry),
        family_name=" ".join(family),
        given_names=" ".join(given_names),
    )
    again = parse(build(zone))
    assert build(again) == build(zone)
    assert again.document_number == zone.document_number
    assert again.information() == zone.information()
    assert again.birth_date(today=date(2026, 3, 21)) == dates.PartialDate.of(birth)
    assert zone.family_name.startswith(again.family_name) or again.truncated


@given(family=NAME, given_names=NAME, width=st.integers(30, 39))
def test_shortened_names_keep_every_initial(family: list[str], given_names: list[str], width: int) -> None:
    field = join_names(" ".join(family), " ".join(given_names), width)
    assert len(field) == width
    read = [part.split() for part in split_names(field)]
    for whole, kept in zip((family, given_names), read, strict=True):
        assert [name[: len(short)] for name, short in zip(whole, kept, strict=True)] == kept
    if [family, given_names] != read:
        assert field[-1] != "<"


@given(
    family=WORDS,
    given_names=WORDS,
    address=WORDS,
    year=st.integers(1900, 2026),
    month=st.integers(1, 12) | st.none(),
)
def test_persian_details(
    family: str | None, given_names: str | None, address: str | None, year: int, month: int | None
) -> None:
    person = lds_details.AdditionalPersonalDetails(
        family_name=family, given_names=given_names, birth_date=dates.PartialDate(year, month), address=family
    )
    assert lds_details.parse_dg11(lds_details.build_dg11(person)) == person
    national = lds_details.NationalDetails(address=address)
    assert lds_details.parse_dg13(lds_details.build_dg13(national)) == national


@given(
    files=st.dictionaries(st.sampled_from(["DG1", "DG2", "SOD", "EF.CardAccess"]), st.binary()),
    at=st.datetimes(timezones=st.just(UTC)),
    active=st.builds(ActiveAuthentication, challenge=st.binary(), response=st.binary()) | st.none(),
)
def test_evidence(files: dict[str, bytes], at: datetime, active: ActiveAuthentication | None) -> None:
    evidence = Evidence(profile="p", atr=b"\x3b", read_at=at, files=files, active_authentication=active)
    assert Evidence.from_json(evidence.to_json()) == evidence


@given(data=st.binary(), block=st.sampled_from([8, 16]))
def test_padding(data: bytes, block: int) -> None:
    assert unpad(pad(data, block), block) == data
