"""The first message of the agent, before the command line is loaded: an add-on waits for it.

Only the plain forms in which a browser or a kiosk starts ``agent run`` are known here. Whatever else stands
on the command line is left to the command, which says the same message a little later.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

_BEFORE = frozenset({"--reader"})
_AFTER = frozenset({"--reader", "--allow", "--pin-fd"})


def greet_early(arguments: Sequence[str]) -> None:
    """Say the version, if the command will do so: the caller is on the list and nothing is unusual."""
    _, rest = _options(arguments, _BEFORE)
    if rest[:2] != ["agent", "run"]:
        return
    after, callers = _options(rest[2:], _AFTER)
    if any(word.startswith("-") for word in callers) or not _is_open(after):
        return
    from smartid.agent.callers import caller_of, is_allowed, is_chromium, is_firefox  # noqa: PLC0415

    added = [value for name, value in after if name == "--allow"]
    valid = all(is_chromium(one) or is_firefox(one) for one in added)
    if valid and is_allowed(caller_of(callers), added):
        from smartid.agent.native_host import greet  # noqa: PLC0415

        greet()


def _options(words: Sequence[str], names: frozenset[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The known options with their values at the beginning, and what follows them."""
    found, rest = [], list(words)
    while len(rest) > 1 and rest[0] in names:
        found.append((rest[0], rest[1]))
        rest = rest[2:]
    return found, rest


def _is_open(options: Sequence[tuple[str, str]]) -> bool:
    """Whether every descriptor that is named can be used."""
    try:
        return all(os.fstat(int(value)) for name, value in options if name == "--pin-fd")
    except (OSError, ValueError, OverflowError):
        return False
