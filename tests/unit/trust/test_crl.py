"""Revocation lists, complete, delta, partial and indirect: one property or fault at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from smartid.errors import EncodingError
from smartid.trust.revocation import RevocationState, RevocationStatus
from smartid.trust.status.crl import parse_crl, require_crl_frame
from smartid.trust.status.crl_shelf import SHELF, Shelf
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication
from tests.unit.trust.country import CA_USAGE, NOW, issue, name
from tests.unit.trust.revocation_pki import (
    DAY,
    RevocationPKI,
    crl,
    distribution_point,
    entry,
    point,
)

GOOD, REVOKED, UNKNOWN = RevocationState.GOOD, RevocationState.REVOKED, RevocationState.UNKNOWN
HOUR = timedelta(hours=1)
UNHEARD_OF = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00"), True)


@pytest.fixture(scope="module")
def pki() -> RevocationPKI:
    return RevocationPKI()


def is_unknown(
    status: RevocationStatus, words: str, failure: SubIndication = SubIndication.TRY_LATER
) -> None:
    assert (status.state, status.failure) == (UNKNOWN, failure)
    assert words in status.detail


def test_a_certificate_that_is_not_listed_is_good(pki: RevocationPKI) -> None:
    made = crl(pki.ca, [entry(pki.other, NOW - DAY)])
    status = pki.status(made)
    assert (status.state, status.failure, status.declared) == (GOOD, None, True)
    assert (status.issued_at, status.until) == (NOW, NOW + DAY)
    assert status.source == f"CRL of CN=CA of {NOW:%Y-%m-%d %H:%M} UTC"
    assert status.evidence == ValidationData(crls=(made,))
    assert status.from_policy


def test_a_listed_certificate_is_revoked_with_time_reason_and_list(pki: RevocationPKI) -> None:
    status = pki.status(crl(pki.ca, [entry(pki.leaf, NOW - DAY, "keyCompromise")]))
    assert (status.state, status.failure) == (REVOKED, SubIndication.REVOKED)
    assert (status.revoked_at, status.reason) == (NOW - DAY, "keyCompromise")
    assert f"{NOW - DAY:%Y-%m-%d}" in status.detail
    assert "CRL of CN=CA" in status.detail


def test_a_later_revocation_does_not_count_for_an_earlier_time(pki: RevocationPKI) -> None:
    status = pki.status(crl(pki.ca, [entry(pki.leaf, NOW - HOUR)]), at=NOW - DAY)
    assert (status.state, status.revoked_at) == (GOOD, NOW - HOUR)


def test_what_a_document_brings_is_marked_so(pki: RevocationPKI) -> None:
    status = pki.status(data=ValidationData(crls=(crl(pki.ca),)))
    assert (status.state, status.from_policy) == (GOOD, False)


def test_without_any_list_the_answer_is_to_try_later(pki: RevocationPKI) -> None:
    status = pki.status()
    is_unknown(status, "No CRL of CN=CA is at hand")
    assert status.declared


def test_a_certificate_that_names_no_place_declares_nothing(pki: RevocationPKI) -> None:
    leaf = pki.citizen((x509.OCSPNoCheck(), False))
    assert not pki.status(leaf=leaf).declared


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"made": NOW - 3 * DAY, "ends": NOW - DAY}, "ended on"),
        ({"made": NOW + DAY}, "comes from the future"),
        ({"extra": [UNHEARD_OF]}, "critical extensions that are unknown here: 1.2.3.4.5"),
        ({"extra": [point(only_contains_ca_certs=True)]}, "about other certificates"),
        ({"extra": [point(only_contains_attribute_certs=True)]}, "about other certificates"),
        (
            {"extra": [point(full_name=[x509.UniformResourceIdentifier("http://crl.example/b.crl")])]},
            "about other certificates",
        ),
        (
            {"extra": [point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))]},
            "No CRL at hand covers these reasons: aACompromise, affiliationChanged, cACompromise",
        ),
        ({"base": 1, "number": 2}, "is missing"),
    ],
)
def test_a_list_that_does_not_answer_says_why(
    pki: RevocationPKI, changes: dict[str, Any], words: str
) -> None:
    is_unknown(pki.status(crl(pki.ca, **changes)), words)


def test_a_list_by_another_key_is_marked_for_another_engine(pki: RevocationPKI) -> None:
    status = pki.status(crl(pki.ca, key=pki.other.key))
    is_unknown(status, "was not signed by CN=CA")
    assert status.exotic


def test_a_weak_list_is_a_matter_of_strength(pki: RevocationPKI) -> None:
    from smartid.trust.algorithms import AlgorithmPolicy

    strict = AlgorithmPolicy(hashes=frozenset({"sha512"}))
    is_unknown(
        pki.status(crl(pki.ca), algorithms=strict),
        "signed too weakly",
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    )
    assert pki.status(crl(pki.ca, algorithm=hashes.SHA512()), algorithms=strict).state is GOOD


def test_an_issuer_that_may_not_sign_lists_does_not(pki: RevocationPKI) -> None:
    from smartid.trust.policy import Policy
    from smartid.trust.revocation import revocation_status
    from smartid.trust.store import TrustStore
    from tests.unit.trust.revocation_pki import read

    ca = issue(name(COMMON_NAME="CA"), pki.root, ca=True, usage=("key_cert_sign",), key=pki.ca.key)
    policy = Policy(anchors=TrustStore(crls=(crl(pki.ca),)), clock=lambda: NOW)
    is_unknown(revocation_status(read(pki.leaf), read(ca), policy, NOW), "Nobody who may sign")
    assert revocation_status(read(pki.leaf), read(pki.ca), policy, NOW).state is GOOD


def test_a_revocation_in_an_old_list_counts_but_a_hold_does_not(pki: RevocationPKI) -> None:
    old = {"made": NOW - 9 * DAY, "ends": NOW - 8 * DAY}
    gone = crl(pki.ca, [entry(pki.leaf, NOW - 10 * DAY)], **old)
    held = crl(pki.ca, [entry(pki.leaf, NOW - 10 * DAY, "certificateHold")], **old)
    assert pki.status(gone).state is REVOKED
    assert pki.status(gone, crl(pki.ca, number=2)).state is REVOKED
    is_unknown(pki.status(held), "ended on")
    assert pki.status(held, crl(pki.ca, number=2)).state is GOOD


def test_a_hold_counts_while_it_lasts(pki: RevocationPKI) -> None:
    held = crl(pki.ca, [entry(pki.leaf, NOW - DAY, "certificateHold")], made=NOW - HOUR)
    assert pki.status(held).reason == "certificateHold"
    assert pki.status(held).state is REVOKED
    assert pki.status(held, crl(pki.ca, number=2)).state is GOOD


def test_a_list_from_after_the_end_of_a_certificate_proves_nothing_good(pki: RevocationPKI) -> None:
    leaf = pki.citizen(end=NOW - DAY)
    status = pki.status(crl(pki.ca), leaf=leaf, at=NOW - 2 * DAY)
    is_unknown(status, "after the certificate had expired", SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE)
    kept = b"\x18\x0f" + f"{NOW - 9 * DAY:%Y%m%d%H%M%SZ}".encode()
    keeps = (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), kept), False)
    assert pki.status(crl(pki.ca, extra=[keeps]), leaf=leaf, at=NOW - 2 * DAY).state is GOOD


@pytest.mark.parametrize(
    ("reason", "base", "state"),
    [("keyCompromise", 1, REVOKED), ("removeFromCRL", 1, GOOD), ("removeFromCRL", 2, REVOKED)],
)
def test_a_delta_list_changes_its_base(
    pki: RevocationPKI, reason: str, base: int, state: RevocationState
) -> None:
    complete = crl(pki.ca, [entry(pki.leaf, NOW - 2 * DAY, "certificateHold")], made=NOW - HOUR)
    delta = crl(pki.ca, [entry(pki.leaf, NOW - DAY, reason)], number=3, base=base)
    status = pki.status(complete, delta)
    assert status.state is state
    if base == 1:
        assert set(status.evidence.crls) <= {complete, delta}
        assert delta in status.evidence.crls


def test_a_fresh_delta_list_brings_an_old_base_up_to_date(pki: RevocationPKI) -> None:
    complete = crl(pki.ca, made=NOW - 3 * DAY, ends=NOW - 2 * DAY)
    status = pki.status(complete, crl(pki.ca, number=2, base=1))
    assert (status.state, status.until) == (GOOD, NOW + DAY)
    is_unknown(pki.status(complete, crl(pki.ca, number=3, base=2)), "ended on")


def test_lists_for_some_reasons_add_up(pki: RevocationPKI) -> None:
    every = {flag for flag in x509.ReasonFlags if flag.value not in {"unspecified", "removeFromCRL"}}
    some = frozenset({x509.ReasonFlags.key_compromise, x509.ReasonFlags.ca_compromise})
    first = crl(pki.ca, extra=[point(only_some_reasons=some)])
    second = crl(pki.ca, extra=[point(only_some_reasons=frozenset(every - some))])
    is_unknown(pki.status(first), "covers these reasons")
    status = pki.status(first, second)
    assert status.state is GOOD
    assert set(status.evidence.crls) == {first, second}


def test_an_indirect_list_by_another_authority(pki: RevocationPKI) -> None:
    keeper = issue(name(COMMON_NAME="Keeper"), pki.root, ca=True, usage=CA_USAGE)
    where = distribution_point(crl_issuer=[x509.DirectoryName(keeper.certificate.subject)])
    leaf, twin = pki.citizen(where), pki.citizen(where)
    of_ca = (x509.CertificateIssuer([x509.DirectoryName(pki.ca.certificate.subject)]), True)
    of_keeper = (x509.CertificateIssuer([x509.DirectoryName(keeper.certificate.subject)]), True)
    scope = [point(indirect_crl=True)]
    listed = crl(keeper, [entry(pki.other, NOW - DAY, None, of_ca), entry(leaf, NOW - DAY)], extra=scope)
    foreign = crl(keeper, [entry(leaf, NOW - DAY, None, of_keeper)], extra=scope)
    root_list = crl(pki.root)
    with_keeper = ValidationData(certificates=(keeper.der,))
    revoked = pki.status(listed, root_list, leaf=leaf, data=with_keeper)
    assert revoked.state is REVOKED
    assert revoked.evidence == ValidationData(certificates=(keeper.der,), crls=(listed,))
    assert pki.status(listed, root_list, leaf=twin, data=with_keeper).state is GOOD
    assert pki.status(foreign, root_list, leaf=leaf, data=with_keeper).state is GOOD
    missing = pki.status(listed, root_list, leaf=leaf)
    is_unknown(missing, "Nobody who may sign")
    assert missing.exotic
    assert pki.status(listed, data=with_keeper).state is UNKNOWN  # its points do not name the keeper


def test_an_authority_of_the_same_name_under_another_anchor_is_not_asked(pki: RevocationPKI) -> None:
    elsewhere = issue(name(COMMON_NAME="Elsewhere"), ca=True, usage=CA_USAGE)
    twin = issue(name(COMMON_NAME="CA"), elsewhere, ca=True, usage=CA_USAGE)
    policy = pki.policy(crl(twin))
    from dataclasses import replace

    from smartid.trust.revocation import revocation_status
    from smartid.trust.store import TrustStore
    from tests.unit.trust.revocation_pki import read

    both = replace(policy, anchors=policy.anchors + TrustStore.from_certificates(elsewhere.der, twin.der))
    status = revocation_status(read(pki.leaf), read(pki.ca), both, NOW)
    assert (status.state, status.exotic) == (UNKNOWN, True)


def test_a_critical_extension_of_any_entry_spoils_the_list(pki: RevocationPKI) -> None:
    spoiled = crl(pki.ca, [entry(pki.other, NOW - DAY, None, UNHEARD_OF)])
    is_unknown(pki.status(spoiled), "critical extension of an entry that is unknown here (1.2.3.4.5)")


def test_a_big_list_is_walked_and_its_signature_checked_once(
    pki: RevocationPKI, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smartid.trust.status import crl_check

    checks: list[object] = []
    verify = crl_check.verify_raw
    monkeypatch.setattr(crl_check, "verify_raw", lambda *a, **k: (checks.append(a), verify(*a, **k)))
    entries = [
        x509.RevokedCertificateBuilder().serial_number(number).revocation_date(NOW - DAY).build()
        for number in range(1, 3001)
    ]
    made = crl(pki.ca, entries)
    for _ in range(3):
        assert pki.status(bytes(bytearray(made))).state is GOOD
    assert SHELF.take(made).entries.walks == 1
    assert len(SHELF.take(made).entries) == 3000
    assert len(checks) == 1


def test_the_shelf_forgets_the_list_that_was_not_used_for_longest(pki: RevocationPKI) -> None:
    lists = [crl(pki.ca, number=number) for number in range(3)]
    shelf = Shelf(max_bytes=len(lists[0]) * 2 + 8)
    first = shelf.take(lists[0])
    shelf.take(lists[1])
    assert shelf.take(lists[0]) is first
    shelf.take(lists[2])
    assert len(shelf) == 2
    assert shelf.take(lists[0]) is first


@pytest.mark.parametrize("content", [b"", b"junk", b"\x30\x00", b"\x30\x03\x02\x01\x00"])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    for read in (require_crl_frame, parse_crl):
        with pytest.raises(EncodingError):
            read(content)
