"""How fast logins are judged and how soon the agent speaks, beside what cannot be saved in the same run."""

from __future__ import annotations

import base64
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from smartid.auth.make import make_token
from smartid.auth.validate import validate_token
from smartid.auth.web_eid import parse_token
from smartid.crypto.signature import SignatureAlgorithm
from smartid.identity.auth_token import Challenge
from smartid.identity.model import Purpose
from smartid.mockcard.citizens import CITIZENS
from smartid.mockcard.personalize import issue_citizen
from smartid.mockcard.pki import ThrowAwayPKI
from smartid.profiles.national_reference import NATIONAL_REFERENCE
from smartid.signing.software import SoftwareSigner
from smartid.trust.policy import Policy
from smartid.trust.raw import ECDSAForm, verify_raw
from smartid.trust.store import TrustStore
from smartid.trust.x509 import parse_certificate
from tests.bench.measure import PYTHON, Figure, calls

HOLDERS = 200
PER_SECOND = 1_000
P99_MS = 5.0
AGENT_MS = 100.0
ORIGIN = "https://login.smartid.invalid"
CALLER = "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Tokens as text, each by a citizen of its own, and the challenges that they answer."""

    pairs: tuple[tuple[str, Challenge], ...]
    policy: Policy


def tokens() -> list[Figure]:
    """ES384 tokens of many citizens, from JSON text to a person; revocation by lists, no OCSP."""
    found = _answers()
    ours, floor, waits = cycle(found.pairs), cycle(found.pairs), []

    def judge() -> None:
        text, challenge = next(ours)
        start = time.perf_counter()
        validate_token(parse_token(text), challenge, found.policy)
        waits.append(time.perf_counter() - start)

    def verify_alone() -> None:
        text, challenge = next(floor)
        token = parse_token(text)
        key = parse_certificate(token.certificate).spki
        message = challenge.message(SignatureAlgorithm.ES384)
        verify_raw(key, SignatureAlgorithm.ES384, token.signature, message=message, form=ECDSAForm.PLAIN)

    first = calls({"new": judge}, rounds=1, repeat=HOLDERS // 2, clock=time.process_time)["new"]
    times = calls(
        {"ours": judge, "floor": verify_alone}, rounds=9, repeat=HOLDERS // 2, clock=time.process_time
    )
    baseline = 1e6 / times["floor"]
    slow = quantiles(waits, n=100)[98] * 1000
    return [
        _rate("ES384 tokens validated, holders seen before", 1e6 / times["ours"], baseline),
        replace(_rate("the same, each holder new", 1e6 / first, baseline), target="none", met=True),
        Figure(
            name="ES384 token validated, 99th percentile",
            value=slow,
            unit="ms",
            baseline="parsing and one signature, median",
            baseline_value=times["floor"] / 1000,
            target=f"at most {P99_MS:g} ms",
            met=slow <= P99_MS,
        ),
    ]


def agent() -> list[Figure]:
    """From the start of ``smartid agent run`` to its version message, as a browser waits for it."""
    smartid = shutil.which("smartid", path=str(Path(sys.executable).parent)) or "smartid"
    with tempfile.TemporaryDirectory() as name:
        card = Path(name) / "sara.card"
        issue_citizen(CITIZENS["sara"], NATIONAL_REFERENCE, ThrowAwayPKI.fresh()).save(card)
        variables = {**os.environ, "PYTHONPYCACHEPREFIX": name, "SMARTID_HOME": name}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [smartid, "--reader", f"mock:{card}", "agent", "run", CALLER]
        python = [PYTHON, "-c", "import sys; sys.stdout.buffer.write(bytes(4))"]
        times: dict[str, list[float]] = {"agent": [], "python": []}
        for turn in range(22):
            for kind, started in (("agent", command), ("python", python)):
                spent = _first_bytes(started, variables)
                if turn:
                    times[kind].append(spent)
    value = median(times["agent"])
    return [
        Figure(
            name="agent: start to version message",
            value=value,
            unit="ms",
            baseline="Python that writes four bytes",
            baseline_value=median(times["python"]),
            target=f"at most {AGENT_MS:g} ms",
            met=value <= AGENT_MS,
        )
    ]


def _first_bytes(command: list[str], variables: dict[str, str]) -> float:
    """Milliseconds until four bytes come out; then the pipe is closed, as when a tab is."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=variables
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        header = process.stdout.read(4)
        spent = (time.perf_counter() - start) * 1000
        assert len(header) == struct.calcsize("=I"), "nothing was said"
        process.stdin.close()
        process.stdout.read()
    return spent


def _answers() -> Answers:
    """Citizens on P-384 below a P-384 citizen CA below a P-384 root; lists of both."""
    pki = ThrowAwayPKI.fresh()
    pairs = []
    for number in range(HOLDERS):
        key = ec.generate_private_key(ec.SECP384R1())
        certificate = pki.issue(
            key.public_key(),
            purpose=Purpose.AUTHENTICATION,
            subject=[(NameOID.COUNTRY_NAME, "IR"), (NameOID.COMMON_NAME, f"citizen {number}")],
            not_before=date(2026, 1, 1),
            not_after=date(2036, 1, 1),
        )
        challenge = Challenge(ORIGIN, base64.b64encode(os.urandom(32)).decode("ascii"))
        pairs.append((make_token(SoftwareSigner(key, certificate), challenge).to_json(), challenge))
    ders = (pki.root.der, pki.citizen_ca.der)
    anchors = TrustStore.from_certificates(*ders, crls=pki.crls())
    return Answers(pairs=tuple(pairs), policy=Policy(anchors=anchors))


def _rate(name: str, rate: float, baseline: float) -> Figure:
    return Figure(
        name=name,
        value=rate,
        unit="/s",
        baseline="parsing and one ES384 signature alone",
        baseline_value=baseline,
        target=f"at least {PER_SECOND:,} a second on a core",
        met=rate >= PER_SECOND,
    )
