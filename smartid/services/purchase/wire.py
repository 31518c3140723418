"""Agreements of holders as JSON, on the way from the terminal and in the evidence."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from smartid.crypto.signature import SignatureAlgorithm
from smartid.errors import EncodingError
from smartid.identity.transaction import Authorization, Transaction

MAX_CERTIFICATE = 8192
_STANDARD = "smartid authorization 1"
_MEMBERS = frozenset({"transaction", "certificate", "algorithm", "signature"})


def authorization_json(authorization: Authorization) -> dict[str, str]:
    """Give the JSON form: the body as text, certificate and signature in base64, the algorithm's name."""
    return {
        "transaction": authorization.transaction.encode().decode(),
        "certificate": base64.b64encode(authorization.certificate).decode(),
        "algorithm": authorization.algorithm.value,
        "signature": base64.b64encode(authorization.signature).decode(),
    }


def read_authorization(members: Mapping[str, Any]) -> Authorization:
    """Read the JSON form. Nothing is verified. Raises EncodingError."""
    if members.keys() != _MEMBERS or not all(isinstance(value, str) for value in members.values()):
        raise _broken("authorization", "the four members of the format, all texts")
    if members["algorithm"] not in set(SignatureAlgorithm):
        raise _broken("algorithm", "the name of a signature algorithm")
    return Authorization(
        transaction=Transaction.parse(members["transaction"].encode("utf-8", "replace")),
        certificate=read_base64("certificate", members["certificate"]),
        algorithm=SignatureAlgorithm(members["algorithm"]),
        signature=read_base64("signature", members["signature"]),
    )


def read_base64(name: str, text: object) -> bytes:
    """Read base64 of at most 8 KiB. Raises EncodingError."""
    if not isinstance(text, str) or len(text) > MAX_CERTIFICATE * 4 // 3 + 4:
        raise _broken(name, f"base64 of at most {MAX_CERTIFICATE} bytes")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _broken(name, "base64") from error


def _broken(what: str, expected: str) -> EncodingError:
    return EncodingError(what, offset=0, expected=expected, standard=_STANDARD)
