"""Signatures by the openssl program, read and judged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms, pem
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.crypto.ber import MAX_DEPTH
from smartid.errors import EncodingError
from smartid.signing.cades.read import read_cades
from smartid.signing.content import Content
from smartid.signing.form import Level
from smartid.signing.process.judge import judge
from smartid.signing.verdicts import SignatureVerdict
from smartid.trust.policy import Policy
from tests.unit.signing.documents import CONTENT, World, signed_by_hand, value_of, with_unsigned
from tests.unit.trust.country import NOW, tlv

COUNTER_SIGNATURE = "1.2.840.113549.1.9.6"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("world"))
    world.signer = world.country.citizen("signature")
    return world


@pytest.fixture(scope="module")
def policy(world: World) -> Policy:
    return world.policy()


def answers(data: bytes, policy: Policy, content: Content | None) -> list[SignatureVerdict]:
    return [judge(facts, policy, NOW) for facts in read_cades(data, content, policy)]


def reason(data: bytes, policy: Policy, content: bytes | None = CONTENT) -> str | None:
    (verdict,) = answers(data, policy, None if content is None else Content(content))
    found = verdict.verdict.sub_indication
    return found and found.value


@pytest.mark.parametrize("key_id", [(), ("-keyid",)])
@pytest.mark.parametrize("place", [(), ("-nodetach",), ("-nodetach", "-stream"), ("-outform", "PEM")])
@pytest.mark.parametrize("md", ["sha256", "sha512"])
def test_what_openssl_signs_passes(
    world: World, policy: Policy, place: tuple[str, ...], key_id: tuple[str, ...], md: str
) -> None:
    signed = world.sign("-cades", "-md", md, *place, *key_id)
    content = None if "-nodetach" in place else Content(CONTENT)
    (verdict,) = answers(signed, policy, content)
    assert verdict.passed
    assert verdict.level is Level.B


def test_a_streamed_signature_really_is_ber(world: World) -> None:
    assert world.sign("-cades", "-nodetach", "-stream")[:2] == b"\x30\x80"


def test_pss_and_pkcs1(world: World, policy: Policy) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signer = world.country.citizen("signature", key=key)
    pss = ("-cades", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:-1")
    assert reason(world.sign(*pss, signer=signer), policy) is None
    assert reason(world.sign("-cades", signer=signer), policy) is None


def test_without_signed_attributes_or_reference(world: World, policy: Policy) -> None:
    """Sound, but not of any baseline level, and that is said."""
    for options in (("-noattr",), ("-nosmimecap",)):
        (verdict,) = answers(world.sign(*options), policy, Content(CONTENT))
        assert verdict.passed
        assert (verdict.level, verdict.level_missing) == (None, Level.B)
    assert reason(world.sign("-noattr"), policy, CONTENT + b"!") == "SIG_CRYPTO_FAILURE"


def test_attributes_shown_as_content_are_refused(world: World, policy: Policy) -> None:
    """The signature over the attributes of one document must not pass as one over a file that holds them."""
    info = cms.ContentInfo.load(signed_by_hand(world.signer))
    signer = info["content"]["signer_infos"][0]
    attributes = b"\x31" + signer["signed_attrs"].dump()[1:]
    fields = ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
    info["content"]["signer_infos"] = [
        cms.SignerInfo.load(tlv("30", *(signer[field].dump() for field in fields)))
    ]
    assert reason(info.dump(), policy, attributes) == "FORMAT_FAILURE"


def test_several_signers(world: World, policy: Policy) -> None:
    second = world.country.citizen("signature")
    first = world.sign("-cades", "-nodetach")
    (world.folder / "first").write_bytes(first)
    (world.folder / "second.pem").write_bytes(second.pem)
    (world.folder / "second.key").write_bytes(second.key_pem)
    command = ["openssl", "cms", "-resign", "-inform", "DER", "-in", "first", "-outform", "DER", "-cades"]
    command += ["-signer", "second.pem", "-inkey", "second.key", "-out", "both"]
    subprocess.run(command, cwd=world.folder, check=True, capture_output=True)
    both = answers((world.folder / "both").read_bytes(), policy, None)
    assert [verdict.passed for verdict in both] == [True, True]
    assert {verdict.certificate for verdict in both} == {world.signer.der, second.der}


def test_a_file_as_content(world: World, policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "contract.txt"
    file.write_bytes(CONTENT)
    assert answers(world.sign(), policy, Content(file))[0].passed
    file.write_bytes(CONTENT + b"!")
    assert not answers(world.sign(), policy, Content(file))[0].passed


def test_content_that_is_missing_or_another_one(world: World, policy: Policy) -> None:
    assert reason(world.sign(), policy, None) == "SIGNED_DATA_NOT_FOUND"
    assert reason(world.sign(), policy, b"something else") == "HASH_FAILURE"
    assert reason(world.sign("-cades", "-nodetach"), policy, b"something else") == "HASH_FAILURE"
    assert reason(world.sign("-cades", "-nodetach"), policy, CONTENT) is None


def test_tampering(world: World, policy: Policy) -> None:
    signed = world.sign("-cades", "-nodetach")
    assert reason(signed.replace(b"Invented", b"inventEd"), policy, None) == "HASH_FAILURE"
    value = value_of(signed)
    broken = value[:-1] + bytes((value[-1] ^ 1,))
    assert reason(signed.replace(value, broken), policy, None) == "SIG_CRYPTO_FAILURE"
    info = cms.ContentInfo.load(signed)
    attributes = {item["type"].native: item for item in info["content"]["signer_infos"][0]["signed_attrs"]}
    time = attributes["signing_time"].dump()
    changed = time[:-3] + bytes((time[-3] ^ 1,)) + time[-2:]
    assert reason(signed.replace(time, changed), policy, None) == "SIG_CRYPTO_FAILURE"


def with_certificate(signed: bytes, old: bytes, *new: bytes) -> bytes:
    info = cms.ContentInfo.load(signed)
    data = info["content"]
    kept = [choice for choice in data["certificates"] if choice.dump() != old]
    data["certificates"] = cms.CertificateSet([*kept, *map(asn1_x509.Certificate.load, new)])
    return info.dump()


def test_another_certificate_of_the_same_key(world: World, policy: Policy) -> None:
    """The key identifier names both: only the signed reference tells them apart."""
    twin = world.country.citizen("signature", key=world.signer.key)
    signed = world.sign("-cades", "-keyid")
    assert reason(with_certificate(signed, world.signer.der, twin.der), policy) == "SIG_CONSTRAINTS_FAILURE"
    assert reason(with_certificate(signed, world.signer.der, twin.der, world.signer.der), policy) is None
    assert reason(with_certificate(signed, world.signer.der), policy) == "NO_SIGNING_CERTIFICATE_FOUND"


def test_weak_algorithms(world: World, policy: Policy) -> None:
    assert reason(world.sign("-md", "sha1"), policy) == "CRYPTO_CONSTRAINTS_FAILURE"


def counter_signature(world: World, over: bytes) -> bytes:
    """A SignerInfo over the value of a signature: without content type (RFC 5652 (2009), 11.4)."""
    info = cms.ContentInfo.load(signed_by_hand(world.signer, content=over))["content"]["signer_infos"][0]
    kept = [item.dump() for item in info["signed_attrs"] if item["type"].native != "content_type"]
    value = world.signer.key.sign(tlv("31", *kept), ec.ECDSA(hashes.SHA256()))
    parts = [info[name].dump() for name in ("version", "sid", "digest_algorithm")]
    return tlv("30", *parts, tlv("A0", *kept), info["signature_algorithm"].dump(), tlv("04", value))


def test_counter_signatures(world: World, policy: Policy) -> None:
    signed = world.sign()
    for over, good in ((value_of(signed), True), (b"another value", False)):
        countered = with_unsigned(signed, (COUNTER_SIGNATURE, counter_signature(world, over)))
        (verdict,) = answers(countered, policy, Content(CONTENT))
        assert verdict.passed
        assert [item.passed for item in verdict.counter_signatures] == [good]
        assert ("counter_signature_1", good) in {
            (item.name, item.status.value == "PASSED") for item in verdict.verdict.checks
        }


def test_hostile_sizes_are_refused_at_once(policy: Policy) -> None:
    deep = b"\x30\x80" * (MAX_DEPTH + 2)
    wide = tlv("30", *(b"\x05\x00" for _ in range(300_000)))
    for data in (
        deep,
        b"\x30\x84\xff\xff\xff\xff\x00",
        wide,
        b"",
        b"\x30\x80" * 100_000,
        pem.armor("CMS", deep),
    ):
        with pytest.raises(EncodingError):
            read_cades(data, None, policy)


def test_other_pem_is_refused(world: World, policy: Policy) -> None:
    with pytest.raises(EncodingError):
        read_cades(world.signer.pem, None, policy)
