"""Paths, good and bad. What openssl says about the same ones is in ``tests/peers/test_openssl_paths.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import core as asn1_core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.errors import EncodingError
from smartid.trust.algorithms import STRICT
from smartid.trust.certificate import CertificateUsage
from smartid.trust.cms import parse_signed_data
from smartid.trust.keys import parse_public_key
from smartid.trust.path import MAX_DEPTH, MAX_SIGNATURES, PathResult
from smartid.trust.store import TrustStore
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import CA_USAGE, NOW, Country, Party, issue, name, path_of, tlv

AUTHENTICATION = CertificateUsage.AUTHENTICATION
LEAF = {"usage": ("digital_signature",), "ca": False}


def run(
    leaf: Party, *others: Party, usage: CertificateUsage = AUTHENTICATION, **changes: object
) -> PathResult:
    anchors = TrustStore.from_certificates(others[-1].der)
    return path_of(leaf.der, [party.der for party in others[:-1]], anchors, NOW, usage, **changes)


def authority(common_name: str, issuer: Party | None = None, **changes: object) -> Party:
    values = {"ca": True, "usage": CA_USAGE, **changes}
    return issue(name(COMMON_NAME=common_name), issuer, **values)


def test_a_path_names_its_anchor_and_its_links(country: Country) -> None:
    leaf = country.citizen()
    result = run(leaf, country.citizen_ca, country.root)
    assert result.failure is None
    assert [item.der for item in result.chain] == [leaf.der, country.citizen_ca.der, country.root.der]
    assert result.anchor is not None
    assert str(result.anchor.certificate.subject) == "C=IR, CN=Test Root"


def test_a_missing_link_is_no_path(country: Country) -> None:
    result = run(country.citizen(), country.root)
    assert result.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert "Test Citizen CA" in result.detail


def test_a_certificate_on_the_card_is_never_an_anchor(country: Country) -> None:
    stranger = Country()
    leaf = stranger.citizen()
    result = path_of(
        leaf.der,
        [stranger.citizen_ca.der, stranger.root.der],
        TrustStore.from_certificates(country.root.der),
        NOW,
        AUTHENTICATION,
    )
    assert result.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_forged_signature_is_told_from_a_missing_anchor(country: Country) -> None:
    forger = ec.generate_private_key(ec.SECP256R1())
    forged = country.citizen(sign_with=forger)
    result = run(forged, country.citizen_ca, country.root)
    assert result.failure is SubIndication.SIG_CRYPTO_FAILURE


def test_a_changed_certificate_is_forged(country: Country) -> None:
    der = country.citizen().der
    changed = der.replace(b"PNOIR-0012345679", b"PNOIR-0012345678")
    assert changed != der
    store = TrustStore.from_certificates(country.root.der, country.citizen_ca.der)
    assert path_of(changed, [], store, NOW, AUTHENTICATION).failure is SubIndication.SIG_CRYPTO_FAILURE


@pytest.mark.parametrize(
    ("purpose", "usage"),
    [
        ("authentication", CertificateUsage.SIGNATURE),
        ("signature", CertificateUsage.AUTHENTICATION),
        ("key management", CertificateUsage.SIGNATURE),
        ("authentication", CertificateUsage.KEY_MANAGEMENT),
    ],
)
def test_a_key_serves_its_purpose_only(country: Country, purpose: str, usage: CertificateUsage) -> None:
    result = run(country.citizen(purpose), country.citizen_ca, country.root, usage=usage)
    assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert usage.value in result.detail


def test_extended_usage_binds_authentication(country: Country) -> None:
    for extended, good in (
        ((ExtendedKeyUsageOID.CLIENT_AUTH,), True),
        ((ExtendedKeyUsageOID.SMARTCARD_LOGON, ExtendedKeyUsageOID.EMAIL_PROTECTION), True),
        ((), True),
        ((ExtendedKeyUsageOID.SERVER_AUTH,), False),
    ):
        result = run(country.citizen(extended=extended), country.citizen_ca, country.root)
        assert (result.failure is None) is good


def test_an_authority_is_no_citizen(country: Country) -> None:
    result = run(country.citizen_ca, country.root)
    assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_a_citizen_is_no_authority(country: Country) -> None:
    for parent in (
        country.citizen(),
        issue(name(COMMON_NAME="no constraints"), country.citizen_ca, usage=CA_USAGE),
    ):
        child = issue(name(COMMON_NAME="child"), parent, **LEAF)
        result = run(child, parent, country.citizen_ca, country.root)
        assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_an_authority_needs_the_right_to_sign_certificates(country: Country) -> None:
    weak = authority("weak", country.root, usage=("digital_signature",))
    result = run(issue(name(COMMON_NAME="x"), weak, **LEAF), weak, country.root)
    assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_path_length_is_kept(country: Country) -> None:
    below = authority("below", country.citizen_ca)
    result = run(issue(name(COMMON_NAME="x"), below, **LEAF), below, country.citizen_ca, country.root)
    assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert "allows 0" in result.detail


@pytest.mark.parametrize("place", ["leaf", "authority"])
def test_unknown_critical_extensions_end_the_path(country: Country, place: str) -> None:
    strange = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
    between = authority("between", country.root, extra=(strange,) if place == "authority" else ())
    leaf = issue(name(COMMON_NAME="x"), between, extra=(strange,) if place == "leaf" else (), **LEAF)
    result = run(leaf, between, country.root)
    assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE
    assert "1.2.3.4" in result.detail


def test_name_constraints_are_not_passed_over(country: Country) -> None:
    permitted = x509.NameConstraints([x509.DirectoryName(name(COUNTRY_NAME="IR"))], None)
    for critical in (True, False):
        between = authority("between", country.root, extra=((permitted, critical),))
        result = run(issue(name(COMMON_NAME="x"), between, **LEAF), between, country.root)
        assert result.failure is SubIndication.CHAIN_CONSTRAINTS_FAILURE


@pytest.mark.parametrize(
    ("place", "change", "failure"),
    [
        ("leaf", {"end": NOW - timedelta(days=1)}, SubIndication.EXPIRED),
        ("leaf", {"begin": NOW + timedelta(days=1)}, SubIndication.NOT_YET_VALID),
        ("authority", {"end": NOW - timedelta(days=1)}, SubIndication.EXPIRED),
        ("anchor", {"end": NOW - timedelta(days=1)}, SubIndication.EXPIRED),
    ],
)
def test_everything_has_its_time(place: str, change: dict[str, object], failure: SubIndication) -> None:
    anchor = authority("anchor", **(change if place == "anchor" else {}))
    between = authority("between", anchor, **(change if place == "authority" else {}))
    leaf = issue(name(COMMON_NAME="x"), between, **LEAF, **(change if place == "leaf" else {}))
    assert run(leaf, between, anchor).failure is failure


def test_weak_keys_and_algorithms_are_refused() -> None:
    weak = authority("weak", key=rsa.generate_private_key(public_exponent=65537, key_size=1024))
    leaf = issue(name(COMMON_NAME="x"), weak, **LEAF)
    assert run(leaf, weak).failure is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    assert run(leaf, weak, algorithms=replace(STRICT, min_rsa_bits=1024)).failure is None
    good = authority("good")
    short = issue(name(COMMON_NAME="x"), good, key=weak.key, **LEAF)
    assert run(short, good).failure is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


def test_an_algorithm_that_is_unknown_here_is_refused(country: Country) -> None:
    leaf = issue(name(COMMON_NAME="x"), country.root, key=ed25519.Ed25519PrivateKey.generate(), **LEAF)
    assert run(leaf, country.root).failure is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    sha3 = issue(name(COMMON_NAME="x"), country.root, algorithm=hashes.SHA3_224(), **LEAF)
    assert run(sha3, country.root).failure is SubIndication.CRYPTO_CONSTRAINTS_FAILURE


@pytest.mark.parametrize("algorithm", [hashes.SHA3_256(), hashes.SHA3_384(), hashes.SHA3_512()])
def test_sha3_is_known(country: Country, algorithm: hashes.HashAlgorithm) -> None:
    leaf = issue(name(COMMON_NAME="x"), country.root, algorithm=algorithm, **LEAF)
    assert run(leaf, country.root).failure is None


def test_names_match_as_rfc_5280_says(country: Country) -> None:
    """Case and runs of spaces do not count."""
    alias = Party(country.root.key, country.root.certificate)
    twin = issue(name(COUNTRY_NAME="ir", COMMON_NAME="TEST  root"), key=alias.key, ca=True, usage=CA_USAGE)
    leaf = issue(name(COMMON_NAME="x"), country.root, **LEAF)
    assert run(leaf, twin).failure is None
    other = issue(name(COUNTRY_NAME="IR", COMMON_NAME="TestRoot"), key=alias.key, ca=True, usage=CA_USAGE)
    assert run(leaf, other).failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_circles_end() -> None:
    """Two authorities that certify each other, and no anchor."""
    first = authority("first")
    second = authority("second", first)
    back = authority("first", second, key=first.key)
    leaf = issue(name(COMMON_NAME="x"), second, **LEAF)
    result = run(leaf, second, back, first, authority("elsewhere"))
    assert result.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


@pytest.mark.parametrize(("links", "good"), [(MAX_DEPTH - 2, True), (MAX_DEPTH - 1, False)])
def test_length_is_bounded(links: int, good: bool) -> None:
    chain = [authority("anchor")]
    for number in range(links):
        chain.append(authority(f"authority {number}", chain[-1]))
    leaf = issue(name(COMMON_NAME="x"), chain[-1], **LEAF)
    result = run(leaf, *reversed(chain))
    assert (result.failure is None) is good


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch, country: Country) -> None:
    """Many authorities of one name, without key identifiers: each could be the issuer."""
    calls = 0

    def count(*arguments: object, **options: object) -> None:
        nonlocal calls
        calls += 1
        original(*arguments, **options)

    from smartid.trust.paths import search as path_search

    original = path_search.verify_certificate
    monkeypatch.setattr(path_search, "verify_certificate", count)
    crowd = [authority("crowd", country.root, key_ids=False) for _ in range(MAX_SIGNATURES + 20)]
    leaf = issue(name(COMMON_NAME="x"), authority("crowd", key_ids=False), key_ids=False, **LEAF)
    store = TrustStore.from_certificates(country.root.der)
    calls = 0
    result = path_of(leaf.der, [party.der for party in crowd], store, NOW, AUTHENTICATION)
    assert result.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert calls == MAX_SIGNATURES


def test_another_key_of_the_same_name_is_tried_until_one_fits(country: Country) -> None:
    crowd = [authority("crowd", country.root, key_ids=False) for _ in range(5)]
    leaf = issue(name(COMMON_NAME="x"), crowd[3], key_ids=False, **LEAF)
    assert run(leaf, *crowd, country.root).failure is None


@pytest.mark.parametrize("leaf", [b"", b"\x30\x00", bytes(70_000)])
def test_junk_is_a_format_failure(country: Country, leaf: bytes) -> None:
    store = TrustStore.from_certificates(country.root.der)
    assert path_of(leaf, [b"junk"], store, NOW, AUTHENTICATION).failure is SubIndication.FORMAT_FAILURE


def test_bytes_after_the_certificate_are_refused(country: Country) -> None:
    store = TrustStore.from_certificates(country.root.der)
    result = path_of(country.citizen().der + b"\x00", [], store, NOW, AUTHENTICATION)
    assert result.failure is SubIndication.FORMAT_FAILURE


@pytest.mark.parametrize("reader", [parse_certificate, parse_public_key])
def test_an_endless_object_identifier_is_refused_before_it_is_decoded(
    reader: Callable[[bytes], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoding an arc takes time that grows with the square of its length."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the decoder was asked")

    monkeypatch.setattr(asn1_core.Asn1Value, "load", never)
    endless = tlv("06", b"\x2a" + b"\xff" * 1500 + b"\x01")
    with pytest.raises(EncodingError, match="sensible length"):
        reader(tlv("30", tlv("30", endless), tlv("04", endless)))
    with pytest.raises(EncodingError, match="sensible length"):
        parse_signed_data(tlv("30", endless, tlv("A0", endless)))
