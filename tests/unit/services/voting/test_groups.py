from __future__ import annotations

import importlib
import subprocess
import sys

import gmpy2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartid.errors import EncodingError, ExtraMissing
from smartid.services.voting.groups.belenios_2048 import Belenios2048
from smartid.services.voting.groups.ed25519 import Ed25519
from smartid.services.voting.groups.named import NAMES, named

FIELD = Belenios2048()
CURVE = Ed25519()
P, Q = int(FIELD.modulus), FIELD.order
ORDER_2 = P - 1
ORDER_3 = next(int(root) for base in range(2, 9) if (root := gmpy2.powmod(base, (P - 1) // 3, P)) != 1)
GENERATOR = int(FIELD.generator)
SMALL_ORDER = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
"""A point of order 8, as RFC 8032 writes points."""
EXPONENTS = st.integers(min_value=-(2**300), max_value=2**300)


@pytest.mark.parametrize("name", NAMES)
@given(left=EXPONENTS, right=EXPONENTS)
def test_laws_of_powers(name: str, left: int, right: int) -> None:
    group = named(name)
    one, two = group.exponentiate(left), group.exponentiate(right)
    assert group.multiply(one, two) == group.exponentiate(left + right)
    assert group.multiply(one, group.invert(one)) == group.identity
    expected = group.power(one, right)
    assert group.exponentiate(left * right) == expected
    assert group.power_secret(one, right) == expected
    assert group.powers(one, [right % group.order, 0, 1]) == [expected, group.identity, one]


@pytest.mark.parametrize("name", NAMES)
def test_tables_agree(name: str) -> None:
    group = named(name)
    base = group.exponentiate(group.random_exponent())
    power = group.powers_of(base)
    for exponent in (0, 1, -1, 255, 256, group.order - 1, group.order, 2**255, 2**256 + 3):
        assert power(exponent) == group.power(base, exponent) == group.power_secret(base, exponent)
        assert group.exponentiate(exponent) == group.power(group.generator, exponent)


@pytest.mark.parametrize("name", NAMES)
@given(shift=st.integers(0, 20), exponent=st.integers(0, 2**252))
def test_powers_of_what_is_shifted(name: str, shift: int, exponent: int) -> None:
    group = named(name)
    base = group.exponentiate(7)
    assert group.powers(base, [exponent], shifts=[shift], member="x") == [
        group.exponentiate((7 - shift) * exponent)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_texts(name: str) -> None:
    group = named(name)
    element = group.exponentiate(group.random_exponent())
    assert group.decode(group.encode(element), "x") == element
    assert group.decode_any(group.encode(group.identity), "x") == group.identity
    with pytest.raises(EncodingError):
        group.decode(group.encode(group.identity), "x")
    with pytest.raises(EncodingError):
        group.powers(group.identity, [5], member="x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "1",
        str(P),
        str(P + GENERATOR),
        str(P - GENERATOR),  # of order 2q
        str(ORDER_2),
        str(ORDER_3),
        str(GENERATOR * ORDER_3 % P),
        str(GENERATOR * ORDER_3 * ORDER_2 % P),
        "0" + str(GENERATOR),
        "+" + str(GENERATOR),
        "-" + str(GENERATOR),
        " " + str(GENERATOR),
        str(GENERATOR) + "\n",
        str(GENERATOR).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
        "1_0",
        "9" * 5000,
        7,
        None,
        ["2"],
    ],
)
def test_what_is_no_element_of_belenios_2048(text: object) -> None:
    with pytest.raises(EncodingError):
        FIELD.decode(text, "x")


@pytest.mark.parametrize("twist", [ORDER_2, ORDER_3, ORDER_2 * ORDER_3 % P])
@pytest.mark.parametrize("exponent", [0, 6, Q - 1])
def test_members_times_small_orders_are_found_while_computing(twist: int, exponent: int) -> None:
    """Exponents that the small order divides make the powers right; the test of membership sees it."""
    base = FIELD.spelled(str(GENERATOR * twist % P), "x")
    with pytest.raises(EncodingError):
        FIELD.powers(base, [exponent], member="x")


def points() -> list[bytes]:
    small = bytes.fromhex(SMALL_ORDER)
    mixed = CURVE.multiply(CURVE.exponentiate(5), small)
    return [
        small,
        mixed,
        bytes(32),  # order 4
        b"\xec" + b"\xff" * 30 + b"\x7f",  # order 2
        CURVE.identity,
        b"\xee" + b"\xff" * 30 + b"\x7f",  # the identity, y not reduced
        b"\1" + bytes(30) + b"\x80",  # the identity, with a sign
        b"\2" + bytes(31),  # on no curve
        b"\xff" * 32,
    ]


@pytest.mark.parametrize("point", points(), ids=lambda point: point.hex()[:8])
@pytest.mark.parametrize("exponents", [[0], [8], [0, 8]])
def test_what_is_no_element_of_ed25519(point: bytes, exponents: list[int]) -> None:
    with pytest.raises(EncodingError):
        CURVE.decode(point[::-1].hex(), "x")
    with pytest.raises(EncodingError):
        CURVE.powers(point, exponents, member="x")
    with pytest.raises(EncodingError):
        CURVE.powers(point, exponents, shifts=[1] * len(exponents), member="x")


@pytest.mark.parametrize("text", ["", "66" * 31 + "5", ("66" * 31 + "58").replace("58", "5g"), 5, "AB" * 32])
def test_what_is_no_text_of_ed25519(text: object) -> None:
    with pytest.raises(EncodingError):
        CURVE.decode(text, "x")


def test_small_order_point_is_what_it_says() -> None:
    """So that the tests above test what they mean to."""
    point = bytes.fromhex(SMALL_ORDER)
    for _ in range(3):
        assert point != CURVE.identity
        point = CURVE.multiply(point, point)
    assert point == CURVE.identity


def test_unknown_names() -> None:
    with pytest.raises(EncodingError):
        named("RFC-3526-2048")


def test_random_exponents_stay_in_range() -> None:
    for name in NAMES:
        group = named(name)
        assert group.random_exponent(lambda size: b"\xff" * size) < group.order
        assert group.random_exponent(bytes) == 1


@pytest.mark.parametrize(("module", "library"), [("belenios_2048", "gmpy2"), ("ed25519", "nacl")])
def test_a_missing_library_is_named(module: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"smartid.services.voting.groups.{module}"
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ExtraMissing) as missing:
        importlib.import_module(name)
    assert missing.value.extra == "voting"


def test_ballots_are_imported_without_either_library() -> None:
    """Who lists elections pays for no arithmetic."""
    program = "import sys, smartid.services.voting.ballot; print({'gmpy2', 'nacl'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
