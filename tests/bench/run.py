"""``./dev bench [NAME…] [--json]``: every promise about speed, as a ratio to a baseline of the same run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from tests.bench import (
    browser,
    cards,
    ledger,
    logins,
    passive,
    programs,
    services,
    signatures,
    voting,
)
from tests.bench.measure import Figure

BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "programs": programs.figures,
    "host": cards.host_overhead,
    "read": cards.commands_of_a_read,
    "mock": cards.mock_in_process,
    "wire": cards.mock_through_pcscd,
    "cades": signatures.cades_with_revocation,
    "cold": signatures.cold_starts,
    "crl": signatures.long_revocation_list,
    "batch": signatures.two_processes,
    "passive": passive.passive_authentication,
    "lists": passive.master_list,
    "tokens": logins.tokens,
    "agent": logins.agent,
    "login": browser.login,
    "ledger": ledger.figures,
    "verified": services.verified_and_posted,
    "debit": services.purse_debit,
    "collection": services.collection,
    "voting": voting.figures,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benches and print a table, or JSON. Exit status 1 when a promise was not kept in this run."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    options = parser.parse_args(arguments)
    found: list[Figure] = []
    for name in options.names or BENCHES:
        print(f"measuring {name} …", file=sys.stderr)
        found += BENCHES[name]()
    if options.json:
        print(json.dumps([figure.as_dict() for figure in found], indent=1))
    else:
        _table(found)
    return 0 if all(figure.met for figure in found) else 1


def _table(found: Sequence[Figure]) -> None:
    for figure in found:
        mark = "kept" if figure.met else "MISSED"
        print(f"{figure.name:<44} {figure.value:>12,.2f} {figure.unit}")
        print(f"    {figure.baseline}: {figure.baseline_value:,.2f} {figure.unit}; ratio {figure.ratio:.2f}")
        print(f"    promise: {figure.target}: {mark}")


if __name__ == "__main__":
    raise SystemExit(main())
