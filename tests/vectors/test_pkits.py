"""NIST PKITS through the one entrance: 246 parts of 217 cases, all right."""

from __future__ import annotations

import pytest

from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import validate_path
from tests.vectors.pkits import AT, Case, cases

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_that_of_nist(case: Case) -> None:
    result = validate_path(case.der, case.policy, AT, CertificateUsage.ANY)
    assert (result.failure is None) is case.valid, result.detail


def test_no_case_is_missing() -> None:
    assert len(CASES) == 246
    assert len({case.number for case in CASES}) == 217
    assert sum(not case.valid for case in CASES) == 136
