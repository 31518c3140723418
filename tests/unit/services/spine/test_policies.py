from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartid.errors import EncodingError, Refused
from smartid.services.reasons import Reason
from smartid.services.spine.limits import Limit, Period, Rule
from smartid.services.spine.policies import all_versions, load_policy
from smartid.services.spine.values import Assurance
from tests.unit.services.spine.world import refused

TEXT = """
name = "pool-sample"

[[version]]
from = 2025-03-21
source = "sample, invented"
price = 100_000

[[version]]
from = 2026-03-21
source = "sample, invented"
price = 150_000

[[version.limits]]
name = "visits a day"
rule = "count"
maximum = 2

[[version.limits]]
name = "typed numbers"
rule = "per transaction"
maximum = 150_000
period = "month"
verbs = ["enter"]
assurance = "typed number"
stale = true
source = "another source"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pool.toml"
    path.write_text(TEXT)
    return path


def test_the_part_that_holds_on_a_day(file: Path) -> None:
    assert load_policy(file, date(2026, 3, 20)).values == {"price": 100_000}
    part = load_policy(file, date(2026, 3, 21))
    assert part.label == "pool-sample 2026-03-21"
    assert part.limits == (
        Limit(name="visits a day", rule=Rule.COUNT, maximum=2, source="sample, invented"),
        Limit(
            name="typed numbers",
            rule=Rule.PER_TRANSACTION,
            maximum=150_000,
            period=Period.MONTH,
            verbs=("enter",),
            assurance=Assurance.TYPED,
            stale=True,
            source="another source",
        ),
    )


def test_before_the_first_day_there_are_no_rules(file: Path) -> None:
    with refused(Reason.POLICY_UNKNOWN):
        load_policy(file, date(2025, 3, 20))
    for name in ("no-such-policy", "../reasons", "", str(file.with_name("none.toml"))):
        with refused(Reason.POLICY_UNKNOWN):
            load_policy(name, date(2026, 1, 1))


def test_several_sources_are_one_text(file: Path) -> None:
    file.write_text(TEXT.replace('source = "sample, invented"', 'sources = ["one", "two"]'))
    assert load_policy(file, date(2027, 1, 1)).source == "one; two"


def test_the_same_in_json(tmp_path: Path) -> None:
    path = tmp_path / "pool.json"
    path.write_text(
        json.dumps({"name": "pool", "version": [{"from": "2025-01-01", "source": "sample", "price": 1}]})
    )
    assert load_policy(str(path), date(2026, 1, 1)).values == {"price": 1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "pool-sample"', 'name = "Pool"'),
        ('name = "pool-sample"', "name = 1"),
        ("from = 2025-03-21", "from = 2027-03-21"),
        ("from = 2025-03-21", "from = 2026-03-21"),
        ("from = 2025-03-21", 'from = "yesterday"'),
        ("from = 2025-03-21", "from = 2025-03-21T00:00:00Z"),
        ("from = 2025-03-21\n", ""),
        ('source = "sample, invented"', 'source = ""'),
        ('source = "sample, invented"', "sources = []"),
        ('source = "sample, invented"', 'sources = ["a newspaper", 7]'),
        ('rule = "count"', 'rule = "weight"'),
        ("maximum = 2", "maximum = 2.0"),
        ("maximum = 2", "maximum = -2"),
        ("maximum = 2", 'maximum = 2\nverb = "enter"'),
        ('verbs = ["enter"]', 'verbs = "enter"'),
        ('assurance = "typed number"', 'assurance = "smile"'),
        ('period = "month"', 'period = "fortnight"'),
    ],
)
def test_a_file_of_another_form(file: Path, old: str, new: str) -> None:
    assert old in TEXT
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(EncodingError):
        load_policy(file, date(2027, 1, 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_any_bytes_end_in_a_named_error(tmp_path: Path, data: bytes) -> None:
    for name in ("any.toml", "any.json"):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises((EncodingError, Refused)):
            all_versions(path)


def test_what_comes_with_smartid_can_be_read() -> None:
    folder = Path(__file__).parents[4] / "smartid/services/policies"
    for path in folder.glob("*.toml"):
        parts = all_versions(path.stem)
        assert parts
        assert all(part.source for part in parts)
