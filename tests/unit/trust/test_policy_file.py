"""A policy as TOML: what it says is taken, what it does not know is refused by name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smartid.errors import EncodingError
from smartid.trust.policy import Policy, Requirement, RevocationRule
from smartid.trust.policy_file import MAX_LENGTH, load_policy

WHOLE = """
anchors = "."
require = ["chip authentication"]
revocation = "always"
certificate_policies = ["2.16.364.101.1", "1.2.3"]
key_usages = ["non_repudiation"]

[algorithms]
hashes = ["sha256", "sha384"]
min_rsa_bits = 3072
min_dsa_bits = 2048
curves = ["secp384r1"]

[freshness]
crl = 86400
ocsp = 600
skew = 60

[path_constraints]
explicit_policy = true
inhibit_policy_mapping = true
inhibit_any_policy = false
"""


def load(folder: Path, text: str) -> Policy:
    file = folder / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return load_policy(file)


def test_everything_is_taken(trust_folder: Path) -> None:
    policy = load(trust_folder, WHOLE)
    assert len(policy.anchors.anchors) == 2
    assert policy.require == {Requirement.CHIP_AUTHENTICATION}
    assert policy.revocation is RevocationRule.ALWAYS
    assert policy.certificate_policies == {"2.16.364.101.1", "1.2.3"}
    assert policy.key_usages == {"non_repudiation"}
    assert policy.algorithms.hashes == {"sha256", "sha384"}
    assert (policy.algorithms.min_rsa_bits, policy.algorithms.min_dsa_bits) == (3072, 2048)
    assert policy.algorithms.curves == {"secp384r1"}
    assert (policy.freshness.crl, policy.freshness.ocsp) == (timedelta(days=1), timedelta(minutes=10))
    assert policy.freshness.skew == timedelta(minutes=1)
    assert policy.path_constraints.explicit_policy is True
    assert policy.path_constraints.inhibit_policy_mapping
    assert not policy.path_constraints.inhibit_any_policy


def test_what_is_left_out_stays_as_it_was(tmp_path: Path) -> None:
    assert load(tmp_path, "") == Policy()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("revokation = 'always'", "revokation"),
        ("[algorithms]\nmin_rsa = 2048", "algorithms.min_rsa"),
        ("[algorithms]\nmin_rsa_bits = true", "algorithms.min_rsa_bits"),
        ("[algorithms]\nmin_rsa_bits = 1", "algorithms.min_rsa_bits"),
        ("[algorithms]\nhashes = ['md5']", "algorithms.hashes"),
        ("[algorithms]\ncurves = []", "algorithms.curves"),
        ("[freshness]\ncrl = '1d'", "freshness.crl"),
        ("[freshness]\nskew = -1", "freshness.skew"),
        ("[freshness]\nocsp = 1e9", "freshness.ocsp"),
        ("[path_constraints]\nexplicit_policy = 1", "path_constraints.explicit_policy"),
        ("freshness = 7", "freshness"),
        ("revocation = 'sometimes'", "revocation"),
        ("require = ['certificate']", "require"),
        ("require = 'certificates'", "require"),
        ("key_usages = ['signing']", "key_usages"),
        ("certificate_policies = ['anyPolicy']", "certificate_policies"),
        ("certificate_policies = ['1']", "certificate_policies"),
        ("anchors = 3", "anchors"),
        ("anchors = 'nowhere'", "nowhere"),
        ("= 3", "policy.toml"),
        ("a = 1\na = 2", "policy.toml"),
        ("x = '" + "y" * MAX_LENGTH + "'", "policy.toml"),
        ("x = " + "[" * 5000, "policy.toml"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(EncodingError, match=named.replace(".", r"\.")):
        load(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncodingError, match="nothing"):
        load_policy(tmp_path / "nothing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(EncodingError, match="binary"):
        load_policy(tmp_path / "binary.toml")
