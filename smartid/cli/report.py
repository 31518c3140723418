"""Verdicts as files: one JSON document, or a page to print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from smartid.cli.output import json_text
from smartid.files import write_whole
from smartid.signing.verdicts import VerificationReport

if TYPE_CHECKING:
    from smartid.signing.batch import Failure

    Entry = tuple[Path, VerificationReport | Failure | None]
else:
    Entry = tuple
"""A file, and what came of it."""


def write_report(path: Path, entries: Sequence[Entry]) -> None:
    """Write the verdicts in the form that the suffix names, ``.html`` or ``.json``. Raises OSError."""
    if path.suffix.lower() == ".html":
        from smartid.signing.page import page  # noqa: PLC0415 - only for this form

        write_whole(path, page(entries).encode())
        return
    documents = [document_of(*entry) for entry in entries]
    document = documents[0] if len(documents) == 1 else {"files": documents}
    write_whole(path, (json_text(document) + "\n").encode())


def document_of(path: Path, outcome: VerificationReport | Failure | None) -> dict[str, object]:
    """One file of a batch as JSON: the signatures, or the error."""
    if isinstance(outcome, VerificationReport):
        return outcome.as_dict() | {"document": str(path)}
    return {"document": str(path), "error": outcome.as_dict() if outcome else None}
