"""A policy as a file: the rules of a country or an office as data, in TOML 1.0.

::

    revocation = "always"                      # or "when declared", "if known"
    certificate_policies = ["2.16.840.1.2"]    # a path has to be valid for one of them
    key_usages = ["non_repudiation"]           # a signer of documents needs one of them

    [freshness]
    crl_hours = 168                            # how long a CRL serves that names no next update
    ocsp_hours = 24
    skew_minutes = 5
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from smartid.errors import EncodingError
from smartid.trust.policy import Freshness, Policy, RevocationRule

MAX_LENGTH = 64 << 10
"""Longest file of rules, in bytes."""
_LONGEST_HOURS = 24 * 3660


def apply_rules(policy: Policy, path: Path) -> Policy:
    """Give the policy with the rules of a file; what the file leaves out stays.

    Raises OSError, and EncodingError for a rule that is not known or makes no sense.
    """
    rules = _load(path)
    unknown = set(rules) - set(_RULES) - {"freshness"}
    if unknown:
        raise _broken(path, f"no rule {sorted(unknown)[0]!r}; known are {', '.join([*_RULES, 'freshness'])}")
    changes: dict[str, Any] = {
        name: _RULES[name](path, value) for name, value in rules.items() if name in _RULES
    }
    if "freshness" in rules:
        changes["freshness"] = _freshness(path, rules["freshness"])
    return replace(policy, **changes)


def _load(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        data = file.read(MAX_LENGTH + 1)
    if len(data) > MAX_LENGTH:
        raise _broken(path, f"at most {MAX_LENGTH} bytes")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _broken(path, f"TOML: {error}") from error


def _revocation(path: Path, value: object) -> RevocationRule:
    for rule in RevocationRule:
        if rule.value == value:
            return rule
    raise _broken(path, f"revocation = one of {', '.join(repr(rule.value) for rule in RevocationRule)}")


def _texts(path: Path, value: object) -> frozenset[str]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return frozenset(value)
    raise _broken(path, "a list of texts")


def _freshness(path: Path, value: object) -> Freshness:
    units = {"crl_hours": ("crl", 60), "ocsp_hours": ("ocsp", 60), "skew_minutes": ("skew", 1)}
    if not isinstance(value, dict) or not set(value) <= set(units):
        raise _broken(path, f"[freshness] with {', '.join(units)}")
    lengths = {}
    for name, number in value.items():
        if type(number) is not int or not 0 <= number <= _LONGEST_HOURS:
            raise _broken(path, f"{name} = a whole number up to {_LONGEST_HOURS}")
        field, minutes = units[name]
        lengths[field] = timedelta(minutes=number * minutes)
    return replace(Freshness(), **lengths)


def _broken(path: Path, expected: str) -> EncodingError:
    return EncodingError(str(path), offset=0, expected=expected)


_RULES: dict[str, Callable[[Path, object], object]] = {
    "revocation": _revocation,
    "certificate_policies": _texts,
    "key_usages": _texts,
}
