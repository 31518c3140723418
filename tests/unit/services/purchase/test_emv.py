"""EMV cryptograms against the arithmetic of EMV 4.4 (2022), Book 2, done here with single DES steps."""

from __future__ import annotations

import warnings

import pytest

from smartid.errors import Refused

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Triple DES is on its way out of cryptography
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    from smartid.services.purchase.emv import CardCounter, answer_cryptogram, verify_cryptogram

pytestmark = pytest.mark.filterwarnings("ignore")
ISSUER = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
CARD = CardCounter(pan="1234567890123456", sequence="01", counter=bytes.fromhex("0042"))
DATA = bytes.fromhex(
    "000000010000" + "000000000000" + "0364" + "0000000000" + "0364" + "261123" + "00" + "12345678"
)


def des(key: bytes, block: bytes, *, decrypt: bool = False) -> bytes:
    cipher = Cipher(TripleDES(key * 3 if len(key) == 8 else key + key[:8]), modes.ECB())
    step = cipher.decryptor() if decrypt else cipher.encryptor()
    return step.update(block) + step.finalize()


def odd(key: bytes) -> bytes:
    return bytes(byte ^ 1 ^ (bin(byte).count("1") & 1) for byte in key)


def session_key() -> bytes:
    digits = bytes.fromhex((CARD.pan + CARD.sequence)[-16:])
    card_key = odd(des(ISSUER, digits) + des(ISSUER, bytes(byte ^ 0xFF for byte in digits)))
    left = CARD.counter + b"\xf0" + bytes(5)
    right = CARD.counter + b"\x0f" + bytes(5)
    return odd(des(card_key, left) + des(card_key, right))


def cryptogram() -> bytes:
    key, padded = session_key(), DATA + b"\x80"
    padded += bytes(-len(padded) % 8)
    chained = bytes(8)
    for place in range(0, len(padded), 8):
        block = bytes(a ^ b for a, b in zip(padded[place : place + 8], chained, strict=True))
        chained = des(key[:8], block)
    return des(key[:8], des(key[8:], chained, decrypt=True))


def test_the_cryptogram_is_that_of_the_standard_and_no_other() -> None:
    verify_cryptogram(ISSUER, CARD, DATA, cryptogram())
    for place in range(len(DATA)):
        changed = bytearray(DATA)
        changed[place] ^= 1
        with pytest.raises(Refused) as caught:
            verify_cryptogram(ISSUER, CARD, bytes(changed), cryptogram())
        assert caught.value.reason == "bad_proof"


def test_the_answer_is_that_of_method_1() -> None:
    arqc = cryptogram()
    mixed = bytes(a ^ b for a, b in zip(arqc, b"00" + bytes(6), strict=True))
    assert answer_cryptogram(ISSUER, CARD, arqc, "00") == des(session_key(), mixed)


def test_neither_number_nor_key_is_shown() -> None:
    assert CARD.pan not in repr(CARD)
