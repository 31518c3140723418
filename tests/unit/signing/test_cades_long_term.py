"""Levels LT and LTA: what is enclosed, and what an archive time stamp covers.

The imprint and the index are computed a second time here, from what asn1crypto reads, by the text of
ETSI EN 319 122-1 V1.3.1 (2023-06), 5.5.2 and 5.5.3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from asn1crypto import cms, core, tsp
from cryptography import x509

from smartid.errors import EncodingError, LevelNotReached
from smartid.signing.cades.extend import extend
from smartid.signing.content import Content
from smartid.signing.form import Level, SignatureForm
from smartid.signing.sign import sign
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy, RevocationRule
from tests.unit.signing.people import crl, policy_of
from tests.unit.signing.test_cades import CountingSigner, signed, unsigned
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import Country

CONTENT = "قرارداد اجاره\n".encode()
STAMP, ARCHIVE, INDEX = "1.2.840.113549.1.9.16.2.14", "0.4.0.1733.2.4", "0.4.0.19122.1.5"
WHOSE = "certificate for signing documents"
Make = Callable[..., SoftwareSigner]


def read(data: bytes) -> cms.SignedData:
    return cms.ContentInfo.load(data, strict=True)["content"]


class HashIndex(core.Sequence):
    _fields: ClassVar = [
        ("algorithm", cms.DigestAlgorithm),
        ("certificates", core.SequenceOf, {"spec": core.OctetString}),
        ("crls", core.SequenceOf, {"spec": core.OctetString}),
        ("attributes", core.SequenceOf, {"spec": core.OctetString}),
    ]


def lengths(element: bytes) -> int:
    """Length of the tag and length fields."""
    return 2 if element[1] < 0x80 else 2 + (element[1] & 0x7F)


def require_archive(data: cms.SignedData, info: cms.SignerInfo, token: bytes, content: bytes) -> HashIndex:
    """Recompute what the token has to be about."""
    inner = cms.ContentInfo.load(token)["content"]
    (stamped,) = unsigned(inner["signer_infos"][0], INDEX)
    index = HashIndex.load(stamped, strict=True)
    imprint = tsp.TSTInfo.load(bytes(inner["encap_content_info"]["content"]))["message_imprint"]
    name = imprint["hash_algorithm"]["algorithm"].native
    assert index["algorithm"]["algorithm"].native == name
    fields = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    message = data["encap_content_info"]["content_type"].dump() + hashlib.new(name, content).digest()
    message += b"".join(info[field].dump() for field in fields) + stamped
    assert imprint["hashed_message"].native == hashlib.new(name, message).digest()
    held = {hashlib.new(name, item.dump()).digest() for item in data["certificates"]}
    assert set(index["certificates"].native) <= held
    known = {hashlib.new(name, item.dump()).digest() for item in data["crls"]}
    assert set(index["crls"].native) <= known
    values = {
        hashlib.new(name, attribute["type"].dump() + value.dump()).digest()
        for attribute in info["unsigned_attrs"]
        for value in attribute["values"]
    }
    assert set(index["attributes"].native) <= values
    return index


@pytest.mark.parametrize("detached", [False, True])
def test_level_lt_encloses_paths_and_revocation_lists(
    citizen: Make, authority: OpenSSLAuthority, policy: Policy, country: Country, detached: bool
) -> None:
    signer = CountingSigner(citizen("P-384"))
    made = sign(
        CONTENT,
        signer,
        form=SignatureForm.CADES_LT,
        detached=detached,
        time_stamper=authority,
        policy=policy,
    )
    assert signer.touches == 1
    data = read(made.data)
    assert data["version"].native == "v1"
    certificates = {item.chosen.dump() for item in data["certificates"]}
    assert certificates == {signer.certificate, country.citizen_ca.der, authority.party.der}
    assert {item.chosen.dump() for item in data["crls"]} == set(policy.anchors.crls)


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA-2048"])
def test_level_lta_covers_everything_that_is_there(
    citizen: Make, authority: OpenSSLAuthority, policy: Policy, kind: str, detached: bool
) -> None:
    made = sign(
        CONTENT,
        citizen(kind),
        form=SignatureForm.CADES_LTA,
        detached=detached,
        time_stamper=authority,
        policy=policy,
    )
    data = read(made.data)
    (info,) = data["signer_infos"]
    (token,) = unsigned(info, ARCHIVE)
    index = require_archive(data, info, token, CONTENT)
    assert len(index["certificates"]) == len(data["certificates"]) == 3
    assert len(index["crls"]) == len(data["crls"]) == 2
    assert len(index["attributes"]) == 1  # the signature time stamp
    with pytest.raises(AssertionError):
        require_archive(data, info, token, CONTENT + b"!")


def test_two_signers_reach_lta_one_after_the_other(
    citizen: Make, authority: OpenSSLAuthority, policy: Policy
) -> None:
    tools = {"time_stamper": authority, "policy": policy}
    made = sign(sign(CONTENT, citizen("P-256"), form=SignatureForm.CADES_LTA, **tools), citizen("RSA-2048"))
    data = read(made.data)
    (token,) = unsigned(data["signer_infos"][0], ARCHIVE)
    require_archive(data, data["signer_infos"][0], token, CONTENT)  # a new certificate does not break it
    assert unsigned(data["signer_infos"][1], STAMP) == []
    raised = read(extend(made.data, Level.LTA, **tools))
    for info, stamps in zip(raised["signer_infos"], (2, 1), strict=True):
        tokens = unsigned(info, ARCHIVE)
        assert len(tokens) == stamps
        for one in tokens:
            require_archive(raised, info, one, CONTENT)


def test_an_archive_time_stamp_is_renewed(
    citizen: Make, authority: OpenSSLAuthority, policy: Policy, country: Country, tmp_path: Path
) -> None:
    tools = {"time_stamper": authority, "policy": policy}
    made = sign(CONTENT, citizen(), form=SignatureForm.CADES_LTA, detached=True, **tools)
    (tmp_path / "next").mkdir()
    other = OpenSSLAuthority(tmp_path / "next", tsa_party(country))
    once = extend(made.data, Level.LTA, time_stamper=other, policy=policy, content=Content(CONTENT))
    twice = read(extend(once, Level.LTA, time_stamper=other, policy=policy, content=Content(CONTENT)))
    (info,) = twice["signer_infos"]
    before = unsigned(read(made.data)["signer_infos"][0], ARCHIVE)
    tokens = unsigned(info, ARCHIVE)
    assert len(tokens) == 3
    assert before[0] in tokens
    covered = [require_archive(twice, info, token, CONTENT) for token in tokens]
    assert sorted(len(index["attributes"]) for index in covered) == [1, 2, 3]
    held = {item.chosen.dump() for item in twice["certificates"]}
    assert {authority.party.der, other.party.der} <= held
    assert signed(info, "message_digest").native == hashlib.sha256(CONTENT).digest()


def test_the_content_of_a_detached_signature_is_needed_and_compared(
    citizen: Make, authority: OpenSSLAuthority, policy: Policy
) -> None:
    made = sign(CONTENT, citizen(), detached=True)
    tools = {"time_stamper": authority, "policy": policy}
    with pytest.raises(EncodingError, match="content"):
        extend(made.data, Level.LTA, **tools)
    with pytest.raises(EncodingError, match="about this content"):
        extend(made.data, Level.LTA, content=Content(CONTENT + b"!"), **tools)


def revoked_signer(country: Country, signer: SoftwareSigner, when: datetime) -> Policy:
    serial = x509.load_der_x509_certificate(signer.certificate).serial_number
    return policy_of(country, crl(country.root), crl(country.citizen_ca, (serial, when)))


def test_without_good_revocation_data_the_signer_is_not_touched(
    citizen: Make, authority: OpenSSLAuthority, country: Country
) -> None:
    signer = CountingSigner(citizen())
    now = datetime.now(UTC)
    old = crl(country.citizen_ca, at=now - timedelta(days=30))
    stale = policy_of(country, crl(country.root), old)
    nothing = policy_of(country, crl(country.root))
    revoked = revoked_signer(country, signer.inner, now - timedelta(days=1))
    for policy, why in ((stale, WHOSE), (nothing, WHOSE), (revoked, f"{WHOSE} was revoked")):
        with pytest.raises(LevelNotReached, match=why) as caught:
            sign(CONTENT, signer, form=SignatureForm.CADES_LT, time_stamper=authority, policy=policy)
        assert caught.value.level == "LT"
    assert signer.touches == 0


def test_a_time_stamping_authority_of_which_nothing_is_known_stops_it(
    citizen: Make, country: Country, policy: Policy, tmp_path: Path
) -> None:
    stranger = Country()
    authority = OpenSSLAuthority(tmp_path, tsa_party(stranger))
    with pytest.raises(LevelNotReached, match="No trust anchor"):
        sign(CONTENT, citizen(), form=SignatureForm.CADES_LT, time_stamper=authority, policy=policy)


def test_a_certificate_that_names_no_place_to_ask_needs_no_list_unless_the_policy_says_so(
    citizen: Make, authority: OpenSSLAuthority, country: Country
) -> None:
    lenient = policy_of(country, crl(country.root), revocation=RevocationRule.WHEN_DECLARED)
    form = SignatureForm.CADES_LT
    assert sign(CONTENT, citizen(), form=form, time_stamper=authority, policy=lenient).data
    place = x509.UniformResourceIdentifier("http://crl.example/ca.crl")
    point = x509.DistributionPoint([place], None, None, None)
    declared = citizen(extra=((x509.CRLDistributionPoints([point]), False),))
    with pytest.raises(LevelNotReached, match="certificate for signing documents"):
        sign(CONTENT, declared, form=form, time_stamper=authority, policy=lenient)
