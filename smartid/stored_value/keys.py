"""Keys of the stored-value application: AES-128, one for each purpose and card.

A card key is one block of the counter-mode KDF of NIST SP 800-108r1 (2022), 4.1, with AES-CMAC (NIST SP
800-38B, 2005; RFC 4493)::

    CMAC(master, 00000001 || label || 00 || context || 00000080)

    label    "smartid stored value 1 " and the purpose
    context  application (1), card id (8)

The numbers in front and behind are the block counter and the length of the key in bits, 4 bytes each.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn, Protocol

from smartid.stored_value.model import MAC_SIZE, Kind, Verb

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.cmac import CMAC

KEY_SIZE = 16
MAX_CACHED = 200_000
"""Card keys that are kept ready, at most."""


class KeyPurpose(StrEnum):
    """What a key is for. Terminals have the debit key only; the TAC key never leaves the issuer."""

    LOAD = "load"
    UNLOAD = "unload"
    DEBIT = "debit"
    TAC = "tac"
    ADMIN = "admin"


PURPOSE_OF = {
    Verb.LOAD: KeyPurpose.LOAD,
    Verb.UNLOAD: KeyPurpose.UNLOAD,
    Verb.DEBIT: KeyPurpose.DEBIT,
    Verb.RETURN: KeyPurpose.DEBIT,
    Verb.ADMIN: KeyPurpose.ADMIN,
}


class KeyVault(Protocol):
    """Where master keys live: in memory here, in a hardware module behind PKCS#11 elsewhere."""

    def mac(self, key_name: str, data: bytes) -> bytes:
        """AES-CMAC, all 16 bytes, under the key of a name. Raises KeyError when there is none."""
        ...


class SoftwareVault:
    """Master keys in memory. They are not shown, not copied and not pickled.

    keys  16 bytes each by ``key_name``
    """

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if any(len(key) != KEY_SIZE for key in keys.values()):
            raise ValueError(f"keys of {KEY_SIZE} bytes")
        self._keys = {name: cmac_under(key) for name, key in keys.items()}

    def mac(self, key_name: str, data: bytes) -> bytes:
        """AES-CMAC under the key of a name. Raises KeyError when there is none."""
        return cmac_of(self._keys[key_name], data)

    def __repr__(self) -> str:
        return f"SoftwareVault({', '.join(sorted(self._keys))})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not copied or pickled")


class CardKeys:
    """The keys of cards, made from a vault when they are needed and kept ready."""

    __slots__ = ("_cached", "_kind", "_vault")

    def __init__(self, vault: KeyVault, kind: Kind) -> None:
        self._vault = vault
        self._kind = kind
        self._cached: dict[tuple[KeyPurpose, int, bytes], CMAC] = {}

    def mac(self, purpose: KeyPurpose, version: int, card_id: bytes, data: bytes) -> bytes:
        """The MAC, 8 bytes, under the key of a card. Raises KeyError when the master key is not here."""
        key = self._cached.get((purpose, version, card_id)) or self._make(purpose, version, card_id)
        return cmac_of(key, data)[:MAC_SIZE]

    def check(self, purpose: KeyPurpose, version: int, card_id: bytes, data: bytes, mac: bytes) -> bool:
        """Whether a MAC is right, in a time that does not tell how wrong. Raises KeyError as ``mac`` does."""
        return hmac.compare_digest(self.mac(purpose, version, card_id, data), mac)

    def _make(self, purpose: KeyPurpose, version: int, card_id: bytes) -> CMAC:
        data = derivation_input(purpose, self._kind, card_id)
        key = cmac_under(self._vault.mac(key_name(self._kind, purpose, version), data))
        if len(self._cached) >= MAX_CACHED:
            del self._cached[next(iter(self._cached))]
        self._cached[purpose, version, card_id] = key
        return key

    def __repr__(self) -> str:
        return f"CardKeys({self._kind.word})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not copied or pickled")


def key_name(kind: Kind, purpose: KeyPurpose, version: int) -> str:
    """Name of a master key: "purse/debit/1"."""
    return f"{kind.word}/{purpose}/{version}"


def derivation_input(purpose: KeyPurpose, kind: Kind, card_id: bytes) -> bytes:
    """What the master key is applied to for the key of a card."""
    label = b"smartid stored value 1 " + purpose.encode("ascii")
    return b"\0\0\0\1" + label + b"\0" + bytes((kind,)) + card_id + b"\0\0\0\x80"


def card_key(vault: KeyVault, purpose: KeyPurpose, kind: Kind, version: int, card_id: bytes) -> bytes:
    """The key of a card, for the chip itself. Raises KeyError when the master key is not in the vault."""
    return vault.mac(key_name(kind, purpose, version), derivation_input(purpose, kind, card_id))


def cmac_under(key: bytes) -> CMAC:
    """A MAC that was begun under a key and can be copied."""
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415 - a heavy import
    from cryptography.hazmat.primitives.cmac import CMAC  # noqa: PLC0415

    return CMAC(AES(key))


def cmac_of(begun: CMAC, data: bytes) -> bytes:
    """The MAC of some data, 16 bytes."""
    running = begun.copy()
    running.update(data)
    return running.finalize()
