"""CAdES signatures as they are made: structure by asn1crypto, integrity by ``verify_raw``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import algos, cms, core, tsp, x509

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import (
    AlgorithmRefused,
    EncodingError,
    FetchFailed,
    LevelNotReached,
    SignatureInvalid,
)
from smartid.signing.cades.extend import extend
from smartid.signing.form import Level, SignatureForm
from smartid.signing.request import SignedDocument
from smartid.signing.sign import sign
from smartid.signing.software import SoftwareSigner
from smartid.trust.algorithms import AlgorithmPolicy
from smartid.trust.policy import Policy
from smartid.trust.raw import verify_raw
from tests.unit.signing.tsa import OpenSSLAuthority
from tests.unit.trust.country import Country

CONTENT = "قرارداد اجاره\n".encode()
AT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
KINDS = [
    ("P-256", SignatureAlgorithm.ES256, "sha256_ecdsa"),
    ("P-384", SignatureAlgorithm.ES384, "sha384_ecdsa"),
    ("P-521", SignatureAlgorithm.ES512, "sha512_ecdsa"),
    ("RSA-2048", SignatureAlgorithm.PS256, "rsassa_pss"),
    ("RSA-2048", SignatureAlgorithm.RS256, "sha256_rsa"),
]
Make = Callable[..., SoftwareSigner]


class CountingSigner:
    """Another signer, and how often it was touched."""

    def __init__(self, inner: SoftwareSigner) -> None:
        self.inner, self.touches = inner, 0

    @property
    def certificate(self) -> bytes:
        return self.inner.certificate

    @property
    def algorithms(self) -> Sequence[SignatureAlgorithm]:
        return self.inner.algorithms

    def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
        self.touches += 1
        return self.inner.sign_digest(digest, algorithm)


class Silent:
    """An authority that gives no time stamp."""

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        raise FetchFailed("http://tsa.example", "no answer within 10 seconds")


def read(data: bytes) -> cms.SignedData:
    return cms.ContentInfo.load(data, strict=True)["content"]


def unsigned(signer: cms.SignerInfo, dotted: str) -> list[bytes]:
    attributes = signer["unsigned_attrs"]
    if isinstance(attributes, core.Void):
        return []
    found = [attribute for attribute in attributes if attribute["type"].dotted == dotted]
    return [value.dump() for attribute in found for value in attribute["values"]]


def signed(signer: cms.SignerInfo, name: str) -> core.Asn1Value:
    (found,) = [attribute for attribute in signer["signed_attrs"] if attribute["type"].native == name]
    (value,) = found["values"]
    return value


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize(("kind", "algorithm", "named"), KINDS)
def test_a_signature_is_over_its_attributes_and_those_are_over_the_content(
    citizen: Make,
    chain: tuple[bytes, ...],
    kind: str,
    algorithm: SignatureAlgorithm,
    named: str,
    detached: bool,
) -> None:
    signer = CountingSigner(citizen(kind))
    made = sign(CONTENT, signer, detached=detached, algorithm=algorithm, signed_at=AT, chain=chain)
    assert signer.touches == 1
    data = read(made.data)
    (info,) = data["signer_infos"]
    content = data["encap_content_info"]["content"]
    assert (content.native, made.content is None) == ((None, False) if detached else (CONTENT, True))
    assert made.name == ("document.p7s" if detached else "document.p7m")
    attributes = b"\x31" + info["signed_attrs"].dump()[1:]
    assert info["signed_attrs"].dump(force=True) == info["signed_attrs"].dump()
    spki = x509.Certificate.load(signer.certificate).public_key.dump()
    verify_raw(spki, algorithm, info["signature"].native, message=attributes)
    assert signed(info, "message_digest").native == hashlib.new(algorithm.hash_name, CONTENT).digest()
    assert signed(info, "content_type").native == "data"
    assert signed(info, "signing_time").native == AT
    assert info["signature_algorithm"]["algorithm"].native == named
    assert info["digest_algorithm"]["algorithm"].native == algorithm.hash_name
    assert {item.chosen.dump() for item in data["certificates"]} == {signer.certificate, *chain}


def test_the_attributes_name_the_certificate_and_the_algorithms(citizen: Make) -> None:
    signer = citizen("RSA-2048")
    (info,) = read(sign(CONTENT, signer, algorithm=SignatureAlgorithm.PS384).data)["signer_infos"]
    assert info["version"].native == "v1"
    reference = signed(info, "signing_certificate_v2")["certs"][0]
    certificate = x509.Certificate.load(signer.certificate)
    assert reference["cert_hash"].native == hashlib.sha256(signer.certificate).digest()
    assert reference["issuer_serial"]["serial_number"].native == certificate.serial_number
    assert reference["issuer_serial"]["issuer"][0].chosen.untag().dump() == certificate.issuer.dump()
    assert signed(info, "signing_certificate_v2").dump().count(bytes.fromhex("0609608648016503040201")) == 0
    protection = signed(info, "cms_algorithm_protection")
    assert protection["digest_algorithm"].dump() == info["digest_algorithm"].dump()
    assert protection["signature_algorithm"].contents == info["signature_algorithm"].contents
    parameters = info["signature_algorithm"]["parameters"]
    assert isinstance(parameters, algos.RSASSAPSSParams)
    assert parameters["salt_length"].native == 48
    assert parameters["hash_algorithm"]["algorithm"].native == "sha384"
    assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native == "sha384"


@pytest.mark.parametrize(
    ("moment", "tag", "text"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), 0x17, b"491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), 0x18, b"20500101000000Z"),
        (datetime(1950, 1, 1, tzinfo=UTC), 0x17, b"500101000000Z"),
    ],
)
def test_the_signing_time_is_written_as_cms_wants_it(
    citizen: Make, moment: datetime, tag: int, text: bytes
) -> None:
    """RFC 5652 (2009), 11.3: dates from 1950 to 2049 as UTCTime, later ones as GeneralizedTime."""
    (info,) = read(sign(CONTENT, citizen(), signed_at=moment).data)["signer_infos"]
    assert signed(info, "signing_time").dump() == bytes((tag, len(text))) + text


def test_a_second_signer_leaves_the_first_one_as_it_was(citizen: Make, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(CONTENT)
    for detached in (False, True):
        first = sign(path, citizen("P-256"), detached=detached)
        for second in (
            sign(first, citizen("RSA-2048")),
            _signed_from_file(first, tmp_path, citizen("RSA-2048")),
        ):
            assert second.name == first.name == f"report.pdf{'.p7s' if detached else '.p7m'}"
            before, after = read(first.data), read(second.data)
            assert len(after["signer_infos"]) == 2
            assert after["signer_infos"][0].dump() == before["signer_infos"][0].dump()
            assert len(after["certificates"]) == 2
            digests = {signed(info, "message_digest").native for info in after["signer_infos"]}
            assert digests == {hashlib.sha256(CONTENT).digest()}


def _signed_from_file(first: SignedDocument, folder: Path, signer: SoftwareSigner) -> SignedDocument:
    first.write(folder / first.name)
    return sign(folder / first.name, signer)


def test_a_signature_without_its_content_or_with_another_one_is_not_added_to(
    citizen: Make, tmp_path: Path
) -> None:
    first = sign(CONTENT, citizen(), detached=True)
    with pytest.raises(EncodingError, match="content of this detached signature"):
        sign(first.data, citizen())
    (tmp_path / "a.txt.p7s").write_bytes(first.data)
    (tmp_path / "a.txt").write_bytes(CONTENT + b"!")
    signer = CountingSigner(citizen())
    with pytest.raises(EncodingError, match="about this content"):
        sign(tmp_path / "a.txt.p7s", signer)
    assert signer.touches == 0


def test_a_detached_signature_on_an_attached_one_is_about_the_file(citizen: Make) -> None:
    first = sign(CONTENT, citizen())
    second = sign(first.data, citizen(), detached=True)
    (info,) = read(second.data)["signer_infos"]
    assert signed(info, "message_digest").native == hashlib.sha256(first.data).digest()


def test_a_large_file_is_signed_without_being_read_whole(
    citizen: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read as a whole"))
    monkeypatch.setattr("smartid.signing.content.MAX_WHOLE", 1 << 20)
    made = sign(path, citizen(), detached=True)
    (info,) = read(made.data)["signer_infos"]
    assert signed(info, "message_digest").native == hashlib.sha256(bytes(64 << 20)).digest()
    with pytest.raises(EncodingError, match="at most"):
        sign(path, citizen())


def test_a_signature_of_another_key_is_not_written(citizen: Make) -> None:
    class Liar(CountingSigner):
        def sign_digest(self, digest: bytes, algorithm: SignatureAlgorithm) -> bytes:
            return super().sign_digest(bytes(len(digest)), algorithm)

    with pytest.raises(SignatureInvalid):
        sign(CONTENT, Liar(citizen()))


def test_the_algorithm_is_one_that_the_signer_has_and_the_policy_allows(citizen: Make) -> None:
    with pytest.raises(AlgorithmRefused, match="does not sign with RS256"):
        sign(CONTENT, citizen("P-256"), algorithm=SignatureAlgorithm.RS256)
    long_hashes = Policy(algorithms=AlgorithmPolicy(hashes=frozenset({"sha384"})))
    (info,) = read(sign(CONTENT, citizen("RSA-2048"), policy=long_hashes).data)["signer_infos"]
    assert info["digest_algorithm"]["algorithm"].native == "sha384"
    with pytest.raises(AlgorithmRefused, match="no algorithm that the policy allows"):
        sign(CONTENT, citizen("P-256"), policy=long_hashes)


@pytest.mark.parametrize("detached", [False, True])
def test_level_t_holds_a_stamp_over_the_signature_value(
    citizen: Make, authority: OpenSSLAuthority, detached: bool
) -> None:
    made = sign(
        CONTENT, citizen("P-384"), form=SignatureForm.CADES_T, detached=detached, time_stamper=authority
    )
    (info,) = read(made.data)["signer_infos"]
    (token,) = unsigned(info, "1.2.840.113549.1.9.16.2.14")
    assert imprint(token) == ("sha384", hashlib.sha384(info["signature"].native).digest())


def imprint(token: bytes) -> tuple[str, bytes]:
    info = tsp.TSTInfo.load(bytes(cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]))
    found = info["message_imprint"]
    return found["hash_algorithm"]["algorithm"].native, found["hashed_message"].native


def test_what_is_missing_is_said_before_the_signer_is_touched(
    citizen: Make, authority: OpenSSLAuthority, country: Country, policy: Policy
) -> None:
    signer = CountingSigner(citizen())
    for level, tools, why in (
        ("T", {}, "no time-stamping authority"),
        ("LT", {"policy": policy}, "no time-stamping authority"),
        ("LT", {"time_stamper": authority}, "no policy"),
        ("LT", {"time_stamper": authority, "policy": Policy()}, "No trust anchor"),
    ):
        with pytest.raises(LevelNotReached, match=why) as caught:
            sign(CONTENT, signer, form=SignatureForm[f"CADES_{level}"], **tools)
        assert caught.value.level == level
    assert signer.touches == 0
    with pytest.raises(FetchFailed, match=r"tsa\.example"):
        sign(CONTENT, signer, form=SignatureForm.CADES_T, time_stamper=Silent())


def test_a_lower_level_is_raised_and_the_signature_kept(citizen: Make, authority: OpenSSLAuthority) -> None:
    made = sign(sign(CONTENT, citizen("P-256")), citizen("RSA-2048"))
    raised = read(extend(made.data, Level.T, time_stamper=authority))
    for before, after in zip(read(made.data)["signer_infos"], raised["signer_infos"], strict=True):
        assert after["signed_attrs"].dump() == before["signed_attrs"].dump()
        assert after["signature"].dump() == before["signature"].dump()
        (token,) = unsigned(after, "1.2.840.113549.1.9.16.2.14")
        assert imprint(token)[1] == hashlib.sha256(after["signature"].native).digest()
    again = extend(raised_der(raised), Level.T, time_stamper=authority)
    assert again == raised_der(raised)


def raised_der(data: cms.SignedData) -> bytes:
    return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
