"""Document security objects, good and bad; all of them are signed by the openssl program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.trust.algorithms import STRICT
from smartid.trust.passive import PassiveResult, authenticate_passively
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from smartid.trust.verdict import SubIndication
from tests.unit.trust.country import CA_USAGE, NOW, Card, Country, issue, name, security_object, tlv

GROUPS = {1: b"one", 2: b"two"}
FILES = {"DG1": b"one", "DG2": b"two"}
Sign = Callable[..., bytes]


def run(policy: Policy, sod: bytes, **changes: object) -> PassiveResult:
    return authenticate_passively(FILES | {"EF.SOD": sod}, policy, NOW, **changes)


def reasons(result: PassiveResult) -> set[SubIndication | None]:
    return {finding.reason for finding in result.findings} - {None}


@pytest.mark.parametrize(
    ("key", "md", "options"),
    [
        (ec.SECP256R1(), "sha256", ()),
        (ec.SECP384R1(), "sha384", ()),
        (ec.SECP384R1(), "sha256", ()),
        (ec.SECP521R1(), "sha512", ()),
        (ec.BrainpoolP384R1(), "sha384", ()),
        (2048, "sha256", ()),
        (3072, "sha256", ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")),
        (2048, "sha512", ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")),
        (ec.SECP256R1(), "sha256", ("-keyid",)),
        (ec.SECP256R1(), "sha224", ()),
    ],
)
def test_openssl_signs_and_we_verify(
    policy: Policy, country: Country, openssl_sod: Sign, key: object, md: str, options: tuple[str, ...]
) -> None:
    made = (
        rsa.generate_private_key(public_exponent=65537, key_size=key)
        if isinstance(key, int)
        else ec.generate_private_key(key)
    )
    sod = openssl_sod(security_object(GROUPS), country.sign_documents(key=made), *options, md=md)
    result = run(policy, sod)
    assert result.anchored
    assert result.listed == {1, 2}
    assert result.proved(1) == b"one"
    assert not reasons(result)


@pytest.mark.parametrize("content_type", ["1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"])
def test_old_content_types_pass_with_a_note(
    policy: Policy, country: Country, openssl_sod: Sign, content_type: str
) -> None:
    sod = openssl_sod(security_object(GROUPS), country.document_signer, content_type=content_type)
    result = run(policy, sod)
    assert result.anchored
    assert "before Doc 9303" in result.findings[0].check.detail


def test_another_content_type_is_no_security_object(
    policy: Policy, country: Country, openssl_sod: Sign
) -> None:
    sod = openssl_sod(security_object(GROUPS), country.document_signer, content_type="2.23.136.1.1.2")
    assert reasons(run(policy, sod)) == {SubIndication.FORMAT_FAILURE}


def test_signed_attributes_are_demanded(policy: Policy, country: Country, openssl_sod: Sign) -> None:
    sod = openssl_sod(security_object(GROUPS), country.document_signer, "-noattr")
    assert reasons(run(policy, sod)) == {SubIndication.FORMAT_FAILURE}


def test_a_second_signer_is_refused(
    policy: Policy, country: Country, openssl_sod: Sign, tmp_path: object
) -> None:
    second = country.sign_documents()
    (tmp_path / "2.pem").write_bytes(second.pem + second.key_pem)
    sod = openssl_sod(security_object(GROUPS), country.document_signer, "-signer", str(tmp_path / "2.pem"))
    assert reasons(run(policy, sod)) == {SubIndication.FORMAT_FAILURE}


def test_a_signer_beside_the_file(policy: Policy, country: Country, openssl_sod: Sign) -> None:
    sod = openssl_sod(security_object(GROUPS), country.document_signer, "-nocerts")
    assert reasons(run(policy, sod)) == {SubIndication.NO_SIGNING_CERTIFICATE_FOUND}
    assert run(policy, sod, signers=[b"junk", country.document_signer.der]).anchored
    other = country.sign_documents()
    assert reasons(run(policy, sod, signers=[other.der])) == {SubIndication.NO_SIGNING_CERTIFICATE_FOUND}


def test_sha1_needs_a_policy_that_allows_it(policy: Policy, country: Country, openssl_sod: Sign) -> None:
    sod = openssl_sod(security_object(GROUPS, "sha1"), country.document_signer)
    assert reasons(run(policy, sod)) == {SubIndication.CRYPTO_CONSTRAINTS_FAILURE}
    signed_with_sha1 = openssl_sod(security_object(GROUPS), country.document_signer, md="sha1")
    assert reasons(run(policy, signed_with_sha1)) == {SubIndication.CRYPTO_CONSTRAINTS_FAILURE}
    old = replace(policy, algorithms=replace(STRICT, hashes=STRICT.hashes | {"sha1"}))
    assert not reasons(run(old, sod))
    assert not reasons(run(old, signed_with_sha1))


def test_a_changed_content_is_a_hash_failure(policy: Policy, country: Country, openssl_sod: Sign) -> None:
    content = security_object(GROUPS)
    sod = openssl_sod(content, country.document_signer)
    assert sod.count(content[-32:]) == 1
    changed = sod.replace(content[-32:], bytes(32))
    result = run(policy, changed)
    assert reasons(result) == {SubIndication.HASH_FAILURE}
    assert result.proved(1) is None


def test_a_changed_signature_is_a_crypto_failure(policy: Policy, country: Country, openssl_sod: Sign) -> None:
    sod = openssl_sod(security_object(GROUPS), country.document_signer)
    changed = sod[:-1] + bytes((sod[-1] ^ 1,))
    assert reasons(run(policy, changed)) == {SubIndication.SIG_CRYPTO_FAILURE}


def test_a_signer_of_an_unknown_country(policy: Policy, openssl_sod: Sign) -> None:
    """Same names, other keys: the key identifiers tell them apart."""
    result = run(policy, openssl_sod(security_object(GROUPS), Country().document_signer))
    assert not result.anchored
    assert reasons(result) == {SubIndication.NO_CERTIFICATE_CHAIN_FOUND}


def test_a_signer_that_was_not_yet_valid_when_it_signed(
    policy: Policy, country: Country, openssl_sod: Sign
) -> None:
    """The openssl program writes the time of this machine's clock as the signing time."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    sod = openssl_sod(security_object(GROUPS), country.sign_documents(begin=tomorrow))
    files = FILES | {"EF.SOD": sod}
    result = authenticate_passively(files, policy, tomorrow + timedelta(days=1))
    assert reasons(result) == {SubIndication.NOT_YET_VALID}


