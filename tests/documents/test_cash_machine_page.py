"""The fault matrix in the documentation is what the tests find.

``python -m tests.documents.test_cash_machine_page`` writes it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from smartid.services.atm.host import REASONS
from smartid.services.messages.cash_machine import Answer
from tests.services.atm.matrix import FAULTS, OPERATIONS, Cell, rows, run_cell

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cash-machine.md"
BEGIN, END = "<!-- matrix: begin -->\n", "<!-- matrix: end -->"
CAPTION = (
    "Millions of rials that changed hands, of the two that were asked for; "
    "`suspense` until the notes are counted."
)


def table() -> str:
    """One line for each thing that the shutter does, one column for each thing that happens to a message."""
    lines = [f"| operation | shutter | {' | '.join(FAULTS)} |", f"|---|---|{'---|' * len(FAULTS)}"]
    for operation in OPERATIONS:
        behaviours = dict.fromkeys(row[1] for row in rows() if row[0] == operation)
        for behaviour in behaviours:
            cells = [_word(Cell(operation, behaviour, fault)) for fault in FAULTS]
            lines.append(f"| {operation} | {behaviour} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _word(cell: Cell) -> str:
    with tempfile.TemporaryDirectory() as folder:
        found = run_cell(Path(folder), cell)
    assert found.debited == found.notes_out or found.in_suspense
    return "suspense" if found.in_suspense else f"{(abs(found.notes_out) + found.transferred) // 1_000_000}"


def _told(faults: Sequence[str]) -> dict[tuple[str, ...], str]:
    """Cells of the page, by operation, shutter and fault."""
    text = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if "|" in line]
    head, _, *body = lines
    return {
        (row[0], row[1], fault): word
        for row in body
        for fault, word in zip(head[2:], row[2:], strict=True)
        if fault in faults
    }


def test_the_first_column_of_the_page_is_what_is_found():
    faults = ("none",)
    cells = [Cell(*row) for row in rows() if row[2] in faults]
    found = {(cell.operation, cell.behaviour.value, cell.fault): _word(cell) for cell in cells}
    assert _told(faults) == found


def test_every_code_stands_there():
    lines = PAGE.read_text().partition("## Codes of the switch")[2].splitlines()
    for code, reason in REASONS.items():
        [line] = [line for line in lines if line.startswith("|") and code in line.split("|")[1]]
        assert f"`{reason}`" in line
    assert set(REASONS) == set(Answer) - {Answer.APPROVED}


if __name__ == "__main__":
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{CAPTION}\n\n{table()}\n{END}{after}")
