"""OCSP answers made by pyca/cryptography: one property or fault at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.errors import FetchFailed
from smartid.trust.policy import Policy
from smartid.trust.revocation import RevocationState, RevocationStatus, revocation_status
from smartid.trust.status.ocsp import ocsp_request, parse_ocsp
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication
from tests.unit.trust.country import NOW, issue, name
from tests.unit.trust.revocation_pki import DAY, OCSP_URL, RevocationPKI, answer, crl, entry, read

GOOD, REVOKED, UNKNOWN = RevocationState.GOOD, RevocationState.REVOKED, RevocationState.UNKNOWN
HOUR = timedelta(hours=1)
GONE = {"status": ocsp.OCSPCertStatus.REVOKED, "reason": x509.ReasonFlags.key_compromise}


@pytest.fixture(scope="module")
def pki() -> RevocationPKI:
    return RevocationPKI()


def enclosed(pki: RevocationPKI, *answers: bytes, at: datetime = NOW, **changes: Any) -> RevocationStatus:
    return pki.status(at=at, data=ValidationData(ocsp=answers), **changes)


def delegated(pki: RevocationPKI, responder: Any = None, **changes: Any) -> bytes:
    responder = responder or pki.responder
    return answer(pki.leaf, pki.ca, responder, **({"enclosed": [responder]} | changes))


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("hash_name", [hashes.SHA1(), hashes.SHA256(), hashes.SHA512()])
def test_the_issuer_and_whom_it_appointed_may_answer(
    pki: RevocationPKI, by_key: bool, hash_name: hashes.HashAlgorithm
) -> None:
    made = answer(pki.leaf, pki.ca, pki.ca, by_key=by_key, hash_name=hash_name)
    status = enclosed(pki, made)
    assert (status.state, status.failure, status.from_policy) == (GOOD, None, False)
    assert status.evidence == ValidationData(ocsp=(made,))
    made = delegated(pki, by_key=by_key, hash_name=hash_name)
    status = enclosed(pki, made)
    assert (status.state, status.until) == (GOOD, NOW + DAY)
    assert status.evidence == ValidationData(certificates=(pki.responder.der,), ocsp=(made,))
    assert status.source.startswith("OCSP answer of CN=Responder of ")


def test_revoked_before_and_after_the_time_that_is_asked_about(pki: RevocationPKI) -> None:
    made = delegated(pki, revoked_at=NOW - DAY, **GONE)
    status = enclosed(pki, made)
    assert (status.state, status.failure) == (REVOKED, SubIndication.REVOKED)
    assert (status.revoked_at, status.reason) == (NOW - DAY, "keyCompromise")
    earlier = enclosed(pki, made, at=NOW - 2 * DAY)
    assert (earlier.state, earlier.revoked_at) == (GOOD, NOW - DAY)
    assert "only later" in earlier.detail


def test_an_old_answer_still_tells_of_a_revocation(pki: RevocationPKI) -> None:
    old = {"made": NOW - 9 * DAY, "ends": NOW - 8 * DAY, "revoked_at": NOW - 10 * DAY}
    assert enclosed(pki, delegated(pki, **old, **GONE)).state is REVOKED
    hold = GONE | {"reason": x509.ReasonFlags.certificate_hold}
    assert enclosed(pki, delegated(pki, **old, **hold)).state is UNKNOWN


def _stranger(pki: RevocationPKI) -> bytes:
    root = issue(name(COMMON_NAME="Elsewhere"), ca=True, usage=("key_cert_sign",))
    return delegated(pki, pki.appoint(root))


def forged(made: bytes) -> bytes:
    signature = ocsp.load_der_ocsp_response(made).signature
    return made.replace(signature, signature[:-1] + bytes((signature[-1] ^ 1,)))


UNHEARD_OF = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)
FAULTS: dict[str, tuple[Callable[[RevocationPKI], bytes], str]] = {
    "unknown to the responder": (
        lambda pki: delegated(pki, status=ocsp.OCSPCertStatus.UNKNOWN),
        "does not know the certificate",
    ),
    "not authorised": (
        lambda pki: delegated(pki, pki.appoint(extended=(ExtendedKeyUsageOID.SERVER_AUTH,))),
        "not authorised: its certificate lacks the extended key usage",
    ),
    "wrong usage": (
        lambda pki: delegated(pki, pki.appoint(usage=("key_encipherment",))),
        "not authorised: the key usage",
    ),
    "expired responder": (
        lambda pki: delegated(pki, pki.appoint(end=NOW - DAY)),
        "not authorised: its certificate was not valid when",
    ),
    "by a stranger": (_stranger, "not authorised: its certificate is not by the issuer"),
    "forged appointment": (
        lambda pki: delegated(pki, pki.appoint(sign_with=pki.other.key)),
        "not authorised: its certificate is not signed by the issuer",
    ),
    "by another citizen": (
        lambda pki: delegated(pki, pki.other),
        "not authorised: its certificate lacks",
    ),
    "wrong responder": (
        lambda pki: answer(pki.leaf, pki.ca, pki.responder),
        "by the wrong responder",
    ),
    "wrong signature": (
        lambda pki: forged(delegated(pki)),
        "was not signed by the responder that it names",
    ),
    "stale": (
        lambda pki: delegated(pki, made=NOW - 3 * DAY, ends=NOW - 2 * DAY),
        "is stale: it ended on",
    ),
    "stale by the policy": (
        lambda pki: delegated(pki, made=NOW - 3 * DAY, ends=None),
        "is stale: it ended on",
    ),
    "from the future": (lambda pki: delegated(pki, made=NOW + DAY, ends=NOW + 2 * DAY), "from the future"),
    "unknown critical extension": (
        lambda pki: delegated(pki, extra=[UNHEARD_OF]),
        "critical extensions that are unknown here: 1.2.3.4.5",
    ),
    "about another certificate": (
        lambda pki: answer(pki.other, pki.ca, pki.ca),
        "about another certificate",
    ),
    "about the same number of another issuer": (
        lambda pki: answer(pki.leaf, pki.root, pki.ca),
        "about another certificate",
    ),
    "no answer": (
        lambda pki: ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.TRY_LATER
        ).public_bytes(serialization.Encoding.DER),
        "gave no answer: tryLater",
    ),
    "broken": (lambda pki: delegated(pki)[:-1], "cannot be used"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_does_not_count_says_why(pki: RevocationPKI, fault: str) -> None:
    make, words = FAULTS[fault]
    status = enclosed(pki, make(pki))
    assert (status.state, status.failure) == (UNKNOWN, SubIndication.TRY_LATER)
    assert words in status.detail
    assert enclosed(pki, make(pki), delegated(pki)).state is GOOD


def test_a_responder_without_nocheck_is_looked_up_in_the_lists(pki: RevocationPKI) -> None:
    responder = pki.appoint(extra=())
    made = delegated(pki, responder)
    assert enclosed(pki, made).state is GOOD
    lists = ValidationData(ocsp=(made,), crls=(crl(pki.ca, [entry(responder, NOW - DAY)], made=NOW - HOUR),))
    assert pki.status(data=lists).state is GOOD  # says the list itself
    lists = ValidationData(
        ocsp=(made,), crls=(crl(pki.ca, [entry(responder, NOW - 9 * DAY)], made=NOW - 8 * DAY),)
    )
    status = pki.status(data=lists)
    assert status.state is UNKNOWN
    assert "not authorised: it was revoked" in status.detail


def test_a_revocation_outweighs_a_newer_answer(pki: RevocationPKI) -> None:
    listed = crl(pki.ca, [entry(pki.leaf, NOW - DAY)], made=NOW - HOUR)
    assert pki.status(listed, data=ValidationData(ocsp=(delegated(pki),))).state is REVOKED


def test_a_good_answer_from_after_the_end_of_a_certificate_needs_an_archive(pki: RevocationPKI) -> None:
    leaf = pki.citizen(end=NOW - DAY)
    made = answer(leaf, pki.ca, pki.ca)
    status = enclosed(pki, made, leaf=leaf, at=NOW - 2 * DAY)
    assert status.state is UNKNOWN
    assert "after the certificate had expired" in status.detail


def test_a_question_is_one_that_others_read(pki: RevocationPKI) -> None:
    made = ocsp_request(read(pki.leaf), read(pki.ca), bytes(32))
    found = ocsp.load_der_ocsp_request(made)
    same = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(pki.leaf.certificate, pki.ca.certificate, hashes.SHA1())
        .build()
    )
    assert found.serial_number == pki.leaf.certificate.serial_number
    assert (found.issuer_name_hash, found.issuer_key_hash) == (same.issuer_name_hash, same.issuer_key_hash)
    assert found.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == bytes(32)


class Network:
    """A fetcher whose other end is a function."""

    def __init__(self, give: Callable[[str, bytes | None], bytes | None]) -> None:
        self.give, self.asked = give, list[str]()

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        self.asked.append(url)
        found = self.give(url, body)
        if found is None:
            raise FetchFailed(url, "status 404")
        return found


def nonce_of(body: bytes | None) -> bytes:
    request = ocsp.load_der_ocsp_request(body or b"")
    return request.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce


def ask(pki: RevocationPKI, policy: Policy) -> RevocationStatus:
    return revocation_status(read(pki.leaf), read(pki.ca), policy, NOW)


def test_the_network_is_asked_once_with_a_nonce(pki: RevocationPKI) -> None:
    network = Network(lambda _, body: delegated(pki, nonce=nonce_of(body)))
    policy = pki.policy(fetcher=network)
    assert (ask(pki, policy).state, ask(pki, policy).from_policy) == (GOOD, True)
    assert network.asked == [OCSP_URL]


def test_the_network_is_not_asked_while_something_fresh_is_at_hand(pki: RevocationPKI) -> None:
    network = Network(lambda *_: None)
    assert ask(pki, pki.policy(crl(pki.ca), fetcher=network)).state is GOOD
    assert network.asked == []


def test_a_nonce_that_differs_is_refused_and_not_kept(pki: RevocationPKI) -> None:
    network = Network(lambda url, body: delegated(pki, nonce=bytes(32)) if body else None)
    policy = pki.policy(fetcher=network)
    for _ in range(2):
        assert ask(pki, policy).state is UNKNOWN
    assert "nonce" in ask(pki, pki.policy(fetcher=network)).detail


def test_the_list_is_fetched_where_no_responder_answers(pki: RevocationPKI) -> None:
    network = Network(lambda url, body: None if body else crl(pki.ca, [entry(pki.leaf, NOW - DAY)]))
    policy = pki.policy(fetcher=network)
    assert ask(pki, policy).state is REVOKED
    assert ask(pki, policy).state is REVOKED
    assert network.asked == [OCSP_URL, "http://crl.example/ca.crl"]


def test_a_dead_network_is_left_alone_for_a_minute(pki: RevocationPKI) -> None:
    time = [NOW]
    network = Network(lambda *_: None)
    policy = pki.policy(fetcher=network, clock=lambda: time[0])
    for _ in range(3):
        assert ask(pki, policy).failure is SubIndication.TRY_LATER
    assert len(network.asked) == 2
    time[0] += timedelta(minutes=2)
    ask(pki, policy)
    assert len(network.asked) == 4


def test_values_of_an_answer_are_those_its_maker_gave(pki: RevocationPKI) -> None:
    found = parse_ocsp(delegated(pki, nonce=b"n" * 32))
    peer = ocsp.load_der_ocsp_response(found.der)
    assert found.tbs == peer.tbs_response_bytes
    assert found.produced_at == peer.produced_at_utc
    assert found.nonce == b"n" * 32
    assert found.certificates == (pki.responder.der,)
    (single,) = found.answers
    assert (single.status, single.this_update, single.next_update) == ("good", NOW, NOW + DAY)


@pytest.mark.parametrize("by_list", [True, False])
def test_what_a_document_encloses_does_not_make_a_fetched_revocation_forgotten(
    pki: RevocationPKI, by_list: bool
) -> None:
    """An answer of the days before the revocation, still in its time, is what a thief encloses."""

    def give(_: str, body: bytes | None) -> bytes | None:
        if by_list:
            return None if body else crl(pki.ca, [entry(pki.leaf, NOW - DAY)])
        revoked = ocsp.OCSPCertStatus.REVOKED
        if body is None:
            return None
        return delegated(pki, status=revoked, revoked_at=NOW - DAY, nonce=nonce_of(body))

    policy = pki.policy(fetcher=Network(give))
    assert ask(pki, policy).state is REVOKED
    old = ValidationData(ocsp=(delegated(pki, made=NOW - 2 * DAY, ends=NOW + DAY),))
    known = revocation_status(read(pki.leaf), read(pki.ca), policy, NOW, data=old)
    assert known.state is REVOKED
    assert known.from_policy
