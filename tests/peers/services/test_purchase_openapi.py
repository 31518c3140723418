"""The description of the purchase interface under a validator of OpenAPI that knows nothing of it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from smartid.services.purchase.api import PurchaseAPI
from smartid.services.purchase.openapi import document
from tests.services.purchase_world import World

pytestmark = pytest.mark.peers_heavy


def test_the_description_is_valid_and_a_damaged_one_is_not(tmp_path: Path) -> None:
    validator = pytest.importorskip(
        "openapi_spec_validator", reason="openapi-spec-validator is not installed (pip)"
    )
    world = World(tmp_path)
    found = document(PurchaseAPI(world.purchases, world.mandates, world.journal).routes)
    world.close()
    validator.validate(found)
    damaged = copy.deepcopy(found)
    del damaged["paths"]["/intents/{id}"]["get"]["parameters"]
    with pytest.raises(Exception, match="id"):
        validator.validate(damaged)