def test_the_renewed_authority_is_reached_through_its_link(policy: Policy, openssl_sod: Sign) -> None:
    """A link certificate: the old key signs the new one under the same name (ICAO Doc 9303-12, 7.1)."""
    old, new = Country(), Country()

    subject = name(COUNTRY_NAME="IR", COMMON_NAME="Test CSCA")
    link = issue(subject, old.csca, ca=True, path_length=0, usage=CA_USAGE, key=new.csca.key)
    sod = openssl_sod(security_object(GROUPS), new.document_signer)
    anchors = TrustStore.from_certificates(old.csca.der)
    assert not run(replace(policy, anchors=anchors), sod).anchored
    linked = TrustStore.from_certificates(old.csca.der, link.der)
    assert len(linked.anchors) == 1
    assert run(replace(policy, anchors=linked), sod).anchored


@pytest.mark.parametrize(
    "sod", [b"", b"\x77", tlv("77"), tlv("77", tlv("30")), tlv("60", b"\x00"), bytes(100)]
)
def test_junk_is_a_format_failure(policy: Policy, sod: bytes) -> None:
    assert reasons(run(policy, sod)) == {SubIndication.FORMAT_FAILURE}


def test_either_name_of_the_file_is_found(policy: Policy, card: Card) -> None:
    assert authenticate_passively({"SOD": card.sod}, policy, NOW).signed
    assert not authenticate_passively({}, policy, NOW).signed
