"""How fast the states' documents are believed: EF.SOD with its path, and a master list of 500 CSCAs."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from smartid.mockcard.certificates import Authority
from smartid.mockcard.cms import document_security_object, sign_content
from smartid.trust.master_list import MASTER_LIST_OID, read_master_list
from smartid.trust.master_list_cache import load_master_list
from smartid.trust.passive import authenticate_passively
from smartid.trust.policy import Policy
from smartid.trust.store import TrustStore
from tests.bench.measure import Figure, calls
from tests.unit.trust.country import CA_USAGE, Party, issue, name, tlv

PER_SECOND = 350
VERIFIED_MS = 700.0
RELOADED_MS = 50.0
CARDS = 50
AUTHORITIES = 500
LIST_SIGNING = x509.ObjectIdentifier("2.23.136.1.1.3")


def passive_authentication() -> list[Figure]:
    """Fifty cards by one document signer on brainpoolP384r1, whose CSCA is on brainpoolP512r1."""
    csca = _csca(0, ec.generate_private_key(ec.BrainpoolP512R1()))
    key = ec.generate_private_key(ec.BrainpoolP384R1())
    signer = issue(name(COUNTRY_NAME="XA", COMMON_NAME="DS"), csca, usage=("digital_signature",), key=key)
    cards = [_card(Authority("ds", key, signer.certificate)) for _ in range(CARDS)]
    policy = Policy(anchors=TrustStore.from_certificates(csca.der))
    now = datetime.now(UTC)
    ours, bare = cycle(cards), cycle([os.urandom(2000) for _ in range(CARDS)])
    signature = key.sign(b"attributes", ec.ECDSA(hashes.SHA384()))

    def judge() -> None:
        result = authenticate_passively(next(ours), policy, now)
        assert result.anchored
        assert len(result.covered or {}) == 3

    def primitives() -> None:
        for _ in range(3):
            hashlib.sha384(next(bare)).digest()
        key.public_key().verify(signature, b"attributes", ec.ECDSA(hashes.SHA384()))

    times = calls({"ours": judge, "bare": primitives}, rounds=9, repeat=CARDS, clock=time.process_time)
    rate = 1e6 / times["ours"]
    return [
        Figure(
            name="passive authentication, brainpoolP384r1 signer",
            value=rate,
            unit="/s",
            baseline="three digests and the bare check of one such signature",
            baseline_value=1e6 / times["bare"],
            target=f"at least {PER_SECOND} a second on a core",
            met=rate >= PER_SECOND,
        )
    ]


def master_list() -> list[Figure]:
    """A list of 500 CSCAs of mixed keys: verified, and loaded again from its cache."""
    parties = _authorities()
    data = _signed_list(parties)
    policy = Policy(anchors=TrustStore.from_certificates(parties[0].der))
    with tempfile.TemporaryDirectory() as folder:
        path, cache = Path(folder, "list.ml"), Path(folder, "list.cache")
        path.write_bytes(data)
        load_master_list(path, policy, cache=cache)
        functions: dict[str, Callable[[], object]] = {
            "verified": lambda: _all_there(len(read_master_list(data, policy).store.anchors)),
            "reloaded": lambda: _all_there(len(load_master_list(path, policy, cache=cache).store.anchors)),
            "loaded": lambda: [x509.load_der_x509_certificate(party.der).extensions for party in parties],
        }
        times = {what: value / 1000 for what, value in calls(functions, rounds=5, repeat=1).items()}
    return [
        _list_figure("master list of 500, verified", times["verified"], times["loaded"], VERIFIED_MS),
        _list_figure("the same from its cache", times["reloaded"], times["loaded"], RELOADED_MS),
    ]


def _card(signer: Authority) -> dict[str, bytes]:
    groups = {number: os.urandom(2000) for number in (1, 11, 15)}
    return {"SOD": document_security_object(groups, signer), **{f"DG{n}": file for n, file in groups.items()}}


def _csca(number: int, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Party:
    subject = name(COUNTRY_NAME="XA", COMMON_NAME=f"CSCA {number}")
    return issue(subject, ca=True, path_length=0, usage=CA_USAGE, key=key)


def _authorities() -> list[Party]:
    """A few keys of each kind: making five hundred would take longer than anything measured here."""
    curves = (ec.SECP256R1, ec.SECP384R1, ec.BrainpoolP256R1, ec.BrainpoolP384R1, ec.BrainpoolP512R1)
    keys = [
        *(ec.generate_private_key(curve()) for curve in curves),
        *(rsa.generate_private_key(65537, bits) for bits in (2048, 4096)),
    ]
    return [_csca(number, keys[number % len(keys)]) for number in range(AUTHORITIES)]


def _signed_list(parties: list[Party]) -> bytes:
    key = ec.generate_private_key(ec.SECP384R1())
    subject = name(COUNTRY_NAME="XA", COMMON_NAME="List Signer")
    signer = issue(subject, parties[0], usage=("digital_signature",), extended=(LIST_SIGNING,), key=key)
    content = tlv("30", tlv("02", b"\x00"), tlv("31", *sorted(party.der for party in parties)))
    return sign_content(content, MASTER_LIST_OID, Authority("list", key, signer.certificate))


def _all_there(count: int) -> None:
    assert count == AUTHORITIES


def _list_figure(what: str, value: float, loaded: float, limit: float) -> Figure:
    return Figure(
        name=what,
        value=value,
        unit="ms",
        baseline="cryptography reads the 500 certificates, checks nothing",
        baseline_value=loaded,
        target=f"at most {limit:g} ms",
        met=value <= limit,
    )
