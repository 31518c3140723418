"""Keys for OpenSSH: lines of authorized_keys for the certificates that may log in right now.

OpenSSH knows no X.509: it takes the bare key from the card and asks a list whether that key may come in. The
list is made here, from certificates, at each login (``AuthorizedKeysCommand`` of sshd_config(5)): a card that
was revoked since is not in it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from smartid.auth.certificate_login import login_path
from smartid.auth.reasons import LoginReason
from smartid.auth.rules import LoginRules
from smartid.auth.words import refusal
from smartid.errors import BadToken
from smartid.trust.keys import ECKey, PublicKey, RSAKey, parse_public_key
from smartid.trust.policy import Policy

_CURVES = {"secp256r1": "nistp256", "secp384r1": "nistp384", "secp521r1": "nistp521"}
"""RFC 5656 (2009), 10.1: the curves that every implementation of SSH names."""
_DEFAULTS = LoginRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class SSHKey:
    """A public key of the SSH transport protocol.

    algorithm   ``ecdsa-sha2-nistp256``, ``-nistp384``, ``-nistp521``, or ``ssh-rsa``
    blob        the key in wire format (RFC 4253 (2006), 6.6; RFC 5656 (2009), 3.1)
    throw_away  whether the trust in it rests on the PKI of the mock cards, whose keys protect nothing
    """

    algorithm: str
    blob: bytes
    throw_away: bool = False

    def line(self, comment: str = "") -> str:
        """Give the line for authorized_keys, without a line end. Raises ValueError for a comment of lines."""
        if not comment.isprintable():
            raise ValueError("a comment is one line of printable characters")
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()} {comment}".rstrip()

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` shows it: SHA-256, base64 without padding."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


def ssh_key(certificate: bytes, policy: Policy, rules: LoginRules = _DEFAULTS, *, at: datetime) -> SSHKey:
    """Give the SSH key of a certificate (DER) that may log in at this time.

    at  an aware datetime

    Raises BadToken, whose ``reason`` is a ``LoginReason``; ALGORITHM_UNSUPPORTED also for a curve that
    SSH does not know.
    """
    found, path = login_path(certificate, policy, rules, at=at.astimezone(UTC))
    return replace(key_from(parse_public_key(found.spki)), throw_away=path.throw_away)


def key_from(key: PublicKey) -> SSHKey:
    """Write a public key in the wire format of SSH. Raises BadToken: ALGORITHM_UNSUPPORTED."""
    if isinstance(key, RSAKey):
        return SSHKey(
            algorithm="ssh-rsa", blob=_string(b"ssh-rsa") + _mpint(key.exponent) + _mpint(key.modulus)
        )
    curve = _CURVES.get(key.curve) if isinstance(key, ECKey) else None
    if not isinstance(key, ECKey) or curve is None:
        raise refusal(BadToken, LoginReason.ALGORITHM_UNSUPPORTED, "SSH has no name for this kind of key.")
    name = f"ecdsa-sha2-{curve}"
    return SSHKey(algorithm=name, blob=_string(name.encode()) + _string(curve.encode()) + _string(key.point))


def comment_for(certificate: bytes) -> str:
    """Give a comment that tells certificates apart and names nobody: part of the SHA-256 of the DER."""
    return f"smartid:{hashlib.sha256(certificate).hexdigest()[:16]}"


def _string(value: bytes) -> bytes:
    """RFC 4251 (2006), 5: length in four bytes, then the value."""
    return len(value).to_bytes(4, "big") + value


def _mpint(value: int) -> bytes:
    """RFC 4251 (2006), 5: two's complement, so a zero byte stands before a high bit."""
    return _string(value.to_bytes(value.bit_length() // 8 + 1, "big"))
