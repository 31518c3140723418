"""Times at the ends of the calendar: no sum may fall off it (RFC 5280 (2008), 4.1.2.5: 99991231235959Z)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import validate_path
from smartid.trust.policy import Freshness, Policy
from smartid.trust.revocation import RevocationState
from smartid.trust.store import TrustStore
from smartid.trust.validation_data import ValidationData
from tests.unit.trust.country import CA_USAGE, NOW, issue, name
from tests.unit.trust.revocation_pki import RevocationPKI, answer, crl

NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
FIRST = datetime(1950, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki() -> RevocationPKI:
    return RevocationPKI()


def test_a_list_that_never_ends(pki: RevocationPKI) -> None:
    assert pki.status(crl(pki.ca, ends=NEVER)).state is RevocationState.GOOD


def test_an_answer_that_never_ends_by_a_responder_who_never_does(pki: RevocationPKI) -> None:
    responder = pki.appoint(end=NEVER, begin=FIRST)
    data = ValidationData(ocsp=(answer(pki.leaf, pki.ca, responder, ends=NEVER, enclosed=[responder]),))
    assert pki.status(data=data).state is RevocationState.GOOD


def test_a_freshness_without_end(pki: RevocationPKI) -> None:
    data = ValidationData(
        ocsp=(answer(pki.leaf, pki.ca, pki.responder, ends=None, enclosed=[pki.responder]),)
    )
    status = pki.status(data=data, freshness=Freshness(ocsp=timedelta.max))
    assert status.state is RevocationState.GOOD
    assert status.until == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("end", [datetime.max, datetime.min])
def test_a_question_at_the_end_of_the_calendar(pki: RevocationPKI, end: datetime) -> None:
    policy = pki.policy(crl(pki.ca, ends=NEVER), crl(pki.root, ends=NEVER))
    result = validate_path(pki.leaf.der, policy, end.replace(tzinfo=UTC), CertificateUsage.ANY)
    assert result.failure is not None


def test_a_path_without_end_under_constraints_on_names() -> None:
    country = [x509.DirectoryName(name(COUNTRY_NAME="IR"))]
    lasting = {"begin": FIRST, "end": NEVER}
    root = issue(name(COUNTRY_NAME="IR", COMMON_NAME="Root"), ca=True, usage=CA_USAGE, **lasting)
    bound = ((x509.NameConstraints(country, None), True),)
    ca = issue(
        name(COUNTRY_NAME="IR", COMMON_NAME="CA"), root, ca=True, usage=CA_USAGE, extra=bound, **lasting
    )
    leaf = issue(name(COUNTRY_NAME="IR", COMMON_NAME="Leaf"), ca, usage=("digital_signature",), **lasting)
    policy = Policy(anchors=TrustStore.from_certificates(root.der, ca.der), clock=lambda: NOW)
    assert validate_path(leaf.der, policy, NOW, CertificateUsage.ANY).failure is None
    stranger = issue(name(COUNTRY_NAME="DE", COMMON_NAME="Leaf"), ca, usage=("digital_signature",), **lasting)
    assert validate_path(stranger.der, replace(policy), NOW, CertificateUsage.ANY).failure is not None
