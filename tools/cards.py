"""Write the pages of docs/cards from the card profiles: ``python -m tools.cards``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from smartid.profiles.page import page
from smartid.profiles.registry import PROFILES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "cards"


def pages() -> Mapping[str, str]:
    """The file name and the text of every page."""
    return {f"{profile.name}.md": page(profile) for profile in PROFILES}


def main() -> None:
    """Write what changed, and remove the pages of profiles that are gone."""
    wanted = pages()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(wanted)} pages in {FOLDER}")


if __name__ == "__main__":
    main()
