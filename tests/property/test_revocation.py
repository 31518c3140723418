"""Any bytes for a list or an OCSP answer: EncodingError inside, a status outside, and never a better one."""

from __future__ import annotations

import os
import random
from contextlib import suppress

import pytest

from smartid.errors import EncodingError
from smartid.trust.revocation import RevocationState
from smartid.trust.status.crl import parse_crl
from smartid.trust.status.ocsp import parse_ocsp
from smartid.trust.validation_data import ValidationData
from tests.unit.trust.country import NOW
from tests.unit.trust.revocation_pki import DAY, RevocationPKI, answer, crl, entry, point

MUTANTS = int(os.environ.get("SMARTID_EXAMPLES", "300")) * 5
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def pki() -> RevocationPKI:
    return RevocationPKI()


def mutants(good: bytes, seed: int) -> list[bytes]:
    """Flip bits, cut, double, and put in bytes that lengths and tags are made of."""
    dice = random.Random(seed)
    found = []
    for _ in range(MUTANTS):
        data = bytearray(good)
        at = dice.randrange(len(data))
        match dice.randrange(5):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = data[at : at + dice.randrange(40)]
            case 3:
                data[at] = dice.choice((0x00, 0x30, 0x80, 0x84, 0xFF))
            case _:
                del data[at : at + dice.randrange(1, 6)]
        if bytes(data) != good:
            found.append(bytes(data))
    return found


def test_a_broken_list_never_raises_anything_else_nor_hides_a_revocation(pki: RevocationPKI) -> None:
    good = crl(
        pki.ca, [entry(pki.leaf, NOW - DAY, "keyCompromise")], extra=[point(only_contains_user_certs=True)]
    )
    assert pki.status(good).state is RevocationState.REVOKED
    for mutant in mutants(good, 1):
        with suppress(EncodingError):
            parse_crl(mutant).find(1, "")
        assert pki.status(data=ValidationData(crls=(mutant,))).state is not RevocationState.GOOD


def test_a_broken_answer_never_raises_anything_else_nor_is_believed(pki: RevocationPKI) -> None:
    from cryptography.x509 import ocsp

    good = answer(
        pki.leaf,
        pki.ca,
        pki.responder,
        ocsp.OCSPCertStatus.REVOKED,
        revoked_at=NOW - DAY,
        enclosed=[pki.responder],
    )
    for mutant in mutants(good, 2):
        with suppress(EncodingError):
            parse_ocsp(mutant)
        assert pki.status(data=ValidationData(ocsp=(mutant,))).state is not RevocationState.GOOD
