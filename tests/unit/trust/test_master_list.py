"""Master lists: signed by the openssl program, or by nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ObjectIdentifier
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, NotTrusted
from smartid.trust import master_list_cache
from smartid.trust.certificate import Certificate
from smartid.trust.certificate_record import from_record, to_record
from smartid.trust.master_list import (
    MASTER_LIST_OID,
    MasterList,
    fingerprints,
    read_bare_list,
    read_master_list,
)
from smartid.trust.master_list_cache import load_master_list
from smartid.trust.policy import Policy
from smartid.trust.store import AnchorPurpose, TrustStore
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import CA_USAGE, NOW, Country, Party, issue, name, tlv

MASTER_LIST_SIGNING = ObjectIdentifier("2.23.136.1.1.3")
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]


def csca(number: int, **changes: object) -> Party:
    values = {"ca": True, "path_length": 0, "usage": CA_USAGE, "key": KEYS[number % 3], **changes}
    return issue(name(COUNTRY_NAME="XA", COMMON_NAME=f"CSCA {number}"), **values)


FOREIGN = [csca(number) for number in range(6)]


def content_of(*ders: bytes, version: bytes = b"\x00") -> bytes:
    """CscaMasterList (ICAO Doc 9303-12, 8th edition, appendix)."""
    return tlv("30", tlv("02", version), tlv("31", *sorted(ders)))


def der_of(party: Party) -> bytes:
    return party.der


@pytest.fixture(scope="module")
def list_signer(country: Country) -> Party:
    subject = name(COUNTRY_NAME="IR", COMMON_NAME="Test Master List Signer")
    return issue(subject, country.csca, usage=("digital_signature",), extended=(MASTER_LIST_SIGNING,))


@pytest.fixture(scope="module")
def make_list(openssl_sod: Callable[..., bytes], list_signer: Party) -> Callable[..., bytes]:
    def make(content: bytes, signer: Party | None = None, *options: str, **changes: str) -> bytes:
        changes.setdefault("content_type", MASTER_LIST_OID)
        wrapped = openssl_sod(content, signer or list_signer, *options, **changes)
        return wrapped[wrapped.index(b"\x30", 1) :] if wrapped[1] < 0x80 else wrapped[2 + wrapped[1] % 0x80 :]

    return make


@pytest.fixture(scope="module")
def master_list(make_list: Callable[..., bytes], country: Country) -> bytes:
    return make_list(content_of(country.csca.der, *map(der_of, FOREIGN)), None, "-keyid")


@pytest.fixture(scope="module")
def believer(country: Country) -> Policy:
    return Policy(anchors=TrustStore.from_certificates(country.csca.der), clock=lambda: NOW)


def subjects(found: MasterList) -> set[str]:
    return {str(anchor.certificate.subject) for anchor in found.store.anchors}


def refusal(data: bytes, policy: Policy, **arguments: object) -> SubIndication | None:
    with pytest.raises(NotTrusted) as caught:
        read_master_list(data, policy, **arguments)
    assert not caught.value.verdict.passed
    return caught.value.verdict.sub_indication


def test_a_list_of_a_trusted_state_gives_its_authorities(master_list: bytes, believer: Policy) -> None:
    found = read_master_list(master_list, believer, origin="list of the state")
    assert subjects(found) == {f"C=XA, CN=CSCA {number}" for number in range(6)} | {"C=IR, CN=Test CSCA"}
    assert found.is_signed
    assert found.signer == "C=IR, CN=Test Master List Signer"
    assert found.anchor == "C=IR, CN=Test CSCA"
    assert found.digest == hashlib.sha256(master_list).hexdigest()
    assert not found.skipped
    anchor = found.store.anchors[0]
    assert anchor.purpose is AnchorPurpose.DOCUMENT_SIGNING
    assert anchor.origin == "list of the state, signed by C=IR, CN=Test Master List Signer"
    assert not anchor.unsigned


def test_a_list_of_a_stranger_is_not_believed(master_list: bytes) -> None:
    assert refusal(master_list, Policy(clock=lambda: NOW)) is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_pinned_authority_inside_the_list_is_enough(master_list: bytes, country: Country) -> None:
    pin = hashlib.sha256(country.csca.der).hexdigest().upper()
    colons = ":".join(pin[at : at + 2] for at in range(0, 64, 2))
    found = read_master_list(master_list, Policy(clock=lambda: NOW), pinned=[colons])
    assert len(found.store.anchors) == 7
    other = hashlib.sha256(FOREIGN[0].der).hexdigest()
    nobody = Policy(clock=lambda: NOW)
    assert refusal(master_list, nobody, pinned=[other]) is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize("pin", ["", "00", "zz" * 32, "00" * 33])
def test_a_pin_is_a_whole_fingerprint(pin: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        fingerprints([pin])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"extended": ()}, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        (
            {"extended": (ObjectIdentifier("1.3.6.1.5.5.7.3.8"),)},
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        ),
        ({"usage": ("content_commitment",)}, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ({"end": NOW - timedelta(days=1)}, SubIndication.EXPIRED),
    ],
)
def test_the_signer_must_be_certified_for_it(
    make_list: Callable[..., bytes],
    believer: Policy,
    country: Country,
    changes: dict[str, object],
    reason: SubIndication,
) -> None:
    values = {"usage": ("digital_signature",), "extended": (MASTER_LIST_SIGNING,), **changes}
    signer = issue(name(COUNTRY_NAME="IR", COMMON_NAME="Somebody"), country.csca, **values)
    assert refusal(make_list(content_of(FOREIGN[0].der), signer), believer) is reason


def test_a_changed_list_is_noticed(master_list: bytes, believer: Policy) -> None:
    assert master_list.count(b"CSCA 3") == 2
    changed = master_list.replace(b"CSCA 3", b"CSCA 9")
    assert refusal(changed, believer) is SubIndication.HASH_FAILURE
    wrong = master_list[:-1] + bytes((master_list[-1] ^ 1,))
    assert refusal(wrong, believer) is SubIndication.SIG_CRYPTO_FAILURE


def test_a_list_without_its_signers_certificate(make_list: Callable[..., bytes], believer: Policy) -> None:
    data = make_list(content_of(FOREIGN[0].der), None, "-nocerts")
    assert refusal(data, believer) is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


@pytest.mark.parametrize("known", ["0609608648016503040201", "06082A8648CE3D040302"])
def test_an_unknown_algorithm_is_a_refusal(master_list: bytes, believer: Policy, known: str) -> None:
    """Of the digest, and of the signature: in the signer's own fields, at the end of the list."""
    oid = bytes.fromhex(known)
    at = master_list.rindex(oid) + len(oid) - 1
    odd = master_list[:at] + b"\x7e" + master_list[at + 1 :]
    with pytest.raises(NotTrusted, match="unknown here") as caught:
        read_master_list(odd, believer)
    assert caught.value.verdict.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_a_weak_hash_is_for_the_policy_to_allow(make_list: Callable[..., bytes], believer: Policy) -> None:
    data = make_list(content_of(FOREIGN[0].der), md="sha1")
    assert refusal(data, believer) is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_entries_that_cannot_be_used_are_skipped_one_by_one(
    make_list: Callable[..., bytes], believer: Policy
) -> None:
    person = issue(name(COUNTRY_NAME="XA", COMMON_NAME="No Authority"), ca=False)
    forged = csca(7, sign_with=KEYS[2], key=KEYS[0])
    junk = tlv("30", b"\x02\x01\x05")
    data = make_list(content_of(FOREIGN[0].der, person.der, forged.der, junk, FOREIGN[1].der))
    found = read_master_list(data, believer)
    assert subjects(found) == {"C=XA, CN=CSCA 0", "C=XA, CN=CSCA 1"}
    reasons = " ".join(entry.why for entry in found.skipped)
    assert len(found.skipped) == 3
    assert "No Authority is not marked as an authority" in reasons
    assert "CSCA 7 was not signed by its own key" in reasons
    assert len({entry.position for entry in found.skipped}) == 3


