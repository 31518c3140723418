"""A time-stamping authority that this project did not write: the ``openssl ts`` program."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from smartid.signing.time_stamper import read_response, time_stamp_request
from tests.unit.trust.country import Country, Party, issue, name

POLICY = "1.2.3.4.1"
CONFIGURATION = f"""
[tsa]
default_tsa = one
[one]
serial = serial
signer_cert = tsa.pem
certs = chain.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = {POLICY}
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def tsa_party(country: Country, **changes: object) -> Party:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return issue(
        name(COUNTRY_NAME="IR", COMMON_NAME="Test Time Stamps"),
        country.root,
        usage=("digital_signature",),
        extra=((usage, True), *changes.pop("extra", ())),  # type: ignore[misc]
        **changes,  # type: ignore[arg-type]
    )


@dataclass
class OpenSSLAuthority:
    """Answers requests in a folder of its own; also a ``TimeStamper`` and a ``Fetcher``."""

    folder: Path
    party: Party
    chain: tuple[Party, ...] = ()
    asked: list[tuple[str, bytes, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.pem").write_bytes(self.party.pem)
        (self.folder / "tsa.key").write_bytes(self.party.key_pem)
        (self.folder / "chain.pem").write_bytes(b"".join(one.pem for one in self.chain) or self.party.pem)
        (self.folder / "tsa.cnf").write_text(CONFIGURATION)

    def reply(self, request: bytes) -> bytes:
        (self.folder / "request").write_bytes(request)
        command = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-section", "one"]
        command += ["-queryfile", "request", "-out", "response"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "response").read_bytes()

    def fetch(self, url: str, *, body: bytes | None = None, content_type: str = "") -> bytes:
        self.asked.append((url, body or b"", content_type))
        return self.reply(body or b"")

    def stamp(self, digest: bytes, hash_name: str) -> bytes:
        request = time_stamp_request(digest, hash_name)
        return read_response(self.reply(request.encode()), request)
