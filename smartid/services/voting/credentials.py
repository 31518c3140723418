"""The voter's right to a ballot: a secret number s, of which the roll lists g^s.

The voter's device draws s and nobody else ever holds it. It is not derived from a signature of the card: RSA
signatures repeat, so whoever gets the same text signed would own the credential.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, Self

from smartid.errors import EncodingError
from smartid.files import write_whole
from smartid.services.voting.compact import broken, compact, members, parse
from smartid.services.voting.groups.base import Element, Group, Random
from smartid.services.voting.groups.named import named
from smartid.services.voting.proofs import parse_number, prove_key, sig_prefix
from smartid.services.voting.values import Proof

MAX_FILE = 4096
_TEXT = re.compile(r"[1-9A-HJ-NP-Za-km-z]{15}|([1-9A-HJ-NP-Za-km-z]{3}-){4}[1-9A-HJ-NP-Za-km-z]{3}")
_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class CredentialSecret:
    """The secret number of a voter, from 1 to q - 1. It shows itself to nobody, and is not pickled.

    public  g^s, as the roll and ballots spell it
    """

    __slots__ = ("_secret", "group", "public")

    def __init__(self, group: Group, secret: int) -> None:
        if not 1 <= secret < group.order:
            raise ValueError("a secret from 1 to q - 1")
        self.group = group
        self._secret = secret
        self.public: str = group.encode(group.power_secret(group.generator, secret))

    @classmethod
    def new(cls, group: Group, random: Random = os.urandom) -> Self:
        """Draw one."""
        return cls(group, group.random_exponent(random))

    def sign(
        self,
        ballot_hash: str,
        *,
        random: Random = os.urandom,
        commit: Callable[[int], Element] | None = None,
    ) -> Proof:
        """Sign the hash of a ballot (SHA-256 of it without its signature, base64 without padding).

        commit  another way to powers of the generator than the one in constant time
        """
        return prove_key(self.group, self._secret, sig_prefix(ballot_hash), random=random, commit=commit)

    def save(self, path: Path) -> None:
        """Write a file that only its owner may read. Raises OSError."""
        write_whole(path, compact({"group": self.group.name, "secret": str(self._secret)}), mode=0o600)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read such a file. Raises EncodingError, ExtraMissing, OSError."""
        with path.open("rb") as file:
            raw = file.read(MAX_FILE)
        try:
            found = members(parse(raw, "credential"), "credential", ("group", "secret"))
            group = named(found["group"] if isinstance(found["group"], str) else "")
            secret = parse_number(found["secret"], group)
        except EncodingError:
            raise broken("credential", "the file of a credential") from None
        if not secret:
            raise broken("credential", "the file of a credential")
        return cls(group, secret)

    def __repr__(self) -> str:
        return f"CredentialSecret({self.group.name}, •••)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a voter's secret is not copied or pickled")


def derive_2_0(uuid: str, credential_text: str, group: Group | None = None) -> CredentialSecret:
    """Give the secret of a credential code as belenios-tool 2.0 hands them out (specification 2.0, 4.8).

    PBKDF2-HMAC-SHA-256 of the code, hyphens included when it is written with them, under the uuid, 1000
    rounds, 32 bytes, mod q. The last character is a checksum. Raises EncodingError for a mistyped code.
    """
    if not _TEXT.fullmatch(credential_text) or not _checksum_holds(credential_text.replace("-", "")):
        raise broken("credential", "15 characters of Base58, the last of which is their checksum")
    group = group or named("BELENIOS-2048")
    digest = hashlib.pbkdf2_hmac("sha256", credential_text.encode(), uuid.encode(), 1000, 32)
    return CredentialSecret(group, int.from_bytes(digest, "big") % group.order)


def _checksum_holds(code: str) -> bool:
    number = 0
    for character in code[:14]:
        number = number * 58 + _DIGITS.index(character)
    return _DIGITS.index(code[14]) == 53 - number % 53
