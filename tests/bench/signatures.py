"""How fast signatures are judged, beside pyHanko, certvalidator and openssl in the same run."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from smartid.signing.batch import verify_many
from smartid.signing.verify import verify
from smartid.trust.policy import Policy, RevocationRule
from smartid.trust.store import TrustStore
from tests.bench.documents import Batch, batch, long_crl
from tests.bench.measure import PYTHON, Figure, calls, processes

PER_SECOND = 1_500
COLD_MS = 200.0
COLD_WITH_PATH_MS = 320.0
SECOND_CHECK_MS = 1.0
TWO_PROCESSES = 1.8
BATCH = 12_000


def cades_with_revocation() -> list[Figure]:
    """CAdES-B by a hundred signers, their path and CRLs known from the first round on."""
    found = batch()
    ours, theirs = cycle(found.documents), cycle(found.documents)
    pyhanko = _pyhanko(found)

    def judge_ours() -> None:
        assert verify(next(ours), found.policy).passed

    def judge_theirs() -> None:
        assert pyhanko(next(theirs))

    for _ in found.documents:
        judge_ours()
    functions = {"ours": judge_ours, "pyhanko": judge_theirs}
    times = calls(functions, rounds=9, repeat=len(found.documents) // 2, clock=time.process_time)
    rate, baseline = 1e6 / times["ours"], 1e6 / times["pyhanko"]
    return [
        Figure(
            name="CAdES-B with revocation, warm path cache",
            value=rate,
            unit="/s",
            baseline="pyHanko, one validation context for all",
            baseline_value=baseline,
            target=f"at least {PER_SECOND:,} a second on a core",
            met=rate >= PER_SECOND,
        )
    ]


def cold_starts() -> list[Figure]:
    """One signature from a process that has to start first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_files(folder)
        smartid = shutil.which("smartid", path=str(Path(sys.executable).parent)) or "smartid"
        judge = [smartid, "verify", str(folder / "signed.p7m"), "--trust"]
        roots = ["-CAfile", str(folder / "trust" / "root.pem"), "-purpose", "any"]
        commands = {
            "python": [PYTHON, "-c", "pass"],
            "openssl": ["openssl", "cms", "-verify", "-inform", "DER", "-in", judge[2], *roots],
            "pyhanko": [PYTHON, "-c", "import pyhanko.sign.validation"],
            "plain": [*judge, str(folder / "trust")],
            "full": [*judge, str(folder / "trust"), "--policy", str(folder / "policy.toml")],
        }
        for command in (commands["plain"], commands["full"], commands["openssl"]):
            subprocess.run(command, check=True, capture_output=True)
        times = processes(commands, rounds=15)
    openssl = times["openssl"]
    return [
        _cold("cold `smartid verify FILE`, path by own engine", times["plain"], openssl, COLD_MS),
        _cold("cold `smartid verify FILE`, path by certvalidator", times["full"], openssl, COLD_WITH_PATH_MS),
        Figure(
            name="import of pyHanko's validation, for comparison",
            value=times["pyhanko"],
            unit="ms",
            baseline="python -c pass",
            baseline_value=times["python"],
            target="none",
            met=True,
        ),
    ]


