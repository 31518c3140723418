"""axe-core, the accessibility checker of Deque, on pages of a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.peers.node import node_modules


def assert_accessible(page: Any) -> None:
    """Fail with what axe-core finds on the page, at every impact, best practices included."""
    script = node_modules(Path(__file__).parent / "axe") / "node_modules" / "axe-core" / "axe.min.js"
    # Evaluated from outside: the page's own policy forbids such scripts, as it should.
    page.evaluate(script.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document).then(({violations, passes}) => ({violations, passes: passes.length}))"
    )
    assert found["passes"] > 10
    told = [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html']}" for one in found["violations"]]
    assert not told, "\n".join(told)
