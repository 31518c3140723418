"""The pages of docs/cards are what the profiles say today."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartid.profiles.page import page
from smartid.profiles.registry import PROFILES
from tools.cards import FOLDER, pages


@pytest.mark.parametrize("name", pages())
def test_the_committed_page_is_the_generated_one(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == pages()[name], "run: python -m tools.cards"


def test_every_profile_has_a_page_and_every_page_a_profile() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == {f"{profile.name}.md" for profile in PROFILES}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_page_tells_everything_a_developer_asks(profile) -> None:
    text = page(profile)
    told = [profile.title, profile.title_fa, profile.country, *profile.quirks, *profile.sources]
    told += profile.unsupported.values()
    told += [pattern.text for pattern in profile.atrs]
    for application in profile.applications:
        told += [application.title, str(application.aid or "master file")]
        told += [item.name for item in (*application.files, *application.data_objects)]
        told += [pin.title_fa for pin in application.pins] + [key.title_fa for key in application.keys]
    assert [fact for fact in told if fact not in text] == []


def test_an_experimental_profile_says_so_before_anything_else() -> None:
    profile = next(profile for profile in PROFILES if profile.experimental)
    marked, settled = page(profile), page(replace(profile, experimental=False))
    assert marked.index("**Experimental.**") < marked.index("## How it is recognised")
    assert "**Experimental.**" not in settled


def test_a_key_whose_use_is_unknown_is_not_called_free() -> None:
    profile = next(profile for profile in PROFILES if profile.name == "iran_nid")
    row = next(line for line in page(profile).splitlines() if line.startswith("| Signature key"))
    assert "no PIN" not in row
    assert row.count("not public") == 4
