"""The answer for a signature over the course of time. openssl signs, certomancer stamps, pyca lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.signing.cades.read import read_cades
from smartid.signing.content import Content
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import Level, SignatureFamily
from smartid.signing.process.judge import judge
from smartid.signing.verdicts import SignatureVerdict
from smartid.trust.findings import Finding, passed
from smartid.trust.policy import Policy
from smartid.trust.verdict import CheckStatus, Indication, SubIndication
from tests.unit.signing.documents import (
    CONTENT,
    CRL_PLACE,
    DAY,
    SIGNED,
    World,
    crl,
    stamp,
    tsa,
    with_data,
    with_unsigned,
)
from tests.unit.trust.country import NOW, Country

YEARS = timedelta(days=366)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def signature(world: World) -> bytes:
    return world.sign()


def answer(
    data: bytes, policy: Policy, at: object = NOW, content: bytes | None = CONTENT
) -> SignatureVerdict:
    facts = read_cades(data, None if content is None else Content(content), policy)
    assert len(facts) == 1
    return judge(facts[0], policy, at)


def reason(verdict: SignatureVerdict) -> str | None:
    found = verdict.verdict.sub_indication
    return found and found.value


def check(verdict: SignatureVerdict, name: str) -> tuple[str, str]:
    found = next(item for item in verdict.verdict.checks if item.name == name)
    return found.status.value, found.detail


def test_a_signature_of_today(world: World, signature: bytes) -> None:
    verdict = answer(signature, world.policy(world.crl()))
    assert verdict.passed
    assert (verdict.level, verdict.level_missing) == (Level.B, Level.T)
    assert verdict.missing_why == "T: no signature time stamp"
    assert verdict.proof == ""
    assert verdict.best_time == NOW
    assert verdict.verdict.anchor == "C=IR, CN=Test Root"
    assert [item.name for item in verdict.verdict.checks] == [
        "format",
        "signed_content",
        "signing_certificate",
        "signature",
        "certificate_chain",
        "revocation",
    ]


def test_unknown_revocation_is_no_pass(world: World, signature: bytes) -> None:
    verdict = answer(signature, world.policy())
    assert reason(verdict) == "TRY_LATER"
    assert verdict.culprit == "the signer's certificate"


def test_no_anchor(world: World, signature: bytes) -> None:
    verdict = answer(signature, Policy(clock=lambda: NOW))
    assert reason(verdict) == "NO_CERTIFICATE_CHAIN_FOUND"
    assert verdict.culprit == "the trust store"
    other = Country()
    elsewhere = replace(World(world.folder, other).policy(), clock=lambda: NOW)
    assert reason(answer(signature, elsewhere)) == "NO_CERTIFICATE_CHAIN_FOUND"


def test_revoked_without_a_time_stamp(world: World, signature: bytes) -> None:
    """The signer may have signed before: nothing proves when."""
    verdict = answer(signature, world.policy(world.crl((world.signer, SIGNED))))
    assert reason(verdict) == "REVOKED_NO_POE"
    assert check(verdict, "revocation")[0] == "FAILED"
    assert check(verdict, "certificate_chain")[0] == "PASSED"


def test_revoked_after_the_stamp_passes_and_says_so(world: World, signature: bytes) -> None:
    stamped = world.stamped(signature, SIGNED)
    verdict = answer(stamped, world.policy(world.crl((world.signer, SIGNED + DAY))))
    assert verdict.passed
    assert verdict.best_time == SIGNED
    assert verdict.proof == "time stamp by C=IR, CN=Test TSA"
    assert "revoked on 2026-06-02 12:00 UTC" in check(verdict, "revocation")[1]


def test_revoked_before_the_stamp(world: World, signature: bytes) -> None:
    stamped = world.stamped(signature, SIGNED)
    verdict = answer(stamped, world.policy(world.crl((world.signer, SIGNED - DAY))))
    assert reason(verdict) == "REVOKED_NO_POE"
    assert verdict.level is Level.T


def test_a_revoked_authority(world: World, signature: bytes) -> None:
    lists = world.crl(), crl(world.country.root, (world.country.citizen_ca, SIGNED), issued=NOW - DAY)
    assert reason(answer(signature, world.policy(*lists))) == "REVOKED_CA_NO_POE"
    assert answer(world.stamped(signature, SIGNED - DAY), world.policy(*lists)).passed


@pytest.fixture(scope="module")
def short(world: World) -> World:
    """A signer whose certificate ends a month after the signature."""
    signer = world.country.citizen("signature", extra=(CRL_PLACE,), end=SIGNED + 30 * DAY)
    made = World(world.folder, world.country)
    made.signer, made.tsa = signer, world.tsa
    return made


def test_expired_since(short: World) -> None:
    signature = short.sign()
    lists = short.crl(issued=SIGNED + DAY)
    assert reason(answer(signature, short.policy())) == "OUT_OF_BOUNDS_NO_POE"
    assert answer(short.stamped(signature, SIGNED), short.policy(lists)).passed
    late = answer(short.stamped(signature, SIGNED + 31 * DAY), short.policy(lists))
    assert reason(late) in {"OUT_OF_BOUNDS_NO_POE", "OUT_OF_BOUNDS_NOT_REVOKED"}


def test_expired_but_never_revoked(short: World) -> None:
    """The list was current when the certificate ended."""
    lists = short.crl(issued=SIGNED + 29 * DAY)
    assert reason(answer(short.sign(), short.policy(lists))) == "OUT_OF_BOUNDS_NOT_REVOKED"


def test_a_list_from_after_expiry_does_not_clear_a_certificate(short: World) -> None:
    """Authorities drop expired certificates from their lists."""
    verdict = answer(short.stamped(short.sign(), SIGNED), short.policy(short.crl(issued=NOW - DAY)))
    assert not verdict.passed
    assert verdict.verdict.indication is Indication.INDETERMINATE


def test_not_yet_valid(world: World) -> None:
    signer = world.country.citizen("signature", extra=(CRL_PLACE,), begin=SIGNED)
    signature = world.sign(signer=signer)
    lists = world.policy(world.crl())
    assert answer(signature, lists).passed
    assert reason(answer(signature, lists, SIGNED - DAY)) == "OUT_OF_BOUNDS_NO_POE"
    assert reason(answer(world.stamped(signature, SIGNED - DAY), lists)) == "NOT_YET_VALID"


def bad_stamps(world: World, signature: bytes) -> dict[str, tuple[bytes, str]]:
    other = tsa(Country().root)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CLIENT_AUTH])
    two_uses = tsa(world.country.root, extra=((usage, True),))
    not_critical = tsa(
        world.country.root, extra=((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), False),)
    )
    expired = tsa(world.country.root, end=NOW - DAY)
    other_bytes = with_unsigned(
        signature, ("1.2.840.113549.1.9.16.2.14", stamp(world.tsa, b"something else", SIGNED))
    )
    return {
        "stranger": (world.stamped(signature, SIGNED, other), "NO_CERTIFICATE_CHAIN_FOUND"),
        "two uses": (world.stamped(signature, SIGNED, two_uses), "CHAIN_CONSTRAINTS_FAILURE"),
        "not critical": (world.stamped(signature, SIGNED, not_critical), "CHAIN_CONSTRAINTS_FAILURE"),
        "expired": (world.stamped(signature, SIGNED, expired), "EXPIRED"),
        "other bytes": (other_bytes, "HASH_FAILURE"),
        "future": (world.stamped(signature, NOW + DAY), "TIMESTAMP_ORDER_FAILURE"),
        "citizen": (
            world.stamped(signature, SIGNED, world.country.citizen("signature")),
            "CHAIN_CONSTRAINTS_FAILURE",
        ),
    }


@pytest.mark.parametrize(
    "kind", ["stranger", "two uses", "not critical", "expired", "other bytes", "future", "citizen"]
)
def test_a_bad_time_stamp_proves_nothing_and_breaks_nothing(
    world: World, signature: bytes, kind: str
) -> None:
    stamped, why = bad_stamps(world, signature)[kind]
    verdict = answer(stamped, world.policy(world.crl()))
    assert verdict.passed
    assert (verdict.level, verdict.proof, verdict.best_time) == (Level.B, "", NOW)
    assert why in check(verdict, "time_stamp_1")[1]
    assert verdict.missing_why == "T: no time stamp on it proves anything"
    revoked = world.policy(world.crl((world.signer, SIGNED + DAY)))
    assert reason(answer(stamped, revoked)) == "REVOKED_NO_POE"


def test_the_earliest_good_time_stamp_counts(world: World, signature: bytes) -> None:
    twice = world.stamped(world.stamped(signature, SIGNED + DAY), SIGNED)
    verdict = answer(twice, world.policy(world.crl((world.signer, SIGNED + DAY / 2))))
    assert verdict.passed
    assert verdict.best_time == SIGNED


def test_level_lt_needs_everything_inside(world: World, signature: bytes) -> None:
    stamped = world.stamped(signature, SIGNED)
    outside = world.policy(world.crl())
    assert answer(stamped, outside).missing_why == "LT: no CRL and no OCSP answer is enclosed"
    enclosed = with_data(stamped, crls=(world.crl(issued=SIGNED + DAY),))
    verdict = answer(enclosed, world.policy())
    assert verdict.passed
    assert (verdict.level, verdict.missing_why) == (Level.LT, "LTA: no archive time stamp")
    stranger = crl(world.country.root, issued=SIGNED + DAY)
    verdict = answer(with_data(stamped, crls=(stranger,)), outside)
    assert verdict.level is Level.T
    assert verdict.missing_why.startswith("LT: the OCSP answer or CRL for ")


def test_the_past_is_judged_with_what_was_there_then(world: World, signature: bytes) -> None:
    """A stamp from later says nothing about an earlier day."""
    stamped = world.stamped(signature, SIGNED)
    verdict = answer(stamped, world.policy(world.crl()), SIGNED - 10 * DAY)
    assert verdict.best_time == SIGNED - 10 * DAY
    assert verdict.proof == ""


def test_throw_away_keys_are_marked(tmp_path: Path) -> None:
    world = World(tmp_path, Country(throw_away=True))
    verdict = answer(world.sign(), world.policy(world.crl()))
    assert verdict.verdict.throw_away
    assert check(verdict, "throw_away_pki")[0] == CheckStatus.NOT_CHECKED.value


@pytest.mark.parametrize("findings", [(), (passed("byte_range", "Everything is signed."),)])
def test_a_signature_that_nobody_made_never_passes(world: World, findings: tuple[Finding, ...]) -> None:
    """Whatever a reader of some format forgets to look at."""
    facts = SignatureFacts(family=SignatureFamily.PADES, findings=findings, certificate=None)
    verdict = judge(facts, world.policy(world.crl()), NOW)
    assert verdict.verdict.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND
    assert verdict.level is None
    assert check(verdict, "signing_certificate")[0] == CheckStatus.NOT_CHECKED.value
