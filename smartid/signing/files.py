"""Files that are written whole or not at all, under the name that signers of documents use."""

from __future__ import annotations

from smartid.trust.files import write_whole

__all__ = ["write_whole"]
