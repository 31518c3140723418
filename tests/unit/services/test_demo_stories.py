"""The demos tell figures that a reader can add up."""

from __future__ import annotations

import re

from smartid.services.demo.fuel import Figures
from smartid.services.demo.fuel import _story as fuel_story
from smartid.services.demo.purse_audit import _story as purse_story


def _numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,.]*\d|\d", text)]


def test_litres_of_the_quota_add_up_and_the_others_stand_apart() -> None:
    figures = Figures(
        allocated=1_480_001,
        sold=78_740,
        on_chips=1_285_127,
        account=1_000,
        expired=2_001,
        returned=500,
        drawn=270_113,
        flowed=270_113,
    )
    assert figures.surplus == 0
    for language in (0, 1):
        quota, beside = (_numbers(line[language]) for line in fuel_story(figures))
        given, drawn, *rest = quota
        assert round(given * 1000) == round((drawn + sum(rest)) * 1000) == 1_480_001
        outside, meters = beside
        assert round((drawn + outside) * 1000) == round(meters * 1000) == 270_113


def test_what_the_bank_keeps_and_what_clones_spent_is_what_is_owed() -> None:
    for language in (0, 1):
        kept, owed, cloned = (_numbers(line[language]) for line in purse_story(900, 700, 230, 50))
        assert kept[0] + cloned[0] == sum(owed)
