"""Which extended key usages let a certificate sign documents (RFC 5280 (2008), 4.2.1.12)."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import validate_path
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from smartid.trust.verdict import SubIndication
from tests.unit.trust.country import CA_USAGE, NOW, issue, name

ROOT = issue(name(COMMON_NAME="Root"), ca=True, usage=CA_USAGE)
DOCUMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")


@pytest.mark.parametrize(
    ("named", "fits"),
    [
        ((), True),
        ((Usage.EMAIL_PROTECTION,), True),
        ((DOCUMENTS,), True),
        ((Usage.ANY_EXTENDED_KEY_USAGE, Usage.SERVER_AUTH), True),
        ((Usage.CLIENT_AUTH, Usage.EMAIL_PROTECTION), True),
        ((Usage.SERVER_AUTH,), False),
        ((Usage.CLIENT_AUTH, Usage.SMARTCARD_LOGON), False),
        ((Usage.TIME_STAMPING,), False),
        ((Usage.OCSP_SIGNING,), False),
        ((Usage.CODE_SIGNING,), False),
    ],
)
def test_keys_for_something_else_sign_no_documents(
    named: tuple[x509.ObjectIdentifier, ...], fits: bool
) -> None:
    leaf = issue(name(COMMON_NAME="Leaf"), ROOT, usage=("digital_signature",), extended=named)
    policy = Policy(
        anchors=TrustStore.from_certificates(ROOT.der),
        clock=lambda: NOW,
        revocation=RevocationRule.IF_KNOWN,
    )
    result = validate_path(leaf.der, policy, NOW, CertificateUsage.DOCUMENT_SIGNATURE)
    assert result.failure is (None if fits else SubIndication.CHAIN_CONSTRAINTS_FAILURE)
