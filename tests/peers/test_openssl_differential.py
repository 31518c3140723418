"""Random faults in certificates, lists and signatures: ``openssl cms -verify`` as second opinion.

Both judge the same bytes for the same time. Where they part, the case has to be one of those explained here.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.signing.verify import verify
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.unit.signing.documents import CONTENT, crl, openssl_cms
from tests.unit.trust.country import CA_USAGE, NOW, Party, issue, name

CASES = 40
DAY = timedelta(days=1)
_PEM = "-----BEGIN X509 CRL-----\n{}-----END X509 CRL-----\n"

Values = dict[str, object]

AUTHORITY_FAULTS: dict[str, Values] = {
    "authority that may not sign certificates": {"usage": ("crl_sign", "digital_signature")},
    "authority that may not sign lists": {"usage": ("key_cert_sign",)},
    "authority that is none": {"ca": False},
    "authority that ended": {"end": NOW - DAY},
    "authority of the future": {"begin": NOW + DAY},
}
SIGNER_FAULTS: dict[str, Values] = {
    "signer that ended": {"end": NOW - DAY},
    "signer of the future": {"begin": NOW + DAY},
    "signer for agreement only": {"usage": ("key_agreement",)},
    "signer that is a server": {"extended": (ExtendedKeyUsageOID.SERVER_AUTH,)},
    "signer with a critical extension": {
        "extra": ((x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.7"), b"\x05\x00"), True),)
    },
    "signer signed by somebody else": {"sign_with": ec.generate_private_key(ec.SECP256R1())},
}
LIST_FAULTS = (
    "signer revoked",
    "authority revoked",
    "list of the signer ended",
    "list of the signer by somebody else",
    "no list of the signer",
    "no list of the authority",
)
CONTENT_FAULTS = ("content changed", "signature changed")
EVERY_FAULT = (*AUTHORITY_FAULTS, *SIGNER_FAULTS, *LIST_FAULTS, *CONTENT_FAULTS)


def chosen(number: int) -> frozenset[str]:
    """The faults of a case: none, each alone, then two or three at once."""
    if number <= len(EVERY_FAULT):
        return frozenset(EVERY_FAULT[number - 1 : number])
    source = random.Random(number)
    faults = frozenset(source.sample(EVERY_FAULT, source.randint(2, 3)))
    return faults - {
        f"{who} of the future" for who in ("signer", "authority") if f"{who} that ended" in faults
    }


class Case:
    """A PKI of three, a signature, and lists, with faults."""

    def __init__(self, faults: frozenset[str], folder: Path) -> None:
        self.folder = folder
        self.root = issue(name(COMMON_NAME="Root"), ca=True, usage=CA_USAGE)
        authority: Values = {"ca": True, "usage": CA_USAGE}
        signer: Values = {"usage": ("digital_signature",)}
        for fault in sorted(faults):
            authority |= AUTHORITY_FAULTS.get(fault, {})
            signer |= SIGNER_FAULTS.get(fault, {})
        self.authority = issue(name(COMMON_NAME="Authority"), self.root, **authority)  # type: ignore[arg-type]
        self.signer = issue(name(COMMON_NAME="Signer"), self.authority, **signer)  # type: ignore[arg-type]
        self.lists = tuple(self._lists(faults))
        self.signature = self._signed(faults)
        self.content = CONTENT + b"!" * ("content changed" in faults)

    def _lists(self, faults: frozenset[str]) -> list[bytes]:
        revoked = [(self.authority, NOW - DAY)] if "authority revoked" in faults else []
        lists = [] if "no list of the authority" in faults else [crl(self.root, *revoked, issued=NOW)]
        if "no list of the signer" in faults:
            return lists
        stranger = Party(ec.generate_private_key(ec.SECP256R1()), self.authority.certificate)
        issuer = stranger if "list of the signer by somebody else" in faults else self.authority
        gone = [(self.signer, NOW - DAY)] if "signer revoked" in faults else []
        until: datetime | None = NOW - DAY if "list of the signer ended" in faults else None
        return [*lists, crl(issuer, *gone, issued=NOW - 2 * DAY, until=until)]

    def _signed(self, faults: frozenset[str]) -> bytes:
        signature = bytearray(openssl_cms(self.folder, self.signer, "-cades", certificates=(self.authority,)))
        signature[-1] ^= "signature changed" in faults
        return bytes(signature)

    def ours(self) -> bool:
        """What we say of it."""
        anchors = TrustStore.from_certificates(self.root.der) + TrustStore(crls=self.lists)
        policy = Policy(anchors=anchors, clock=lambda: NOW, revocation=RevocationRule.ALWAYS)
        return verify(self.signature, policy, content=self.content).passed

    def theirs(self) -> bool:
        """What openssl says of it."""
        convert = "openssl crl -inform DER"
        lists = [
            subprocess.run(convert.split(), input=der, check=True, capture_output=True).stdout
            for der in self.lists
        ]
        for file, data in {
            "root.pem": self.root.pem,
            "lists.pem": b"".join([self.root.pem, *lists]),
            "signed.der": self.signature,
            "shown": self.content,
        }.items():
            (self.folder / file).write_bytes(data)
        command = (
            "openssl cms -verify -cades -binary -inform DER -in signed.der -content shown -CAfile lists.pem"
        )
        command += f" -crl_check_all -x509_strict -purpose any -attime {int(NOW.timestamp())} -out /dev/null"
        return (
            subprocess.run(command.split(), cwd=self.folder, capture_output=True, check=False).returncode == 0
        )


STRICTER: dict[str, Callable[[frozenset[str]], bool]] = {
    "openssl with any purpose looks at no key usage of the signer": lambda faults: bool(
        faults & {"signer for agreement only", "signer that is a server"}
    ),
}
"""Why we may refuse what openssl accepts. It never accepts less than we do."""


@pytest.mark.parametrize("number", range(CASES))
def test_openssl_says_the_same(number: int, tmp_path: Path) -> None:
    faults = chosen(number)
    case = Case(faults, tmp_path)
    ours, theirs = case.ours(), case.theirs()
    assert ours == (not faults)
    if ours != theirs:
        assert theirs, f"only we accept {sorted(faults)}"
        assert any(explains(faults) for explains in STRICTER.values()), (
            f"only openssl accepts {sorted(faults)}"
        )
