"""Known authorities: what the cache saves, and what it must never change."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from smartid.trust import path
from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import PathResult, validate_path
from smartid.trust.paths import search as path_search
from smartid.trust.paths.cache import MAX_ENTRIES, PathCache, ValidatedAuthority
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import Anchor, AnchorPurpose, TrustStore
from smartid.trust.validation_data import ValidationData
from smartid.trust.verdict import SubIndication
from smartid.trust.x509 import parse_certificate
from tests.unit.trust.country import NOW, Country, Party

USAGE = CertificateUsage.AUTHENTICATION
DAY = timedelta(days=1)


def crl(issuer: Party, *revoked: Party, begin: datetime = NOW - DAY, end: datetime = NOW + DAY) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(begin).next_update(end)
    for party in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(party.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(begin).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def policy_of(country: Country, *crls: bytes, **changes: object) -> Policy:
    store = replace(TrustStore.from_certificates(country.root.der), crls=crls)
    values = {"revocation": RevocationRule.IF_KNOWN, "clock": lambda: NOW, **changes}
    return Policy(anchors=store, **values)


def ask(country: Country, policy: Policy, leaf: Party, at: datetime = NOW, **data: object) -> PathResult:
    brought = ValidationData(certificates=(country.citizen_ca.der,), **data)
    return validate_path(leaf.der, policy, at, USAGE, data=brought)


def test_a_known_issuer_costs_one_signature(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = policy_of(country)
    cold = ask(country, policy, country.citizen())
    assert len(policy.cache) == 1
    count = []
    original = path.verify_certificate

    def counted(*arguments: object, **options: object) -> None:
        count.append(arguments)
        original(*arguments, **options)

    def searched(*_: object) -> None:
        raise AssertionError("the paths were searched")

    monkeypatch.setattr(path, "verify_certificate", counted)
    monkeypatch.setattr(path_search.PathSearch, "paths", searched)
    warm = ask(country, policy, country.citizen())
    assert warm.failure is None
    assert warm.anchor == cold.anchor
    assert warm.chain[1:] == cold.chain[1:]
    assert len(count) == 1


def test_an_answer_does_not_depend_on_what_was_asked_before(country: Country) -> None:
    policy = policy_of(country)
    assert ask(country, policy, country.citizen()).failure is None
    alone = validate_path(country.citizen().der, policy, NOW, USAGE)
    assert alone.failure is SubIndication.NO_CERTIFICATE_CHAIN_FOUND


def test_a_forged_leaf_of_a_known_issuer_is_forged(country: Country) -> None:
    policy = policy_of(country)
    assert ask(country, policy, country.citizen()).failure is None
    forged = country.citizen(sign_with=Country().citizen_ca.key)
    assert ask(country, policy, forged).failure is SubIndication.SIG_CRYPTO_FAILURE


def test_an_entry_serves_the_times_of_its_revocation_data_only(country: Country) -> None:
    policy = policy_of(country, crl(country.root), crl(country.citizen_ca), revocation=RevocationRule.ALWAYS)
    leaf = country.citizen()
    assert ask(country, policy, leaf).failure is None
    assert len(policy.cache) == 1
    issuer = parse_certificate(country.citizen_ca.der)
    purpose = AnchorPurpose.CITIZEN_CERTIFICATES
    assert policy.cache.issuers(issuer.subject.key, purpose, NOW)
    assert not policy.cache.issuers(issuer.subject.key, purpose, NOW + 2 * DAY)
    assert ask(country, policy, leaf, NOW + 2 * DAY).failure is SubIndication.TRY_LATER


def test_a_revoked_leaf_of_a_known_issuer_is_revoked(country: Country) -> None:
    good, bad = country.citizen(), country.citizen()
    policy = policy_of(
        country, crl(country.root), crl(country.citizen_ca, bad), revocation=RevocationRule.ALWAYS
    )
    assert ask(country, policy, good).failure is None
    result = ask(country, policy, bad)
    assert result.failure is SubIndication.REVOKED
    assert result.culprit == "the signer's certificate"


def test_a_document_may_bring_the_news_that_a_known_authority_was_revoked(country: Country) -> None:
    policy = policy_of(country)
    leaf = country.citizen()
    assert ask(country, policy, leaf).failure is None
    result = ask(country, policy, leaf, crls=(crl(country.root, country.citizen_ca),))
    assert result.failure is SubIndication.REVOKED
    assert "Test Citizen CA" in result.culprit


def test_what_a_document_brought_is_not_kept(country: Country) -> None:
    policy = policy_of(country, revocation=RevocationRule.ALWAYS)
    lists = (crl(country.root), crl(country.citizen_ca))
    assert ask(country, policy, country.citizen(), crls=lists).failure is None
    assert len(policy.cache) == 0
    assert ask(country, policy, country.citizen()).failure is SubIndication.TRY_LATER


def test_another_policy_and_a_pickled_one_begin_empty(country: Country) -> None:
    policy = policy_of(country)
    ask(country, policy, country.citizen())
    assert len(replace(policy).cache) == 0
    assert len(pickle.loads(pickle.dumps(policy.cache))) == 0
    assert policy == replace(policy)


def entry(party: Party) -> ValidatedAuthority:
    certificate = parse_certificate(party.der)
    return ValidatedAuthority(
        chain=(certificate,), anchor=Anchor(certificate=certificate), revocation=(), first=NOW, last=NOW
    )


def test_the_oldest_use_goes_out_first(country: Country) -> None:
    cache = PathCache()
    first = entry(country.root)
    for number in range(MAX_ENTRIES + 1):
        certificate = replace(first.chain[0], der=number.to_bytes(2, "big"))
        cache.keep(replace(first, chain=(certificate,)), AnchorPurpose.ANY)
    assert len(cache) == MAX_ENTRIES
    kept = cache.issuers(first.chain[0].subject.key, AnchorPurpose.ANY, NOW)
    assert next(item.chain[0].der for item in kept) == (1).to_bytes(2, "big")


def test_threads_may_share_a_cache(country: Country) -> None:
    policy = policy_of(country)
    leaves = [country.citizen() for _ in range(4)]
    failures: list[object] = []

    def work() -> None:
        failures.extend(ask(country, policy, leaf).failure for leaf in leaves * 5)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [None] * 80
