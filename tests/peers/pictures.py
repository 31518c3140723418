"""Screenshots for people to look at, where SMARTID_SCREENSHOTS says; nothing without it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def picture(page: Any, name: str) -> None:
    """Keep what the page looks like, as a whole."""
    if folder := os.environ.get("SMARTID_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
