"""Certificates that were edited: what we and pyca both read, we read alike.

An authority signs what it means; a reader that understands something else lets the wrong one in. pyca is the
stricter of the two, so what it refuses says nothing.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from cryptography.x509.oid import NameOID as Names
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError
from smartid.trust.x509 import parse_certificate
from tests.fuzz.der_tree import Node, parse
from tests.unit.trust.country import Country

TELETEX = b"\x14"
"""Text in T.61: nobody agrees on its letters."""
VALUES = st.binary(max_size=4) | st.sampled_from(
    [
        bytes.fromhex(octets)
        for octets in ("551D0F", "551D13", "551D25", "551D20", "0780", "0302", "05A0", "00C080", "FF", "01")
    ]
    + [b"300101000000Z", b"20300101000000Z", b"500101000000Z"]
)
TAGS = st.sampled_from([bytes((tag,)) for tag in b"\1\2\3\4\5\6\x0c\x13\x16\x17\x18\x30\x31\x80\x82\xa0\xa3"])
EDITS = st.lists(
    st.tuples(st.sampled_from(["cut", "twice", "value", "tag", "swap"]), st.integers(0, 400), VALUES, TAGS),
    min_size=1,
    max_size=3,
)


@cache
def certificates() -> tuple[bytes, ...]:
    country = Country()
    people = [country.citizen(purpose) for purpose in ("authentication", "signature", "key management")]
    return tuple(party.der for party in (country.root, country.citizen_ca, *people))


def edited(der: bytes, edits: list[tuple[str, int, bytes, bytes]]) -> bytes:
    tree = parse(der)
    for what, where, value, tag in edits:
        parents = [node for node in tree.walk() if node.children]
        parent = parents[where % len(parents)] if parents else None
        if parent is None or not parent.children:
            break
        _edit(parent.children, where // len(parents) % len(parent.children), what, value, tag)
    return tree.encode()


def _edit(nodes: list[Node], at: int, what: str, value: bytes, tag: bytes) -> None:
    if what == "cut":
        del nodes[at]
    elif what == "twice":
        nodes.insert(at, nodes[at])
    elif what == "value":
        nodes[at] = Node(nodes[at].tag, value)
    elif what == "tag":
        nodes[at].tag = tag
    else:
        nodes.append(nodes.pop(at))


def by_us(der: bytes) -> dict[str, Any] | None:
    try:
        found = parse_certificate(der)
    except EncodingError:
        return None
    return {
        "serial": found.serial_number,
        "times": (found.not_before, found.not_after),
        "subject": sorted(found.subject.attributes),
        "issuer": sorted(found.issuer.attributes),
        "signed": (found.tbs, found.signature),
        "critical": found.critical,
        "authority": (found.is_ca, found.path_length),
        "usage": None if found.key_usage is None else "digital_signature" in found.key_usage,
        "signs documents": None if found.key_usage is None else "non_repudiation" in found.key_usage,
        "extended": found.extended_key_usage,
        "policies": found.policies,
        "keys": (found.subject_key_id, found.authority_key_id),
    }


def by_pyca(der: bytes) -> dict[str, Any] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _pyca(x509.load_der_x509_certificate(der))
    except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension):
        return None


def _pyca(found: x509.Certificate) -> dict[str, Any]:
    extensions = {extension.oid: extension for extension in found.extensions}

    def value(oid: x509.ObjectIdentifier) -> Any:
        return extensions[oid].value if oid in extensions else None

    constraints, usage = value(ExtensionOID.BASIC_CONSTRAINTS), value(ExtensionOID.KEY_USAGE)
    extended, policies = value(ExtensionOID.EXTENDED_KEY_USAGE), value(ExtensionOID.CERTIFICATE_POLICIES)
    own, above = value(ExtensionOID.SUBJECT_KEY_IDENTIFIER), value(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    return {
        "serial": found.serial_number,
        "times": (found.not_valid_before_utc, found.not_valid_after_utc),
        "subject": _pairs(found.subject),
        "issuer": _pairs(found.issuer),
        "signed": (found.tbs_certificate_bytes, found.signature),
        "critical": {oid.dotted_string for oid, extension in extensions.items() if extension.critical},
        "authority": (constraints.ca, constraints.path_length) if constraints else (False, None),
        "usage": usage and usage.digital_signature,
        "signs documents": usage and usage.content_commitment,
        "extended": None if extended is None else {oid.dotted_string for oid in extended},
        "policies": {item.policy_identifier.dotted_string for item in policies or ()},
        "keys": (own and own.digest, above and above.key_identifier),
    }


def _pairs(name: x509.Name) -> list[tuple[str, str]]:
    return sorted(
        (item.oid.dotted_string, item.value if isinstance(item.value, str) else item.value.hex())
        for item in name
    )


def test_the_certificates_are_read_alike_before_they_are_edited() -> None:
    for der in certificates():
        found = by_us(der)
        assert found is not None
        assert found == by_pyca(der)
        assert dict(found["issuer"])[Names.COUNTRY_NAME.dotted_string] == "IR"
        assert parse(der).encode() == der


@given(st.integers(0, 4), EDITS)
def test_what_both_read_is_read_alike(which: int, edits: list[tuple[str, int, bytes, bytes]]) -> None:
    der = edited(certificates()[which], edits)
    ours, theirs = by_us(der), by_pyca(der)
    if ours is not None and theirs is not None and TELETEX not in der:
        assert ours == theirs
