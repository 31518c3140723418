"""CMAC and key derivation against the standards' own numbers, and keys that nobody sees."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode

from smartid.stored_value.keys import (
    CardKeys,
    KeyPurpose,
    SoftwareVault,
    card_key,
    cmac_of,
    cmac_under,
    derivation_input,
    key_name,
)
from smartid.stored_value.model import Kind
from tests.stored_value_world import master, merchant, vault_of

CARD = bytes.fromhex("0102030405060708")
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("size", "mac"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_cmac_gives_the_examples_of_rfc_4493(size: int, mac: str) -> None:
    begun = cmac_under(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
    assert cmac_of(begun, MESSAGE[:size]).hex() == mac
    assert cmac_of(begun, MESSAGE[:size]).hex() == mac  # what was begun can be used again


def nist_cases() -> Iterator[dict[str, str]]:
    """Counter mode, AES-128 CMAC, counter of 32 bits in front of the fixed data."""
    wanted = {"PRF": "CMAC_AES128", "CTRLOCATION": "BEFORE_FIXED", "RLEN": "32_BITS"}
    section: dict[str, str] = {}
    case: dict[str, str] = {}
    with cryptography_vectors.open_vector_file("KDF/nist-800-108-KBKDF-CTR.txt", "r") as file:
        for line in file:
            name, _, value = line.strip().strip("[]").partition("=")
            if line.startswith("["):
                section[name] = value
            else:
                case[name.strip()] = value.strip()
            if name.strip() == "KO" and section == wanted:
                yield case


def test_the_kdf_gives_the_numbers_of_nist() -> None:
    count = 0
    for case in nist_cases():
        key, fixed = (bytes.fromhex(case[name]) for name in ("KI", "FixedInputData"))
        made = cmac_of(cmac_under(key), b"\0\0\0\1" + fixed)
        size = min(int(case["L"]) // 4, 32)
        assert case["KO"][:size] == made.hex()[:size]
        count += 1
    assert count == 40


@pytest.mark.parametrize("purpose", KeyPurpose)
def test_a_card_key_is_the_one_of_another_library(purpose: KeyPurpose) -> None:
    kdf = KBKDFCMAC(
        algorithm=AES,
        mode=Mode.CounterMode,
        length=16,
        rlen=4,
        llen=4,
        location=CounterLocation.BeforeFixed,
        label=b"smartid stored value 1 " + purpose.encode(),
        context=b"\x02" + CARD,
        fixed=None,
    )
    ours = card_key(vault_of(Kind.FUEL), purpose, Kind.FUEL, 1, CARD)
    assert ours == kdf.derive(master(Kind.FUEL, purpose))


def test_no_two_keys_are_the_same() -> None:
    one = SoftwareVault({key_name(kind, p, 1): bytes(16) for kind in Kind for p in KeyPurpose})
    cards = (CARD, bytes(8))
    made = {card_key(one, p, kind, 1, card) for kind in Kind for p in KeyPurpose for card in cards}
    assert len(made) == 2 * 2 * len(KeyPurpose)
    assert len(derivation_input(KeyPurpose.TAC, Kind.PURSE, CARD)) == 4 + 26 + 1 + 9 + 4


@pytest.mark.parametrize(
    "thing", [vault_of(Kind.PURSE), CardKeys(vault_of(Kind.PURSE), Kind.PURSE), merchant()]
)
def test_keys_are_not_shown_copied_or_pickled(thing: object) -> None:
    secret = master(Kind.PURSE, KeyPurpose.DEBIT)
    assert secret.hex() not in repr(thing)
    assert repr(secret) not in repr(thing)
    for take in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="not copied or pickled"):
            take(thing)


def test_a_merchant_has_no_other_key() -> None:
    vault = vault_of(Kind.PURSE, KeyPurpose.DEBIT)
    for purpose in set(KeyPurpose) - {KeyPurpose.DEBIT}:
        with pytest.raises(KeyError):
            CardKeys(vault, Kind.PURSE).mac(purpose, 1, CARD, b"")
    with pytest.raises(ValueError, match="16 bytes"):
        SoftwareVault({"purse/debit/1": bytes(15)})