def test_a_renewal_is_vouched_for_like_every_entry(make_list: Callable[..., bytes], believer: Policy) -> None:
    """A link certificate under a changed name, whose issuer is not in the list."""
    link = issue(name(COUNTRY_NAME="xa", COMMON_NAME="Renewed"), FOREIGN[0], ca=True, usage=CA_USAGE)
    found = read_master_list(make_list(content_of(link.der)), believer)
    assert subjects(found) == {"C=xa, CN=Renewed"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        content_of(),
        content_of(FOREIGN[0].der, version=b"\x01"),
        tlv("30", tlv("31", FOREIGN[0].der)),
        FOREIGN[0].der,
    ],
)
def test_another_content_is_no_master_list(
    make_list: Callable[..., bytes], believer: Policy, content: bytes
) -> None:
    with pytest.raises(EncodingError):
        read_master_list(make_list(content), believer)


def test_another_content_type_is_no_master_list(make_list: Callable[..., bytes], believer: Policy) -> None:
    with pytest.raises(EncodingError, match="2.23.136.1.1.2"):
        read_master_list(make_list(content_of(FOREIGN[0].der), content_type="2.23.136.1.1.1"), believer)


def test_a_time_needs_its_zone(master_list: bytes, believer: Policy) -> None:
    with pytest.raises(ValueError, match="time zone"):
        read_master_list(master_list, believer, at=NOW.replace(tzinfo=None))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_lists_end_in_named_errors(master_list: bytes, believer: Policy, data: st.DataObject) -> None:
    mutant = bytearray(master_list)
    for _ in range(data.draw(st.integers(1, 3))):
        mutant[data.draw(st.integers(0, len(mutant) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    del mutant[data.draw(st.integers(len(mutant) // 2, len(mutant))) :]
    try:
        found = read_master_list(bytes(mutant), believer)
    except (EncodingError, NotTrusted):
        return
    assert len(found.store.anchors) == 7


@pytest.mark.parametrize(
    "form",
    [
        b"".join,
        lambda ders: tlv("31", *ders),
        lambda ders: content_of(*ders),
        lambda ders: b"".join(one.pem for one in FOREIGN[:2]) + FOREIGN[2].pem,
    ],
    ids=["one after the other", "SET OF", "CscaMasterList", "PEM"],
)
def test_bare_lists_say_that_nobody_signed_them(form: Callable[[list[bytes]], bytes]) -> None:
    found = read_bare_list(form([one.der for one in FOREIGN[:3]]), origin="somebody's list")
    assert len(found.store.anchors) == 3
    assert not found.is_signed
    assert found.until is None
    for anchor in found.store.anchors:
        assert anchor.unsigned
        assert anchor.origin == "somebody's list, which nobody signed"


def test_links_in_a_bare_list_are_no_anchors() -> None:
    link = issue(name(COUNTRY_NAME="XA", COMMON_NAME="Renewed"), FOREIGN[0], ca=True, usage=CA_USAGE)
    found = read_bare_list(FOREIGN[0].der + link.der)
    assert subjects(found) == {"C=XA, CN=CSCA 0"}
    assert [str(one.subject) for one in found.store.intermediates] == ["C=XA, CN=Renewed"]


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_bare_list_or_an_encoding_error(data: bytes) -> None:
    with suppress(EncodingError):
        assert read_bare_list(data).skipped


# The cache.


@pytest.fixture
def files(master_list: bytes, tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "list.ml").write_bytes(master_list)
    return tmp_path / "list.ml", tmp_path / "list.cache"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Lists that were checked in full."""
    seen: list[bytes] = []

    def noted(data: bytes, *arguments: object, **options: object) -> MasterList:
        seen.append(data)
        return read_master_list(data, *arguments, **options)

    monkeypatch.setattr(master_list_cache, "read_master_list", noted)
    return seen


def test_the_second_time_comes_from_the_cache(
    files: tuple[Path, Path], believer: Policy, checks: list[bytes]
) -> None:
    file, cache = files
    first = load_master_list(file, believer, cache=cache)
    again = load_master_list(file, believer, cache=cache)
    assert again == first
    assert len(checks) == 1
    assert cache.stat().st_mode & 0o777 == 0o600
    assert load_master_list(file, believer) == first
    assert len(checks) == 2


def test_what_the_answer_depends_on_makes_the_cache_void(
    files: tuple[Path, Path], believer: Policy, country: Country, checks: list[bytes]
) -> None:
    file, cache = files
    load_master_list(file, believer, cache=cache)
    more = replace(believer, anchors=believer.anchors + TrustStore.from_certificates(country.root.der))
    load_master_list(file, more, cache=cache)
    load_master_list(file, replace(more, algorithms=replace(more.algorithms, min_rsa_bits=3072)), cache=cache)
    load_master_list(file, more, cache=cache, pinned=["ab" * 32])
    assert len(checks) == 4
    with pytest.raises(NotTrusted):
        load_master_list(file, Policy(clock=lambda: NOW), cache=cache)
    raw = file.read_bytes()
    file.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(NotTrusted):
        load_master_list(file, believer, cache=cache)


def test_the_cache_is_not_asked_after_its_time(files: tuple[Path, Path], believer: Policy) -> None:
    file, cache = files
    found = load_master_list(file, believer, cache=cache)
    assert found.until is not None
    with pytest.raises(NotTrusted):
        load_master_list(file, believer, cache=cache, at=found.until + timedelta(seconds=1))
    assert load_master_list(file, believer, cache=cache, at=found.until) == found


@pytest.mark.parametrize("damage", ["bit", "cut", "digest only", "world", "folder", "foreign"])
def test_a_cache_that_is_damaged_or_open_to_others_is_not_believed(
    files: tuple[Path, Path], believer: Policy, checks: list[bytes], damage: str
) -> None:
    file, cache = files
    first = load_master_list(file, believer, cache=cache)
    whole = cache.read_bytes()
    foreign = b'{"format":"another","anchors":[]}'
    contents = {
        "bit": whole.replace(b"CSCA 3", b"CSCA 4", 1),
        "cut": whole[:-10],
        "digest only": whole[:64],
        "foreign": hashlib.sha256(foreign).hexdigest().encode() + b"\n" + foreign,
    }
    if damage == "world":
        cache.chmod(0o666)
    elif damage == "folder":
        cache.unlink()
        cache.mkdir()
    else:
        cache.write_bytes(contents[damage])
    assert load_master_list(file, believer, cache=cache) == first
    assert len(checks) == 2


def test_a_cache_that_cannot_be_written_is_no_error(files: tuple[Path, Path], believer: Policy) -> None:
    file, cache = files
    assert load_master_list(file, believer, cache=cache / "nowhere" / "file").is_signed
    with pytest.raises(EncodingError, match="can be read"):
        load_master_list(file.with_name("missing"), believer)


def test_every_certificate_survives_its_record(country: Country) -> None:
    marked = Country(throw_away=True)
    for party in (*FOREIGN, country.root, country.citizen_ca, country.document_signer, marked.citizen()):
        certificate = parse_certificate(party.der)
        again = from_record(to_record(certificate))
        for member in fields(Certificate):
            assert getattr(again, member.name) == getattr(certificate, member.name), member.name


@pytest.mark.parametrize("record", [None, [], [1], 5, "text", [["b", "!"]], [["x"]], [[]], {"a": 1}])
def test_a_foreign_record_is_an_encoding_error(record: object) -> None:
    with pytest.raises(EncodingError):
        from_record(record)
