"""Rules in a file: what is known is taken, what is not is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smartid.errors import EncodingError
from smartid.trust.policy import Freshness, Policy, RevocationRule
from smartid.trust.policy_file import MAX_LENGTH, apply_rules


def _apply(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return apply_rules(Policy(), path)


def test_every_rule_is_taken(tmp_path: Path) -> None:
    policy = _apply(
        tmp_path,
        'revocation = "always"\ncertificate_policies = ["2.16.840.1.2"]\nkey_usages = ["non_repudiation"]\n'
        "[freshness]\ncrl_hours = 2\nocsp_hours = 1\nskew_minutes = 3\n",
    )
    assert policy.revocation is RevocationRule.ALWAYS
    assert policy.certificate_policies == {"2.16.840.1.2"}
    assert policy.key_usages == {"non_repudiation"}
    assert policy.freshness == Freshness(
        crl=timedelta(hours=2), ocsp=timedelta(hours=1), skew=timedelta(minutes=3)
    )


def test_what_is_left_out_stays(tmp_path: Path) -> None:
    assert _apply(tmp_path, "") == Policy()
    assert _apply(tmp_path, "[freshness]\ncrl_hours = 2\n").freshness.ocsp == Freshness().ocsp


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("revocations = 1", "no rule 'revocations'; known are revocation"),
        ('revocation = "never"', "'always', 'when declared', 'if known'"),
        ("revocation = []", "one of"),
        ("key_usages = 'x'", "a list of texts"),
        ("certificate_policies = [1]", "a list of texts"),
        ("freshness = 1", "freshness"),
        ("[freshness]\ncrl_days = 1", "crl_hours"),
        ("[freshness]\ncrl_hours = -1", "a whole number"),
        ("[freshness]\ncrl_hours = true", "a whole number"),
        ("[freshness]\ncrl_hours = 1e300", "a whole number"),
        ("a = ", "TOML"),
        ("a = " + "[" * 20_000, "TOML"),
        ("#" * (MAX_LENGTH + 1), "at most"),
    ],
    ids=lambda value: value[:24],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(EncodingError, match=expected):
        _apply(tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(EncodingError, match="TOML"):
        apply_rules(Policy(), path)
