"""Broken XML, containers and JSON end in EncodingError or in a finding against the signature."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.crypto.strict_json import base64url
from smartid.errors import EncodingError
from smartid.signing.asice.archive import new_container, read_entries
from smartid.signing.asice.container import read_asice, sign_asice
from smartid.signing.facts import SignatureFacts
from smartid.signing.form import SignatureForm
from smartid.signing.jws.read import read_jws
from smartid.signing.jws.sign import sign_jades, sign_jws
from smartid.signing.xades.read import read_xades
from smartid.signing.xades.sign import sign_xades
from tests.unit.signing.signed_samples import POLICY, XML, reasons, request
from tests.unit.trust.country import NOW

Reader = Callable[[bytes], tuple[SignatureFacts, ...]]
MUTANTS = 1200
SIGNATURES = "META-INF/signatures0.xml"


def _xades(data: bytes) -> tuple[SignatureFacts, ...]:
    return read_xades(data, None, POLICY)


def _jws(data: bytes) -> tuple[SignatureFacts, ...]:
    return read_jws(data, None, POLICY)


def _asice(data: bytes) -> tuple[SignatureFacts, ...]:
    return read_asice(data, POLICY)


def _packed(data: bytes) -> tuple[SignatureFacts, ...]:
    return _asice(new_container({"a.txt": b"text", SIGNATURES: data}, NOW))


@cache
def sample(kind: str) -> tuple[bytes, Reader]:
    if kind == "xades":
        return sign_xades(request(XML, "a.xml", SignatureForm.XADES_B)).data, _xades
    if kind == "asice":
        return sign_asice(request(b"text", "a.txt", SignatureForm.ASICE_B)).data, _asice
    if kind == "signatures of asice":
        document = sign_asice(request(b"text", "a.txt", SignatureForm.ASICE_B)).data
        return read_entries(document)[SIGNATURES], _packed
    if kind == "jws":
        return sign_jws(request(b"text", "a.txt", SignatureForm.JWS)).data, _jws
    return sign_jades(request(b"text", "a.txt", SignatureForm.JADES_B)).data, _jws


def mutant(data: bytes, chance: random.Random) -> bytes:
    """Flip bits, cut, repeat, or move a piece elsewhere."""
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice([1, 2, 8, 40, 400]))
    piece = data[start:end]
    kind = chance.randrange(6)
    if kind == 0:
        return data[:start] + bytes([data[start] ^ (1 << chance.randrange(8))]) + data[start + 1 :]
    if kind == 1:
        return data[:start]
    if kind == 2:
        return data[:start] + data[end:]
    if kind == 3:
        return data[:end] + piece * chance.choice([1, 3]) + data[end:]
    if kind == 4:
        return data[:start] + chance.randbytes(len(piece)) + data[end:]
    place = chance.randrange(len(data))
    return data[:place] + piece + data[place:]


KINDS = ("xades", "asice", "signatures of asice", "jws", "jades")


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutant_is_judged_or_refused(kind: str) -> None:
    data, read = sample(kind)
    chance = random.Random(f"smartid {kind}")
    refused = against = 0
    for _ in range(MUTANTS):
        try:
            against += bool(reasons(*read(mutant(data, chance))))
        except EncodingError:
            refused += 1
    assert refused > MUTANTS // 20
    assert against > MUTANTS // 50 or kind == "asice"  # the checksums of ZIP find nearly all of them


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused(kind: str, data: bytes) -> None:
    with pytest.raises(EncodingError):
        sample(kind)[1](data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["alg", "x5c", "x5t#S256", "crit", "b64", "iat", "sigT", "kid"])


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw loads hypothesis' tables of letters
@given(header=st.dictionaries(NAMES, VALUES, max_size=6))
def test_a_header_of_any_values_is_judged_or_refused(header: dict[str, object]) -> None:
    protected = base64url(json.dumps(header).encode())
    try:
        (facts,) = _jws(protected + b".AAAA.AAAA")
    except EncodingError:
        return
    assert reasons(facts)


@given(members=st.dictionaries(st.sampled_from(["payload", "protected", "signature", "signatures"]), VALUES))
def test_an_object_of_any_members_is_refused(members: dict[str, object]) -> None:
    with pytest.raises(EncodingError):
        _jws(json.dumps(members).encode())


OPEN = "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>"
FRAGMENTS = st.sampled_from(["<a>", "</a>", OPEN, "</ds:Signature>", "&amp;", "x"])


@given(fragments=st.lists(FRAGMENTS, max_size=12))
def test_xml_of_any_shape_is_refused(fragments: list[str]) -> None:
    with pytest.raises(EncodingError):
        _xades("".join(fragments).encode())
