"""A trustee's secret exponent and the file that holds it.

The file is JSON, mode 0600, with the secrets in the clear, or sealed under a passphrase: scrypt (RFC 7914
(2016); N = 2^15, r = 8, p = 1) makes the key of AES-256-GCM::

    {"smartid_trustee": 1, "group": name, "secrets": {...}}
    {"smartid_trustee": 1, "group": name, "salt": base64, "nonce": base64, "sealed": base64}
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from smartid.crypto import strict_json
from smartid.errors import EncodingError, Refused
from smartid.files import write_whole
from smartid.services.reasons import Reason
from smartid.services.voting import proofs
from smartid.services.voting.compact import broken, compact
from smartid.services.voting.groups.base import Element, Group, Random
from smartid.services.voting.groups.named import named
from smartid.services.voting.trustees.mute import Mute
from smartid.services.voting.trustees.published import PublicKey

WHAT = "trustee's secrets"
MAX_FILE = 4 << 20
MAX_KEY_FILE = 4096
MAX_DIGITS = 1300
_PRIVATE_KEY = re.compile(r'\s*"([0-9]+)"\s*')
_VERSION = "smartid_trustee"
_COST, _BLOCK = 1 << 15, 8
_SALT, _NONCE = 16, 12
"""Bytes."""


class TrusteeKey(Mute):
    """x. What it opens is decided in ``shares``: nothing here takes a ciphertext."""

    __slots__ = ("_secret", "group", "public")

    def __init__(self, group: Group, secret: int) -> None:
        if not 0 < secret < group.order:
            raise broken(WHAT, "an exponent from 1 to q - 1")
        self.group = group
        self._secret = secret
        self.public: Element = group.power_secret(group.generator, secret)

    @classmethod
    def new(cls, group: Group, *, random: Random = os.urandom) -> Self:
        """Draw a key."""
        return cls(group, group.random_exponent(random))

    @classmethod
    def from_text(cls, text: str, group: Group) -> Self:
        """Read a key file of belenios-tool (``ID.privkey``): decimal digits in quotation marks.

        Raises EncodingError.
        """
        found = _PRIVATE_KEY.fullmatch(text)
        return cls(group, read_exponent(found and found[1]))

    def public_record(self) -> dict[str, Any]:
        """The public key with a proof that the secret is known: what goes into the record of the trustees."""
        prefix = proofs.pok_prefix(self.group, self.public)
        proof = proofs.prove_key(self.group, self._secret, prefix)
        return PublicKey(public=self.public, proof=proof).as_dict(self.group)

    @property
    def exponent(self) -> int:
        """X itself: for the trustee's own file, and for its share."""
        return self._secret

    def save(self, path: Path, *, passphrase: bytes = b"") -> None:
        """Write the key's file, mode 0600. Raises OSError."""
        save_secrets(path, self.group, {"key": str(self._secret)}, passphrase=passphrase)

    @classmethod
    def load(cls, path: Path, *, passphrase: bytes = b"") -> Self:
        """Read a key's file. Raises EncodingError, Refused for another passphrase, OSError."""
        group, secrets = load_secrets(path, passphrase=passphrase)
        return cls(group, read_exponent(secrets.get("key")))


def read_exponent(value: object) -> int:
    """Read decimal digits. Raises EncodingError."""
    if not isinstance(value, str) or len(value) > MAX_DIGITS or not (value.isascii() and value.isdigit()):
        raise broken(WHAT, "an exponent in decimal digits")
    return int(value)


def save_secrets(path: Path, group: Group, secrets: dict[str, Any], *, passphrase: bytes = b"") -> None:
    """Write secrets into a file, whole or not at all, for its owner only. Raises OSError."""
    content: dict[str, Any] = {_VERSION: 1, "group": group.name}
    if passphrase:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        salt, nonce = _salt(path) or os.urandom(_SALT), os.urandom(_NONCE)
        data = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, compact(secrets), group.name.encode())
        parts = {"salt": salt, "nonce": nonce, "sealed": data}
        content |= {name: base64.b64encode(part).decode() for name, part in parts.items()}
    else:
        content["secrets"] = secrets
    write_whole(path, compact(content))


def load_secrets(path: Path, *, passphrase: bytes = b"") -> tuple[Group, dict[str, Any]]:
    """Read secrets. Raises EncodingError, Refused for another passphrase, OSError."""
    content = _read(path)
    if content.get(_VERSION) != 1 or not isinstance(content.get("group"), str):
        raise broken(WHAT, "a file of a trustee, version 1")
    group = named(content["group"])
    secrets = content.get("secrets")
    if "sealed" in content:
        secrets = strict_json.parse_object(_opened(passphrase, content, group.name), WHAT)
    if not isinstance(secrets, dict):
        raise broken(WHAT, "secrets")
    return group, secrets


def is_sealed(path: Path) -> bool:
    """Whether a file of secrets asks for a passphrase. Raises EncodingError, OSError."""
    return "sealed" in _read(path)


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return strict_json.parse_object(file.read(MAX_FILE), WHAT)


def _salt(path: Path) -> bytes:
    """Give the salt of a file that is replaced; empty when there is none."""
    return _decoded(_read(path).get("salt", "")) if path.exists() else b""


def _opened(passphrase: bytes, content: dict[str, Any], name: str) -> bytes:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    salt, nonce, data = (_decoded(content.get(part)) for part in ("salt", "nonce", "sealed"))
    if len(salt) != _SALT or len(nonce) != _NONCE:
        raise broken(WHAT, f"a salt of {_SALT} bytes and a nonce of {_NONCE}")
    try:
        return AESGCM(_stretch(passphrase, salt)).decrypt(nonce, data, name.encode())
    except InvalidTag:
        raise Refused(
            "The passphrase does not open this trustee's secrets.", reason=Reason.DECLINED
        ) from None


@lru_cache(maxsize=8)
def _stretch(passphrase: bytes, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415

    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=1).derive(passphrase)


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "", validate=True)
    except (ValueError, binascii.Error):
        raise EncodingError(WHAT, offset=0, expected="base64", standard="RFC 4648 (2006)") from None
