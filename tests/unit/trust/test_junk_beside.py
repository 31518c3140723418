"""What a stranger puts beside a certificate: it must cost little, and must not hide what is right."""

from __future__ import annotations

import pytest
from cryptography import x509

from smartid.trust import raw
from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import validate_path
from smartid.trust.policy import RevocationRule
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication
from tests.unit.trust.country import CA_USAGE, NOW, Party, issue, name
from tests.unit.trust.revocation_pki import RevocationPKI, answer, crl

JUNK = 100


@pytest.fixture(scope="module")
def pki() -> RevocationPKI:
    return RevocationPKI()


@pytest.fixture(scope="module")
def impostors() -> list[Party]:
    """Authorities of strangers who call themselves what the real one is called."""
    return [issue(name(COMMON_NAME="CA"), ca=True, usage=CA_USAGE, key_ids=False) for _ in range(JUNK)]


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Count the signatures that are checked, wherever that is."""
    done: list[bytes] = []
    verify = raw._verify_ecdsa

    def counted(key: raw.ECKey, scheme: object, signature: bytes, digest: bytes) -> None:
        done.append(signature)
        verify(key, scheme, signature, digest)  # type: ignore[arg-type]

    monkeypatch.setattr(raw, "_verify_ecdsa", counted)
    return done


def test_lists_of_impostors_cost_no_square(
    pki: RevocationPKI, impostors: list[Party], verifications: list[bytes]
) -> None:
    lists = tuple(crl(party, number=number) for number, party in enumerate(impostors))
    data = ValidationData(certificates=tuple(party.der for party in impostors), crls=lists)
    result = validate_path(pki.leaf.der, pki.policy(), NOW, CertificateUsage.ANY, data=data)
    assert result.failure is SubIndication.TRY_LATER
    assert len(verifications) < JUNK * JUNK / 2


def test_answers_of_impostors_cost_no_square(pki: RevocationPKI, verifications: list[bytes]) -> None:
    liars = [issue(name(COMMON_NAME="Responder"), usage=("digital_signature",)) for _ in range(JUNK)]
    answers = tuple(answer(pki.leaf, pki.ca, liar) for liar in liars)
    data = ValidationData(certificates=tuple(liar.der for liar in liars), ocsp=answers)
    result = validate_path(pki.leaf.der, pki.policy(), NOW, CertificateUsage.ANY, data=data)
    assert result.failure is SubIndication.TRY_LATER
    assert len(verifications) < 5 * JUNK


def test_impostors_do_not_hide_an_authority_of_the_policy(pki: RevocationPKI, impostors: list[Party]) -> None:
    data = ValidationData(certificates=tuple(party.der for party in impostors))
    policy = pki.policy(revocation=RevocationRule.IF_KNOWN)
    leaf = issue(name(COMMON_NAME="Citizen"), pki.ca, usage=("digital_signature",), key_ids=False)
    result = validate_path(leaf.der, policy, NOW, CertificateUsage.ANY, data=data)
    assert result.failure is None


def test_lists_of_impostors_do_not_hide_the_right_one(pki: RevocationPKI, impostors: list[Party]) -> None:
    """The policy's own lists are always asked, whatever number a document brings along."""
    lists = tuple(crl(party, number=number) for number, party in enumerate(impostors))
    data = ValidationData(certificates=tuple(party.der for party in impostors), crls=lists)
    policy = pki.policy(crl(pki.ca), crl(pki.root), revocation=RevocationRule.ALWAYS)
    result = validate_path(pki.leaf.der, policy, NOW, CertificateUsage.ANY, data=data)
    assert result.failure is None


def test_a_certificate_of_junk_length_beside_is_passed_over(pki: RevocationPKI) -> None:
    long = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), bytes(20_000))
    junk = issue(name(COMMON_NAME="CA"), ca=True, usage=CA_USAGE, extra=((long, False),))
    policy = pki.policy(revocation=RevocationRule.IF_KNOWN)
    data = ValidationData(certificates=(junk.der, b"", b"\x30\x80"))
    assert validate_path(pki.leaf.der, policy, NOW, CertificateUsage.ANY, data=data).failure is None
