"""NIST PKITS through the one entrance: 246 parts of 217 cases, all right."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from smartid.trust import path
from smartid.trust.certificate import CertificateUsage
from smartid.trust.path import validate_path
from smartid.trust.paths import full as path_full
from smartid.trust.paths.constraints import Problem
from smartid.trust.verdict import SubIndication
from tests.vectors.pkits import AT, Case, cases

CASES = list(cases())
JUDGED_PLAINLY = 120


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_that_of_nist(case: Case) -> None:
    result = validate_path(case.der, case.policy, AT, CertificateUsage.ANY)
    assert (result.failure is None) is case.valid, result.detail


def test_no_case_is_missing() -> None:
    assert len(CASES) == 246
    assert len({case.number for case in CASES}) == 217
    assert sum(not case.valid for case in CASES) == 136


BEYOND = Problem(SubIndication.CHAIN_CONSTRAINTS_FAILURE, "beyond the plain engine")


def plainly(case: Case, monkeypatch: pytest.MonkeyPatch) -> tuple[bool, bool]:
    """Ask without the full engine; say whether the path passed, and whether the full one was called for."""
    calls: list[object] = []

    def refuse(*arguments: object, **options: object) -> Problem:
        calls.append(arguments)
        return BEYOND

    def shrug(*arguments: object, otherwise: object, **options: object) -> object:
        calls.append(arguments)
        return otherwise

    monkeypatch.setattr(path_full, "full_problem", refuse)
    monkeypatch.setattr(path_full, "full_status", shrug)
    result = validate_path(case.der, case.policy, AT, CertificateUsage.ANY)
    return result.failure is None, bool(calls)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_plain_engine_alone_accepts_nothing_invalid(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    passed, called = plainly(case, monkeypatch)
    assert case.valid or not passed
    assert called or passed is case.valid


def test_the_plain_engine_judges_many_cases_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = [case for case in CASES if not plainly(case, monkeypatch)[1]]
    assert len(judged) == JUDGED_PLAINLY


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_full_engine_alone_agrees(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each signed path goes to it, with nothing judged before; revocation is looked up as ever."""
    monkeypatch.setattr(path, "problem_of", lambda *arguments, **options: None)
    monkeypatch.setattr(path, "is_beyond", lambda chain, policy: True)
    result = validate_path(case.der, case.policy, AT, CertificateUsage.ANY)
    assert (result.failure is None) is case.valid, result.detail


def test_the_full_engine_works_beside_a_running_loop() -> None:
    """Its own loop then runs in a thread."""
    case = next(item for item in CASES if item.number == "4.13.1")

    async def ask() -> bool:
        return validate_path(case.der, case.policy, AT, CertificateUsage.ANY).failure is None

    assert asyncio.run(ask())


def test_dsa_is_allowed_by_name_only() -> None:
    case = next(item for item in CASES if item.number == "4.1.5")
    strict = replace(case.policy, algorithms=replace(case.policy.algorithms, min_dsa_bits=None))
    result = validate_path(case.der, strict, AT, CertificateUsage.ANY)
    assert result.failure is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
