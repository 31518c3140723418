"""A country with signers, and an authority that stamps."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from smartid.signing.software import SoftwareSigner
from smartid.testing import mock_card, test_pki, test_policy
from smartid.trust.policy import Policy
from tests.unit.signing.people import policy_of, signer_of
from tests.unit.signing.tsa import OpenSSLAuthority, tsa_party
from tests.unit.trust.country import Country

__all__ = ["mock_card", "test_pki", "test_policy"]


@pytest.fixture(scope="session")
def country() -> Country:
    return Country()


@pytest.fixture(scope="session")
def citizen(country: Country) -> Callable[..., SoftwareSigner]:
    """``citizen("P-256")``: a signer with a certificate of the citizen CA."""
    return partial(signer_of, country)


@pytest.fixture
def authority(country: Country, tmp_path: Path) -> OpenSSLAuthority:
    folder = tmp_path / "tsa"
    folder.mkdir()
    return OpenSSLAuthority(folder, tsa_party(country))


@pytest.fixture
def chain(country: Country) -> tuple[bytes, ...]:
    return (country.citizen_ca.der,)


@pytest.fixture
def policy(country: Country) -> Policy:
    """Trusts the country's root; knows fresh CRLs of both authorities."""
    return policy_of(country)
