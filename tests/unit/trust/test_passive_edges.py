"""Issuing states, lists that nobody signed, renewals, and domain parameters that nearly fit a curve."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import keys as asn1_keys
from cryptography.hazmat.primitives.asymmetric import ec

from smartid.errors import AlgorithmRefused
from smartid.identity.countries import ALPHA_2
from smartid.identity.evidence import Evidence
from smartid.trust.curves import CURVES
from smartid.trust.keys import ECKey, parse_public_key
from smartid.trust.master_list import read_bare_list
from smartid.trust.passive import authenticate_passively
from smartid.trust.policy import Policy, Requirement
from smartid.trust.store import Anchor, AnchorPurpose, TrustStore
from smartid.trust.verdict import Check, CheckStatus, SubIndication, Verdict
from smartid.trust.verifier import Verifier
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import (
    CA_USAGE,
    NOW,
    Card,
    Country,
    Party,
    issue,
    mrz,
    name,
    security_object,
    tlv,
)

Sign = Callable[..., bytes]
GROUPS = {1: tlv("61", tlv("5F1F", mrz()))}


def assess(policy: Policy, groups: dict[int, bytes], sod: bytes) -> Verdict:
    files = {f"DG{number}": data for number, data in groups.items()} | {"EF.SOD": sod}
    evidence = Evidence(profile="card", atr=b"", read_at=NOW, files=files)
    return Verifier(replace(policy, require=frozenset[Requirement]())).assess(evidence)


def check(verdict: Verdict, wanted: str) -> Check | None:
    return next((found for found in verdict.checks if found.name == wanted), None)


def state(code: str) -> dict[int, bytes]:
    zone = mrz().replace(b"I<IRN", b"I<" + code.ljust(3, "<").encode(), 1)
    return {1: tlv("61", tlv("5F1F", zone))}


def abroad(country: str | None, signer_country: str | None = None) -> tuple[TrustStore, Party]:
    """An authority of a country, and a document signer below it."""

    def called(code: str | None, title: str) -> object:
        return name(**({"COUNTRY_NAME": code} if code else {}), COMMON_NAME=title)

    csca = issue(called(country, "CSCA"), ca=True, path_length=0, usage=CA_USAGE)
    signer = issue(called(signer_country or country, "Signer"), csca, usage=("digital_signature",))
    return TrustStore.from_certificates(csca.der), signer


@pytest.mark.parametrize(
    ("code", "authority", "signer", "status", "reason"),
    [
        ("IRN", "IR", None, CheckStatus.PASSED, None),
        ("IRN", "ir", "Ir", CheckStatus.PASSED, None),
        ("D", "DE", None, CheckStatus.PASSED, None),
        ("RKS", "KS", None, CheckStatus.PASSED, None),
        ("IRN", "DE", None, CheckStatus.FAILED, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ("D", "IR", None, CheckStatus.FAILED, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ("IRN", "IR", "DE", CheckStatus.FAILED, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ("XXQ", "IR", None, CheckStatus.NOT_CHECKED, SubIndication.CHAIN_CONSTRAINTS_FAILURE),
        ("IRN", None, None, CheckStatus.NOT_CHECKED, None),
    ],
)
def test_a_state_vouches_for_its_own_documents_only(
    policy: Policy,
    openssl_sod: Sign,
    code: str,
    authority: str | None,
    signer: str | None,
    status: CheckStatus,
    reason: SubIndication | None,
) -> None:
    store, document_signer = abroad(authority, signer)
    groups = state(code)
    sod = openssl_sod(security_object(groups), document_signer)
    verdict = assess(replace(policy, anchors=store), groups, sod)
    found = check(verdict, "issuing_state")
    assert found is not None
    assert found.status is status
    assert verdict.sub_indication is reason


def test_the_state_is_not_asked_of_who_is_not_anchored(policy: Policy, openssl_sod: Sign) -> None:
    _, document_signer = abroad("DE")
    verdict = assess(policy, GROUPS, openssl_sod(security_object(GROUPS), document_signer))
    assert check(verdict, "issuing_state") is None
    assert verdict.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_codes_of_states_are_whole() -> None:
    """249 countries of ISO 3166-1, whose two letters differ, and what ICAO adds."""
    assert len(ALPHA_2) == 249 + 11
    assert all(len(code) == 2 and code.isupper() for code in ALPHA_2.values())
    assert len(set(ALPHA_2.values())) == 249 + 4  # EU, UN, KS, UT; the others repeat DE and GB
    assert {ALPHA_2[code] for code in ("DEU", "D")} == {"DE"}


def test_a_verdict_on_an_unsigned_list_says_so(policy: Policy, country: Country, openssl_sod: Sign) -> None:
    sod = openssl_sod(security_object(GROUPS), country.document_signer)
    bare = read_bare_list(country.csca.der, origin="found on a stick").store
    verdict = assess(replace(policy, anchors=bare), GROUPS, sod)
    warning = check(verdict, "trust_anchors")
    assert verdict.passed
    assert warning is not None
    assert warning.status is CheckStatus.NOT_CHECKED
    assert "found on a stick, which nobody signed" in warning.detail
    signed = assess(policy, GROUPS, sod)
    assert check(signed, "trust_anchors") is None


def test_plain_data_as_content_type_passes_with_a_note(
    policy: Policy, country: Country, openssl_sod: Sign
) -> None:
    sod = openssl_sod(security_object(GROUPS), country.document_signer, content_type="1.2.840.113549.1.7.1")
    verdict = assess(policy, GROUPS, sod)
    assert verdict.passed
    signature = check(verdict, "document_security_object")
    assert signature is not None
    assert "no more than data" in signature.detail


def test_plain_data_that_is_no_security_object_is_refused(
    policy: Policy, country: Country, openssl_sod: Sign
) -> None:
    sod = openssl_sod(b"a letter", country.document_signer, content_type="1.2.840.113549.1.7.1")
    assert assess(policy, GROUPS, sod).sub_indication is SubIndication.FORMAT_FAILURE


def test_a_renewal_under_a_changed_name_needs_an_anchor_that_is_a_csca(
    policy: Policy, openssl_sod: Sign
) -> None:
    old, new_key = Country(), ec.generate_private_key(ec.SECP256R1())
    renamed = name(COUNTRY_NAME="IR", COMMON_NAME="Renamed CSCA")
    link = issue(renamed, old.csca, ca=True, path_length=0, usage=CA_USAGE, key=new_key)
    signer = issue(name(COUNTRY_NAME="IR", COMMON_NAME="New Signer"), link, usage=("digital_signature",))
    sod = openssl_sod(security_object(GROUPS), signer)

    def store(purpose: AnchorPurpose) -> TrustStore:
        # The old authority allows no authority below it, so its anchor is given without that limit.
        free = issue(old.csca.certificate.subject, ca=True, usage=CA_USAGE, key=old.csca.key)
        anchor = Anchor(certificate=parse_certificate(free.der), purpose=purpose)
        return TrustStore(anchors=(anchor,), intermediates=(parse_certificate(link.der),))

    believed = assess(replace(policy, anchors=store(AnchorPurpose.DOCUMENT_SIGNING)), GROUPS, sod)
    assert believed.passed
    assert believed.anchor == "C=IR, CN=Test CSCA"
    mixed = assess(replace(policy, anchors=store(AnchorPurpose.ANY)), GROUPS, sod)
    assert mixed.sub_indication is SubIndication.CHAIN_CONSTRAINTS_FAILURE


def test_a_known_signer_is_still_judged_for_each_time_and_each_anchor(
    policy: Policy, openssl_sod: Sign
) -> None:
    """What is kept of a document signer is which key signed it, and nothing else."""
    csca = issue(name(COUNTRY_NAME="IR", COMMON_NAME="CSCA"), ca=True, usage=CA_USAGE)
    short = issue(
        name(COUNTRY_NAME="IR", COMMON_NAME="Signer"),
        csca,
        usage=("digital_signature",),
        end=NOW + timedelta(days=1),
    )
    trusting = replace(policy, anchors=TrustStore.from_certificates(csca.der))
    files = {"DG1": GROUPS[1], "EF.SOD": openssl_sod(security_object(GROUPS), short)}
    for _ in range(3):
        assert authenticate_passively(files, trusting, NOW).anchored
    late = authenticate_passively(files, trusting, NOW + timedelta(days=2))
    assert late.path is not None
    assert late.path.failure is SubIndication.EXPIRED
    assert not authenticate_passively(files, replace(trusting, anchors=TrustStore()), NOW).anchored


def test_a_forged_signer_is_not_taken_for_the_known_one(policy: Policy, openssl_sod: Sign) -> None:
    csca = issue(name(COUNTRY_NAME="IR", COMMON_NAME="CSCA"), ca=True, usage=CA_USAGE)
    good = issue(name(COUNTRY_NAME="IR", COMMON_NAME="Signer"), csca, usage=("digital_signature",))
    forged = issue(
        name(COUNTRY_NAME="IR", COMMON_NAME="Signer"),
        csca,
        usage=("digital_signature",),
        sign_with=ec.generate_private_key(ec.SECP256R1()),
    )
    trusting = replace(policy, anchors=TrustStore.from_certificates(csca.der))
    for signer, anchored in ((good, True), (good, True), (forged, False), (good, True)):
        files = {"DG1": GROUPS[1], "EF.SOD": openssl_sod(security_object(GROUPS), signer)}
        assert authenticate_passively(files, trusting, NOW).anchored is anchored


# Domain parameters, spelled out by the openssl program and then changed.


@pytest.fixture(scope="module")
def spelled_out(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    def make(curve: str) -> bytes:
        pem = tmp_path_factory.mktemp("curve") / "key.pem"
        options = ("-name", curve, "-genkey", "-noout", "-param_enc", "explicit", "-out", str(pem))
        subprocess.run(["openssl", "ecparam", *options], check=True, capture_output=True)
        command = ["openssl", "ec", "-in", str(pem), "-pubout", "-outform", "DER", "-param_enc", "explicit"]
        return subprocess.run(command, check=True, capture_output=True).stdout

    return make


def changed(spki: bytes, change: Callable[[asn1_keys.SpecifiedECDomain], None]) -> bytes:
    info = asn1_keys.PublicKeyInfo.load(spki)
    domain = info["algorithm"]["parameters"].chosen
    change(domain)
    parameters = asn1_keys.ECDomainParameters("specified", domain)
    algorithm = asn1_keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": parameters})
    made = asn1_keys.PublicKeyInfo({"algorithm": algorithm, "public_key": info["public_key"]})
    return bytes(made.dump(force=True))


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


CHANGES: dict[str, Callable[[asn1_keys.SpecifiedECDomain], None]] = {
    "p": lambda d: d["field_id"].__setitem__("parameters", d["field_id"]["parameters"].native + 2),
    "a": lambda d: d["curve"].__setitem__("a", flip(d["curve"]["a"].native)),
    "b": lambda d: d["curve"].__setitem__("b", flip(d["curve"]["b"].native)),
    "x": lambda d: d.__setitem__("base", b"\x04" + flip(d["base"].native[1:33]) + d["base"].native[33:]),
    "y": lambda d: d.__setitem__("base", flip(d["base"].native)),
    "n": lambda d: d.__setitem__("order", d["order"].native + 2),
    "cofactor": lambda d: d.__setitem__("cofactor", 2),
    "compressed": lambda d: d.__setitem__(
        "base", bytes((2 + d["base"].native[-1] % 2,)) + d["base"].native[1:33]
    ),
    "hybrid": lambda d: d.__setitem__("base", bytes((6 + d["base"].native[-1] % 2,)) + d["base"].native[1:]),
}


@pytest.mark.parametrize("curve", ["prime256v1", "brainpoolP256r1"])
@pytest.mark.parametrize("what", CHANGES)
def test_one_changed_number_is_another_curve(
    spelled_out: Callable[[str], bytes], curve: str, what: str
) -> None:
    spki = spelled_out(curve)
    assert isinstance(parse_public_key(changed(spki, lambda domain: None)), ECKey)
    with pytest.raises(AlgorithmRefused, match="unknown here"):
        parse_public_key(changed(spki, CHANGES[what]))


def test_seed_and_cofactor_may_be_missing_and_the_seed_may_be_any(
    spelled_out: Callable[[str], bytes],
) -> None:
    spki = spelled_out("prime256v1")
    for change in (
        lambda domain: domain["curve"].__setitem__("seed", bytes(20)),
        lambda domain: domain.__setitem__("cofactor", None),
    ):
        key = parse_public_key(changed(spki, change))
        assert isinstance(key, ECKey)
        assert key.curve == "secp256r1"


@pytest.mark.parametrize("curve", ["brainpoolP224r1", "brainpoolP320r1"])
@pytest.mark.parametrize("encoding", ["named_curve", "explicit"])
def test_curves_that_are_not_offered_are_refused_by_name(tmp_path: Path, curve: str, encoding: str) -> None:
    pem = tmp_path / "key.pem"
    options = ("-name", curve, "-genkey", "-noout", "-out", str(pem))
    subprocess.run(["openssl", "ecparam", *options], check=True, capture_output=True)
    command = ["openssl", "ec", "-in", str(pem), "-pubout", "-outform", "DER", "-param_enc", encoding]
    spki = subprocess.run(command, check=True, capture_output=True).stdout
    assert curve not in CURVES
    with pytest.raises(AlgorithmRefused, match=curve):
        parse_public_key(spki)


def test_the_card_of_the_fixtures_is_of_its_state(policy: Policy, card: Card) -> None:
    found = check(Verifier(policy).assess(card.evidence()), "issuing_state")
    assert found is not None
    assert found.detail == "Issued by IRN, and an authority of IR vouches for it."