def long_revocation_list() -> list[Figure]:
    """The first and the second certificate checked against a CRL of 200,000 entries."""
    found = batch()
    store = TrustStore.from_certificates(found.pki.root.der, found.pki.citizen_ca.der)
    store += TrustStore(crls=(long_crl(), found.pki.named_crls()["national-root"]))
    policy = Policy(anchors=store, revocation=RevocationRule.ALWAYS)
    first, *others = (_milliseconds(lambda d=d: verify(d, policy).passed) for d in found.documents[:20])
    second = sorted(others)[len(others) // 2]
    whole = _milliseconds(lambda: _pyhanko(found, crls=[long_crl()])(found.documents[0]))
    context = _pyhanko(found, crls=[long_crl()])
    context(found.documents[0])
    again = _milliseconds(lambda: context(found.documents[1]))
    plain = _plain_milliseconds(found)
    return [
        Figure(
            name="first check against a CRL of 200,000 entries",
            value=first,
            unit="ms",
            baseline="pyHanko with certvalidator, first check",
            baseline_value=whole,
            target="none",
            met=True,
        ),
        Figure(
            name="second check, above the same with short CRLs",
            value=second - plain,
            unit="ms",
            baseline="pyHanko with certvalidator, second check",
            baseline_value=again,
            target=f"at most {SECOND_CHECK_MS:g} ms",
            met=second - plain <= SECOND_CHECK_MS,
        ),
    ]


def two_processes() -> list[Figure]:
    """A folder of documents by one process and by two."""
    found = batch()
    with tempfile.TemporaryDirectory() as name:
        paths = found.write(Path(name), BATCH)

        def run(workers: int) -> float:
            gc.collect()
            start = time.perf_counter()
            results = verify_many(paths, replace(found.policy), workers=workers)  # with nothing learned yet
            assert all(result.report and result.report.passed for result in results)
            return BATCH / (time.perf_counter() - start)

        rates = {workers: max(run(workers) for _ in range(2)) for workers in (1, 2)}
    return [
        Figure(
            name=f"a batch of {BATCH:,} files by two processes",
            value=rates[2],
            unit="/s",
            baseline="one process",
            baseline_value=rates[1],
            target=f"at least {TWO_PROCESSES:g} times one process (this machine has {os.cpu_count()} cores)",
            met=rates[2] >= TWO_PROCESSES * rates[1],
        )
    ]


def _cold(name: str, value: float, openssl: float, limit: float) -> Figure:
    return Figure(
        name=name,
        value=value,
        unit="ms",
        baseline="openssl cms -verify",
        baseline_value=openssl,
        target=f"at most {limit:g} ms",
        met=value <= limit,
    )


def _write_files(folder: Path) -> None:
    found = batch()
    (folder / "signed.p7m").write_bytes(found.documents[0])
    found.pki.write_trust(folder / "trust")
    shutil.copy(folder / "trust" / "national-root.pem", folder / "trust" / "root.pem")
    (folder / "policy.toml").write_text("[path_constraints]\nexplicit_policy = true\n", encoding="utf-8")


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    assert action()
    return (time.perf_counter() - start) * 1e3


def _plain_milliseconds(found: Batch) -> float:
    for document in found.documents:
        verify(document, found.policy)
    times = sorted(_milliseconds(lambda d=d: verify(d, found.policy).passed) for d in found.documents)
    return times[len(times) // 2]


def _pyhanko(found: Batch, *, crls: list[bytes] | None = None) -> Callable[[bytes], bool]:
    """pyHanko's check of an attached CMS with our anchors and CRLs, no network."""
    from asn1crypto import cms, crl, x509
    from pyhanko.sign.validation import generic_cms
    from pyhanko.sign.validation.settings import KeyUsageConstraints
    from pyhanko.sign.validation.status import SignatureStatus
    from pyhanko_certvalidator import ValidationContext

    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    named = found.pki.named_crls()
    lists = [*(crls or [named["citizen-ca"]]), named["national-root"]]
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(found.pki.root.der)],
        other_certs=[x509.Certificate.load(found.pki.citizen_ca.der)],
        crls=[crl.CertificateList.load(der) for der in lists],
        revocation_mode="require",
        allow_fetching=False,
        moment=datetime.now(UTC),
    )
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})

    async def judge(document: bytes) -> bool:
        info = cms.ContentInfo.load(document)
        status = await generic_cms.async_validate_cms_signature(
            info["content"],
            status_cls=SignatureStatus,
            validation_context=context,
            key_usage_settings=usage,
        )
        return status.intact and status.valid and status.trusted

    return lambda document: asyncio.run(judge(document))
