from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from smartid.crypto.iso9796 import capacity, recover, sign
from smartid.errors import EncodingError

# ICAO Doc 9303-11, 8th edition, appendix F: the block F, its recoverable part, the digest, and RND.IFD.
F = bytes.fromhex(
    "6A9D2784A67F8E7C659973EA1AEA25D95B6C8F91E5002F369F0FBDCE8A3CEC1991B543F1696546C5524CF23A5303CD6C98599F40"
    "B79F377B5F3A1406B3B4D8F96784D23AA88DB7E1032A405E69325FA91A6E86F5C71AEA978264C4A207446DAD4E7292E2DCDA3024"
    "B47DA8C063AA1E6D22FBD976AB0FE73D94D2D9C6D88127BC"
)
RND_IFD = bytes.fromhex("F173589974BF40C6")
DIGEST = bytes.fromhex("C063AA1E6D22FBD976AB0FE73D94D2D9C6D88127")
OPEN = {"modulus": (1 << 1024) - 1, "exponent": 1}  # a key that leaves the block as it is


def with_trailer(trailer: str) -> bytes:
    return F[:-2] + bytes.fromhex(trailer)


def test_icao_worked_example_opens() -> None:
    message = recover(F, **OPEN)
    assert message.hash_name == "sha1"
    assert message.digest == DIGEST
    assert len(message.recoverable) == 106
    assert message.matches(RND_IFD)


def test_icao_worked_example_does_not_answer_another_challenge() -> None:
    assert not recover(F, **OPEN).matches(bytes(8))


@pytest.mark.parametrize(
    ("trailer", "name", "size"),
    [
        ("33CC", "sha1", 20),
        ("34CC", "sha256", 32),
        ("35CC", "sha512", 64),
        ("36CC", "sha384", 48),
        ("38CC", "sha224", 28),
    ],
)
def test_trailer_names_the_hash(trailer: str, name: str, size: int) -> None:
    message = recover(with_trailer(trailer), **OPEN)
    assert (message.hash_name, len(message.digest)) == (name, size)


@pytest.mark.parametrize("trailer", ["31CC", "CCCC", "00BD", "000C"])
def test_unknown_trailer_is_refused(trailer: str) -> None:
    with pytest.raises(EncodingError, match="trailer"):
        recover(with_trailer(trailer), **OPEN)


def test_short_recoverable_part_is_filled_up_with_b() -> None:
    message = recover(b"\x6b\xbb\xbb\xba" + F[4:], **OPEN)
    assert message.recoverable == F[4:107]


@pytest.mark.parametrize("head", ["4A", "00", "6B", "6BBBBB"])
def test_other_headers_are_refused(head: str) -> None:
    block = bytes.fromhex(head)
    with pytest.raises(EncodingError):
        recover(block + F[len(block) :], **OPEN)


@pytest.mark.parametrize(
    ("signature", "modulus", "exponent"),
    [
        (F[1:], OPEN["modulus"], 3),
        (F, int.from_bytes(F, "big"), 3),
        (F, 0, 3),
        (F, OPEN["modulus"], 0),
        (F, 1 << 9000, 3),
    ],
)
def test_keys_and_signatures_out_of_bounds_are_refused(signature: bytes, modulus: int, exponent: int) -> None:
    with pytest.raises(EncodingError):
        recover(signature, modulus=modulus, exponent=exponent)


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_what_a_chip_signs_is_recovered(hash_name: str) -> None:
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=1024).private_numbers()
    n, e, d = numbers.public_numbers.n, numbers.public_numbers.e, numbers.d
    first = bytes(range(capacity(1024, hash_name)))
    signature = sign(
        first, RND_IFD, modulus_bits=1024, hash_name=hash_name, private_operation=lambda x: pow(x, d, n)
    )
    for given in (signature, (n - int.from_bytes(signature, "big")).to_bytes(128, "big")):
        message = recover(given, modulus=n, exponent=e)
        assert (message.recoverable, message.hash_name) == (first, hash_name)
        assert message.matches(RND_IFD)
        assert not message.matches(RND_IFD + b"\x00")


def test_signing_refuses_what_does_not_fill_the_block() -> None:
    with pytest.raises(ValueError, match="M1 needs 106 bytes"):
        sign(bytes(105), b"", modulus_bits=1024, hash_name="sha1", private_operation=lambda x: x)
    with pytest.raises(ValueError, match="does not carry"):
        capacity(512, "sha512")
