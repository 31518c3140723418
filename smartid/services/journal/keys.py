"""The key that signs receipts: Ed25519 (RFC 8032 (2017)), kept in a file that only its owner may read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.errors import EncodingError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_FILE = 4096
_PRIVATE = "an Ed25519 private key, PKCS #8 in PEM, without password"
_PUBLIC = "an Ed25519 public key, SubjectPublicKeyInfo in PEM"


def new_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and its file (mode 0600). Raises OSError (FileExistsError) rather than replace one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = Ed25519PrivateKey.generate()
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return key


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key. Raises EncodingError, OSError."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(_content(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _broken(path, _PRIVATE) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _broken(path, _PRIVATE)
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key. Raises EncodingError, OSError."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(_content(path))
    except (ValueError, UnsupportedAlgorithm):
        raise _broken(path, _PUBLIC) from None
    if not isinstance(key, Ed25519PublicKey):
        raise _broken(path, _PUBLIC)
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """SubjectPublicKeyInfo of RFC 8410 in PEM: what those who verify are given."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: Ed25519PublicKey) -> str:
    """First 8 bytes of the SHA-256 of the 32 bytes of a public key, in hexadecimal: says which key signed."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:8].hex()


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE)


def _broken(path: Path, expected: str) -> EncodingError:
    return EncodingError(path.name, offset=0, expected=expected, standard="RFC 8410")
