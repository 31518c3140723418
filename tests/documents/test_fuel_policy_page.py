"""The page on the rules of the fuel quota is made from the rules."""

from __future__ import annotations

from smartid.services.fuel.policy import load_fuel_policy
from tools.fuel_policy import PAGE, page


def test_the_page_is_that_of_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load_fuel_policy())


def test_every_point_of_disagreement_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for version in load_fuel_policy().versions:
        assert all(source in text for source in version.sources)
        assert all(point.note in text for point in version.disagreements)
