"""The openssl program judges the same paths: where it says no, so do we, and where it says OK, so do we.

Left out are the places where this project is stricter on purpose: name constraints, extended key usage.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.trust.certificate import CertificateUsage
from smartid.trust.store import TrustStore
from tests.unit.trust.country import CA_USAGE, NOW, Party, issue, name, path_of

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl program is not installed"
)

LEAF = {"usage": ("digital_signature",), "ca": False}
PAST = {"end": NOW - timedelta(days=1)}
FUTURE = {"begin": NOW + timedelta(days=1)}
STRANGE = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)


def authority(common_name: str, issuer: Party | None = None, **changes: object) -> Party:
    return issue(name(COMMON_NAME=common_name), issuer, **{"ca": True, "usage": CA_USAGE, **changes})


def chain(*, root: dict = {}, between: dict = {}, leaf: dict = {}) -> list[Party]:  # noqa: B006 - only read
    top = authority("root", **root)
    middle = authority("between", top, **between)
    return [issue(name(COMMON_NAME="leaf"), middle, **{**LEAF, **leaf}), middle, top]


def _long() -> list[Party]:
    top = authority("root")
    links = [top]
    for number in range(3):
        links.append(authority(f"between {number}", links[-1]))
    return [issue(name(COMMON_NAME="leaf"), links[-1], **LEAF), *reversed(links)]


def _path_length(length: int) -> list[Party]:
    top = authority("root", path_length=length)
    first = authority("first", top)
    second = authority("second", first)
    return [issue(name(COMMON_NAME="leaf"), second, **LEAF), second, first, top]


def _renewed() -> list[Party]:
    """A self-issued authority in the middle does not count for the path length."""
    top = authority("root", path_length=0)
    renewed = authority("root", top)
    return [issue(name(COMMON_NAME="leaf"), renewed, **LEAF), renewed, top]


def _wrong_root() -> list[Party]:
    return [*chain()[:2], authority("root")]


def _missing_link() -> list[Party]:
    leaf, _, root = chain()
    return [leaf, root]


CASES: dict[str, tuple[Callable[[], list[Party]], bool]] = {
    "good": (chain, True),
    "good, long": (_long, True),
    "good, RSA": (
        lambda: chain(root={"key": rsa.generate_private_key(public_exponent=65537, key_size=3072)}),
        True,
    ),
    "good, P-521 and SHA-512": (
        lambda: chain(root={"key": ec.generate_private_key(ec.SECP521R1()), "algorithm": hashes.SHA512()}),
        True,
    ),
    "good, Brainpool": (lambda: chain(root={"key": ec.generate_private_key(ec.BrainpoolP384R1())}), True),
    "good, no key identifiers": (
        lambda: chain(root={"key_ids": False}, between={"key_ids": False}, leaf={"key_ids": False}),
        True,
    ),
    "good, self-issued link": (_renewed, True),
    "good, path length kept": (lambda: _path_length(2), True),
    "leaf expired": (lambda: chain(leaf=PAST), False),
    "leaf not yet valid": (lambda: chain(leaf=FUTURE), False),
    "authority expired": (lambda: chain(between=PAST), False),
    "authority not yet valid": (lambda: chain(between=FUTURE), False),
    "root expired": (lambda: chain(root=PAST), False),
    "authority not marked": (lambda: chain(between={"ca": False}), False),
    "authority may not sign certificates": (lambda: chain(between={"usage": ("digital_signature",)}), False),
    "path length broken": (lambda: _path_length(0), False),
    "path length broken by one": (lambda: _path_length(1), False),
    "leaf has a strange critical extension": (lambda: chain(leaf={"extra": (STRANGE,)}), False),
    "authority has a strange critical extension": (lambda: chain(between={"extra": (STRANGE,)}), False),
    "leaf signed by another key": (
        lambda: chain(leaf={"sign_with": ec.generate_private_key(ec.SECP256R1())}),
        False,
    ),
    "authority signed by another key": (
        lambda: chain(between={"sign_with": ec.generate_private_key(ec.SECP256R1())}),
        False,
    ),
    "root of the same name": (_wrong_root, False),
    "link missing": (_missing_link, False),
}


def openssl_says(parties: list[Party], folder: Path) -> bool:
    (folder / "leaf.pem").write_bytes(parties[0].pem)
    (folder / "between.pem").write_bytes(b"".join(party.pem for party in parties[1:-1]) or parties[0].pem)
    (folder / "root.pem").write_bytes(parties[-1].pem)
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-attime", str(int(NOW.timestamp()))]
    command += ["-CAfile", "root.pem", "-untrusted", "between.pem", "leaf.pem"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode in {0, 2}, done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("case", CASES)
def test_openssl_agrees(case: str, tmp_path: Path) -> None:
    make, good = CASES[case]
    parties = make()
    ours = path_of(
        parties[0].der,
        [party.der for party in parties[1:-1]],
        TrustStore.from_certificates(parties[-1].der),
        NOW,
        CertificateUsage.CARD_AUTHENTICATION,
    )
    assert (ours.failure is None) is good, ours.detail
    assert openssl_says(parties, tmp_path) is good
