from __future__ import annotations

import pytest

from smartid.mockcard.card_os import CardOS
from smartid.mockcard.image import CardImage
from smartid.profiles.base import KeyType
from smartid.profiles.national_reference import NATIONAL_REFERENCE, NATIONAL_REFERENCE_RSA
from tests.sample_card import Talker, build_image, make_keys


@pytest.fixture(scope="session")
def key_pool() -> dict[KeyType, list[bytes]]:
    """Four keys of each kind, made once."""
    return make_keys()


@pytest.fixture
def image(key_pool: dict[KeyType, list[bytes]]) -> CardImage:
    return build_image(NATIONAL_REFERENCE, key_pool)


@pytest.fixture
def rsa_image(key_pool: dict[KeyType, list[bytes]]) -> CardImage:
    return build_image(NATIONAL_REFERENCE_RSA, key_pool)


@pytest.fixture
def talk(image: CardImage) -> Talker:
    return Talker(CardOS(image))


@pytest.fixture
def talk_rsa(rsa_image: CardImage) -> Talker:
    return Talker(CardOS(rsa_image))
