"""A policy as a file in TOML: what a country or a ministry demands, without code."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from smartid.errors import EncodingError
from smartid.trust.algorithms import STRICT, AlgorithmPolicy
from smartid.trust.policy import Freshness, PathConstraints, Policy, Requirement, RevocationRule
from smartid.trust.store import TrustStore

STANDARD = "TOML 1.0.0 (2021)"
MAX_LENGTH = 256 << 10
"""Longest policy file that is read, in bytes."""
MAX_SECONDS = 10 * 366 * 86400
"""Longest time that a policy may name: ten years."""

_KEY_USAGES = {
    "digital_signature",
    "non_repudiation",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
}
Choice = TypeVar("Choice", bound=Enum)
Reader = Callable[[Any, str], Any]


def load_policy(path: Path | str) -> Policy:
    """Read a policy file. What it does not mention stays as in ``Policy()``.

    The folder of anchors is relative to the file. Times are in seconds.

    Raises EncodingError naming the key that is unknown or has a wrong value, or the file or folder that
    cannot be read.
    """
    file = Path(path)
    readers: dict[str, Reader] = {
        "anchors": lambda value, key: TrustStore.from_folder(file.parent / _text(value, key)),
        "require": lambda value, key: frozenset(
            _choice(Requirement, item, key) for item in _texts(value, key)
        ),
        "revocation": lambda value, key: _choice(RevocationRule, value, key),
        "certificate_policies": _object_identifiers,
        "key_usages": lambda value, key: _among(_KEY_USAGES, value, key),
        "algorithms": _table(AlgorithmPolicy, _ALGORITHMS),
        "freshness": _table(Freshness, dict.fromkeys(("crl", "ocsp", "skew"), _seconds)),
        "path_constraints": _table(PathConstraints, {item.name: _flag for item in fields(PathConstraints)}),
    }
    return Policy(**_read(_document(file), readers, ""))


def _document(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_LENGTH + 1)
    except OSError as error:
        raise _broken(str(file), f"a file that can be read ({error.strerror})") from error
    if len(data) > MAX_LENGTH:
        raise _broken(str(file), f"at most {MAX_LENGTH} bytes")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _broken(str(file), "TOML in UTF-8") from error


def _read(table: Mapping[str, Any], readers: Mapping[str, Reader], prefix: str) -> dict[str, Any]:
    """Read each key of a table with its reader. Raises EncodingError naming the first that is unknown."""
    for key in table:
        if key not in readers:
            raise _broken(f"{prefix}{key}", f"one of the keys {', '.join(sorted(readers))}")
    return {key: readers[key](value, f"{prefix}{key}") for key, value in table.items()}


def _table(make: Callable[..., Any], readers: Mapping[str, Reader]) -> Reader:
    def read(value: Any, key: str) -> Any:
        if not isinstance(value, dict):
            raise _broken(key, "a table")
        return make(**_read(value, readers, f"{key}."))

    return read


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str) or not value or "\x00" in value:
        raise _broken(key, "a text")
    return value


def _texts(value: Any, key: str) -> list[str]:
    if not isinstance(value, list):
        raise _broken(key, "a list of texts")
    return [_text(item, key) for item in value]


def _choice(kind: type[Choice], value: Any, key: str) -> Choice:
    names = {str(member.value): member for member in kind}
    if not isinstance(value, str) or value not in names:
        raise _broken(key, f"one of {', '.join(names)}")
    return names[value]


def _among(known: set[str] | frozenset[str], value: Any, key: str) -> frozenset[str]:
    found = frozenset(_texts(value, key))
    if not found or not found <= known:
        raise _broken(key, f"some of {', '.join(sorted(known))}")
    return found


def _object_identifiers(value: Any, key: str) -> frozenset[str]:
    found = frozenset(_texts(value, key))
    if not all(
        all(arc.isascii() and arc.isdigit() for arc in oid.split(".")) and "." in oid for oid in found
    ):
        raise _broken(key, "object identifiers in dotted form")
    return found


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise _broken(key, "true or false")
    return value


def _bits(value: Any, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 512 <= value <= 16384:
        raise _broken(key, "a number of bits from 512 to 16384")
    return value


def _seconds(value: Any, key: str) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SECONDS:
        raise _broken(key, f"a number of seconds from 0 to {MAX_SECONDS}")
    return timedelta(seconds=value)


_ALGORITHMS: dict[str, Reader] = {
    "hashes": lambda value, key: _among(STRICT.hashes | {"sha1"}, value, key),
    "min_rsa_bits": _bits,
    "min_dsa_bits": _bits,
    "curves": lambda value, key: _among(STRICT.curves, value, key),
}


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard=STANDARD)
